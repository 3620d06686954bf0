//! `/v1/refunds`: money that goes back.

use orderly_core::actor::Permission;
use orderly_core::id::{ChargeId, PaymentId, RefundId};
use orderly_core::order::Line;
use orderly_core::refund::{Cause, Refund, RefundSettlement};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_ops::ops::payments::Settling;
use orderly_ops::ops::read::orders::{self, Shown};
use orderly_ops::ops::read::{money, returns as read};
use orderly_ops::ops::refunds::{self as ops, How, RefundIn, RefundLineIn};
use orderly_ops::wire::out::back::RefundOut;
use orderly_ops::wire::parts::{self, PartIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::returns::cursor;
use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    vec![
        get(
            "/v1/refunds",
            "refunds.list",
            "List refunds, the latest first",
            Permission::Read,
            list,
        ),
        get("/v1/refunds/{refund}", "refunds.get", "Show a refund", Permission::Read, show),
        create(
            "/v1/refunds",
            "refunds.make",
            "Refund lines or charges of an order",
            Permission::Refund,
            make,
        ),
        act(
            "/v1/refunds/{refund}/approve",
            "refunds.approve",
            "Let a refund go on that another person asked for",
            Permission::Approve,
            approve,
        ),
        act(
            "/v1/refunds/{refund}/retry",
            "refunds.retry",
            "Move what is left of a refund whose money failed in part",
            Permission::Refund,
            retry,
        ),
        act(
            "/v1/refunds/{refund}/cancel",
            "refunds.cancel",
            "Give up a pending refund whose money has not moved",
            Permission::Refund,
            cancel,
        ),
    ]
}

fn invalid(pointer: impl Into<String>, detail: &str) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, detail)
}

/// Reads how a refund is given.
pub(super) fn settlement(text: &str) -> Result<RefundSettlement, Refusal> {
    RefundSettlement::parse(text).ok_or_else(|| {
        let known: Vec<&str> = RefundSettlement::ALL.iter().map(|one| one.code()).collect();
        invalid("/into", "nothing is given back that way").allowed(known.join(", "))
    })
}

/// Which refunds to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<RefundOut>>, Error> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 250);
    let after = wanted.after.as_deref().map(cursor::<RefundId>).transpose()?;
    let found = read::refunds(&cx.app, &cx.call, after, limit + 1)?;
    let end = |one: &Refund| format!("{}.{}", one.created_at.micros(), one.id);
    Ok(Done::of(Page::cut(found, limit, end, row)))
}

fn row(refund: &Refund) -> RefundOut {
    RefundOut::from(refund)
}

fn done(refund: &Refund) -> Done<RefundOut> {
    Done::of(RefundOut::from(refund)).version(refund.version)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<RefundOut>, Error> {
    Ok(done(&read::refund(&cx.app, &cx.call, cx.text("refund"))?))
}

/// A refund. The shared field `reason` says why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MakeIn {
    /// Number, id, the channel's id, tracking number or SSCC.
    order: String,
    /// The number or id of the return it is for; the order's last one where absent and something
    /// was returned.
    #[serde(default, rename = "return")]
    returned: Option<String>,
    #[serde(default)]
    lines: Vec<LineIn>,
    #[serde(default)]
    charges: Vec<ChargeIn>,
    /// `refund` (where absent), `account_credit` or `store_credit`.
    #[serde(default)]
    into: Option<String>,
    /// A payment's id; the order's payments, the oldest first, where absent.
    #[serde(default)]
    payment: Option<String>,
    /// The provider's reference: it has happened.
    #[serde(default)]
    under: Option<String>,
    /// The provider answers later: it stays pending.
    #[serde(default)]
    later: bool,
    /// Keep no restocking fee.
    #[serde(default)]
    waive_fee: bool,
    /// Where another person must approve it: leave it to be approved.
    #[serde(default)]
    await_approval: bool,
}

/// What is refunded of a line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LineIn {
    /// The order's line: id, position or SKU.
    line: String,
    /// `canceled` (where absent), `returned` or `goodwill`.
    #[serde(default)]
    cause: Option<String>,
    /// A decimal in the line's unit; all that was canceled or returned where absent.
    #[serde(default)]
    quantity: Option<String>,
    /// What the quantity comes to where absent.
    #[serde(default)]
    amount: Option<String>,
}

/// What is refunded of a charge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChargeIn {
    /// The charge's id.
    charge: String,
    /// All that is left where absent.
    #[serde(default)]
    amount: Option<String>,
}

impl LineIn {
    fn read(&self, shown: &Shown, back: Option<&Return>, at: usize) -> Result<RefundLineIn, Error> {
        let under = format!("/lines/{at}");
        let cause = Cause::parse(self.cause.as_deref().unwrap_or("canceled"));
        let unknown = || {
            let known = "canceled, returned, goodwill";
            invalid(format!("{under}/cause"), "this is no cause of a refund").allowed(known)
        };
        let cause = cause.ok_or_else(unknown)?;
        let part = PartIn { line: self.line.clone(), quantity: self.quantity.clone() };
        let whole = |line: &Line| match cause {
            Cause::Returned => line.quantities.returned,
            _ => line.quantities.canceled,
        };
        let (line, qty) = parts::of(shown, &[part], whole)?[0];
        let returned = back.filter(|_| cause == Cause::Returned);
        let return_line = returned
            .and_then(|one| one.lines.iter().find(|own| own.order_line == Some(line)))
            .map(|own| own.id);
        Ok(RefundLineIn { line, return_line, cause, qty, amount: self.amount.clone() })
    }
}

impl MakeIn {
    fn read(&self, cx: &Cx, shown: &Shown) -> Result<RefundIn, Error> {
        let returned = match &self.returned {
            Some(text) => Some(read::one(&cx.app, &cx.finding(), text)?),
            None => {
                let causes = self.lines.iter().map(|line| line.cause.as_deref());
                let any = causes.into_iter().any(|cause| cause == Some("returned"));
                let all = money::returns_of(&cx.app, &cx.finding(), shown.order.id)?;
                all.into_iter().next_back().filter(|_| any)
            }
        };
        let lines = self.lines.iter().enumerate();
        let lines = lines.map(|(at, line)| line.read(shown, returned.as_ref(), at));
        let charges = self.charges.iter().enumerate().map(|(at, one)| {
            let wrong = |_| invalid(format!("/charges/{at}/charge"), "this is no id of a charge");
            let id: ChargeId = one.charge.parse().map_err(wrong)?;
            Ok::<_, Refusal>((id, one.amount.clone()))
        });
        Ok(RefundIn {
            returned: returned.as_ref().map(|one| one.id),
            lines: lines.collect::<Result<_, Error>>()?,
            charges: charges.collect::<Result<_, _>>()?,
            settlement: settlement(self.into.as_deref().unwrap_or("refund"))?,
            payment: payment(self.payment.as_deref())?,
            reason: cx.call.reason.clone().unwrap_or_default(),
            settling: settling(self.under.clone(), self.later),
        })
    }
}

fn payment(text: Option<&str>) -> Result<Option<PaymentId>, Refusal> {
    let wrong = |_| invalid("/payment", "this is no id of a payment");
    text.map(str::parse).transpose().map_err(wrong)
}

fn settling(under: Option<String>, later: bool) -> Settling {
    match (under, later) {
        (_, true) => Settling::Later,
        (Some(reference), _) => Settling::Under(reference),
        _ => Settling::AtOnce,
    }
}

fn make(cx: &Cx, body: MakeIn) -> Result<Done<RefundOut>, Error> {
    let shown = orders::show(&cx.app, &cx.finding(), &body.order)?;
    let new = body.read(cx, &shown)?;
    let how = How { waive_fee: body.waive_fee, await_approval: body.await_approval };
    let refund = ops::make_with(&cx.app, &cx.call, shown.order.id, &new, how)?;
    let at = format!("/v1/refunds/{}", refund.id);
    Ok(done(&refund).at(at))
}

/// How money of a refund moves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct MoveIn {
    /// A payment's id; the order's payments, the oldest first, where absent.
    payment: Option<String>,
    /// The provider's reference: it has happened.
    under: Option<String>,
    /// The provider answers later: it stays pending.
    later: bool,
}

type Move = fn(&App, &Call, RefundId, Option<PaymentId>, &Settling) -> Result<Refund, Error>;

fn moved(cx: &Cx, body: MoveIn, step: Move) -> Result<Done<RefundOut>, Error> {
    let id = read::refund(&cx.app, &cx.finding(), cx.text("refund"))?.id;
    let (payment, settling) = (payment(body.payment.as_deref())?, settling(body.under, body.later));
    Ok(done(&step(&cx.app, &cx.call, id, payment, &settling)?))
}

fn approve(cx: &Cx, body: MoveIn) -> Result<Done<RefundOut>, Error> {
    moved(cx, body, ops::approve)
}

fn retry(cx: &Cx, body: MoveIn) -> Result<Done<RefundOut>, Error> {
    moved(cx, body, ops::retry)
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<RefundOut>, Error> {
    let id = read::refund(&cx.app, &cx.finding(), cx.text("refund"))?.id;
    Ok(done(&ops::cancel(&cx.app, &cx.call, id)?))
}
