//! Payments: what came in, what it pays, what is left of it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::{CustomerId, PaymentId};
use orderly_core::payment::{Payment, Transaction};
use orderly_core::time::Day;
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::ops::payments::allocate::{self, AllocateIn};
use crate::ops::payments::on_delivery;
use crate::ops::payments::store_credit::{self, Standing};
use crate::ops::payments::{self, PaymentIn, Settling, StepIn};
use crate::ops::read::{catalog, orders, parties};
use crate::ops::tills;
use crate::wire::out::amount;
use crate::wire::out::payments::{OwedOut, PaymentOut};
use crate::{App, Error};

#[derive(Debug, Subcommand)]
pub enum Payments {
    /// List payments, the latest first
    List {
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show a payment with what it pays
    Show {
        /// The payment's id
        payment: String,
    },
    /// Take money of a customer, for an order or for nothing yet
    Take(Take),
    /// Let money that pays nothing pay an order
    Apply(Apply),
    /// Let money pay invoices: `--invoice NUMBER[=AMOUNT]` for each, or the oldest first
    Allocate(Allocate),
    /// Take money back from an order or an invoice: it pays nothing again
    Withdraw(Withdraw),
    /// Give back money that pays nothing
    Refund(Refund),
    /// Give up what is open of an invoice
    WriteOff(WriteOff),
    /// Show what carriers and drivers took on delivery and still owe us
    OnDelivery {
        /// Only what this carrier has; own for our own drivers
        #[arg(long, value_name = "CODE")]
        carrier: Option<String>,
    },
    /// Show, give or expire a customer's store credit
    StoreCredit(StoreCredit),
}

impl Payments {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { limit } => {
                let app = session.open()?;
                let found = payments::list(&app, &session.reading(), *limit)?;
                let objects: Vec<PaymentOut> = found.iter().map(PaymentOut::from).collect();
                session.out.answer(&json!({ "payments": objects }), || {
                    let rows = found.iter().map(|one| {
                        let free = amount(one.amounts.captured - one.amounts.applied, one.currency);
                        vec![
                            one.id.to_string(),
                            one.provider.clone(),
                            amount(one.amounts.captured, one.currency),
                            amount(one.amounts.refunded, one.currency),
                            free,
                            one.currency.to_string(),
                        ]
                    });
                    let head = ["payment", "provider", "taken>", "given back>", "free>", "cur"];
                    table(&head, rows)
                })
            }
            Self::Show { payment } => {
                let app = session.open()?;
                let call = session.reading();
                answer(session, &payments::show(&app, &call, id_of(payment)?)?)
            }
            Self::Take(take) => take.run(session),
            Self::Apply(apply) => apply.run(session),
            Self::Allocate(allocate) => allocate.run(session),
            Self::Withdraw(withdraw) => withdraw.run(session),
            Self::Refund(refund) => refund.run(session),
            Self::WriteOff(write_off) => write_off.run(session),
            Self::OnDelivery { carrier } => owed_on_delivery(session, carrier.as_deref()),
            Self::StoreCredit(credit) => credit.run(session),
        }
    }
}

fn owed_on_delivery(session: &Session, carrier: Option<&str>) -> Result<ExitCode, Error> {
    let found = on_delivery::owed(&session.open()?, &session.reading(), carrier)?;
    let objects: Vec<OwedOut> = found.iter().map(OwedOut::from).collect();
    session.out.answer(&json!({ "on_delivery": objects }), || {
        let rows = found.iter().map(|one| {
            vec![
                one.carrier.clone().unwrap_or_default(),
                one.order_number.clone().unwrap_or_default(),
                one.payment.to_string(),
                amount(one.taken, one.currency),
                amount(one.open(), one.currency),
                one.currency.to_string(),
            ]
        });
        table(&["carrier", "order", "payment", "taken>", "open>", "cur"], rows)
    })
}

fn id_of(text: &str) -> Result<PaymentId, Error> {
    text.parse().map_err(|error| Error::Invalid(format!("{error}")))
}

pub(super) fn customer_of(app: &App, session: &Session, text: &str) -> Result<CustomerId, Error> {
    Ok(parties::show(app, &session.reading(), text)?.customer.id)
}

pub(super) fn payment_text(payment: &Payment) -> String {
    let money = |minor: i64| amount(minor, payment.currency);
    let mut text = format!(
        "Payment {} ({}): taken {}, given back {}, free {} {}",
        payment.id,
        payment.provider,
        money(payment.amounts.captured),
        money(payment.amounts.refunded),
        money(payment.unapplied()),
        payment.currency
    );
    let change: i64 = payment.transactions.iter().map(Transaction::change).sum();
    if change > 0 {
        text.push_str(&format!("; change {}", money(change)));
    }
    text
}

fn answer(session: &Session, payment: &Payment) -> Result<ExitCode, Error> {
    session.out.answer(&PaymentOut::from(payment), || payment_text(payment))
}

#[derive(Debug, Args)]
pub struct Take {
    /// The order it pays: number, id or the channel's id
    #[arg(long)]
    order: Option<String>,
    /// The customer whose money it is: number, e-mail address or id
    #[arg(long)]
    customer: Option<String>,
    /// The channel it comes through, where no order says it
    #[arg(long)]
    channel: Option<String>,
    /// How much; what the order still asks for where absent
    #[arg(long)]
    amount: Option<String>,
    /// Who moves the money: manual, cash, cod, store_credit, or a provider's name
    #[arg(long, default_value = "manual")]
    provider: String,
    /// How the customer pays: cash, card, transfer …
    #[arg(long)]
    method: Option<String>,
    /// The provider's name of the payment
    #[arg(long)]
    reference: Option<String>,
    /// The cash that was handed over: the rest is change
    #[arg(long)]
    tendered: Option<String>,
    /// The drawer the cash goes into
    #[arg(long)]
    drawer: Option<String>,
    /// Only expect it, as with cash on delivery; `orders capture` takes it later
    #[arg(long)]
    expect: bool,
    #[command(flatten)]
    given: Given,
}

impl Take {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let reading = session.reading();
        let order = self.order.as_deref().map(|text| orders::get(&app, &reading, text));
        let channel =
            self.channel.as_deref().map(|code| catalog::channel(&app, &session.reading(), code));
        let customer = self.customer.as_deref().map(|text| customer_of(&app, session, text));
        let new = PaymentIn {
            order: order.transpose()?.map(|order| order.id),
            customer: customer.transpose()?,
            channel: channel.transpose()?,
            provider: Some(self.provider.clone()),
            method: self.method.clone().unwrap_or_else(|| self.provider.clone()),
            reference: self.reference.clone(),
            amount: self.amount.clone(),
            tendered: self.tendered.clone(),
            ..PaymentIn::default()
        };
        let mut call = session.changing(&self.given, self)?;
        call.drawer = self
            .drawer
            .as_deref()
            .map(|code| tills::drawer(&app, &session.reading(), code))
            .transpose()?
            .map(|drawer| drawer.id);
        let taken = match self.expect {
            true => payments::authorize(&app, &call, &new)?,
            false => payments::take(&app, &call, &new)?,
        };
        answer(session, &taken)
    }
}

#[derive(Debug, Args)]
pub struct Apply {
    /// The payment's id
    payment: String,
    /// The order: number, id or the channel's id
    #[arg(long)]
    order: String,
    /// How much; what the order asks for, as far as the money goes, where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Apply {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let order = orders::get(&app, &session.reading(), &self.order)?.id;
        let amount = self.amount.clone();
        let step = StepIn { order: Some(order), amount, settling: Settling::AtOnce };
        let call = session.changing(&self.given, self)?;
        answer(session, &payments::apply(&app, &call, id_of(&self.payment)?, &step)?)
    }
}

#[derive(Debug, Args)]
pub struct Allocate {
    /// The payment's id
    payment: String,
    /// An invoice by its number or id, with how much of it; all that is open else
    #[arg(long = "invoice", value_name = "NUMBER[=AMOUNT]")]
    invoices: Vec<String>,
    /// After those, the open invoices of the account, the first due first
    #[arg(long)]
    oldest: bool,
    #[command(flatten)]
    given: Given,
}

/// Reads `NUMBER[=AMOUNT]`.
pub(super) fn invoices_of(
    app: &App,
    session: &Session,
    texts: &[String],
) -> Result<Vec<(orderly_core::id::InvoiceId, Option<String>)>, Error> {
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        let (name, amount) = match text.split_once('=') {
            Some((name, amount)) => (name, Some(amount.to_owned())),
            None => (text.as_str(), None),
        };
        out.push((allocate::invoice(app, &session.reading(), name)?.id, amount));
    }
    Ok(out)
}

impl Allocate {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let new = AllocateIn {
            invoices: invoices_of(&app, session, &self.invoices)?,
            oldest: self.oldest,
        };
        let call = session.changing(&self.given, self)?;
        answer(session, &allocate::allocate(&app, &call, id_of(&self.payment)?, &new)?)
    }
}

#[derive(Debug, Args)]
pub struct Withdraw {
    /// The payment's id
    payment: String,
    /// The order it is taken from: number, id or the channel's id
    #[arg(long)]
    order: Option<String>,
    /// The invoice it is taken from, by number or id
    #[arg(long, conflicts_with = "order", required_unless_present = "order")]
    invoice: Option<String>,
    /// How much; all of it where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Withdraw {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = id_of(&self.payment)?;
        let call = session.changing(&self.given, self)?;
        if let Some(name) = &self.invoice {
            let invoice = allocate::invoice(&app, &session.reading(), name)?.id;
            let amount = self.amount.as_deref();
            return answer(session, &allocate::deallocate(&app, &call, id, invoice, amount)?);
        }
        let order = self.order.as_deref().unwrap_or_default();
        let order = orders::get(&app, &session.reading(), order)?.id;
        let amount = self.amount.clone();
        let step = StepIn { order: Some(order), amount, settling: Settling::AtOnce };
        answer(session, &payments::withdraw(&app, &call, id, &step)?)
    }
}

#[derive(Debug, Args)]
pub struct Refund {
    /// The payment's id
    payment: String,
    /// How much; all that pays nothing where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Refund {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let step = StepIn { amount: self.amount.clone(), ..StepIn::default() };
        let call = session.changing(&self.given, self)?;
        answer(session, &payments::give_back(&app, &call, id_of(&self.payment)?, &step)?)
    }
}

#[derive(Debug, Args)]
pub struct WriteOff {
    /// The invoice, by number or id
    invoice: String,
    /// How much; all that is open where absent
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl WriteOff {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = allocate::invoice(&app, &session.reading(), &self.invoice)?.id;
        let call = session.changing(&self.given, self)?;
        let invoice = allocate::write_off(&app, &call, id, self.amount.as_deref())?.invoice;
        let open = amount(invoice.open(), invoice.currency);
        let object = json!({
            "id": invoice.id.to_string(),
            "number": invoice.name(),
            "open": open,
            "currency": invoice.currency.to_string(),
        });
        session.out.answer(&object, || {
            format!("Invoice {}: {open} {} is open", invoice.name(), invoice.currency)
        })
    }
}

#[derive(Debug, Args)]
pub struct StoreCredit {
    /// The customer: number, e-mail address or id
    customer: String,
    /// Give this much; needs --reason
    #[arg(long)]
    give: Option<String>,
    /// The last day on which it can be used
    #[arg(long, requires = "give", value_name = "DAY")]
    until: Option<String>,
    /// Take away what was not used in time
    #[arg(long, conflicts_with = "give")]
    expire: bool,
    #[command(flatten)]
    given: Given,
}

impl StoreCredit {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let customer = customer_of(&app, session, &self.customer)?;
        let until = self.until.as_deref().map(Day::parse).transpose();
        let until = until.map_err(|error| Error::Invalid(error.to_string()))?;
        let standing: Standing = match &self.give {
            Some(amount) => {
                let call = session.changing(&self.given, self)?;
                store_credit::give(&app, &call, customer, amount, until)?
            }
            None if self.expire => {
                store_credit::expire(&app, &session.changing(&self.given, self)?, customer)?
            }
            None => store_credit::show(&app, &session.reading(), customer)?,
        };
        let balances = standing.balances.iter().map(|(holder, left)| {
            json!({
                "currency": holder.currency.to_string(), "balance": amount(*left, holder.currency),
            })
        });
        let entries = standing.entries.iter().map(|one| {
            json!({
                "kind": one.kind.code(),
                "amount": amount(one.amount, one.holder.currency),
                "currency": one.holder.currency.to_string(),
                "expires_on": one.expires_on.map(|day| day.to_string()),
                "reason": one.reason,
                "at": one.recorded_at.to_string(),
            })
        });
        let object = json!({
            "customer": standing.customer.to_string(),
            "balances": balances.collect::<Vec<_>>(),
            "entries": entries.collect::<Vec<_>>(),
        });
        session.out.answer(&object, || {
            if standing.balances.is_empty() {
                return "No store credit".into();
            }
            let line = |(holder, left): &(orderly_core::payment::credit::Holder, i64)| {
                format!("Store credit: {} {}", amount(*left, holder.currency), holder.currency)
            };
            standing.balances.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }
}
