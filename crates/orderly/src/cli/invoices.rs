//! Invoices, receipts and credit notes: listing, issuing, correcting, printing.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::order::Invoicing;
use orderly_core::time::{Day, Instant};
use serde_json::json;

use super::documents::{Sheet, write_file};
use super::output::table;
use super::{Given, Session};
use crate::Error;
use crate::ops::invoices::{self, Filter, Part};
use crate::ops::read;
use crate::wire::out::amount;
use crate::wire::out::invoices::{InvoiceOut, InvoiceShownOut};

#[derive(Debug, Subcommand)]
pub enum Invoices {
    /// List documents, the latest first
    List {
        /// Only invoices, receipts or credit notes
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// Only those that are not settled in full
        #[arg(long)]
        open: bool,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one document by its number, such as INV-000041, or its id
    Show { invoice: String },
    /// Invoice everything that is due of an order
    Issue {
        /// Number, id or the channel's id
        order: String,
        #[command(flatten)]
        given: Given,
    },
    /// Invoice what was delivered to accounts under collective invoicing
    Run {
        /// Only this account
        #[arg(long, value_name = "NUMBER")]
        account: Option<String>,
        /// Deliveries up to and including this day; everything so far where none is given
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Take an invoice or receipt back, or a part of it; needs --reason
    Credit {
        invoice: String,
        /// The position of a line; the whole document where none is given
        #[arg(long)]
        line: Option<i64>,
        /// How much of the line, in base units: it is due again
        #[arg(long, requires = "line", conflicts_with = "amount")]
        qty: Option<i64>,
        /// An amount of money, tax included: the goods stay invoiced
        #[arg(long, requires = "line")]
        amount: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Issue the invoice that stands for a receipt, once
    ToInvoice {
        receipt: String,
        /// The customer's number or e-mail address, where the receipt names nobody
        #[arg(long)]
        customer: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Write a document as PDF
    Pdf {
        invoice: String,
        /// Write to this file instead of one named after the document; `-` is stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Sheet::A4)]
        paper: Sheet,
    },
    /// Say when a channel's or an account's orders are invoiced: per_sale, per_delivery, collective
    Policy {
        policy: String,
        /// The code of a channel
        #[arg(long, required_unless_present = "account", conflicts_with = "account")]
        channel: Option<String>,
        /// The number of an account; it overrides the channel
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        given: Given,
    },
}

impl Invoices {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        match self {
            Self::List { kind, open, limit } => {
                let kind = kind.as_deref().map(kind_of).transpose()?;
                let filter = Filter { kind, open: *open, ..Filter::default() };
                let found = invoices::list(
                    &app,
                    &session.reading(),
                    &filter,
                    None,
                    (*limit).clamp(1, 1_000),
                )?;
                let objects: Vec<InvoiceOut> = found.iter().map(InvoiceOut::from).collect();
                session.out.answer(&json!({ "invoices": objects }), || listed(&found))
            }
            Self::Show { invoice } => {
                let (found, rows) = invoices::show(&app, &session.reading(), invoice)?;
                let object = InvoiceShownOut::of(&found, &rows);
                session.out.answer(&object, || shown(&found))
            }
            Self::Issue { order, given } => {
                let call = session.changing(given, self)?;
                let id = read::orders::show(&app, &session.reading(), order)?.order.id;
                answer(session, &invoices::issue(&app, &call, id)?)
            }
            Self::Run { account, until, given } => {
                let call = session.changing(given, self)?;
                let account = account.as_deref().map(|number| account_of(session, &app, number));
                let account = account.transpose()?;
                let until = until.as_deref().map(end_of).transpose()?;
                let until = until.unwrap_or_else(|| call.now.plus_micros(1));
                let ran = invoices::run(&app, &call, account, until)?;
                let object = json!({ "orders": ran.orders, "invoices": ran.invoices });
                session.out.answer(&object, || {
                    format!("{} invoices for {} orders", ran.invoices, ran.orders)
                })
            }
            Self::Credit { invoice, line, qty, amount, given } => {
                let call = session.changing(given, self)?;
                let found = invoices::find(&app, &session.reading(), invoice)?;
                let part = part_of(&found, *line, *qty, amount.as_deref())?;
                let parts: Vec<_> = part.into_iter().collect();
                answer(session, &invoices::credit(&app, &call, found.id, &parts)?)
            }
            Self::ToInvoice { receipt, customer, given } => {
                let call = session.changing(given, self)?;
                let found = invoices::find(&app, &session.reading(), receipt)?;
                let who = customer.as_deref().map(|text| {
                    let known = read::parties::show(&app, &session.reading(), text)?;
                    Ok::<_, Error>((known.customer.id, known.customer.party))
                });
                answer(session, &invoices::to_invoice(&app, &call, found.id, who.transpose()?)?)
            }
            Self::Pdf { invoice, out, paper } => pdf(session, invoice, out.as_deref(), *paper),
            Self::Policy { policy, channel, account, given } => {
                let call = session.changing(given, self)?;
                let of =
                    invoices::policy::Of { channel: channel.clone(), account: account.clone() };
                set_policy(session, &call, policy, &of)
            }
        }
    }
}

fn pdf(
    session: &Session,
    invoice: &str,
    out: Option<&std::path::Path>,
    paper: Sheet,
) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let found = invoices::find(&app, &session.reading(), invoice)?;
    let document = invoices::print(&app, &session.reading(), found.id, paper.paper())?;
    let bytes = document
        .to_pdf()
        .map_err(|error| Error::Invalid(format!("the document cannot be printed: {error}")))?;
    write_file(session, out, &format!("{}.pdf", found.name()), &bytes)
}

fn set_policy(
    session: &Session,
    call: &crate::Call,
    policy: &str,
    of: &invoices::policy::Of,
) -> Result<ExitCode, Error> {
    let wrong = || {
        let all: Vec<&str> = Invoicing::ALL.iter().map(|one| one.code()).collect();
        Error::Invalid(format!("`{policy}` is none of {}", all.join(", ")))
    };
    let policy = Invoicing::parse(policy).ok_or_else(wrong)?;
    invoices::policy::set(&session.open()?, call, of, policy)?;
    let object = json!({ "policy": policy.code(), "channel": of.channel, "account": of.account });
    session.out.answer(&object, || format!("orders are invoiced {}", policy.code()))
}

fn kind_of(text: &str) -> Result<InvoiceKind, Error> {
    InvoiceKind::parse(text).ok_or_else(|| {
        let all: Vec<&str> = InvoiceKind::ALL.iter().map(|kind| kind.code()).collect();
        Error::Invalid(format!("`{text}` is none of {}", all.join(", ")))
    })
}

fn account_of(
    session: &Session,
    app: &crate::App,
    number: &str,
) -> Result<orderly_core::id::AccountId, Error> {
    let known = read::parties::show(app, &session.reading(), number)?;
    let missing = || Error::not_found(format!("account {number}"));
    known.account.map(|account| account.id).ok_or_else(missing)
}

/// The first instant after a day.
fn end_of(text: &str) -> Result<Instant, Error> {
    let wrong = || Error::Invalid(format!("`{text}` is not a day such as 2026-11-30"));
    let day = Day::parse(text).map_err(|_| wrong())?;
    let next = day.plus_days(1);
    Instant::parse(&format!("{next}T00:00:00Z")).map_err(|_| wrong())
}

fn part_of(
    invoice: &Invoice,
    line: Option<i64>,
    qty: Option<i64>,
    amount: Option<&str>,
) -> Result<Option<(orderly_core::id::InvoiceLineId, Part)>, Error> {
    let Some(position) = line else { return Ok(None) };
    let own = invoice.lines.iter().find(|line| line.position == position);
    let missing = || Error::not_found(format!("line {position} of {}", invoice.name()));
    let own = own.ok_or_else(missing)?;
    let wrong = |text: String| Error::Invalid(text);
    let part = match (qty, amount) {
        (Some(qty), _) => {
            let qty = orderly_core::qty::Qty::new(qty);
            Part::Quantity(qty.map_err(|error| wrong(error.to_string()))?)
        }
        (None, Some(text)) => {
            let money = orderly_core::money::Money::parse(text, invoice.currency);
            Part::Amount(money.map_err(|error| wrong(error.to_string()))?.minor())
        }
        (None, None) => Part::All,
    };
    Ok(Some((own.id, part)))
}

fn answer(session: &Session, invoice: &Invoice) -> Result<ExitCode, Error> {
    session.out.answer(&InvoiceOut::from(invoice), || shown(invoice))
}

fn listed(found: &[Invoice]) -> String {
    let rows = found.iter().map(|one| {
        vec![
            one.name(),
            one.kind.code().replace('_', " "),
            one.issued_on.to_string(),
            one.due_on.map(|day| day.to_string()).unwrap_or_default(),
            amount(one.total, one.currency),
            amount(one.open(), one.currency),
            one.currency.to_string(),
        ]
    });
    table(&["number", "kind", "issued", "due", "total>", "open>", "currency"], rows)
}

fn shown(invoice: &Invoice) -> String {
    let money = |minor: i64| amount(minor, invoice.currency);
    let kind = invoice.kind.code().replace('_', " ");
    let mut out = vec![format!("{}  {kind} of {}", invoice.name(), invoice.issued_on)];
    if let Some(due) = invoice.due_on {
        out.push(format!("due {due}"));
    }
    let rows = invoice.lines.iter().map(|line| {
        vec![
            line.position.to_string(),
            line.sku.clone().unwrap_or_default(),
            line.description.clone(),
            format!("{} {}", line.quantity, line.unit),
            money(line.net),
            money(line.tax),
        ]
    });
    out.push(table(&["line>", "sku", "description", "quantity>", "net>", "tax>"], rows));
    let currency = invoice.currency;
    out.push(format!("total {} {currency}, open {}", money(invoice.total), money(invoice.open())));
    out.join("\n")
}
