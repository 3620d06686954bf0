//! Journals that people write: openings, fees, taxes paid, corrections.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::chart::unknown;
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting, Unbalanced,
};
use orderly_core::id::{EntryId, JournalId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::{books, channels, locations};
use serde::{Deserialize, Serialize};

use super::entity_called;
use crate::ops::orders::ids_after_audit;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// A journal as people write it. Its reason is the call's.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryIn {
    /// Code of the legal entity; the merchant's own where absent.
    pub entity: Option<String>,
    /// The accounting day, such as `2026-11-30`.
    pub on: String,
    pub postings: Vec<EntryPostingIn>,
}

/// One amount of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryPostingIn {
    /// The code of the account.
    pub account: String,
    /// Debits positive, credits negative, in the legal entity's currency.
    pub amount: String,
    pub location: Option<String>,
    pub channel: Option<String>,
    pub tax_code: Option<String>,
    /// What the tax was computed from, with the sign of the amount.
    pub tax_base: Option<String>,
}

/// Accounts that follow other rows to the cent; only what posts those posts on them.
const CONTROLLED: &[Account] = &[
    Account::Inventory,
    Account::InventoryInTransit,
    Account::DeliveredNotInvoiced,
    Account::Receivables,
    Account::CustomerDeposits,
    Account::UnappliedReceipts,
    Account::StoreCredit,
    Account::CarrierClaims,
];

impl Object for Journal {
    fn reference(&self) -> Reference {
        Reference { kind: "journal", id: self.head.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = JournalId::from_bytes(id);
        books::get(tx, id)?.ok_or_else(|| Error::not_found(format!("journal {id}")))
    }
}

/// Posts a journal that a person writes; needs a reason.
///
/// # Errors
/// `reason_required`, `invalid_field`, `unknown_ledger_account`, `control_account`, `unbalanced`,
/// `period_closed` with the first open day, the refusals of amounts.
pub fn enter(app: &App, call: &Call, new: &EntryIn) -> Result<Journal, Error> {
    command(app, call, "books.enter", |tx| {
        call.require(Permission::KeepBooks, Scope::default())?;
        require_reason(call)?;
        let entity = entity_called(tx, new.entity.as_deref())?;
        let day = Day::parse(&new.on)
            .map_err(|error| Refusal::at(Code::InvalidField, "/on", error.to_string()))?;
        let mut ids = ids_after_audit(call);
        let entry: EntryId = ids.draw();
        let document = (DocumentKind::Entry, entry.as_bytes());
        let mut postings = Vec::with_capacity(new.postings.len());
        for (index, posting) in new.postings.iter().enumerate() {
            let pointer = format!("/postings/{index}");
            let read = read_posting(tx, posting, entity.currency, document);
            postings.push(read.map_err(|error| under(error, &pointer))?);
        }
        let head = JournalHead {
            id: ids.draw(),
            legal_entity: entity.id,
            kind: JournalKind::Entry,
            cause: Cause { kind: CauseKind::Entry, id: entry.as_bytes() },
            currency: entity.currency,
            accounting_on: day,
            reverses: None,
        };
        let journal =
            Journal::new(head, postings).map_err(|error| unbalanced(error, entity.currency))?;
        super::post(tx, call, std::slice::from_ref(&journal))?;
        Ok(journal)
    })
}

pub(super) fn require_reason(call: &Call) -> Result<(), Refusal> {
    ensure(call.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()), || {
        Refusal::at(Code::ReasonRequired, "/reason", "say what the journal is for")
    })
}

/// Reads the account of a posting that a person writes.
///
/// # Errors
/// `unknown_ledger_account`; `control_account` for one that follows other rows.
pub(super) fn uncontrolled(text: &str, pointer: &str) -> Result<Account, Refusal> {
    let account = Account::parse(text).ok_or_else(|| unknown(text, pointer))?;
    ensure(!CONTROLLED.contains(&account), || {
        let detail = format!("{} follows other rows: post what changes those", account.code());
        Refusal::at(Code::ControlAccount, pointer, detail)
    })?;
    Ok(account)
}

fn unbalanced(error: Unbalanced, currency: Currency) -> Refusal {
    let detail = match error {
        Unbalanced::Difference(by) => {
            let by = i64::try_from(by).unwrap_or(i64::MAX);
            format!("debits and credits differ by {}", Money::new(by, currency))
        }
        other => other.to_string(),
    };
    Refusal::at(Code::Unbalanced, "/postings", detail)
}

fn under(error: Error, pointer: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(refusal.under(pointer)),
        other => other,
    }
}

fn read_posting(
    tx: &mut Tx<'_>,
    new: &EntryPostingIn,
    currency: Currency,
    document: (DocumentKind, [u8; 16]),
) -> Result<Posting, Error> {
    let account = uncontrolled(&new.account, "/account")?;
    let money = |text: &str, pointer: &str| {
        let read = Money::parse(text, currency).map(Money::minor);
        read.map_err(|error| money_refusal(&error).under(pointer))
    };
    let mut dimensions = Dimensions { document: Some(document), ..Dimensions::default() };
    if let Some(code) = &new.location {
        let found = locations::by_code(tx, code)?.ok_or_else(|| {
            Refusal::at(Code::UnknownLocation, "/location", format!("no location {code}"))
        })?;
        dimensions.location = Some(found.id);
    }
    if let Some(code) = &new.channel {
        let found = channels::by_code(tx, code)?.ok_or_else(|| {
            Refusal::at(Code::UnknownChannel, "/channel", format!("no channel {code}"))
        })?;
        dimensions.channel = Some(found.id);
    }
    Ok(Posting {
        tax_code: new.tax_code.clone(),
        tax_base_minor: new.tax_base.as_deref().map(|text| money(text, "/tax_base")).transpose()?,
        ..Posting::new(account, money(&new.amount, "/amount")?, dimensions)
    })
}

/// Takes back a journal that a person wrote, by its mirror on a day.
///
/// # Errors
/// `not_reversible` for journals of other kinds and those reversed already; `reason_required`;
/// `period_closed`.
pub fn reverse(app: &App, call: &Call, id: JournalId, on: Day) -> Result<Journal, Error> {
    command(app, call, "books.reverse", |tx| {
        call.require(Permission::KeepBooks, Scope::default())?;
        require_reason(call)?;
        let own = books::get(tx, id)?.ok_or_else(|| Error::not_found(format!("journal {id}")))?;
        ensure(own.head.kind == JournalKind::Entry, || {
            let detail = format!(
                "a journal of kind {} is taken back by what takes back its cause",
                own.head.kind.code()
            );
            Refusal::new(Code::NotReversible, detail)
        })?;
        let known = books::of_cause(tx, CauseKind::Entry, own.head.id.as_bytes())?;
        ensure(known.is_empty() && own.head.reverses.is_none(), || {
            Refusal::new(Code::NotReversible, "the journal is reversed, or reverses another one")
        })?;
        let mut ids = ids_after_audit(call);
        let head = JournalHead {
            id: ids.draw(),
            cause: Cause { kind: CauseKind::Entry, id: own.head.id.as_bytes() },
            accounting_on: on,
            reverses: Some(own.head.id),
            ..own.head.clone()
        };
        let broken = |error| Error::Internal(format!("a mirror does not balance: {error}"));
        let mirror = own.mirror(head).map_err(broken)?;
        super::post(tx, call, std::slice::from_ref(&mirror))?;
        Ok(mirror)
    })
}
