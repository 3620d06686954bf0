//! Quotes and agreements.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::QuoteId;
use orderly_core::order::Order;
use orderly_core::quote::{Quote, QuoteKind};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::documents::{Sheet, write_pages};
use super::orders::page;
use super::output::table;
use super::{Given, Session};
use crate::ops::quotes::convert::convert;
use crate::ops::quotes::{self, documents, read};
use crate::ops::read::orders;
use crate::wire::out::quotes::{QuoteOut, QuotePageOut};
use crate::wire::out::{OrderOut, amount};
use crate::wire::quotes::{ConvertIn, DrawIn};
use crate::{App, Call, Error};

/// A step of one quote.
#[derive(Debug, Args)]
pub struct Step {
    /// Number or id
    number: String,
    #[command(flatten)]
    given: Given,
}

/// A step of one quote with terms from a file.
#[derive(Debug, Args)]
pub struct Revise {
    /// Number or id
    number: String,
    /// The terms as JSON, or - for the standard input
    #[arg(value_name = "FILE|-")]
    file: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Customer or account with the terms as JSON, or - for the standard input
    #[arg(value_name = "FILE|-")]
    file: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Reprice {
    /// Number or id
    number: String,
    /// The new last day
    #[arg(long, value_name = "DAY")]
    until: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Convert {
    /// Number or id
    number: String,
    /// A line by position, with a quantity where not all that is left; everything where absent
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<String>,
    /// Deliveries, payments and references of the order as JSON, or - for the standard input
    #[arg(long, value_name = "FILE|-")]
    file: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those of this account
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Only those made before this one: the last id of the page before
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 100)]
    limit: i64,
}

#[derive(Debug, Args)]
pub struct Pdf {
    /// Number or id
    number: String,
    /// Write to this file instead of one named after the number; `-` is stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Sheet::A4)]
    paper: Sheet,
}

#[derive(Debug, Subcommand)]
pub enum Quotes {
    /// Write a quote as a draft
    Create(Create),
    /// Write the next revision of a quote as a draft
    Revise(Revise),
    /// Freeze the draft as the revision that orders may draw on
    Send(Step),
    /// Record that the customer says yes
    Accept(Step),
    /// Record that the customer says no
    Decline(Step),
    /// Make an order of a quote, of all that is left or of a part
    Convert(Convert),
    /// Write the next revision with the list prices of now and a new last day
    #[command(name = "re-price")]
    Reprice(Reprice),
    /// Let nothing more be drawn on a quote
    Close(Step),
    /// List quotes, the newest first
    List(List),
    /// Show one quote with its revisions and orders
    Show {
        /// Number or id
        number: String,
    },
    /// Write the latest revision sent as PDF
    Pdf(Pdf),
}

#[derive(Debug, Subcommand)]
pub enum Agreements {
    /// Write an agreement with an account; it is in force at once
    Create(Create),
    /// Write its next revision; it is in force at once
    Revise(Revise),
    /// Make an order that draws on an agreement
    #[command(name = "call-off")]
    CallOff(Convert),
    /// Let nothing more be called off
    Close(Step),
    /// List agreements, the newest first
    List(List),
    /// Show one agreement with what is called off and left
    Show {
        /// Number or id
        number: String,
    },
    /// Write the latest revision as PDF
    Pdf(Pdf),
}

impl Quotes {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let on = On { session, kind: QuoteKind::Quote };
        match self {
            Self::Create(create) => on.create(create),
            Self::Revise(revise) => on.revise(revise),
            Self::Send(step) => on.step(step, quotes::send),
            Self::Accept(step) => on.step(step, quotes::accept),
            Self::Decline(step) => on.step(step, quotes::decline),
            Self::Convert(convert) => on.convert(convert),
            Self::Reprice(reprice) => {
                on.change(&reprice.number, &reprice.given, &reprice.until, |app, call, id| {
                    quotes::reprice(app, call, id, &reprice.until)
                })
            }
            Self::Close(step) => on.step(step, quotes::close),
            Self::List(list) => on.list(list),
            Self::Show { number } => on.show(number),
            Self::Pdf(pdf) => on.pdf(pdf),
        }
    }
}

impl Agreements {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let on = On { session, kind: QuoteKind::Agreement };
        match self {
            Self::Create(create) => on.create(create),
            Self::Revise(revise) => on.revise(revise),
            Self::CallOff(convert) => on.convert(convert),
            Self::Close(step) => on.step(step, quotes::close),
            Self::List(list) => on.list(list),
            Self::Show { number } => on.show(number),
            Self::Pdf(pdf) => on.pdf(pdf),
        }
    }
}

/// Commands on quotes of one kind.
struct On<'a> {
    session: &'a Session,
    kind: QuoteKind,
}

impl On<'_> {
    fn create(&self, create: &Create) -> Result<ExitCode, Error> {
        let new = request(&create.file)?;
        let app = self.session.open()?;
        let call = self.session.changing(&create.given, &new)?;
        let quote = quotes::create(&app, &call, self.kind, &new)?;
        self.answer(&app, &quote)
    }

    fn revise(&self, revise: &Revise) -> Result<ExitCode, Error> {
        let new = request(&revise.file)?;
        self.change(&revise.number, &revise.given, &new, |app, call, id| {
            quotes::revise(app, call, id, &new)
        })
    }

    fn step(
        &self,
        step: &Step,
        run: impl Fn(&App, &Call, QuoteId) -> Result<Quote, Error>,
    ) -> Result<ExitCode, Error> {
        self.change(&step.number, &step.given, &step.number, run)
    }

    fn change(
        &self,
        number: &str,
        given: &Given,
        content: &impl std::fmt::Debug,
        run: impl Fn(&App, &Call, QuoteId) -> Result<Quote, Error>,
    ) -> Result<ExitCode, Error> {
        let app = self.session.open()?;
        let call = self.session.changing(given, &(number, content))?;
        let id = read::show(&app, &call, self.kind, number)?.quote.id;
        let quote = run(&app, &call, id)?;
        self.answer(&app, &quote)
    }

    fn convert(&self, new: &Convert) -> Result<ExitCode, Error> {
        let mut wanted: ConvertIn = match &new.file {
            Some(file) => request(file)?,
            None => ConvertIn::default(),
        };
        for text in &new.lines {
            wanted.lines.push(draw(text)?);
        }
        let app = self.session.open()?;
        let call = self.session.changing(&new.given, &(&new.number, &wanted))?;
        let id = read::show(&app, &call, self.kind, &new.number)?.quote.id;
        let order: Order = convert(&app, &call, id, &wanted)?;
        let shown = orders::show(&app, &self.session.reading(), &order.id.to_string())?;
        let out = OrderOut::from(&shown);
        self.session.out.answer(&out, || page::order(&out))
    }

    fn list(&self, list: &List) -> Result<ExitCode, Error> {
        let app = self.session.open()?;
        let call = self.session.reading();
        let before = list.before.as_deref().map(str::parse).transpose()?;
        let account = list.account.as_deref();
        let found = read::list(&app, &call, self.kind, account, before, list.limit)?;
        let objects: Vec<_> = found
            .iter()
            .map(|(quote, today, name)| QuoteOut::new(quote, *today, name.clone()))
            .collect();
        let key = format!("{}s", self.kind.code());
        self.session.out.answer(&json!({ key: objects }), || {
            let rows = found.iter().map(|(quote, today, name)| {
                let until = quote.valid_until.or(quote.draft.as_ref().map(|one| one.valid_until));
                vec![
                    quote.number.clone(),
                    name.clone().unwrap_or_default(),
                    format!("{} {}", amount(quote.total, quote.currency), quote.currency),
                    until.map(|day| day.to_string()).unwrap_or_default(),
                    quote.standing(*today).to_owned(),
                ]
            });
            table(&["number", "customer", "total>", "until", "state"], rows)
        })
    }

    fn show(&self, number: &str) -> Result<ExitCode, Error> {
        let shown = read::show(&self.session.open()?, &self.session.reading(), self.kind, number)?;
        self.session.out.answer(&QuotePageOut::from(&shown), || text(&shown))
    }

    fn pdf(&self, pdf: &Pdf) -> Result<ExitCode, Error> {
        let app = self.session.open()?;
        let shown = read::show(&app, &self.session.reading(), self.kind, &pdf.number)?;
        let sheet = documents::sheet(&app, &self.session.reading(), &shown, pdf.paper.paper())?;
        let page = sheet.to_pdf().map_err(|error| super::documents::refused(&error))?;
        let name = format!("{}-{}", self.kind.code(), shown.quote.number);
        write_pages(self.session, pdf.out.as_deref(), &name, "pdf", &[page])
    }

    fn answer(&self, app: &App, quote: &Quote) -> Result<ExitCode, Error> {
        let call = self.session.reading();
        let shown = read::show(app, &call, self.kind, &quote.number)?;
        self.session.out.answer(&QuotePageOut::from(&shown), || text(&shown))
    }
}

fn text(shown: &read::Shown) -> String {
    let quote = &shown.quote;
    let who = shown.party.as_ref().map(|p| p.company.clone().unwrap_or_else(|| p.name.clone()));
    let until = quote.valid_until.map(|day| format!(" · until {day}")).unwrap_or_default();
    let mut out = vec![
        format!("{} · {}{until}", quote.name(), quote.standing(shown.today)),
        who.unwrap_or_default(),
        String::new(),
    ];
    if !quote.lines.is_empty() {
        let rows = quote.lines.iter().map(|one| {
            let line = &one.line;
            let per = line.price_unit.as_ref().unwrap_or(&line.unit);
            vec![
                line.position.to_string(),
                line.sku.clone().unwrap_or_default(),
                line.description.clone(),
                one.show(one.offered),
                one.show(one.drawn),
                one.show(one.left()),
                line.unit.clone(),
                format!("{} / {per}", line.price),
            ]
        });
        let head = ["#>", "sku", "description", "offered>", "drawn>", "left>", "unit", "price>"];
        out.push(table(&head, rows));
        let total = amount(quote.total, quote.currency);
        out.push(format!("Revision {} · total {total} {}", quote.revision, quote.currency));
    }
    if let Some(draft) = &quote.draft {
        let total = amount(draft.totals.total, quote.currency);
        let until = draft.valid_until;
        out.push(format!("Draft of the next revision · total {total} · until {until}"));
    }
    let orders: Vec<&str> = shown.orders.iter().map(|order| order.number.as_str()).collect();
    if !orders.is_empty() {
        out.push(format!("Orders {}", orders.join(", ")));
    }
    out.join("\n")
}

fn draw(text: &str) -> Result<DrawIn, Error> {
    let (line, quantity) = match text.split_once('=') {
        Some((line, quantity)) => (line, Some(quantity.trim().to_owned())),
        None => (text, None),
    };
    let line = line.trim().parse();
    let line = line.map_err(|_| Error::Invalid(format!("`{text}` names no line by position")))?;
    Ok(DrawIn { line, quantity, delivery: None })
}

/// Reads a request from a file or the standard input.
pub fn request<T: DeserializeOwned>(file: &str) -> Result<T, Error> {
    let unread = |error| Error::Invalid(format!("{file}: {error}"));
    let text = if file == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(unread)?;
        text
    } else {
        std::fs::read_to_string(file).map_err(unread)?
    };
    serde_json::from_str(&text).map_err(|error| Error::Invalid(format!("{file}: {error}")))
}
