//! Orders to suppliers, and what arrives of them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use orderly_core::id::PurchaseOrderId;
use orderly_core::money::Money;
use orderly_core::purchase::PurchaseState;
use orderly_docs::Paper;
use serde_json::json;

use super::{of_line, pair};
use crate::cli::output::table;
use crate::cli::{Given, Session};
use crate::ops::purchases::receive::{self, Arrived};
use crate::ops::purchases::{self, PurchaseOrder, create, direct, document};
use crate::wire::purchases::{
    ArrivedIn, ArrivedLineIn, ConfirmIn, ConfirmLineIn, DispatchedIn, DispatchedLineIn,
    PurchaseForIn, PurchaseIn, PurchaseLineIn,
};
use crate::{App, Call, Error};

#[derive(Debug, Args)]
pub struct Create {
    /// The supplier's code
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// The location that receives the goods
    #[arg(long, value_name = "CODE")]
    location: String,
    /// An item with its quantity in its sale unit, and the price of one where none is agreed
    #[arg(long = "item", value_name = "SKU=QTY[@PRICE]", required = true)]
    items: Vec<String>,
    /// The day it is expected
    #[arg(long, value_name = "DAY")]
    expected: Option<String>,
    /// A word to the supplier
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct OrderFor {
    /// The customer's order and the line's place in it, such as 100045/2
    #[arg(long = "for", value_name = "ORDER/LINE")]
    line: String,
    /// The supplier's code; the line's own where absent
    #[arg(long, value_name = "CODE")]
    supplier: Option<String>,
    /// Where the goods are to arrive
    #[arg(long, value_name = "CODE")]
    location: String,
    /// The price of one unit of the line; its cost where absent
    #[arg(long)]
    price: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Step {
    /// The number or id
    purchase: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Confirm {
    /// The number or id
    purchase: String,
    /// The supplier's number of the order
    #[arg(long)]
    reference: Option<String>,
    /// The day of every line that is not named
    #[arg(long, value_name = "DAY")]
    expected: Option<String>,
    /// The day of one line
    #[arg(long = "line", value_name = "LINE=DAY")]
    lines: Vec<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// The number or id
    purchase: String,
    /// What came of a line, in its unit; all that is open where no line is named
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// The supplier's delivery note
    #[arg(long)]
    reference: Option<String>,
    /// The length of each piece, the lot or the serial numbers of one named line
    #[arg(long)]
    length: Option<String>,
    #[arg(long)]
    lot: Option<String>,
    #[arg(long = "serial")]
    serials: Vec<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Scan {
    /// The number or id
    purchase: String,
    /// What was scanned, with how many of it where it is more than one
    #[arg(required = true, value_name = "CODE[=QTY]")]
    codes: Vec<String>,
    /// The supplier's delivery note
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Dispatch {
    /// The number or id
    purchase: String,
    /// What was sent of a line; all that is open where no line is named
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    #[arg(long)]
    tracking: Option<String>,
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Cancel {
    /// The number or id
    purchase: String,
    /// Only this line; once for each
    #[arg(long = "line", value_name = "LINE")]
    lines: Vec<i64>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only this supplier's
    #[arg(long, value_name = "CODE")]
    supplier: Option<String>,
    /// draft, sent, confirmed, part_received, closed or canceled
    #[arg(long)]
    state: Option<String>,
    /// Only those before this id: the last one of the page before
    #[arg(long, value_name = "ID")]
    before: Option<PurchaseOrderId>,
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Args)]
pub struct Pdf {
    /// The number or id
    purchase: String,
    /// The file to write; purchase-NUMBER.pdf where absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// US letter instead of A4
    #[arg(long)]
    letter: bool,
}

/// Answers with an order as it stands.
fn answer(session: &Session, order: &PurchaseOrder) -> Result<ExitCode, Error> {
    let mut object =
        serde_json::to_value(order).map_err(|error| Error::Internal(error.to_string()))?;
    object["state"] = json!(order.state().code());
    session
        .out
        .answer(&object, || format!("Purchase order {} is {}.", order.number, order.state().code()))
}

fn id_of(app: &App, session: &Session, text: &str) -> Result<PurchaseOrderId, Error> {
    Ok(purchases::get(app, &session.reading(), text)?.id)
}

impl Create {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.items.len());
        for text in &self.items {
            let (sku, rest) = pair(text)?;
            let (quantity, price) =
                rest.split_once('@').map_or((rest, None), |(q, p)| (q, Some(p)));
            lines.push(PurchaseLineIn {
                sku: sku.into(),
                quantity: quantity.into(),
                price: price.map(str::to_owned),
                ..PurchaseLineIn::default()
            });
        }
        let new = PurchaseIn {
            supplier: self.supplier.clone(),
            location: self.location.clone(),
            note: self.note.clone(),
            expected_on: self.expected.clone(),
            lines,
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        answer(session, &create::create(&app, &call, &new)?)
    }
}

impl OrderFor {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let split = self.line.rsplit_once('/').and_then(|(o, l)| Some((o, l.parse().ok()?)));
        let (order, line) = split.ok_or_else(|| {
            Error::Invalid(format!("`{}` is not of the form ORDER/LINE", self.line))
        })?;
        let new = PurchaseForIn {
            order: order.into(),
            line,
            supplier: self.supplier.clone(),
            location: self.location.clone(),
            price: self.price.clone(),
        };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        answer(session, &create::order_for(&app, &call, &new)?)
    }
}

/// An operation on one order.
type Change = fn(&App, &Call, PurchaseOrderId) -> Result<PurchaseOrder, Error>;

impl Step {
    pub fn run(&self, session: &Session, change: Change) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let id = id_of(&app, session, &self.purchase)?;
        answer(session, &change(&app, &call, id)?)
    }
}

impl Confirm {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for text in &self.lines {
            let (line, expected_on) = of_line(text)?;
            lines.push(ConfirmLineIn { line, expected_on });
        }
        let (reference, expected_on) = (self.reference.clone(), self.expected.clone());
        let what = ConfirmIn { reference, expected_on, lines };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let id = id_of(&app, session, &self.purchase)?;
        answer(session, &purchases::confirm(&app, &call, id, &what)?)
    }
}

impl Receive {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let known = purchases::get(&app, &session.reading(), &self.purchase)?;
        let mut lines = Vec::new();
        for text in &self.lines {
            let (line, quantity) = of_line(text)?;
            lines.push(ArrivedLineIn {
                line: Some(line),
                quantity: Some(quantity),
                length: self.length.clone(),
                lot: self.lot.clone(),
                serials: self.serials.clone(),
                ..ArrivedLineIn::default()
            });
        }
        if lines.is_empty() {
            let open = known.lines.iter().filter(|line| !line.direct && !line.open().is_zero());
            lines.extend(open.map(|line| ArrivedLineIn {
                line: Some(line.position),
                quantity: Some(in_unit(line)),
                ..ArrivedLineIn::default()
            }));
        }
        let new = ArrivedIn { reference: self.reference.clone(), received_at: None, lines };
        arrived(session, &receive::receive(&app, &call, known.id, &new)?)
    }
}

/// What is open of a line, in its unit.
fn in_unit(line: &orderly_core::purchase::PurchaseLine) -> String {
    let (num, den) = (line.open().get() * line.unit_ratio.den, line.unit_ratio.num);
    if num % den == 0 { (num / den).to_string() } else { format!("{num}/{den}") }
}

impl Scan {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let line = |text: &String| {
            let (code, quantity) = pair(text).map_or((text.trim(), "1"), |pair| pair);
            ArrivedLineIn {
                code: Some(code.into()),
                quantity: Some(quantity.into()),
                ..ArrivedLineIn::default()
            }
        };
        let lines = self.codes.iter().map(line).collect();
        let new = ArrivedIn { reference: self.reference.clone(), received_at: None, lines };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let id = id_of(&app, session, &self.purchase)?;
        arrived(session, &receive::receive(&app, &call, id, &new)?)
    }
}

fn arrived(session: &Session, came: &Arrived) -> Result<ExitCode, Error> {
    let order = &came.purchase;
    let receipt = came.receipt.as_ref().map(|receipt| receipt.number.clone());
    let object = json!({
        "purchase": order.number, "state": order.state().code(), "receipt": receipt,
        "unknown": came.unknown,
    });
    session.out.answer(&object, || {
        let mut text = match &receipt {
            Some(number) => {
                format!("Receipt {number}: {} is {}.", order.number, order.state().code())
            }
            None => "Nothing of it is on the order.".to_owned(),
        };
        if !came.unknown.is_empty() {
            let codes = came.unknown.join(", ");
            text.push_str(&format!("\nNot on the order: {codes}. See `orderly exceptions`."));
        }
        text
    })
}

impl Dispatch {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for text in &self.lines {
            let (line, quantity) = of_line(text)?;
            lines.push(DispatchedLineIn { line, quantity, unit: None });
        }
        let (reference, tracking) = (self.reference.clone(), self.tracking.clone());
        let what = DispatchedIn { reference, tracking, lines };
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let id = id_of(&app, session, &self.purchase)?;
        answer(session, &direct::dispatch(&app, &call, id, &what)?)
    }
}

impl Cancel {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let id = id_of(&app, session, &self.purchase)?;
        answer(session, &purchases::cancel(&app, &call, id, &self.lines)?)
    }
}

impl List {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let state = self.state.as_deref().map(|text| {
            PurchaseState::parse(text)
                .ok_or_else(|| Error::Invalid(format!("`{text}` is no state of a purchase order")))
        });
        let (app, call) = (session.open()?, session.reading());
        let supplier = self.supplier.as_deref();
        let found =
            purchases::list(&app, &call, supplier, state.transpose()?, self.before, self.limit)?;
        let mut rows = Vec::with_capacity(found.len());
        for one in &found {
            rows.push(vec![
                one.number.clone(),
                one.state().code().to_owned(),
                one.expected_on.map(|day| day.to_string()).unwrap_or_default(),
                one.lines.len().to_string(),
                Money::new(one.total()?, one.currency).to_string(),
            ]);
        }
        session.out.answer(&json!({ "purchases": found }), || {
            table(&["number", "state", "expected", "lines>", "total>"], rows)
        })
    }
}

pub fn show(session: &Session, text: &str) -> Result<ExitCode, Error> {
    let app = session.open()?;
    let order = purchases::get(&app, &session.reading(), text)?;
    let sent = direct::shipments(&app, &session.reading(), order.id)?;
    let total = Money::new(order.total()?, order.currency);
    let shipments: Vec<_> = sent
        .iter()
        .map(|one| {
            json!({
                "id": one.id.to_string(), "order": one.order.to_string(), "qty": one.qty,
                "tracking": one.tracking, "shipped_at": one.shipped_at.to_string(),
                "taken_back": one.reversed_at.is_some(),
            })
        })
        .collect();
    let object = json!({
        "purchase": order, "state": order.state().code(), "total": total.decimal().to_string(),
        "supplier_shipments": shipments,
    });
    session.out.answer(&object, || {
        let head = format!("{} · {} · {total}\n", order.number, order.state().code());
        let rows = order.lines.iter().map(|line| {
            vec![
                line.position.to_string(),
                line.description.clone(),
                line.ordered.to_string(),
                line.received.to_string(),
                line.canceled.to_string(),
                line.invoiced.to_string(),
                format!("{} / {}", line.price, line.price_unit),
                line.expected_on.map(|day| day.to_string()).unwrap_or_default(),
            ]
        });
        let columns = [
            "line>",
            "description",
            "ordered>",
            "received>",
            "canceled>",
            "invoiced>",
            "price>",
            "expected",
        ];
        head + &table(&columns, rows)
    })
}

impl Pdf {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let paper = if self.letter { Paper::Letter } else { Paper::A4 };
        let app = session.open()?;
        let (order, sheet) = document::document(&app, &session.reading(), &self.purchase, paper)?;
        let bytes = sheet.to_pdf().map_err(|error| Error::Invalid(error.to_string()))?;
        let default = || PathBuf::from(format!("purchase-{}.pdf", order.number));
        let file = self.out.clone().unwrap_or_else(default);
        std::fs::write(&file, bytes).map_err(|error| {
            Error::Invalid(format!("{} cannot be written: {error}", file.display()))
        })?;
        let name = file.display().to_string();
        session.out.answer(&json!({ "files": [name] }), || name.clone())
    }
}
