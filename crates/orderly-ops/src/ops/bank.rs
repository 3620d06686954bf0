//! Operations on bank accounts: statements taken in, each movement once, and what it is said to be.

mod files;
mod matching;

use orderly_core::actor::{Permission, Scope};
use orderly_core::bank::{BankAccount, BankEntry, Format, Statement, plain};
use orderly_core::id::{BankAccountId, BankEntryId, BankStatementId};
use orderly_core::money::{Currency, Money};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::banks::{self, Kept};

use super::command::{Object, Reference, command};
use super::{orders, settings};
use crate::call::content_hash;
use crate::{App, Call, Error};
pub use files::{Columns, CsvMap, Source};
pub use matching::{MatchIn, Matched, match_entry, proposals, show, unmatch};

impl Object for BankAccount {
    fn reference(&self) -> Reference {
        Reference { kind: "bank_account", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = BankAccountId::from_bytes(id);
        banks::account(tx, id)?.ok_or_else(|| Error::not_found(format!("bank account {id}")))
    }
}

impl Object for Kept {
    fn reference(&self) -> Reference {
        Reference { kind: "bank_statement", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = BankStatementId::from_bytes(id);
        banks::statement(tx, id)?.ok_or_else(|| Error::not_found(format!("bank statement {id}")))
    }
}

/// A bank account as the caller states it.
#[derive(Debug, Clone)]
pub struct BankAccountIn {
    pub code: String,
    pub name: String,
    pub iban: Option<String>,
    /// `None`: the merchant's.
    pub currency: Option<String>,
}

/// Adds a bank account of ours.
///
/// # Errors
/// `already_exists`, `unknown_currency`, `invalid_text`.
pub fn create_account(app: &App, call: &Call, new: &BankAccountIn) -> Result<BankAccount, Error> {
    command(app, call, "bank.create_account", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let entity = settings::merchant(tx)?;
        let currency = match &new.currency {
            None => entity.currency,
            Some(code) => Currency::parse(code).ok_or_else(|| {
                let detail = format!("`{code}` is not a currency");
                Refusal::at(Code::UnknownCurrency, "/currency", detail)
            })?,
        };
        let mut ids = orders::ids_after_audit(call);
        let account = BankAccount {
            id: ids.draw(),
            code: text::short(&new.code)?,
            name: text::short(&new.name)?,
            iban: text::optional(new.iban.as_deref())?.map(|iban| plain(&iban)),
            legal_entity: entity.id,
            currency,
            version: 1,
            created_at: call.now,
        };
        ensure(banks::insert_account(tx, &account)?, || {
            Refusal::new(Code::AlreadyExists, "there is a bank account of this code or number")
        })?;
        Ok(account)
    })
}

fn named(tx: &mut Tx<'_>, code: &str) -> Result<BankAccount, Error> {
    let found = banks::accounts(tx)?.into_iter().find(|account| account.code == code);
    let name: String = code.chars().take(40).collect();
    found.ok_or_else(|| Error::not_found(format!("bank account `{name}`")))
}

/// What came of a file.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Each statement, and whether it was known.
    pub statements: Vec<(Kept, bool)>,
    /// Balances that do not follow each other: a statement between them is missing.
    pub gaps: Vec<String>,
    /// Movements that were matched because nothing else was possible.
    pub matched: Vec<BankEntryId>,
}

/// Takes in a bank's file: CAMT.053, MT940, or CSV with a map. Every movement is kept once,
/// whatever files it is in. Posts nothing, unless the setting `bank.match_exact` is `yes`: then
/// what has one exact proposal is matched.
///
/// # Errors
/// `invalid_statement` where the file cannot be read or its balances contradict each other;
/// `invalid_field` where it is another account's.
pub fn import(
    app: &App,
    call: &Call,
    account: &str,
    content: &[u8],
    map: Option<&CsvMap>,
) -> Result<Imported, Error> {
    let own = app.store.read(|tx| named(tx, account))?;
    let (format, statements) = files::read(content, own.currency, map)?;
    for statement in &statements {
        statement.check(own.currency)?;
        ensure_own(&own, statement)?;
    }
    let mut out = Imported { statements: Vec::new(), gaps: Vec::new(), matched: Vec::new() };
    for (statement, number) in statements.iter().zip(1_u64..) {
        let mut call = call.clone();
        call.seed ^= number.rotate_left(40);
        call.key = call.key.map(|key| format!("{key}/{number}"));
        let (known, kept) = keep(app, &call, &own, format, statement)?;
        out.statements.push((kept, known));
    }
    out.gaps = app.store.read(|tx| gaps(tx, &own))?;
    out.matched = matching::match_exact(app, call, &own)?;
    Ok(out)
}

fn ensure_own(own: &BankAccount, statement: &Statement) -> Result<(), Refusal> {
    let (Some(iban), Some(given)) = (&own.iban, &statement.account) else { return Ok(()) };
    let given = plain(given);
    // MT940 may name the account by its bank and number only, which are the end of an IBAN.
    let same = given.contains(iban.as_str())
        || iban.contains(given.as_str())
        || given.starts_with(|c: char| c.is_ascii_digit());
    ensure(same, || {
        let detail = format!("the statement is of account {given}, not of {}", own.code);
        Refusal::at(Code::InvalidField, "/account", detail)
    })
}

fn keep(
    app: &App,
    call: &Call,
    own: &BankAccount,
    format: Format,
    statement: &Statement,
) -> Result<(bool, Kept), Error> {
    let identities = statement.identities();
    let mut whole = format!(
        "{}|{:?}|{:?}|{:?}",
        statement.number, statement.until, statement.opening, statement.closing
    );
    identities.iter().for_each(|one| whole.push_str(one));
    let identity = content_hash(whole.as_bytes());
    if let Some(kept) = app.store.read(|tx| banks::statement_of(tx, own.id, identity))? {
        call.require(Permission::MatchBank, Scope::default())?;
        return Ok((true, Kept { added: 0, ..kept }));
    }
    let kept = command(app, call, "bank.import", |tx| {
        call.require(Permission::MatchBank, Scope::default())?;
        let mut ids = orders::ids_after_audit(call);
        let id: BankStatementId = ids.draw();
        let mut fresh = Vec::new();
        for (line, text) in statement.lines.iter().zip(&identities) {
            let identity = content_hash(text.as_bytes());
            let Some(booked_on) = line.booked_on else { continue };
            if banks::has_entry(tx, own.id, identity)? {
                continue;
            }
            let entry = BankEntry {
                id: ids.draw(),
                account: own.id,
                statement: id,
                booked_on,
                currency: own.currency,
                line: line.clone(),
            };
            fresh.push((entry, identity));
        }
        let added = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
        let kept = Kept::of(statement, (id, own.id), format, added, call.now);
        let new = banks::insert_statement(tx, &kept, identity)?;
        if !new || banks::insert_entries(tx, &fresh, call.now)? < fresh.len() as u64 {
            let detail = "the same file is being taken in elsewhere: try again";
            return Err(Refusal::new(Code::AlreadyExists, detail).into());
        }
        Ok(kept)
    })?;
    Ok((false, kept))
}

/// Where a statement does not begin with the balance the one before it ended with.
fn gaps(tx: &mut Tx<'_>, own: &BankAccount) -> Result<Vec<String>, Error> {
    // What brought nothing new says again what others said.
    let mut all = banks::statements(tx, own.id)?;
    all.retain(|kept| kept.added > 0 || kept.entries == 0);
    let show = |minor: i64| Money::new(minor, own.currency).to_string();
    let pairs = all.iter().zip(all.iter().skip(1));
    let gaps = pairs.filter_map(|(before, after)| {
        let (closing, opening) = (before.closing?, after.opening?);
        let overlaps = before.until.zip(after.from).is_some_and(|(until, from)| from < until);
        (closing != opening && !overlaps).then(|| {
            format!(
                "between statement {} and {}: {} and {}",
                before.number,
                after.number,
                show(closing),
                show(opening)
            )
        })
    });
    Ok(gaps.collect())
}

/// Returns the bank accounts.
pub fn accounts(app: &App, call: &Call) -> Result<Vec<BankAccount>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(banks::accounts)?)
}

/// Returns the movements of an account or of all, the latest first; only those that nothing
/// explains where `open`.
pub fn lines(
    app: &App,
    call: &Call,
    account: Option<&str>,
    open: bool,
    limit: i64,
) -> Result<Vec<BankEntry>, Error> {
    lines_after(app, call, account, open, None, limit)
}

/// Returns the movements after one, as [`lines`].
pub fn lines_after(
    app: &App,
    call: &Call,
    account: Option<&str>,
    open: bool,
    after: Option<(Day, BankEntryId)>,
    limit: i64,
) -> Result<Vec<BankEntry>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let own = account.map(|code| named(tx, code)).transpose()?;
        Ok(banks::entries(tx, own.map(|own| own.id), open, after, limit.clamp(1, 10_000))?)
    })
}
