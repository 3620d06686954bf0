//! `/v1/stock/transfers`: goods between locations, what differed, and claims against carriers.

use orderly_core::actor::Permission;
use orderly_core::stock::TransferState;
use orderly_core::stock::{CarrierClaim, CarrierClaimState, DifferenceKind, Transfer};
use orderly_ops::Error;
use orderly_ops::ops::read::names::names;
use orderly_ops::ops::read::stock::transfers;
use orderly_ops::ops::stock::transfer;
use orderly_ops::wire::out::moving::{ClaimOut, DifferenceOut, TransferOut};
use orderly_ops::wire::stock::{ArrivalIn, DispatchIn, SettleClaimIn, TransferIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging::{self, ByState};
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::Read;
    let step = |path, id, summary, f| act(path, id, summary, Permission::Transfer, f);
    vec![
        get(
            "/v1/stock/transfers",
            "transfers.list",
            "List transfers, the latest first",
            Read,
            list,
        ),
        create(
            "/v1/stock/transfers",
            "transfers.draft",
            "Plan a transfer: its goods are claimed",
            Permission::Transfer,
            draft,
        ),
        get("/v1/stock/transfers/{transfer}", "transfers.get", "Show a transfer", Read, show),
        act(
            "/v1/stock/transfers/{transfer}/ship",
            "transfers.ship",
            "Send goods of a draft on their way",
            Permission::Transfer,
            ship,
        ),
        act(
            "/v1/stock/transfers/{transfer}/receive",
            "transfers.receive",
            "Receive what arrived, and say what differed",
            Permission::Transfer,
            receive,
        ),
        step(
            "/v1/stock/transfers/{transfer}/undo-receipt",
            "transfers.undo_receipt",
            "Take the latest arrival back",
            undo_receipt,
        ),
        step(
            "/v1/stock/transfers/{transfer}/cancel",
            "transfers.cancel",
            "Call it back, or give up what was not sent yet",
            cancel,
        ),
        get(
            "/v1/stock/differences",
            "differences.list",
            "List what did not arrive as it was sent, the latest first",
            Read,
            differences,
        ),
        get("/v1/stock/claims", "claims.list", "List claims against carriers", Read, claims),
        get("/v1/stock/claims/{claim}", "claims.get", "Show a claim", Read, claim),
        act(
            "/v1/stock/claims/{claim}/settle",
            "claims.settle",
            "End a claim with what the carrier paid",
            Permission::Transfer,
            settle,
        ),
        act(
            "/v1/stock/claims/{claim}/reopen",
            "claims.reopen",
            "Open a settled claim again",
            Permission::Transfer,
            reopen,
        ),
    ]
}

fn list(cx: &Cx, wanted: ByState) -> Result<Done<Page<TransferOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let state = paging::word("state", wanted.state.as_deref(), TransferState::parse)?;
    let found = transfer::list(&cx.app, &cx.call, state, before, limit)?;
    Ok(paging::read_page(&found, limit, |one| one.id.to_string(), |one| out(cx, one))?.into())
}

fn out(cx: &Cx, one: &Transfer) -> Result<TransferOut, Error> {
    Ok(TransferOut::new(one, &names(&cx.app, &TransferOut::ids(one))?))
}

fn shown(cx: &Cx, one: &Transfer) -> Result<Done<TransferOut>, Error> {
    Ok(Done::of(out(cx, one)?).version(one.version))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<TransferOut>, Error> {
    shown(cx, &transfer::called(&cx.app, &cx.call, cx.text("transfer"))?)
}

fn draft(cx: &Cx, new: TransferIn) -> Result<Done<TransferOut>, Error> {
    let made = transfer::draft(&cx.app, &cx.call, &new)?;
    let at = format!("/v1/stock/transfers/{}", made.id);
    Ok(shown(cx, &made)?.at(at))
}

fn ship(cx: &Cx, what: DispatchIn) -> Result<Done<TransferOut>, Error> {
    shown(cx, &transfer::dispatch(&cx.app, &cx.call, cx.id("transfer")?, &what)?)
}

fn receive(cx: &Cx, arrival: ArrivalIn) -> Result<Done<TransferOut>, Error> {
    shown(cx, &transfer::receive(&cx.app, &cx.call, cx.id("transfer")?, &arrival)?)
}

fn undo_receipt(cx: &Cx, _: Nothing) -> Result<Done<TransferOut>, Error> {
    shown(cx, &transfer::undo_receipt(&cx.app, &cx.call, cx.id("transfer")?)?)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<TransferOut>, Error> {
    shown(cx, &transfer::cancel(&cx.app, &cx.call, cx.id("transfer")?)?)
}

/// Which differences to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Kinds {
    /// `lost`, `found`, `damaged` or `claimed`.
    kind: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

/// A difference with the transfer it is of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ToldOut {
    pub object: &'static str,
    /// The transfer's number.
    pub transfer: String,
    pub sku: String,
    pub difference: DifferenceOut,
}

fn differences(cx: &Cx, wanted: Kinds) -> Result<Done<Page<ToldOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let before = paging::cursor(wanted.after.as_deref())?;
    let kind = paging::word("kind", wanted.kind.as_deref(), DifferenceKind::parse)?;
    let found = transfers::differences(&cx.app, &cx.call, kind, before, limit)?;
    let id = |(one, _): &transfers::Told| one.difference.id.to_string();
    let show = |(one, item): &transfers::Told| ToldOut {
        object: "difference",
        transfer: one.number.clone(),
        sku: item.sku.clone(),
        difference: DifferenceOut::from(&one.difference),
    };
    Ok(paging::page(&found, limit, id, show).into())
}

fn claims(cx: &Cx, wanted: ByState) -> Result<Done<Page<ClaimOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let after = paging::cursor(wanted.after.as_deref())?;
    let state = paging::word("state", wanted.state.as_deref(), CarrierClaimState::parse)?;
    let found = transfer::claims(&cx.app, &cx.call, state, after, limit)?;
    let id = |one: &CarrierClaim| one.id.to_string();
    Ok(paging::page(&found, limit, id, |one| ClaimOut::from(one)).into())
}

fn told(claim: &CarrierClaim) -> Done<ClaimOut> {
    Done::of(ClaimOut::from(claim)).version(claim.version)
}

fn claim(cx: &Cx, _: Nothing) -> Result<Done<ClaimOut>, Error> {
    Ok(told(&transfer::claim_called(&cx.app, &cx.call, cx.text("claim"))?))
}

fn settle(cx: &Cx, end: SettleClaimIn) -> Result<Done<ClaimOut>, Error> {
    Ok(told(&transfer::settle_claim(&cx.app, &cx.call, cx.id("claim")?, &end)?))
}

fn reopen(cx: &Cx, _: Nothing) -> Result<Done<ClaimOut>, Error> {
    Ok(told(&transfer::reopen_claim(&cx.app, &cx.call, cx.id("claim")?)?))
}
