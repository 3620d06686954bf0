//! The end of a period: what is open in other currencies, at the rates of its last day.

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::carried::{Revalued, is_open, is_revalued, revaluation};
use orderly_core::books::period::Period;
use orderly_core::books::{Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::RawId;
use orderly_core::money::Money;
use orderly_core::order::price::money_refusal;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::{books as rows, carried, settings};
use serde::Serialize;

use super::periods::{entity_called, period_id, recorded, require_over};
use super::rate_on;
use crate::ops::orders::ids_after_audit;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// What an account holds in another currency at the end of a period, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct OpenAmount {
    /// The code of the account.
    pub account: &'static str,
    /// In its currency; debits positive, as everywhere here.
    pub open: String,
    pub currency: String,
    /// What the books carry it at.
    pub carried: String,
    /// The rate of the last day, or of the latest day before.
    pub rate: String,
    /// What it is worth at the rate.
    pub worth: String,
    pub difference: String,
    /// Whether the difference is taken back on the first day of the next period.
    pub taken_back: bool,
}

/// What a revaluation posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Revaluation {
    pub entity: String,
    pub period: String,
    /// What was posted on each account, by currency; debits positive.
    pub differences: Vec<Difference>,
    /// What it comes to: exchange gains positive.
    pub result: String,
    /// The journals, in the order they were posted.
    pub journals: Vec<String>,
    #[serde(skip)]
    id: [u8; 16],
}

/// What was posted on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Difference {
    pub account: &'static str,
    pub currency: String,
    pub amount: String,
}

impl Object for Revaluation {
    fn reference(&self) -> Reference {
        Reference { kind: "revaluation", id: self.id, sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let journals = rows::of_cause(tx, CauseKind::Period, id)?;
        let missing = || Error::not_found("that revaluation");
        let head = &journals.first().ok_or_else(missing)?.head;
        let all = settings::entities(tx)?;
        let entity = all.into_iter().find(|one| one.id == head.legal_entity).ok_or_else(missing)?;
        Ok(told(&entity, Period::of(head.accounting_on), &journals, id))
    }
}

/// What a revaluation says, from its journals but for those that take it back.
fn told(entity: &LegalEntity, period: Period, journals: &[Journal], id: [u8; 16]) -> Revaluation {
    let mut sums = BTreeMap::<(&'static str, String), i64>::new();
    let mut result = 0;
    for posting in journals.iter().flat_map(Journal::postings) {
        match posting.foreign {
            Some(foreign) => {
                let key = (posting.account.code(), foreign.currency().to_string());
                *sums.entry(key).or_default() += posting.amount_minor;
            }
            None => result -= posting.amount_minor,
        }
    }
    let show = |minor| Money::new(minor, entity.currency).decimal().to_string();
    let differences = sums.into_iter().map(|((account, currency), amount)| Difference {
        account,
        currency,
        amount: show(amount),
    });
    Revaluation {
        entity: entity.code.clone(),
        period: period.to_string(),
        differences: differences.collect(),
        result: show(result),
        journals: journals.iter().map(|one| one.head.id.to_string()).collect(),
        id,
    }
}

/// What the accounts hold in other currencies at the end of a period, at the rates of that day.
///
/// # Errors
/// `rate_missing`.
pub(super) fn open_amounts(
    tx: &mut Tx<'_>,
    entity: &LegalEntity,
    period: Period,
) -> Result<Vec<Revalued>, Error> {
    let day = period.last_day();
    let mut all = Vec::new();
    for (account, currency, carried) in carried::by_account(tx, entity.id, day)? {
        if !is_revalued(account) || (carried.foreign == 0 && carried.own == 0) {
            continue;
        }
        let rate = rate_on(tx, currency, entity.currency, day)?;
        let one = Revalued::at(account, carried, rate).map_err(|error| money_refusal(&error))?;
        all.push(one);
    }
    Ok(all)
}

/// Returns what revaluing a period would find; nothing is posted.
///
/// # Errors
/// `rate_missing`.
pub fn preview(
    app: &App,
    call: &Call,
    code: Option<&str>,
    period: Period,
) -> Result<Vec<OpenAmount>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let entity = entity_called(tx, code)?;
        let own = |minor| Money::new(minor, entity.currency).decimal().to_string();
        let row = |one: Revalued| OpenAmount {
            account: one.account.code(),
            open: Money::new(one.carried.foreign, one.currency()).decimal().to_string(),
            currency: one.currency().to_string(),
            carried: own(one.carried.own),
            rate: one.rate.rate.normalize().to_string(),
            worth: own(one.worth),
            difference: own(one.difference()),
            taken_back: is_open(one.account),
        };
        Ok(open_amounts(tx, &entity, period)?.into_iter().map(row).collect())
    })
}

/// Revalues what is open in other currencies at the end of a period: receivables, payables and
/// unapplied receipts by a journal on its last day, which is taken back on the first day of the
/// next one; money in tills, on its way and at the bank for good. Deposits and store credit keep
/// the rate of their day. Run again, it posts what changed since.
///
/// # Errors
/// `rate_missing`; `nothing_to_do` where everything is carried at what it is worth;
/// `period_closed`; `period_not_over`.
pub fn revalue(
    app: &App,
    call: &Call,
    code: Option<&str>,
    period: Period,
) -> Result<Revaluation, Error> {
    command(app, call, "books.revalue", |tx| {
        call.require(Permission::ClosePeriod, Scope::default())?;
        let entity = entity_called(tx, code)?;
        require_over(&entity, call, period)?;
        super::books_of(tx, entity.id)?.require_open(period.last_day())?;
        let all = open_amounts(tx, &entity, period)?;
        let (open, money): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| is_open(one.account));
        let document = (DocumentKind::Period, period_id(entity.id, period));
        let at = Dimensions { document: Some(document), ..Dimensions::default() };
        let mut ids = ids_after_audit(call);
        let [id, back]: [[u8; 16]; 2] = [ids.draw::<RawId>().into(), ids.draw::<RawId>().into()];
        let mut head = |kind, cause| JournalHead {
            id: ids.draw(),
            legal_entity: entity.id,
            kind,
            cause: Cause { kind: CauseKind::Period, id: cause },
            currency: entity.currency,
            accounting_on: period.last_day(),
            reverses: None,
        };
        let kinds = [(JournalKind::Revaluation, &open), (JournalKind::ExchangeDifference, &money)];
        let mut journals = Vec::new();
        for (kind, all) in kinds {
            journals.extend(journal(head(kind, id), revaluation(all, at))?);
        }
        if journals.is_empty() {
            let detail = format!("everything is carried at the rates of {}", period.last_day());
            return Err(Refusal::new(Code::NothingToDo, detail).into());
        }
        let done = told(&entity, period, &journals, id);
        let kept = journals.iter().find(|one| one.head.kind == JournalKind::Revaluation);
        if let Some(original) = kept.cloned() {
            let next = period.next().first_day();
            let back = JournalHead {
                accounting_on: next,
                reverses: Some(original.head.id),
                ..head(JournalKind::Revaluation, back)
            };
            let broken = |error| Error::Internal(format!("a mirror does not balance: {error}"));
            journals.push(original.mirror(back).map_err(broken)?);
        }
        super::post(tx, call, &journals)?;
        recorded(tx, call, &mut ids, entity.id, ("period.revalued", &done))?;
        Ok(done)
    })
}

/// The journal of a revaluation, where it posts anything.
fn journal(head: JournalHead, postings: Vec<Posting>) -> Result<Option<Journal>, Error> {
    if postings.is_empty() {
        return Ok(None);
    }
    let unbalanced = |error| Error::Internal(format!("a revaluation does not balance: {error}"));
    Ok(Some(Journal::new(head, postings).map_err(unbalanced)?))
}
