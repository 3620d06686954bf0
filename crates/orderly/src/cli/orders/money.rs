//! Money and goods that come back: payments, refunds, returns.

use std::process::ExitCode;

use clap::Args;
use orderly_core::id::PaymentId;
use orderly_core::order::Line;
use orderly_core::payment::Payment;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::returns::Fate;

use super::pick;
use super::steps::answer;
use crate::Error;
use crate::cli::refunds::refund_text;
use crate::cli::{Given, Session};
use crate::ops::payments::{self, PaymentIn, Settling, StepIn};
use crate::ops::read::{catalog, money, orders};
use crate::ops::refunds::{self, How, RefundIn, RefundLineIn};
use crate::ops::returns::{self, ReturnIn, ReturnLineIn};
use crate::ops::tills;
use crate::wire::out::back::RefundOut;
use crate::wire::out::{PaymentOut, amount};

/// How a provider answers.
#[derive(Debug, Args)]
pub struct Provided {
    /// The provider's reference of this step: it has happened
    #[arg(long, value_name = "REFERENCE")]
    under: Option<String>,
    /// The provider answers later: it stays pending
    #[arg(long, conflicts_with = "under")]
    later: bool,
}

impl Provided {
    fn settling(&self) -> Settling {
        match (&self.under, self.later) {
            (_, true) => Settling::Later,
            (Some(reference), _) => Settling::Under(reference.clone()),
            _ => Settling::AtOnce,
        }
    }
}

#[derive(Debug, Args)]
pub struct Pay {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// How much; what the order still asks for where absent
    #[arg(long)]
    amount: Option<String>,
    /// How the customer pays: cash, card, transfer …
    #[arg(long, default_value = "cash")]
    method: String,
    /// Who moves the money: manual, cash, or a provider's name
    #[arg(long, default_value = "manual")]
    provider: String,
    /// The provider's name of the payment
    #[arg(long)]
    reference: Option<String>,
    /// The cash that was handed over: the rest is change
    #[arg(long)]
    tendered: Option<String>,
    /// The drawer the cash goes into
    #[arg(long)]
    drawer: Option<String>,
    /// Reserve the money only; `orders capture` takes it later
    #[arg(long)]
    authorize: bool,
    #[command(flatten)]
    provided: Provided,
    #[command(flatten)]
    given: Given,
}

fn payment_text(payment: &Payment) -> String {
    let money = |minor: i64| amount(minor, payment.currency);
    let amounts = &payment.amounts;
    let mut text = format!(
        "Payment {} by {} ({}): authorized {}, captured {}, refunded {} {}",
        payment.id,
        payment.method,
        payment.provider,
        money(amounts.authorized),
        money(amounts.captured),
        money(amounts.refunded),
        payment.currency
    );
    let pending = amounts.authorize_pending + amounts.capture_pending + amounts.refund_pending;
    if pending > 0 {
        text.push_str(&format!("; {} pending", money(pending)));
    }
    text
}

impl Pay {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let order = orders::get(&app, &session.reading(), &self.order)?;
        let mut call = session.changing(&self.given, self)?;
        let drawer =
            self.drawer.as_deref().map(|code| tills::drawer(&app, &session.reading(), code));
        call.drawer = drawer.transpose()?.map(|drawer| drawer.id);
        let new = PaymentIn {
            order: Some(order.id),
            tendered: self.tendered.clone(),
            provider: Some(self.provider.clone()),
            method: self.method.clone(),
            reference: self.reference.clone(),
            amount: self.amount.clone(),
            settling: self.provided.settling(),
            ..PaymentIn::default()
        };
        let payment = if self.authorize {
            payments::authorize(&app, &call, &new)?
        } else {
            payments::take(&app, &call, &new)?
        };
        session.out.answer(&PaymentOut::from(&payment), || payment_text(&payment))
    }
}

#[derive(Debug, Args)]
pub struct Capture {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The payment's id; the order's first with reserved money where absent
    #[arg(long)]
    payment: Option<String>,
    /// How much; all that is reserved where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    provided: Provided,
    #[command(flatten)]
    given: Given,
}

impl Capture {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let order = orders::get(&app, &session.reading(), &self.order)?;
        let id: PaymentId = match &self.payment {
            Some(text) => text.parse()?,
            None => {
                let known = money::payments_of(&app, &session.reading(), order.id)?;
                let reserved = known.iter().find(|one| one.amounts.capturable() > 0);
                let missing = || Error::not_found("payment with reserved money for this order");
                reserved.ok_or_else(missing)?.id
            }
        };
        let call = session.changing(&self.given, self)?;
        let settling = self.provided.settling();
        let step = StepIn { order: Some(order.id), amount: self.amount.clone(), settling };
        let payment = payments::capture(&app, &call, id, &step)?;
        session.out.answer(&PaymentOut::from(&payment), || payment_text(&payment))
    }
}

#[derive(Debug, Args)]
pub struct Refund {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// A line by number or SKU, with a quantity in its unit
    #[arg(long = "line", value_name = "LINE=QTY", required = true)]
    lines: Vec<String>,
    /// Why money goes back: canceled, returned or goodwill
    #[arg(long, default_value = "canceled")]
    cause: String,
    /// How much for the line; what the quantity comes to where absent
    #[arg(long)]
    amount: Option<String>,
    /// Into what: refund, account_credit or store_credit (`orders exchange` sends other goods)
    #[arg(long, default_value = "refund")]
    into: String,
    /// Keep no restocking fee
    #[arg(long)]
    waive_fee: bool,
    /// Where another person must approve it: leave it to be approved
    #[arg(long)]
    await_approval: bool,
    #[command(flatten)]
    provided: Provided,
    #[command(flatten)]
    given: Given,
}

impl Refund {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = orders::show(&app, &session.reading(), &self.order)?;
        let unknown = |what: &str, text: &str| Error::Invalid(format!("`{text}` is no {what}"));
        let cause = Cause::parse(&self.cause).ok_or_else(|| unknown("cause", &self.cause))?;
        let settlement = RefundSettlement::parse(&self.into);
        let settlement = settlement.ok_or_else(|| unknown("settlement", &self.into))?;
        let whole = |line: &Line| match cause {
            Cause::Returned => line.quantities.returned,
            _ => line.quantities.canceled,
        };
        let lines = pick::lines(&shown, &self.lines, whole)?;
        let returned = money::returns_of(&app, &session.reading(), shown.order.id)?;
        let last = returned.last().filter(|_| cause == Cause::Returned);
        let amount_each = self.amount.clone();
        let lines = lines.into_iter().map(|(line, qty)| RefundLineIn {
            line,
            return_line: last
                .and_then(|one| one.lines.iter().find(|own| own.order_line == Some(line)))
                .map(|own| own.id),
            cause,
            qty,
            amount: amount_each.clone(),
        });
        let new = RefundIn {
            returned: last.map(|one| one.id),
            lines: lines.collect(),
            charges: Vec::new(),
            settlement,
            payment: None,
            reason: self.given.reason.clone().unwrap_or_default(),
            settling: self.provided.settling(),
        };
        let call = session.changing(&self.given, self)?;
        let how = How { waive_fee: self.waive_fee, await_approval: self.await_approval };
        let refund = refunds::make_with(&app, &call, shown.order.id, &new, how)?;
        session.out.answer(&RefundOut::from(&refund), || refund_text(&refund))
    }
}

#[derive(Debug, Args)]
pub struct Return {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// A line by number or SKU, with a quantity in its unit; all that was shipped of it else
    #[arg(long = "line", value_name = "LINE[=QTY]", required = true)]
    lines: Vec<String>,
    /// The location that takes the goods
    #[arg(long, value_name = "LOCATION")]
    at: String,
    /// Take them now, and: restocked, quarantined, scrapped, awaiting_inspection …
    ///
    /// Without it the return is only announced.
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Return {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = orders::show(&app, &session.reading(), &self.order)?;
        let at = catalog::location(&app, &session.reading(), &self.at)?;
        let lines = pick::lines(&shown, &self.lines, |line| line.quantities.returnable())?;
        let reason = self.given.reason.clone();
        let lines = lines.into_iter().map(|(line, qty)| ReturnLineIn {
            line: Some(line),
            qty: qty.get(),
            reason: reason.clone(),
            lot: {
                let shipped = shown.order.shipment_lines.iter().find(|one| one.line == line);
                shipped.map(|one| one.lot).filter(|lot| !lot.is_none())
            },
            ..ReturnLineIn::default()
        });
        let new = ReturnIn {
            order: Some(shown.order.id),
            location: Some(at),
            reason: self.given.reason.clone(),
            lines: lines.collect(),
            ..ReturnIn::default()
        };
        let call = session.changing(&self.given, self)?;
        match self.to.as_deref() {
            None => returns::request(&app, &call, &new)?,
            Some(text) => {
                let unknown = || {
                    let known: Vec<&str> = Fate::ALL.iter().map(|fate| fate.code()).collect();
                    let known = known.join(", ");
                    Error::Invalid(format!("`{text}` is nothing that happens to goods: {known}"))
                };
                let fate = Fate::parse(text).ok_or_else(unknown)?;
                returns::take_back(&app, &call, &new, at, fate)?
            }
        };
        answer(session, &app, &shown.order)
    }
}
