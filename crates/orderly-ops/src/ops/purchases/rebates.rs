//! Rebates: agreed, accrued line by line, settled by credit.
//!
//! A supplier's rebate accrues when his invoice is booked: it is owed to us (`rebates_receivable`)
//! and income (`rebates_earned`). A customer's rebate accrues with the invoices of his account:
//! it is owed to him (`rebates_payable`) and takes away from what we earn (`rebates_granted`).

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::catalog::new::code;
use orderly_core::id::*;
use orderly_core::money::{Currency, Money, parse_decimal};
use orderly_core::order::price::money_refusal;
use orderly_core::purchase::invoice::{
    SupplierDocument, SupplierInvoice, SupplierInvoiceLine, SupplierLineKind,
};
use orderly_core::purchase::rebate::{
    AccrualKind, Rebate, RebateBasis, RebateSide, RebateSpan, Tier, Turnover,
};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::rebates::{self, RebateAccrual, RebatePeriod};
use orderly_store::tables::{accounts, supplier_invoices, suppliers};

use super::day;
use super::invoices::{Documents, enter_amount, post as post_invoice};
use crate::ops::books::{self, books_of};
use crate::ops::catalog::{found_again, ids, taken};
pub use crate::ops::invoices::give;
use crate::ops::read::catalog::item_called;
use crate::ops::suppliers::supplier_called;
use crate::ops::{Object, Reference, command, settings};
use crate::wire::purchases::RebateIn;
use crate::{App, Call, Error};

fn by_id(tx: &mut Tx<'_>, id: RebateId) -> Result<Option<Rebate>, Error> {
    Ok(rebates::get(tx, id, false)?)
}

found_again! {
    Rebate, RebateId, "rebate", |rebate| rebate.version, by_id;
}

/// Agrees on a rebate with a supplier or for a customer's account.
///
/// # Errors
/// `already_exists` where the code is taken, `unknown_supplier`, `unknown_account`,
/// `invalid_field`, `money_invalid`.
pub fn agree(app: &App, call: &Call, new: &RebateIn) -> Result<Rebate, Error> {
    command(app, call, "rebate.agree", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let (side, partner, currency) = partner(tx, new)?;
        let basis =
            coded(new.basis.as_deref(), RebateBasis::Percent, RebateBasis::parse, "/basis")?;
        let span = coded(new.span.as_deref(), RebateSpan::Year, RebateSpan::parse, "/span")?;
        let item = match new.sku.as_deref() {
            None => None,
            Some(sku) => Some(item_called(tx, sku)?.id),
        };
        let rebate = Rebate {
            id: ids(call).draw(),
            code: code(&new.code)?,
            name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
            side,
            partner,
            currency,
            basis,
            item,
            span,
            tiers: tiers(new, basis, currency)?,
            starts_on: day(&new.starts_on, "/starts_on")?,
            ends_on: new.ends_on.as_deref().map(|text| day(text, "/ends_on")).transpose()?,
            active: true,
            version: 1,
            created_at: call.now,
        };
        rebate.check()?;
        if !rebates::insert(tx, &rebate)? {
            return Err(taken("rebate", &rebate.code));
        }
        Ok(rebate)
    })
}

/// Who gives or gets it. Turnover is counted in the currency of the books.
fn partner(tx: &mut Tx<'_>, new: &RebateIn) -> Result<(RebateSide, [u8; 16], Currency), Error> {
    let currency = settings::merchant(tx)?.currency;
    match (&new.supplier, &new.account) {
        (Some(code), None) => {
            let supplier = supplier_called(tx, code)?;
            Ok((RebateSide::Supplier, supplier.id.as_bytes(), currency))
        }
        (None, Some(number)) => {
            let account = accounts::by_number(tx, number.trim())?.ok_or_else(|| {
                let detail = format!("there is no account `{number}`");
                Refusal::at(Code::UnknownAccount, "/account", detail)
            })?;
            ensure(account.currency == currency, || {
                let detail = format!("account {} is kept in {}", account.number, account.currency);
                Refusal::at(Code::CurrencyMismatch, "/account", detail).allowed(currency.code())
            })?;
            Ok((RebateSide::Customer, account.id.as_bytes(), currency))
        }
        _ => {
            let detail = "a rebate is of one supplier or of one account";
            Err(Refusal::at(Code::InvalidField, "/supplier", detail).into())
        }
    }
}

fn coded<T>(
    text: Option<&str>,
    none: T,
    parse: impl Fn(&str) -> Option<T>,
    pointer: &str,
) -> Result<T, Refusal> {
    let Some(text) = text else { return Ok(none) };
    parse(text).ok_or_else(|| {
        Refusal::at(Code::InvalidField, pointer, format!("`{text}` is not known here"))
    })
}

fn tiers(new: &RebateIn, basis: RebateBasis, currency: Currency) -> Result<Vec<Tier>, Refusal> {
    let mut out = Vec::with_capacity(new.tiers.len());
    for (index, tier) in new.tiers.iter().enumerate() {
        let pointer = |field: &str| format!("/tiers/{index}/{field}");
        let from = match basis {
            RebateBasis::Percent => enter_amount(&tier.from, currency, &pointer("from"))?,
            RebateBasis::Unit => tier.from.trim().parse().map_err(|_| {
                Refusal::at(Code::InvalidField, pointer("from"), "write whole base units")
            })?,
        };
        let rate = parse_decimal(tier.rate.trim())
            .map_err(|error| money_refusal(&error).under(&pointer("rate")))?;
        out.push(Tier { from, rate });
    }
    Ok(out)
}

/// Ends a rebate: what is bought from now on earns nothing.
///
/// # Errors
/// `not_found`, `nothing_to_do` where it is ended.
pub fn end(app: &App, call: &Call, code: &str) -> Result<Rebate, Error> {
    command(app, call, "rebate.end", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let known = called(tx, code)?;
        call.expect_version(known.version)?;
        ensure(rebates::end(tx, known.id)?, || {
            Refusal::new(Code::NothingToDo, format!("rebate {} is ended", known.code))
        })?;
        Ok(Rebate { active: false, version: known.version + 1, ..known })
    })
}

/// Finds a rebate by its code.
pub(in crate::ops) fn called(tx: &mut Tx<'_>, code: &str) -> Result<Rebate, Error> {
    let found = rebates::by_code(tx, code.trim())?;
    found.ok_or_else(|| Error::not_found(format!("rebate `{code}`")))
}

/// A line that earns a rebate.
#[derive(Clone, Debug)]
pub(in crate::ops) struct Earning {
    /// The invoice line.
    pub source: [u8; 16],
    pub period: String,
    pub legal_entity: LegalEntityId,
    /// Net, in minor units of the books' currency, and base units; negative where credited.
    pub turnover: Turnover,
}

/// Accrues what lines of posted documents earn of one rebate, as new rows and one journal a row.
/// Call it in the transaction that posts the documents; several rebates by their ids.
///
/// # Errors
/// `money_too_large`.
pub(in crate::ops) fn accrue(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    rebate: &Rebate,
    lines: &[Earning],
) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    // Others that accrue to it wait: each row builds on the ones before.
    rebates::get(tx, rebate.id, true)?;
    let mut seen: HashMap<&str, Turnover> = HashMap::new();
    let mut rows = Vec::new();
    for line in lines {
        let turnover = match seen.get(line.period.as_str()) {
            Some(known) => *known,
            None => {
                let found = rebates::period(tx, rebate.id, &line.period)?;
                found.map(|one| one.turnover).unwrap_or_default()
            }
        };
        let (own, tier) = rebate.accrue(turnover, line.turnover)?;
        seen.insert(&line.period, turnover.plus(line.turnover));
        let row = |kind, turnover, amount, id| RebateAccrual {
            id,
            rebate: rebate.id,
            period: line.period.clone(),
            legal_entity: line.legal_entity,
            kind,
            source: line.source,
            turnover,
            amount,
            accrued_at: call.now,
        };
        rows.push(row(AccrualKind::Line, line.turnover, own, ids.draw()));
        if tier != 0 {
            rows.push(row(AccrualKind::Tier, Turnover::default(), tier, ids.draw()));
        }
    }
    rebates::insert_accruals(tx, &rows)?;
    post(tx, call, ids, rebate, &rows)
}

/// Counts what a customer's rebate is settled by: his credit note, whose revenue comes out of what
/// was set aside for him.
pub(in crate::ops) fn settled_by(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    rebate: &Rebate,
    row: RebateAccrual,
) -> Result<(), Error> {
    let rows = [row];
    rebates::insert_accruals(tx, &rows)?;
    post(tx, call, ids, rebate, &rows)
}

/// The journal of each row that is worth something. What settles a customer's rebate takes the
/// revenue that his credit note took away out of what was set aside.
fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    rebate: &Rebate,
    rows: &[RebateAccrual],
) -> Result<(), Error> {
    let (debit, credit) = match rebate.side {
        RebateSide::Supplier => (Account::RebatesReceivable, Account::RebatesEarned),
        RebateSide::Customer => (Account::RebatesGranted, Account::RebatesPayable),
    };
    let shared = Dimensions {
        party: Some(rebate.partner),
        document: Some((DocumentKind::Rebate, rebate.id.as_bytes())),
        ..Dimensions::default()
    };
    let mut journals = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| row.amount != 0) {
        let debit = if row.kind == AccrualKind::Settled { Account::Revenue } else { debit };
        let books = books_of(tx, row.legal_entity)?;
        let head = JournalHead {
            id: ids.draw(),
            legal_entity: row.legal_entity,
            kind: JournalKind::Rebate,
            cause: Cause { kind: CauseKind::Rebate, id: row.id.as_bytes() },
            currency: rebate.currency,
            accounting_on: books.day(row.accrued_at),
            reverses: None,
        };
        let postings = vec![
            Posting::new(debit, row.amount, shared),
            Posting::new(credit, -row.amount, shared),
        ];
        let unbalanced = |error| Error::Internal(format!("a rebate does not balance: {error}"));
        journals.push(Journal::new(head, postings).map_err(unbalanced)?);
    }
    books::post(tx, call, &journals)
}

/// What a supplier's booked document earns us.
pub(super) fn of_supplier(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    documents: &Documents,
    invoice: &SupplierInvoice,
) -> Result<(), Error> {
    let sign = if invoice.kind == SupplierDocument::Invoice { 1 } else { -1 };
    let goods = |kind| matches!(kind, SupplierLineKind::Goods | SupplierLineKind::Return);
    let on = invoice.invoiced_on;
    let item = |line: &SupplierInvoiceLine| {
        let bought = || line.purchase_line.and_then(|id| documents.line(id));
        line.item.or_else(|| bought().map(|line| line.item))
    };
    for rebate in rebates::list(tx, Some(invoice.supplier.as_bytes()))? {
        let earns = |line: &&SupplierInvoiceLine| goods(line.kind) && rebate.covers(item(line), on);
        let earning = |line: &SupplierInvoiceLine| Earning {
            source: line.id.as_bytes(),
            period: rebate.period(on),
            legal_entity: invoice.legal_entity,
            turnover: Turnover { base: sign * line.booked, qty: sign * line.qty.get() },
        };
        let lines: Vec<Earning> = invoice.lines.iter().filter(earns).map(earning).collect();
        accrue(tx, call, ids, &rebate, &lines)?;
    }
    Ok(())
}

/// A period of a rebate: what is due for its turnover, what accrued, what was given.
#[derive(Debug, Clone)]
pub struct Shown {
    pub rebate: Rebate,
    pub period: RebatePeriod,
    /// What the turnover earns at its tier.
    pub due: i64,
}

/// Returns every period of a rebate, or of all: expected beside settled.
///
/// # Errors
/// `not_found`.
pub fn report(app: &App, call: &Call, code: Option<&str>) -> Result<Vec<Shown>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let all = match code {
            Some(code) => vec![called(tx, code)?],
            None => rebates::list(tx, None)?,
        };
        let mut out = Vec::new();
        for rebate in all {
            for period in rebates::periods(tx, Some(rebate.id))? {
                let due = rebate.due(period.turnover)?;
                out.push(Shown { rebate: rebate.clone(), period, due });
            }
        }
        Ok(out)
    })
}

/// Returns with whom each rebate is agreed: the supplier's code, or the account's number.
pub fn partners(app: &App, all: &[Rebate]) -> Result<HashMap<RebateId, String>, Error> {
    app.store.read(|tx| {
        let mut out = HashMap::new();
        for one in all {
            let name = match one.side {
                RebateSide::Supplier => {
                    let id = SupplierId::from_bytes(one.partner);
                    suppliers::get(tx, id)?.map(|supplier| supplier.code)
                }
                RebateSide::Customer => {
                    let id = AccountId::from_bytes(one.partner);
                    accounts::get(tx, id)?.map(|account| account.number)
                }
            };
            out.extend(name.map(|name| (one.id, name)));
        }
        Ok(out)
    })
}

/// Returns the rebate with this code.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, code: &str) -> Result<Rebate, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| called(tx, code))
}

/// Returns every rebate.
pub fn list(app: &App, call: &Call) -> Result<Vec<Rebate>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(rebates::list(tx, None)?))
}

/// Settles a period of a supplier's rebate by his credit note of this number: what we owe him
/// falls by it, and so does what he owes us. All that accrued and is not settled where no amount
/// is given.
///
/// # Errors
/// `not_found`, `invalid_transition` for a customer's rebate ([`give`] settles that),
/// `above_open` with what is not settled, `already_exists` where the credit note is known,
/// `money_invalid`.
pub fn settle(
    app: &App,
    call: &Call,
    code: &str,
    period: &str,
    number: &str,
    amount: Option<&str>,
) -> Result<SupplierInvoice, Error> {
    command(app, call, "rebate.settle", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let rebate = called(tx, code)?;
        ensure(rebate.side == RebateSide::Supplier, || {
            let detail = format!("rebate {} is given by us", rebate.code);
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        rebates::get(tx, rebate.id, true)?;
        let mut ids = ids(call);
        let entity = settings::merchant(tx)?.id;
        let amount = open_part(tx, &rebate, period, amount)?;
        let note = note(call, &mut ids, &rebate, entity, number, amount)?;
        if !supplier_invoices::insert(tx, &note)? {
            return Err(taken("credit note", &note.number));
        }
        let row = RebateAccrual {
            id: ids.draw(),
            rebate: rebate.id,
            period: period.to_owned(),
            legal_entity: entity,
            kind: AccrualKind::Settled,
            source: note.id.as_bytes(),
            turnover: Turnover::default(),
            amount: -amount,
            accrued_at: call.now,
        };
        rebates::insert_accruals(tx, &[row])?;
        let mut documents = Documents::lock(tx, &note)?;
        post_invoice(tx, call, &mut ids, &mut documents, &note, note.clone())
    })
}

/// What of a period is settled now. What another period was given beyond what it is worth after a
/// credit note is taken off.
pub(in crate::ops) fn open_part(
    tx: &mut Tx<'_>,
    rebate: &Rebate,
    period: &str,
    amount: Option<&str>,
) -> Result<i64, Error> {
    let found = rebates::periods(tx, Some(rebate.id))?;
    let all: i64 = found.iter().map(|one| one.accrued - one.settled).sum();
    let found = found.into_iter().find(|one| one.period == period);
    let open = found.map_or(0, |one| one.accrued - one.settled).min(all).max(0);
    let amount = match amount {
        Some(text) => enter_amount(text, rebate.currency, "/amount")?,
        None => open,
    };
    ensure(amount > 0 && amount <= open, || {
        let money = Money::new(open, rebate.currency);
        let detail = format!("{money} of {} are not settled for {period}", rebate.code);
        Refusal::at(Code::AboveOpen, "/amount", detail).allowed(money.decimal().to_string())
    })?;
    Ok(amount)
}

fn note(
    call: &Call,
    ids: &mut IdSource,
    rebate: &Rebate,
    entity: LegalEntityId,
    number: &str,
    amount: i64,
) -> Result<SupplierInvoice, Error> {
    use orderly_core::purchase::invoice::SupplierInvoiceState;
    let on = call.now.day_in("UTC");
    let line = SupplierInvoiceLine {
        id: ids.draw(),
        position: 1,
        kind: SupplierLineKind::Rebate,
        purchase_line: None,
        vendor_return_line: None,
        item: None,
        description: rebate.name.clone(),
        qty: orderly_core::qty::Qty::ZERO,
        net: amount,
        booked: 0,
        cleared: 0,
        spread: None,
    };
    Ok(SupplierInvoice {
        id: ids.draw(),
        supplier: SupplierId::from_bytes(rebate.partner),
        legal_entity: entity,
        kind: SupplierDocument::CreditNote,
        number: text::short(number).map_err(|refusal| refusal.under("/number"))?,
        state: SupplierInvoiceState::Held,
        currency: rebate.currency,
        net: amount,
        charges: 0,
        tax: 0,
        total: amount,
        settled: 0,
        booked: 0,
        tax_code: None,
        reasons: Vec::new(),
        entered_by: call.actor.id,
        approved_by: None,
        invoiced_on: on,
        due_on: on,
        entered_at: call.now,
        posted_at: None,
        version: 1,
        lines: vec![line],
    })
}
