//! What suppliers invoice, what they are paid, and what they give back.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::SupplierInvoiceId;
use orderly_core::money::Money;
use orderly_core::purchase::invoice::{SupplierDocument, SupplierInvoice, SupplierInvoiceState};
use orderly_core::purchase::rebate::RebateSide;
use serde_json::{Value, json};

use super::{of_line, pair};
use crate::cli::output::table;
use crate::cli::{Given, Session};
use crate::ops::purchases::{invoices, pay, rebates, returns};
use crate::wire::purchases::{
    RebateIn, SupplierChargeIn, SupplierInvoiceIn, SupplierInvoiceLineIn, SupplierPartIn,
    SupplierPaymentIn, TierIn, VendorReturnIn, VendorReturnLineIn,
};
use crate::{App, Call, Error};

#[derive(Debug, Args)]
pub struct Invoice {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// The supplier's number of the invoice
    #[arg(long)]
    number: String,
    /// The day of the invoice
    #[arg(long, value_name = "DAY")]
    on: String,
    /// The purchase order; all that was received and not invoiced where no line is named
    #[arg(long, value_name = "NUMBER")]
    purchase: Option<String>,
    /// What is invoiced of a line, and its net amount where it is not the order's price
    #[arg(long = "line", value_name = "LINE=QTY[@NET]")]
    lines: Vec<String>,
    /// Freight and the like, shared by value
    #[arg(long = "charge", value_name = "WHAT=NET")]
    charges: Vec<String>,
    #[arg(long)]
    tax: Option<String>,
    /// What the invoice says in all; checked
    #[arg(long)]
    total: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Credit {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// The supplier's number of the credit note
    #[arg(long)]
    number: String,
    /// The day of the credit note
    #[arg(long, value_name = "DAY")]
    on: String,
    /// The return that is credited, or else the purchase order
    #[arg(long = "return", value_name = "NUMBER")]
    vendor_return: Option<String>,
    #[arg(long, value_name = "NUMBER")]
    purchase: Option<String>,
    /// What is credited of a line, and its net amount
    #[arg(long = "line", value_name = "LINE=QTY[@NET]", required = true)]
    lines: Vec<String>,
    #[arg(long)]
    tax: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Named {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// The supplier's number of the invoice
    number: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Invoices {
    /// Only what is not paid
    #[arg(long)]
    open: bool,
    /// Only what is held
    #[arg(long)]
    held: bool,
    #[arg(long, default_value_t = 200)]
    limit: u32,
}

#[derive(Debug, Args)]
pub struct Pay {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// An invoice, with an amount where it is paid in part
    #[arg(long = "invoice", value_name = "NUMBER[=AMOUNT]", required = true)]
    invoices: Vec<String>,
    /// A credit note that is used, with an amount where that is a part
    #[arg(long = "credit", value_name = "NUMBER[=AMOUNT]")]
    credits: Vec<String>,
    /// The day it is paid
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// What the bank is told
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Return {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// Where the goods are
    #[arg(long, value_name = "CODE")]
    location: String,
    /// What goes back, in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required = true)]
    items: Vec<String>,
    /// sellable, damaged or quarantine
    #[arg(long)]
    condition: Option<String>,
    /// The supplier's leave, such as his return number
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Subcommand)]
pub enum Rebates {
    /// Show what accrued of every rebate, by period, and what is settled
    List {
        /// Only this rebate
        code: Option<String>,
    },
    /// Agree on a rebate with a supplier or for a customer's account
    Agree(Agree),
    /// End a rebate
    End {
        code: String,
        #[command(flatten)]
        given: Given,
    },
    /// Settle a period: a supplier's by his credit note, a customer's by a credit note to him
    Settle(Settle),
}

#[derive(Debug, Args)]
pub struct Agree {
    code: String,
    name: String,
    /// The supplier who gives it
    #[arg(long, value_name = "CODE")]
    supplier: Option<String>,
    /// The account that gets it
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Only this item's lines
    #[arg(long)]
    sku: Option<String>,
    /// percent of the net amount, or an amount for each base unit
    #[arg(long, default_value = "percent")]
    basis: String,
    /// month, quarter or year
    #[arg(long, default_value = "year")]
    span: String,
    /// From which turnover on which rate holds for the whole period
    #[arg(long = "tier", value_name = "FROM=RATE", required = true)]
    tiers: Vec<String>,
    #[arg(long, value_name = "DAY")]
    from: String,
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Settle {
    code: String,
    /// The period, such as 2026-Q4
    period: String,
    /// The number of the supplier's credit note
    #[arg(long)]
    number: Option<String>,
    /// All that is not settled where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

fn answer(session: &Session, one: &SupplierInvoice) -> Result<ExitCode, Error> {
    session.out.answer(one, || {
        let total = Money::new(one.total, one.currency);
        let what = match one.kind {
            SupplierDocument::Invoice => "Invoice",
            SupplierDocument::CreditNote => "Credit note",
        };
        let mut text = format!("{what} {} of {total} is {}.", one.number, one.state.code());
        for why in &one.reasons {
            let (reason, line) = (why.reason.code(), why.line);
            let figures = format!("{} instead of {}", why.actual, why.expected);
            text.push_str(&format!("\n  line {line}: {reason}, {figures}"));
        }
        text
    })
}

/// Reads `LINE=QTY[@NET]`.
fn line(text: &str) -> Result<(i64, String, Option<String>), Error> {
    let (line, rest) = of_line(text)?;
    Ok(match rest.split_once('@') {
        Some((quantity, net)) => (line, quantity.to_owned(), Some(net.to_owned())),
        None => (line, rest, None),
    })
}

impl Invoice {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for text in &self.lines {
            let (line, quantity, net) = line(text)?;
            lines.push(SupplierInvoiceLineIn { line, quantity, net, ..Default::default() });
        }
        let mut charges = Vec::with_capacity(self.charges.len());
        for text in &self.charges {
            let (description, net) = pair(text)?;
            let (description, net) = (description.to_owned(), net.to_owned());
            charges.push(SupplierChargeIn { description, net, spread: None });
        }
        let new = SupplierInvoiceIn {
            supplier: self.supplier.clone(),
            number: self.number.clone(),
            invoiced_on: self.on.clone(),
            purchase: self.purchase.clone(),
            lines,
            charges,
            tax: self.tax.clone(),
            total: self.total.clone(),
            ..SupplierInvoiceIn::default()
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        answer(session, &invoices::enter(&app, &call, &new)?)
    }
}

impl Credit {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for text in &self.lines {
            let (line, quantity, net) = line(text)?;
            let vendor_return = self.vendor_return.clone();
            lines.push(SupplierInvoiceLineIn {
                vendor_return,
                line,
                quantity,
                net,
                ..Default::default()
            });
        }
        let new = SupplierInvoiceIn {
            supplier: self.supplier.clone(),
            kind: Some(SupplierDocument::CreditNote.code().into()),
            number: self.number.clone(),
            invoiced_on: self.on.clone(),
            purchase: self.purchase.clone(),
            lines,
            tax: self.tax.clone(),
            ..SupplierInvoiceIn::default()
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        answer(session, &invoices::enter(&app, &call, &new)?)
    }
}

/// An operation on one invoice.
type Change = fn(&App, &Call, SupplierInvoiceId) -> Result<SupplierInvoice, Error>;

impl Named {
    pub fn run(&self, session: &Session, change: Change) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let kind = SupplierDocument::Invoice;
        let known = invoices::get(&app, &session.reading(), &self.supplier, kind, &self.number)?;
        answer(session, &change(&app, &call, known.id)?)
    }
}

impl Invoices {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let state = self.held.then_some(SupplierInvoiceState::Held);
        let all = invoices::Wanted::default();
        let wanted = invoices::Wanted { open: self.open, state, limit: self.limit, ..all };
        let found = invoices::list(&session.open()?, &session.reading(), &wanted)?;
        session.out.answer(&json!({ "invoices": found }), || {
            let rows = found.iter().map(|one| {
                vec![
                    one.number.clone(),
                    one.kind.code().to_owned(),
                    one.state.code().to_owned(),
                    one.due_on.to_string(),
                    Money::new(one.total, one.currency).to_string(),
                    Money::new(one.open(), one.currency).to_string(),
                ]
            });
            table(&["number", "kind", "state", "due", "total>", "open>"], rows)
        })
    }
}

fn parts(texts: &[String]) -> Vec<SupplierPartIn> {
    let part = |text: &String| match pair(text) {
        Ok((number, amount)) => {
            SupplierPartIn { number: number.into(), amount: Some(amount.into()) }
        }
        Err(_) => SupplierPartIn { number: text.clone(), amount: None },
    };
    texts.iter().map(part).collect()
}

impl Pay {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = SupplierPaymentIn {
            supplier: self.supplier.clone(),
            paid_on: self.on.clone(),
            reference: self.reference.clone(),
            invoices: parts(&self.invoices),
            credits: parts(&self.credits),
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let paid = pay::pay(&app, &call, &new)?;
        let amount = Money::new(paid.amount, paid.currency);
        let object = json!({
            "id": paid.id.to_string(), "number": paid.number,
            "amount": amount.decimal().to_string(),
            "currency": paid.currency.code(), "paid_on": paid.paid_on.to_string(),
        });
        session
            .out
            .answer(&object, || format!("Payment {}: {amount} to {}.", paid.number, self.supplier))
    }
}

impl Return {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.items.len());
        for text in &self.items {
            let (sku, quantity) = pair(text)?;
            lines.push(VendorReturnLineIn {
                sku: sku.into(),
                quantity: quantity.into(),
                condition: self.condition.clone(),
                ..VendorReturnLineIn::default()
            });
        }
        let new = VendorReturnIn {
            supplier: self.supplier.clone(),
            location: self.location.clone(),
            reference: self.reference.clone(),
            reason: self.given.reason.clone().unwrap_or_default(),
            lines,
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let sent = returns::send(&app, &call, &new)?;
        session.out.answer(&sent, || {
            format!(
                "Return {} is sent.\nCredited: `orderly purchases credit --return {}`",
                sent.number, sent.number
            )
        })
    }
}

impl Rebates {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { code } => report(session, code.as_deref()),
            Self::Agree(agree) => agree.run(session),
            Self::End { code, given } => {
                let (app, call) = (session.open()?, session.changing(given, code)?);
                let ended = rebates::end(&app, &call, code)?;
                session.out.answer(&ended, || format!("Rebate {} is ended.", ended.code))
            }
            Self::Settle(settle) => {
                let (app, call) = (session.open()?, session.changing(&settle.given, settle)?);
                let Settle { code, period, number, amount, .. } = settle;
                let amount = amount.as_deref();
                if rebates::get(&app, &session.reading(), code)?.side == RebateSide::Customer {
                    let note = rebates::give(&app, &call, code, period, amount)?;
                    let told = || {
                        let total = Money::new(note.total, note.currency);
                        format!("{} gives {total} to the account.", note.name())
                    };
                    return session.out.answer(&note, told);
                }
                let number = number.as_deref().unwrap_or_default();
                answer(session, &rebates::settle(&app, &call, code, period, number, amount)?)
            }
        }
    }
}

fn report(session: &Session, code: Option<&str>) -> Result<ExitCode, Error> {
    let found = rebates::report(&session.open()?, &session.reading(), code)?;
    let money = |one: &rebates::Shown, minor: i64| Money::new(minor, one.rebate.currency);
    let objects: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "code": one.rebate.code, "side": one.rebate.side.code(),
                "period": one.period.period,
                "turnover": money(one, one.period.turnover.base).decimal().to_string(),
                "qty": one.period.turnover.qty,
                "expected": money(one, one.due).decimal().to_string(),
                "accrued": money(one, one.period.accrued).decimal().to_string(),
                "settled": money(one, one.period.settled).decimal().to_string(),
                "open": money(one, one.period.accrued - one.period.settled).decimal().to_string(),
            })
        })
        .collect();
    session.out.answer(&json!({ "rebates": objects }), || {
        let rows = found.iter().map(|one| {
            vec![
                one.rebate.code.clone(),
                one.rebate.side.code().to_owned(),
                one.period.period.clone(),
                money(one, one.period.turnover.base).to_string(),
                money(one, one.due).to_string(),
                money(one, one.period.settled).to_string(),
                money(one, one.period.accrued - one.period.settled).to_string(),
            ]
        });
        table(&["code", "side", "period", "turnover>", "expected>", "settled>", "open>"], rows)
    })
}

impl Agree {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut tiers = Vec::with_capacity(self.tiers.len());
        for text in &self.tiers {
            let (from, rate) = pair(text)?;
            tiers.push(TierIn { from: from.into(), rate: rate.into() });
        }
        let new = RebateIn {
            code: self.code.clone(),
            name: self.name.clone(),
            supplier: self.supplier.clone(),
            account: self.account.clone(),
            basis: Some(self.basis.clone()),
            sku: self.sku.clone(),
            span: Some(self.span.clone()),
            tiers,
            starts_on: self.from.clone(),
            ends_on: self.until.clone(),
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let made = rebates::agree(&app, &call, &new)?;
        session.out.answer(&made, || format!("Rebate {} is agreed.", made.code))
    }
}
