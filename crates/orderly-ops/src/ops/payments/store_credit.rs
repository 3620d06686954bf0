//! Store credit: given by refunds or by hand, spent as a tender, expired where it has an end.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Account, Journal, JournalKind};
use orderly_core::id::{CustomerId, IdSource, LegalEntityId, StoreCreditEntryId};
use orderly_core::money::{Currency, Money};
use orderly_core::payment::Payment;
use orderly_core::payment::credit::{self, CreditEntry, CreditKind, Holder, STORE_CREDIT};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::{customers, store_credit as rows};

use super::{amount_in, require};
use crate::ops::command::{Object, Reference, command};
use crate::ops::{books, orders, settings};
use crate::{App, Call, Error};

/// What a customer has, and how it came about.
#[derive(Debug, Clone)]
pub struct Standing {
    pub customer: CustomerId,
    pub balances: Vec<(Holder, i64)>,
    pub entries: Vec<CreditEntry>,
}

impl Object for Standing {
    fn reference(&self) -> Reference {
        let sequence = i64::try_from(self.entries.len()).unwrap_or(i64::MAX);
        Reference { kind: "store_credit", id: self.customer.as_bytes(), sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        standing(tx, CustomerId::from_bytes(id))
    }
}

fn standing(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Standing, Error> {
    let (balances, entries) = (rows::of_customer(tx, customer)?, rows::entries(tx, customer)?);
    Ok(Standing { customer, balances, entries })
}

/// Returns what a customer has.
pub fn show(app: &App, call: &Call, customer: CustomerId) -> Result<Standing, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| standing(tx, customer))
}

/// Counts what journals do to store credit: whoever posts on its account changes the balance of the
/// customer that the posting names, so that the balance is the sum of its postings. Journals of the
/// kind `store_credit` are counted by who makes them, here.
///
/// # Errors
/// `above_store_credit` with what is left; `unknown_customer` where a posting names nobody.
pub(in crate::ops) fn count(
    tx: &mut Tx<'_>,
    call: &Call,
    journals: &[Journal],
) -> Result<(), Error> {
    for journal in journals.iter().filter(|one| one.head.kind != JournalKind::StoreCredit) {
        let own = journal.postings().iter().filter(|one| one.account == Account::StoreCredit);
        for (posting, number) in own.zip(0_u8..) {
            let missing = || {
                let detail = "store credit belongs to a customer: name one";
                Refusal::at(Code::UnknownCustomer, "/customer", detail)
            };
            let customer = posting.dimensions.party.ok_or_else(missing)?;
            let holder = Holder {
                legal_entity: journal.head.legal_entity,
                customer: CustomerId::from_bytes(customer),
                currency: journal.head.currency,
            };
            let amount = -posting.amount_minor;
            let paid = journal.head.cause.kind == CauseKind::PaymentTransaction;
            let kind = match (amount > 0, paid) {
                (true, true) => CreditKind::Returned,
                (true, false) => CreditKind::Issued,
                (false, _) => CreditKind::Spent,
            };
            let until = match kind {
                CreditKind::Issued => end(tx, call, holder.legal_entity)?,
                _ => None,
            };
            // One entry per posting: its id follows from the journal's.
            let mut id = journal.head.id.as_bytes();
            id[15] ^= number;
            let id = StoreCreditEntryId::from_bytes(id);
            change(tx, call, id, (holder, kind), amount, (journal.head.cause, until))?;
        }
    }
    Ok(())
}

/// The day after which credit given now expires, where `store_credit.days` says so.
fn end(tx: &mut Tx<'_>, call: &Call, entity: LegalEntityId) -> Result<Option<Day>, Error> {
    let days = orderly_store::tables::settings::get(tx, "store_credit.days")?;
    let Some(days) = days.and_then(|text| text.parse::<i32>().ok()).filter(|days| *days > 0) else {
        return Ok(None);
    };
    let zone = books::books_of(tx, entity)?.zone;
    Ok(Some(call.now.day_in(&zone).plus_days(days)))
}

/// Counts a change of a balance: the counter under its guard, and the entry.
fn change(
    tx: &mut Tx<'_>,
    call: &Call,
    id: StoreCreditEntryId,
    (holder, kind): (Holder, CreditKind),
    amount: i64,
    (cause, expires_on): (Cause, Option<Day>),
) -> Result<CreditEntry, Error> {
    if !rows::add(tx, &holder, amount, call.now)? {
        let left = Money::new(rows::balance(tx, &holder, false)?, holder.currency).to_string();
        let wanted = Money::new(-amount, holder.currency);
        let detail = format!("{wanted} is more than the customer's store credit of {left}");
        return Err(Refusal::new(Code::AboveStoreCredit, detail).available(left).into());
    }
    let reason = text::optional(call.reason.as_deref())?;
    let recorded_at = call.now;
    let entry = CreditEntry { id, holder, kind, amount, cause, expires_on, reason, recorded_at };
    if !rows::insert(tx, &entry, call.actor.kind, call.actor.id)? {
        let detail = "the store credit was counted before";
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    Ok(entry)
}

/// Whose credit a payment uses; refused where it is nobody's.
fn holder_of(payment: &Payment) -> Result<Holder, Error> {
    let missing = || Refusal::at(Code::UnknownCustomer, "/customer", "whose store credit is it?");
    let customer = payment.customer.ok_or_else(missing)?;
    Ok(Holder { legal_entity: payment.legal_entity, customer, currency: payment.currency })
}

/// Refuses a payment out of store credit that there is not.
///
/// # Errors
/// `above_store_credit` with what is left; `unknown_customer`.
pub(in crate::ops) fn ensure_enough(
    tx: &mut Tx<'_>,
    payment: &Payment,
    amount: i64,
) -> Result<(), Error> {
    if payment.provider != STORE_CREDIT {
        return Ok(());
    }
    let left = rows::balance(tx, &holder_of(payment)?, true)?;
    let (shown, wanted) = (payment.show(left), payment.show(amount));
    ensure(amount <= left, || {
        let detail = format!("{wanted} is more than the customer's store credit of {shown}");
        Refusal::new(Code::AboveStoreCredit, detail).available(shown)
    })?;
    Ok(())
}

/// Gives a customer credit for nothing he or she paid: a loss on the account of goodwill.
///
/// # Errors
/// `money_invalid`, `reason_required`, `amount_limit`, `unknown_customer`.
pub fn give(
    app: &App,
    call: &Call,
    customer: CustomerId,
    amount: &str,
    expires_on: Option<Day>,
) -> Result<Standing, Error> {
    command(app, call, "store_credit.give", |tx| {
        let unknown =
            || Refusal::at(Code::UnknownCustomer, "/customer", "there is no such customer");
        customers::get(tx, customer)?.ok_or_else(unknown)?;
        let entity = settings::merchant(tx)?;
        let currency: Currency = entity.currency;
        let amount = amount_in(amount, currency)?;
        ensure(amount > 0, || {
            Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero")
        })?;
        require(call, Permission::GiveStoreCredit, amount, None)?;
        ensure(call.reason.is_some(), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say what it is given for")
        })?;
        let mut ids = orders::ids_after_audit(call);
        let holder = Holder { legal_entity: entity.id, customer, currency };
        let id: StoreCreditEntryId = ids.draw();
        let cause = Cause { kind: CauseKind::StoreCreditEntry, id: id.as_bytes() };
        let until = match expires_on {
            Some(until) => Some(until),
            None => end(tx, call, entity.id)?,
        };
        let issued = (holder, CreditKind::Issued);
        let entry = change(tx, call, id, issued, amount, (cause, until))?;
        post(tx, call, &mut ids, &entry, Account::WriteOffs)?;
        standing(tx, customer)
    })
}

fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entry: &CreditEntry,
    other: Account,
) -> Result<(), Error> {
    let own = books::books_of(tx, entry.holder.legal_entity)?;
    let journal = credit::journal(entry, other, None, &own, ids.draw());
    books::post(tx, call, &[journal])
}

/// Takes away what of a customer's credit has expired, as income.
///
/// # Errors
/// `nothing_to_do` where nothing has.
pub fn expire(app: &App, call: &Call, customer: CustomerId) -> Result<Standing, Error> {
    command(app, call, "store_credit.expire", |tx| {
        call.require(Permission::GiveStoreCredit, Scope::default())?;
        let mut ids = orders::ids_after_audit(call);
        let mut gone = false;
        for (holder, _) in rows::of_customer(tx, customer)? {
            let left = rows::balance(tx, &holder, true)?;
            let all = rows::entries(tx, customer)?;
            let own: Vec<CreditEntry> =
                all.into_iter().filter(|entry| entry.holder == holder).collect();
            let zone = books::books_of(tx, holder.legal_entity)?.zone;
            let amount = credit::expired(&own, call.now.day_in(&zone)).min(left);
            if amount == 0 {
                continue;
            }
            gone = true;
            let id: StoreCreditEntryId = ids.draw();
            let cause = Cause { kind: CauseKind::StoreCreditEntry, id: id.as_bytes() };
            let kind = (holder, CreditKind::Expired);
            let entry = change(tx, call, id, kind, -amount, (cause, None))?;
            post(tx, call, &mut ids, &entry, Account::ExpiredCredit)?;
        }
        ensure(gone, || Refusal::new(Code::NothingToDo, "no store credit has expired"))?;
        standing(tx, customer)
    })
}
