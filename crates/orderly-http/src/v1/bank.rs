//! `/v1/bank`: our accounts, the statements taken in, and what their movements are.

use orderly_core::actor::Permission;
use orderly_core::bank::BankEntry;
use orderly_core::id::{BankEntryId, PaymentId};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::bank::{self, BankAccountIn, Columns, CsvMap, MatchIn, Source};
use orderly_ops::ops::{invoices, read};
use orderly_ops::wire::out::bank::{
    BankAccountOut, BankLineOut, ImportedOut, MatchedOut, ProposalOut,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{paging, tills};
use crate::input::Nothing;
use crate::operation::{act, create, get, upload};
use crate::{Cx, Done, Operation, Page};

/// What banks' files are sent as.
const FILES: &[&str] = &["application/xml", "text/xml", "text/plain", "text/csv"];

pub fn operations() -> Vec<Operation> {
    use Permission::{Configure, MatchBank, Read};
    vec![
        get("/v1/bank/accounts", "bank.accounts", "List our bank accounts", Read, accounts),
        create("/v1/bank/accounts", "bank.create_account", "Add a bank account", Configure, add),
        upload(
            "/v1/bank/accounts/{account}/statements",
            "bank.import",
            "Take in a bank's file (CAMT.053, MT940 or CSV): each movement is kept once",
            MatchBank,
            FILES,
            import,
        )
        .untried(),
        get("/v1/bank/lines", "bank.lines", "List movements, the latest first", Read, lines),
        get("/v1/bank/lines/{line}", "bank.line", "Show a movement and what it is", Read, line),
        get(
            "/v1/bank/lines/{line}/proposals",
            "bank.proposals",
            "Propose what a movement may pay, and why",
            Read,
            proposals,
        ),
        act(
            "/v1/bank/lines/{line}/match",
            "bank.match",
            "Say what a movement is: what it pays, or what it clears",
            MatchBank,
            matched,
        )
        .unversioned(),
        act(
            "/v1/bank/lines/{line}/unmatch",
            "bank.unmatch",
            "Undo what a movement was said to be",
            MatchBank,
            unmatch,
        )
        .unversioned(),
    ]
}

fn accounts(cx: &Cx, _: Nothing) -> Result<Done<Page<BankAccountOut>>, Error> {
    let all = bank::accounts(&cx.app, &cx.call)?;
    Ok(Page::new(all.iter().map(BankAccountOut::from).collect(), None).into())
}

/// A bank account of ours.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountIn {
    code: String,
    /// The code where absent.
    name: Option<String>,
    iban: Option<String>,
    /// The merchant's where absent.
    currency: Option<String>,
}

fn add(cx: &Cx, new: AccountIn) -> Result<Done<BankAccountOut>, Error> {
    let name = new.name.unwrap_or_else(|| new.code.clone());
    let new = BankAccountIn { code: new.code, name, iban: new.iban, currency: new.currency };
    Ok(BankAccountOut::from(&bank::create_account(&cx.app, &cx.call, &new)?).into())
}

/// How a CSV file is laid out; the other formats say that themselves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Layout {
    /// The column with the day of booking: names make it a CSV file.
    booked_on: Option<String>,
    valued_on: Option<String>,
    /// The column with the amount; needed with `booked_on`.
    amount: Option<String>,
    /// The column with the balance after the movement.
    balance: Option<String>,
    purpose: Option<String>,
    payer: Option<String>,
    payer_iban: Option<String>,
    reference: Option<String>,
    /// `;` where absent.
    delimiter: Option<char>,
    /// What parts the whole from the fraction; `,` where absent.
    decimal: Option<char>,
    /// `%d.%m.%Y` where absent.
    date_format: Option<String>,
    /// How many lines stand before the names of the columns.
    skip: usize,
    /// The newest movement stands first.
    newest_first: bool,
}

impl Layout {
    fn map(self) -> Result<Option<CsvMap>, Refusal> {
        let (booked_on, amount) = match (self.booked_on, self.amount) {
            (None, None) => return Ok(None),
            (Some(booked_on), Some(amount)) => (booked_on, amount),
            (Some(_), None) => {
                let detail = "name the column of the amount";
                return Err(Refusal::at(Code::InvalidField, "/amount", detail));
            }
            (None, Some(_)) => {
                let detail = "name the column of the day";
                return Err(Refusal::at(Code::InvalidField, "/booked_on", detail));
            }
        };
        let usual = Source::default();
        let source = Source {
            delimiter: self.delimiter.unwrap_or(usual.delimiter),
            decimal: self.decimal.unwrap_or(usual.decimal),
            date_format: self.date_format.unwrap_or(usual.date_format),
            skip: self.skip,
            newest_first: self.newest_first,
        };
        let columns = Columns {
            booked_on,
            valued_on: self.valued_on,
            amount,
            balance: self.balance,
            purpose: self.purpose,
            payer: self.payer,
            payer_iban: self.payer_iban,
            reference: self.reference,
        };
        Ok(Some(CsvMap { source, columns }))
    }
}

fn import(cx: &Cx, layout: Layout) -> Result<Done<ImportedOut>, Error> {
    let map = layout.map()?;
    let done = bank::import(&cx.app, &cx.call, cx.text("account"), &cx.body, map.as_ref())?;
    Ok(ImportedOut::from(&done).into())
}

/// Which movements.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// A bank account's code.
    account: Option<String>,
    /// Only those that nothing explains yet.
    open: bool,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn cursor(text: &str) -> Result<(Day, BankEntryId), Refusal> {
    let read = text.split_once('.');
    let read = read.and_then(|(day, id)| Some((Day::parse(day).ok()?, id.parse().ok()?)));
    read.ok_or_else(|| Refusal::at(Code::InvalidField, "/after", "this is no cursor of a page"))
}

fn lines(cx: &Cx, wanted: Wanted) -> Result<Done<Page<BankLineOut>>, Error> {
    let limit = paging::limit(wanted.limit);
    let after = wanted.after.as_deref().map(cursor).transpose()?;
    let (account, most) = (wanted.account.as_deref(), i64::from(limit));
    let found = bank::lines_after(&cx.app, &cx.call, account, wanted.open, after, most)?;
    let end = |one: &BankEntry| format!("{}.{}", one.booked_on, one.id);
    Ok(paging::page(&found, limit, end, |one| BankLineOut::from(one)).into())
}

/// A movement and what it is.
#[derive(Debug, Serialize, JsonSchema)]
struct LineOut {
    #[serde(flatten)]
    line: BankLineOut,
    found: MatchedOut,
}

fn line(cx: &Cx, _: Nothing) -> Result<Done<LineOut>, Error> {
    let shown = bank::show(&cx.app, &cx.call, cx.id("line")?)?;
    let line = BankLineOut::from(&shown.entry);
    Ok(LineOut { line, found: MatchedOut::from(&shown) }.into())
}

fn proposals(cx: &Cx, _: Nothing) -> Result<Done<Page<ProposalOut>>, Error> {
    let id = cx.id("line")?;
    let currency = bank::show(&cx.app, &cx.call, id)?.entry.currency;
    let all = bank::proposals(&cx.app, &cx.call, id)?;
    let rows = (1..).zip(&all).map(|(place, one)| ProposalOut::new(place, one, currency));
    Ok(Page::new(rows.collect(), None).into())
}

/// What a movement is said to be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct MatchBody {
    /// Take the proposal of this place, from 1.
    proposal: Option<usize>,
    /// Invoices it pays.
    invoices: Vec<PaysIn>,
    /// Whose money it is: number, e-mail address or id; that of the first invoice where absent.
    customer: Option<String>,
    /// No payment: the ledger account it clears, such as `cash_in_transit` or `bank_fees`.
    clear: Option<String>,
    /// Ids of payments that a carrier collected and remits.
    remits: Vec<String>,
    /// The carrier that remits what it took on delivery, the oldest first; `own` for drivers.
    carrier: Option<String>,
    /// What the bank or provider kept back.
    fees: Option<String>,
}

/// An invoice that is paid.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PaysIn {
    /// Its number or id.
    invoice: String,
    /// What is open, as far as it goes, where absent.
    amount: Option<String>,
}

fn matched(cx: &Cx, body: MatchBody) -> Result<Done<MatchedOut>, Error> {
    let id = cx.id("line")?;
    let mut paid = Vec::with_capacity(body.invoices.len());
    for one in body.invoices {
        paid.push((invoices::find(&cx.app, &cx.finding(), &one.invoice)?.id, one.amount));
    }
    let customer = match body.customer.as_deref() {
        None => None,
        Some(text) => Some(read::parties::show(&cx.app, &cx.finding(), text)?.customer.id),
    };
    let clear = body.clear.as_deref().map(tills::ledger).transpose();
    let clear =
        clear.map_err(|refusal| Refusal::at(refusal.code(), "/clear", "no such account"))?;
    let payment = |(index, text): (usize, &String)| {
        let wrong = |_| {
            let pointer = format!("/remits/{index}");
            Refusal::at(Code::InvalidField, pointer, "this is no id of a payment")
        };
        text.parse::<PaymentId>().map_err(wrong)
    };
    let remits = body.remits.iter().enumerate().map(payment).collect::<Result<_, _>>()?;
    let new = MatchIn {
        proposal: body.proposal,
        invoices: paid,
        customer,
        clear,
        remits,
        carrier: body.carrier,
        fees: body.fees,
    };
    Ok(MatchedOut::from(&bank::match_entry(&cx.app, &cx.call, id, &new)?).into())
}

fn unmatch(cx: &Cx, _: Nothing) -> Result<Done<MatchedOut>, Error> {
    Ok(MatchedOut::from(&bank::unmatch(&cx.app, &cx.call, cx.id("line")?)?).into())
}
