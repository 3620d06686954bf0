//! `/v1/rebates`: agreed with suppliers and with customers' accounts, accrued line by line.

use orderly_core::actor::Permission;
use orderly_core::purchase::rebate::Rebate;
use orderly_ops::Error;
use orderly_ops::ops::purchases::rebates;
use orderly_ops::ops::read::names::names;
use orderly_ops::wire::out::invoices::InvoiceOut;
use orderly_ops::wire::out::payables::SupplierInvoiceOut;
use orderly_ops::wire::out::rebates::{RebateOut, RebatePeriodOut};
use orderly_ops::wire::purchases::RebateIn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{CreditInvoice, Purchase, Read};
    vec![
        get("/v1/rebates", "rebates.list", "List rebates", Read, list),
        create(
            "/v1/rebates",
            "rebates.agree",
            "Agree on a rebate with a supplier or for an account",
            Purchase,
            agree,
        ),
        get(
            "/v1/rebates/{rebate}",
            "rebates.get",
            "Show a rebate with what its periods earned",
            Read,
            show,
        ),
        act(
            "/v1/rebates/{rebate}/end",
            "rebates.end",
            "End a rebate: what is bought from now on earns nothing",
            Purchase,
            end,
        ),
        act(
            "/v1/rebates/{rebate}/settle",
            "rebates.settle",
            "Settle a period of a supplier's rebate by his credit note",
            Purchase,
            settle,
        )
        .unversioned(),
        act(
            "/v1/rebates/{rebate}/give",
            "rebates.give",
            "Give an account what a period earned, by a credit note to it",
            CreditInvoice,
            give,
        )
        .unversioned(),
    ]
}

fn outs(cx: &Cx, all: &[Rebate]) -> Result<Vec<RebateOut>, Error> {
    let mut partners = rebates::partners(&cx.app, all)?;
    let one = |one: &Rebate| RebateOut::new(one, partners.remove(&one.id).unwrap_or_default());
    Ok(all.iter().map(one).collect())
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<RebateOut>>, Error> {
    let all = rebates::list(&cx.app, &cx.call)?;
    Ok(Page::new(outs(cx, &all)?, None).into())
}

fn done(cx: &Cx, one: Rebate) -> Result<Done<RebateOut>, Error> {
    let (version, at) = (one.version, format!("/v1/rebates/{}", one.code));
    let partner = rebates::partners(&cx.app, std::slice::from_ref(&one))?.remove(&one.id);
    let out = RebateOut::new(&one, partner.unwrap_or_default());
    Ok(Done::of(out).version(version).at(at))
}

fn agree(cx: &Cx, new: RebateIn) -> Result<Done<RebateOut>, Error> {
    done(cx, rebates::agree(&cx.app, &cx.call, &new)?)
}

/// A rebate with its periods.
#[derive(Debug, Serialize, JsonSchema)]
struct EarnedOut {
    #[serde(flatten)]
    rebate: RebateOut,
    periods: Vec<RebatePeriodOut>,
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<EarnedOut>, Error> {
    let code = cx.text("rebate");
    let one = rebates::get(&cx.app, &cx.call, code)?;
    let periods = rebates::report(&cx.app, &cx.call, Some(code))?;
    let periods = periods.iter().map(RebatePeriodOut::from).collect();
    let version = one.version;
    Ok(Done::of(EarnedOut { rebate: done(cx, one)?.body, periods }).version(version))
}

fn end(cx: &Cx, _: Nothing) -> Result<Done<RebateOut>, Error> {
    done(cx, rebates::end(&cx.app, &cx.call, cx.text("rebate"))?)
}

/// A period that the supplier credits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettleIn {
    /// Such as `2026-Q4`.
    period: String,
    /// The number of his credit note.
    number: String,
    /// All that is not settled where absent.
    amount: Option<String>,
}

fn settle(cx: &Cx, body: SettleIn) -> Result<Done<SupplierInvoiceOut>, Error> {
    let SettleIn { period, number, amount } = body;
    let code = cx.text("rebate");
    let note = rebates::settle(&cx.app, &cx.call, code, &period, &number, amount.as_deref())?;
    let names = names(&cx.app, &SupplierInvoiceOut::ids(&note))?;
    let at = format!("/v1/supplier_invoices/{}", note.id);
    Ok(Done::of(SupplierInvoiceOut::new(&note, &names)).version(note.version).at(at))
}

/// A period that we credit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GiveIn {
    /// Such as `2026-Q4`.
    period: String,
    /// All that is not settled where absent.
    amount: Option<String>,
}

fn give(cx: &Cx, body: GiveIn) -> Result<Done<InvoiceOut>, Error> {
    let (code, amount) = (cx.text("rebate"), body.amount.as_deref());
    let note = rebates::give(&cx.app, &cx.call, code, &body.period, amount)?;
    Ok(InvoiceOut::from(&note).into())
}
