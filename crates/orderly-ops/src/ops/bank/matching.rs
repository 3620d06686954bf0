//! What a movement of the bank is: a payment and what it pays, or the end of money on its way.

use std::collections::HashSet;

use orderly_core::actor::{Permission, Scope};
use orderly_core::bank::propose::{Candidate, Proposal, Target, propose};
use orderly_core::bank::{BankAccount, BankEntry};
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::id::*;
use orderly_core::invoice::InvoiceKind;
use orderly_core::money::Money;
use orderly_core::payment::post::{BANK, COD};
use orderly_core::payment::{self, NewPayment, Payment, Purpose};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::banks::{self, Match};
use orderly_store::tables::invoices::{self, Filter};
use orderly_store::tables::{books as journal_rows, customers, parties, payments as payment_rows};

use crate::ops::command::{Object, Reference, command};
use crate::ops::payments::allocate::{pay, take_back};
use crate::ops::payments::on_delivery::{self, Owed};
use crate::ops::payments::{Changed, amount_in, done, load, save_one};
use crate::ops::{books, orders};
use crate::{App, Call, Error};

/// How many open invoices are looked at.
const MOST: i64 = 10_000;

/// A movement and what it is now.
#[derive(Debug, Clone)]
pub struct Matched {
    pub entry: BankEntry,
    /// `None` where nothing explains it.
    pub found: Option<Match>,
    pub payment: Option<Payment>,
    /// Of payments that were remitted: what was collected, less what came and its fees.
    pub difference: i64,
}

impl Object for Matched {
    fn reference(&self) -> Reference {
        Reference { kind: "bank_entry", id: self.entry.id.as_bytes(), sequence: 1 }
    }
    /// A movement is answered as it is now.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        shown(tx, BankEntryId::from_bytes(id), 0)
    }
}

fn shown(tx: &mut Tx<'_>, id: BankEntryId, difference: i64) -> Result<Matched, Error> {
    let entry = entry(tx, id)?;
    let found = banks::match_of(tx, id, false)?;
    let payment = match found.as_ref().and_then(|one| one.payment) {
        Some(payment) => payment_rows::get(tx, payment, false)?,
        None => None,
    };
    Ok(Matched { entry, found, payment, difference })
}

/// Returns a movement and what it is now.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, id: BankEntryId) -> Result<Matched, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| shown(tx, id, 0))
}

fn entry(tx: &mut Tx<'_>, id: BankEntryId) -> Result<BankEntry, Error> {
    banks::entry(tx, id)?.ok_or_else(|| Error::not_found(format!("bank entry {id}")))
}

/// Everything that waits for money on this account.
fn candidates(tx: &mut Tx<'_>, own: &BankAccount) -> Result<Vec<Candidate>, Error> {
    let filter = Filter { open: true, ..Filter::default() };
    let mut open = invoices::list(tx, &filter, None, MOST)?;
    open.retain(|one| one.kind != InvoiceKind::CreditNote && one.currency == own.currency);
    open.retain(|one| one.legal_entity == own.legal_entity);
    open.sort_by_key(|one| (one.due_on.unwrap_or(one.issued_on), one.issued_at, one.id));
    let mut names = std::collections::HashMap::<CustomerId, Option<String>>::new();
    let mut out = Vec::with_capacity(open.len());
    for one in open {
        let owner = match one.customer {
            None => None,
            Some(customer) => match names.get(&customer) {
                Some(known) => known.clone(),
                None => {
                    let found = customers::get(tx, customer)?;
                    let party = match found {
                        Some(found) => parties::get(tx, found.party)?,
                        None => None,
                    };
                    let name = party.map(|party| party.company.unwrap_or(party.name));
                    names.insert(customer, name.clone());
                    name
                }
            },
        };
        out.push(Candidate {
            target: Target::Invoice(one.id),
            customer: one.customer,
            account: one.account,
            name: one.name(),
            reference: one.reference.clone(),
            owner,
            open: one.open(),
            due_on: one.due_on,
        });
    }
    Ok(out)
}

fn known(tx: &mut Tx<'_>, entry: &BankEntry) -> Result<HashSet<CustomerId>, Error> {
    Ok(match &entry.line.payer_iban {
        Some(iban) => banks::payers(tx, iban)?.into_iter().collect(),
        None => HashSet::new(),
    })
}

/// Proposes what a movement may pay, the best first. Changes nothing.
///
/// # Errors
/// `not_found`.
pub fn proposals(app: &App, call: &Call, id: BankEntryId) -> Result<Vec<Proposal>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let entry = entry(tx, id)?;
        proposed(tx, &entry)
    })
}

fn proposed(tx: &mut Tx<'_>, entry: &BankEntry) -> Result<Vec<Proposal>, Error> {
    let missing = || Error::Internal(format!("bank entry {} has no account", entry.id));
    let own = banks::account(tx, entry.account)?.ok_or_else(missing)?;
    let (all, known) = (candidates(tx, &own)?, known(tx, entry)?);
    Ok(propose(&entry.line, &all, &known))
}

/// What a movement is said to be.
#[derive(Debug, Clone, Default)]
pub struct MatchIn {
    /// Take the proposal of this place, counted from 1.
    pub proposal: Option<usize>,
    /// Invoices it pays, with a decimal; `None` is what is open, as far as it goes.
    pub invoices: Vec<(InvoiceId, Option<String>)>,
    /// Whose money it is; else that of the first invoice.
    pub customer: Option<CustomerId>,
    /// No payment: the end of what was on its way on this account, or a cost.
    pub clear: Option<Account>,
    /// Payments that a carrier collected and remits.
    pub remits: Vec<PaymentId>,
    /// The carrier that remits what it took on delivery, the oldest first, as far as it goes.
    pub carrier: Option<String>,
    /// What the bank or provider kept back, a decimal.
    pub fees: Option<String>,
}

/// Says what a movement is: makes the payment and applies it, or clears what was on its way.
///
/// # Errors
/// `already_matched`; `above_entry` with what it brought; `invalid_field` for an account that no
/// movement clears; those of applying a payment.
pub fn match_entry(
    app: &App,
    call: &Call,
    id: BankEntryId,
    new: &MatchIn,
) -> Result<Matched, Error> {
    command(app, call, "bank.match", |tx| matched(tx, call, id, new))
}

fn already() -> Refusal {
    let detail = "the movement is matched already: undo that first";
    Refusal::new(Code::AlreadyMatched, detail).allowed("orderly bank unmatch")
}

fn matched(tx: &mut Tx<'_>, call: &Call, id: BankEntryId, new: &MatchIn) -> Result<Matched, Error> {
    call.require(Permission::MatchBank, Scope::default())?;
    let entry = entry(tx, id)?;
    ensure(banks::match_of(tx, id, true)?.is_none(), already)?;
    let fees = match &new.fees {
        Some(text) => amount_in(text, entry.currency)?,
        None => 0,
    };
    ensure(fees >= 0, || Refusal::at(Code::MoneyInvalid, "/fees", "fees are not negative"))?;
    let mut ids = orders::ids_after_audit(call);
    let mut made = Match {
        id: ids.draw(),
        entry: id,
        payment: None,
        account: Account::Bank,
        amount: entry.line.amount,
        fees,
        customer: new.customer,
        reason: call.reason.clone(),
        matched_at: call.now,
        undone_at: None,
    };
    let mut difference = 0;
    let mut targets = Vec::new();
    let mut payment = None;
    let remits = match &new.carrier {
        Some(carrier) => remitted_by(tx, &entry, carrier, (&new.remits, fees))?,
        None => new.remits.clone(),
    };
    if new.clear.is_some() || !remits.is_empty() {
        made.account = new.clear.unwrap_or(Account::CodClearing);
        ensure_clears(made.account)?;
    } else {
        targets = decided(tx, &entry, new, fees)?;
        let opened = opened(tx, call, &entry, new, (&made, &targets), &mut ids)?;
        made.customer = opened.customer;
        made.payment = Some(opened.id);
        payment = Some(opened);
    }
    ensure(banks::insert_match(tx, &made, call.actor.kind, call.actor.id)?, already)?;
    match payment {
        Some(payment) => {
            let changed = Changed { before: None, after: payment, kind: "payment.taken" };
            let saved = save_one(tx, call, &mut ids, changed)?;
            if !targets.is_empty() {
                pay(tx, call, saved, targets)?;
            }
            if fees > 0 {
                let costs = [(Account::ProviderFees, fees), (Account::Bank, -fees)];
                post(tx, call, &mut ids, &entry, &made, &costs)?;
            }
        }
        None => {
            difference = remit(tx, &entry, &made, &remits)?;
            let all = [
                (Account::Bank, made.amount),
                (Account::ProviderFees, fees),
                (made.account, -(made.amount + fees)),
            ];
            post(tx, call, &mut ids, &entry, &made, &all)?;
        }
    }
    shown(tx, id, difference)
}

/// Only what is on its way, bank costs and what is to be explained are cleared by a movement.
fn ensure_clears(account: Account) -> Result<(), Refusal> {
    let known = [
        Account::Clearing,
        Account::CodClearing,
        Account::CashInTransit,
        Account::BankFees,
        Account::ProviderFees,
        Account::Suspense,
    ];
    ensure(known.contains(&account), || {
        let codes: Vec<&str> = known.iter().map(|one| one.code()).collect();
        let detail = format!("a movement of the bank does not clear {}", account.name());
        Refusal::at(Code::InvalidField, "/clear", detail).allowed(codes.join(", "))
    })
}

/// Which invoices get how much.
fn decided(
    tx: &mut Tx<'_>,
    entry: &BankEntry,
    new: &MatchIn,
    fees: i64,
) -> Result<Vec<(InvoiceId, i64)>, Error> {
    let whole = entry.line.amount + fees;
    ensure(entry.line.amount > 0, || {
        let detail = "money that left the account is no payment to us: name what it clears";
        Refusal::at(Code::InvalidField, "/clear", detail)
    })?;
    let mut out = Vec::new();
    if let Some(place) = new.proposal {
        let all = proposed(tx, entry)?;
        let gone = || Refusal::at(Code::InvalidField, "/proposal", "there is no such proposal");
        let chosen = place.checked_sub(1).and_then(|at| all.get(at)).ok_or_else(gone)?;
        for (candidate, amount) in &chosen.parts {
            if let Target::Invoice(id) = candidate.target {
                out.push((id, *amount));
            }
        }
    }
    let mut left = whole - out.iter().map(|(_, amount)| amount).sum::<i64>();
    for (id, amount) in &new.invoices {
        let missing = || Error::not_found(format!("invoice {id}"));
        let invoice = invoices::get(tx, *id, false)?.ok_or_else(missing)?;
        let part = match amount {
            Some(text) => amount_in(text, entry.currency)?,
            None => invoice.open().min(left),
        };
        let shown = |minor: i64| Money::new(minor, entry.currency).to_string();
        ensure(part <= left, || {
            let detail = format!("{} is more than is left of it", shown(part));
            Refusal::new(Code::AboveEntry, detail).allowed(shown(left))
        })?;
        if part > 0 {
            left -= part;
            out.push((*id, part));
        }
    }
    Ok(out)
}

/// The payment that a movement is.
fn opened(
    tx: &mut Tx<'_>,
    call: &Call,
    entry: &BankEntry,
    new: &MatchIn,
    (made, targets): (&Match, &[(InvoiceId, i64)]),
    ids: &mut IdSource,
) -> Result<Payment, Error> {
    let missing = || Error::Internal(format!("bank entry {} has no account", entry.id));
    let own = banks::account(tx, entry.account)?.ok_or_else(missing)?;
    let first = match targets.first() {
        Some((id, _)) => invoices::get(tx, *id, false)?,
        None => None,
    };
    let customer = new.customer.or(first.as_ref().and_then(|one| one.customer));
    let account = match (first.as_ref().and_then(|one| one.account), customer) {
        (Some(account), _) => Some(account),
        (None, Some(customer)) => customers::get(tx, customer)?.and_then(|one| one.account),
        (None, None) => None,
    };
    let stated = NewPayment {
        legal_entity: own.legal_entity,
        customer,
        account,
        channel: first.and_then(|one| one.channel),
        provider: BANK.into(),
        method: "transfer".into(),
        reference: Some(made.id.to_string()),
        currency: entry.currency,
    };
    let opened = payment::open(&stated, ids, call.now)?;
    let (amount, purpose) = (made.amount + made.fees, Purpose::default());
    let after = opened.authorize(amount, purpose, ids, call.now)?;
    let after = done(&after, None, call, ids)?;
    let after = after.capture(amount, purpose, ids, call.now)?;
    done(&after, None, call, ids)
}

/// What a carrier pays with a movement: what is named, then what it took, the oldest first, as long
/// as the movement and its fees bring it in full.
fn remitted_by(
    tx: &mut Tx<'_>,
    entry: &BankEntry,
    carrier: &str,
    (named, fees): (&[PaymentId], i64),
) -> Result<Vec<PaymentId>, Error> {
    let mut owed = on_delivery::owed_by(tx, Some(carrier.trim()))?;
    owed.retain(|one| one.currency == entry.currency);
    let own = owed.iter().filter(|one| named.contains(&one.payment));
    let mut left = entry.line.amount + fees - own.map(Owed::open).sum::<i64>();
    let mut out = named.to_vec();
    for one in owed {
        if one.open() <= left && !out.contains(&one.payment) {
            left -= one.open();
            out.push(one.payment);
        }
    }
    ensure(!out.is_empty(), || {
        let detail = format!("`{}` owes nothing that this pays", carrier.trim());
        Refusal::at(Code::NothingToDo, "/carrier", detail)
    })?;
    Ok(out)
}

/// Notes the payments that were collected and come with this movement; returns what is missing.
fn remit(
    tx: &mut Tx<'_>,
    entry: &BankEntry,
    made: &Match,
    payments: &[PaymentId],
) -> Result<i64, Error> {
    let mut all = Vec::with_capacity(payments.len());
    for id in payments {
        let payment = load(tx, *id)?;
        let left = payment.amounts.captured - payment.amounts.refunded - banks::remitted(tx, *id)?;
        let own = payment.provider == COD && payment.currency == entry.currency;
        ensure(own && left > 0, || {
            let detail = format!("nothing of payment {id} is on its way from a carrier");
            Refusal::at(Code::InvalidField, "/remits", detail)
        })?;
        all.push((*id, left));
    }
    banks::insert_remitted(tx, made.id, &all)?;
    if all.is_empty() {
        return Ok(0);
    }
    Ok(all.iter().map(|(_, amount)| amount).sum::<i64>() - made.amount - made.fees)
}

fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entry: &BankEntry,
    made: &Match,
    amounts: &[(Account, i64)],
) -> Result<(), Error> {
    let missing = || Error::Internal(format!("bank entry {} has no account", entry.id));
    let own = banks::account(tx, entry.account)?.ok_or_else(missing)?;
    let books = books::books_of(tx, own.legal_entity)?;
    let shared = Dimensions {
        party: made.customer.map(|customer| customer.as_bytes()),
        document: Some((DocumentKind::BankStatement, entry.statement.as_bytes())),
        ..Dimensions::default()
    };
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: own.legal_entity,
        kind: JournalKind::Bank,
        cause: Cause { kind: CauseKind::BankMatch, id: made.id.as_bytes() },
        currency: entry.currency,
        accounting_on: books.day(call.now),
        reverses: None,
    };
    let posting = |(account, amount): &(Account, i64)| Posting::new(*account, *amount, shared);
    let moved = amounts.iter().filter(|(_, amount)| *amount != 0);
    let journal = Journal::new(head, moved.map(posting).collect());
    let journal = journal.map_err(|error| Error::Internal(error.to_string()))?;
    books::post(tx, call, &[journal])
}

/// Undoes what a movement was said to be: its invoices are open again, its payment is given back to
/// the bank, what it cleared is on its way again.
///
/// # Errors
/// `nothing_to_do` where it is not matched; `not_reversible` where its payment pays an order or was
/// given back.
pub fn unmatch(app: &App, call: &Call, id: BankEntryId) -> Result<Matched, Error> {
    command(app, call, "bank.unmatch", |tx| {
        call.require(Permission::MatchBank, Scope::default())?;
        let entry = entry(tx, id)?;
        let free = || Refusal::new(Code::NothingToDo, "the movement is not matched");
        let made = banks::match_of(tx, id, true)?.ok_or_else(free)?;
        let mut ids = orders::ids_after_audit(call);
        if let Some(payment) = made.payment {
            give_back(tx, call, payment)?;
            if made.fees > 0 {
                reverse(tx, call, &mut ids, &entry, &made)?;
            }
        } else {
            reverse(tx, call, &mut ids, &entry, &made)?;
        }
        ensure(banks::undo_match(tx, made.id, call.now)?, || {
            Refusal::new(Code::NothingToDo, "the movement is not matched")
        })?;
        shown(tx, id, 0)
    })
}

fn give_back(tx: &mut Tx<'_>, call: &Call, id: PaymentId) -> Result<(), Error> {
    let mut payment = load(tx, id)?;
    let mut targets: Vec<InvoiceId> = Vec::new();
    for one in &payment.applications {
        if one.target_kind == payment::TargetKind::Invoice {
            targets.push(InvoiceId::from_bytes(one.target));
        }
    }
    targets.sort_unstable();
    targets.dedup();
    targets.retain(|invoice| payment.paid_of(*invoice) > 0);
    if !targets.is_empty() {
        let all: Vec<_> = targets.into_iter().map(|invoice| (invoice, None)).collect();
        payment = take_back(tx, call, payment, &all)?;
    }
    let whole = payment.amounts.captured;
    ensure(payment.refundable_for(None) == whole, || {
        let detail = "its money pays an order or was given back: undo that first";
        Refusal::new(Code::NotReversible, detail)
    })?;
    // Its ids follow those of what was taken back.
    let mut ids = IdSource::new(call.now, call.seed ^ 0x756e_6d61_7463_6821);
    let after = payment.refund(whole, Purpose::default(), &mut ids, call.now)?;
    let after = done(&after, None, call, &mut ids)?;
    let changed = Changed { before: Some(payment), after, kind: "payment.refunded" };
    save_one(tx, call, &mut ids, changed)?;
    Ok(())
}

fn reverse(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entry: &BankEntry,
    made: &Match,
) -> Result<(), Error> {
    for original in journal_rows::of_cause(tx, CauseKind::BankMatch, made.id.as_bytes())? {
        let books = books::books_of(tx, original.head.legal_entity)?;
        let head = JournalHead {
            id: ids.draw(),
            kind: JournalKind::Correction,
            accounting_on: books.day(call.now),
            reverses: Some(original.head.id),
            ..original.head.clone()
        };
        let mirror = original.mirror(head);
        let mirror = mirror.map_err(|error| Error::Internal(format!("{error} of {}", entry.id)))?;
        books::post(tx, call, &[mirror])?;
    }
    Ok(())
}

/// Matches every open movement that has one exact proposal, where the setting says so.
pub(super) fn match_exact(
    app: &App,
    call: &Call,
    own: &BankAccount,
) -> Result<Vec<BankEntryId>, Error> {
    let wanted = app.store.read(|tx| {
        let setting = orderly_store::tables::settings::get(tx, "bank.match_exact")?;
        Ok::<_, Error>(setting.as_deref() == Some("yes"))
    })?;
    if !wanted {
        return Ok(Vec::new());
    }
    let open = app.store.read(|tx| banks::entries(tx, Some(own.id), true, None, MOST))?;
    let mut out = Vec::new();
    for (entry, number) in open.into_iter().zip(1_u64..) {
        let all = proposals(app, call, entry.id)?;
        let exact: Vec<&Proposal> = all.iter().filter(|one| one.is_exact()).collect();
        if exact.len() != 1 || exact[0] != &all[0] {
            continue;
        }
        let mut call = call.clone();
        call.key = None;
        call.seed ^= number.rotate_left(24);
        let new = MatchIn { proposal: Some(1), ..MatchIn::default() };
        match match_entry(app, &call, entry.id, &new) {
            Ok(_) => out.push(entry.id),
            // Somebody else paid it meanwhile: a person looks at it.
            Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}
