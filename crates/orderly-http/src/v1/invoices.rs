//! `/v1/invoices`: invoices, receipts and credit notes, and when they are issued.

use orderly_core::actor::Permission;
use orderly_core::id::InvoiceLineId;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::money::Money;
use orderly_core::order::Invoicing;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::{Day, Instant};
use orderly_docs::Paper;
use orderly_ops::Error;
use orderly_ops::ops::invoices::{self, Filter, Part, policy};
use orderly_ops::ops::payments::allocate;
use orderly_ops::ops::{accounts, read};
use orderly_ops::wire::out::invoices::{InvoiceOut, InvoiceShownOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, file, get};
use crate::{Cx, Done, File, Operation, Page};

pub fn operations() -> Vec<Operation> {
    use Permission::{CreditInvoice, Invoice, Read, WriteOff};
    let one = "/v1/invoices/{invoice}";
    vec![
        get("/v1/invoices", "invoices.list", "List documents, the latest first", Read, list),
        get(one, "invoices.get", "Show a document by its number or id", Read, show),
        file(
            "/v1/invoices/{invoice}/pdf",
            "invoices.pdf",
            "Print a document",
            Read,
            &["application/pdf"],
            pdf,
        ),
        create(
            "/v1/orders/{order}/invoices",
            "orders.invoice",
            "Invoice everything that is due of an order",
            Invoice,
            issue,
        ),
        act(
            "/v1/invoices/run",
            "invoices.run",
            "Invoice what was delivered to accounts under collective invoicing",
            Invoice,
            run,
        )
        .unversioned()
        .untried(),
        act(
            "/v1/invoices/{invoice}/credit",
            "invoices.credit",
            "Take a document back, or parts of it",
            CreditInvoice,
            credit,
        )
        .unversioned(),
        act(
            "/v1/invoices/{invoice}/to_invoice",
            "invoices.to_invoice",
            "Issue the invoice that stands for a receipt, once",
            Invoice,
            to_invoice,
        )
        .unversioned(),
        act(
            "/v1/invoices/{invoice}/write_off",
            "invoices.write_off",
            "Give up a small amount that is open",
            WriteOff,
            write_off,
        )
        .unversioned(),
        act(
            "/v1/invoices/policy",
            "invoices.policy",
            "Say when a channel's or an account's orders are invoiced",
            Permission::Configure,
            set_policy,
        )
        .unversioned()
        .untried(),
    ]
}

/// Which documents to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    kind: Option<InvoiceKind>,
    /// An account's number or id.
    account: Option<String>,
    /// Only those that are not settled in full.
    open: bool,
    /// Only those due before this day.
    #[serde(rename = "due_on[lt]")]
    due_before: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<InvoiceOut>>, Error> {
    let account =
        wanted.account.map(|text| accounts::find(&cx.app, &cx.call, &text)).transpose()?;
    let filter = Filter {
        kind: wanted.kind,
        account: account.map(|account| account.id),
        customer: None,
        open: wanted.open,
        due_before: wanted.due_before.map(|day| Day::parse(&day)).transpose()?,
    };
    let before = wanted.after.as_deref().map(cursor).transpose()?;
    let limit = wanted.limit.unwrap_or(50).clamp(1, 250);
    let found = invoices::list(&cx.app, &cx.call, &filter, before, limit)?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    let last = found.last().filter(|_| full);
    let next = last.map(|one| format!("{}.{}", one.issued_at.micros(), one.id));
    Ok(Done::of(Page::new(found.iter().map(InvoiceOut::from).collect(), next)))
}

fn cursor(text: &str) -> Result<(Instant, orderly_core::id::InvoiceId), Error> {
    let read = text
        .split_once('.')
        .and_then(|(at, id)| Some((Instant::from_micros(at.parse().ok()?), id.parse().ok()?)));
    let wrong = || Refusal::at(Code::InvalidField, "after", "this is not a cursor of a page");
    Ok(read.ok_or_else(wrong)?)
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<InvoiceShownOut>, Error> {
    let (found, rows) = invoices::show(&cx.app, &cx.call, cx.text("invoice"))?;
    Ok(Done::of(InvoiceShownOut::of(&found, &rows)).version(found.version))
}

fn answered(invoice: &Invoice) -> Done<InvoiceOut> {
    let at = format!("/v1/invoices/{}", invoice.id);
    Done::of(InvoiceOut::from(invoice)).version(invoice.version).at(at)
}

fn pdf(cx: &Cx, _: Nothing) -> Result<File, Error> {
    let (found, _) = invoices::show(&cx.app, &cx.call, cx.text("invoice"))?;
    let document = invoices::print(&cx.app, &cx.call, found.id, Paper::A4)?;
    super::pdf(document.to_pdf(), &found.name())
}

fn issue(cx: &Cx, _: Nothing) -> Result<Done<InvoiceOut>, Error> {
    let order = read::orders::get(&cx.app, &cx.call, cx.text("order"))?;
    Ok(answered(&invoices::issue(&cx.app, &cx.call, order.id)?))
}

/// What a collective run is to invoice.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunIn {
    /// Only this account: its number or id.
    account: Option<String>,
    /// Deliveries up to and including this day; everything so far where absent.
    until: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct RunOut {
    pub object: &'static str,
    pub orders: u64,
    pub invoices: u64,
}

fn run(cx: &Cx, body: RunIn) -> Result<Done<RunOut>, Error> {
    let account = body.account.map(|text| accounts::find(&cx.app, &cx.call, &text)).transpose()?;
    let until = match body.until {
        None => cx.call.now.plus_micros(1),
        Some(day) => {
            let next = Day::parse(&day)?.plus_days(1);
            Instant::parse(&format!("{next}T00:00:00Z"))?
        }
    };
    let ran = invoices::run(&cx.app, &cx.call, account.map(|account| account.id), until)?;
    Ok(Done::of(RunOut { object: "invoice_run", orders: ran.orders, invoices: ran.invoices }))
}

/// What is taken back of a document: all of it where there are no lines.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreditIn {
    lines: Vec<CreditLineIn>,
}

/// What is taken back of a line: a quantity in base units, an amount of money with its tax, or
/// all of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditLineIn {
    position: i64,
    quantity: Option<i64>,
    amount: Option<String>,
}

fn credit(cx: &Cx, body: CreditIn) -> Result<Done<InvoiceOut>, Error> {
    let found = invoices::find(&cx.app, &cx.finding(), cx.text("invoice"))?;
    let parts = body.lines.iter().enumerate();
    let parts: Result<Vec<_>, Error> =
        parts.map(|(index, line)| part(&found, index, line)).collect();
    Ok(answered(&invoices::credit(&cx.app, &cx.call, found.id, &parts?)?))
}

fn part(
    invoice: &Invoice,
    index: usize,
    line: &CreditLineIn,
) -> Result<(InvoiceLineId, Part), Error> {
    let at = |field: &str| format!("/lines/{index}/{field}");
    let own = invoice.lines.iter().find(|own| own.position == line.position);
    let own = own.ok_or_else(|| {
        let detail = format!("{} has no line {}", invoice.name(), line.position);
        Refusal::at(Code::UnknownLine, at("position"), detail)
    })?;
    let part = match (line.quantity, line.amount.as_deref()) {
        (Some(_), Some(_)) => {
            let detail = "name a quantity or an amount, not both";
            return Err(Refusal::at(Code::InvalidField, at("amount"), detail).into());
        }
        (Some(qty), None) => {
            let qty = Qty::new(qty);
            let wrong = |error: orderly_core::qty::QtyError| {
                Refusal::at(Code::QuantityInvalid, at("quantity"), error.to_string())
            };
            Part::Quantity(qty.map_err(wrong)?)
        }
        (None, Some(text)) => {
            let money = Money::parse(text, invoice.currency);
            let wrong = |error: orderly_core::money::MoneyError| {
                Refusal::at(Code::MoneyInvalid, at("amount"), error.to_string())
            };
            Part::Amount(money.map_err(wrong)?.minor())
        }
        (None, None) => Part::All,
    };
    Ok((own.id, part))
}

/// Whom the invoice is for, where the receipt names nobody.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToInvoiceIn {
    /// A customer's number, e-mail address or id.
    customer: Option<String>,
}

fn to_invoice(cx: &Cx, body: ToInvoiceIn) -> Result<Done<InvoiceOut>, Error> {
    let found = invoices::find(&cx.app, &cx.finding(), cx.text("invoice"))?;
    let who = body.customer.map(|text| read::parties::show(&cx.app, &cx.call, &text));
    let who = who.transpose()?.map(|known| (known.customer.id, known.customer.party));
    Ok(answered(&invoices::to_invoice(&cx.app, &cx.call, found.id, who)?))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WriteOffIn {
    /// All that is open where absent.
    amount: Option<String>,
}

fn write_off(cx: &Cx, body: WriteOffIn) -> Result<Done<InvoiceOut>, Error> {
    let found = invoices::find(&cx.app, &cx.finding(), cx.text("invoice"))?;
    let done = allocate::write_off(&cx.app, &cx.call, found.id, body.amount.as_deref())?;
    Ok(answered(&done.invoice))
}

/// For a channel or an account: the account's overrides the channel's.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    policy: Invoicing,
    /// A channel's code.
    channel: Option<String>,
    /// An account's number.
    account: Option<String>,
}

fn set_policy(cx: &Cx, body: PolicyBody) -> Result<Done<PolicyBody>, Error> {
    let of = policy::Of { channel: body.channel.clone(), account: body.account.clone() };
    policy::set(&cx.app, &cx.call, &of, body.policy)?;
    Ok(Done::of(body))
}
