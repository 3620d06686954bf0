//! Closing and reopening accounting periods, and the end of a year.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_core::books::period::Period;
use orderly_core::books::{
    AccountKind, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{ChannelId, IdSource, LegalEntityId, LocationId};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::Tx;
use orderly_store::tables::periods::{self, Closing};
use orderly_store::tables::turnovers::{self, Split, Within};
use orderly_store::tables::{events as event_rows, settings};
use serde::Serialize;

use super::{ready, roll_up};
use crate::call::content_hash;
use crate::ops::events::{Happened, event};
use crate::ops::orders::ids_after_audit;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// A period after it was closed or opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "PeriodChanged")]
pub struct Changed {
    #[serde(skip)]
    pub legal_entity: LegalEntityId,
    #[serde(skip)]
    pub month: Option<Period>,
    pub entity: String,
    pub period: String,
    pub closed: bool,
    /// The first day that may be posted on.
    pub open_on: Option<String>,
    /// What is not settled in the period; it can be closed all the same.
    pub warnings: Vec<ready::Warning>,
}

/// Periods have no id of their own: a hash of legal entity and month stands for one.
pub(super) fn period_id(entity: LegalEntityId, period: Period) -> [u8; 16] {
    content_hash(format!("{entity} {period}").as_bytes())
}

impl Object for Changed {
    fn reference(&self) -> Reference {
        let id = self.month.map_or([0; 16], |month| period_id(self.legal_entity, month));
        Reference { kind: "accounting_period", id, sequence: i64::from(self.closed) }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        for entity in settings::entities(tx)? {
            let all = periods::list(tx, entity.id)?;
            if let Some(one) = all.iter().find(|one| period_id(entity.id, one.period) == id) {
                let open_on = super::books_of(tx, entity.id)?.open_on;
                let mut changed = answer(&entity, one.period, sequence == 1, open_on);
                changed.warnings = ready::warnings(tx, &entity, one.period)?;
                return Ok(changed);
            }
        }
        Err(Error::not_found("that period"))
    }
}

fn answer(entity: &LegalEntity, period: Period, closed: bool, open_on: Option<Day>) -> Changed {
    Changed {
        legal_entity: entity.id,
        month: Some(period),
        entity: entity.code.clone(),
        period: period.to_string(),
        closed,
        open_on: open_on.map(|day| day.to_string()),
        warnings: Vec::new(),
    }
}

/// Returns the legal entity with this code; the merchant's own where none is given.
pub fn entity_called(tx: &mut Tx<'_>, code: Option<&str>) -> Result<LegalEntity, Error> {
    let Some(code) = code else { return crate::ops::settings::merchant(tx) };
    let found = settings::entities(tx)?.into_iter().find(|one| one.code == code);
    found.ok_or_else(|| Error::not_found(format!("legal entity {code}")))
}

/// Locks the books and returns the period that is closed next: the first open one with journals;
/// `None` where nothing is posted that could be closed.
fn next_open(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Option<Period>, Error> {
    let missing = || Error::Internal(format!("there is no legal entity {entity}"));
    let open_on = periods::lock(tx, entity)?.ok_or_else(missing)?;
    if let Some(open) = open_on {
        return Ok(Some(Period::of(open)));
    }
    Ok(periods::posted(tx, entity, None)?.map(|(first, _)| Period::of(first)))
}

pub(super) fn require_over(
    entity: &LegalEntity,
    call: &Call,
    period: Period,
) -> Result<(), Refusal> {
    let today = call.now.day_in(&entity.zone);
    ensure(period.last_day() < today, || {
        let detail = format!("{period} is not over");
        let first = period.next().first_day();
        Refusal::new(Code::PeriodNotOver, detail).allowed(first.to_string())
    })
}

/// Closes a period: the next one where none is named. Nothing more is posted on its days; what
/// happened then and becomes known later is posted on the first open day.
///
/// # Errors
/// `nothing_to_do` where nothing is posted; `period_closed`; `period_not_next` with the next one;
/// `period_not_over`.
pub fn close(
    app: &App,
    call: &Call,
    code: Option<&str>,
    period: Option<Period>,
) -> Result<Changed, Error> {
    call.require(Permission::ClosePeriod, Scope::default())?;
    roll_up(app)?;
    command(app, call, "books.close", |tx| {
        let entity = entity_called(tx, code)?;
        let next = next_open(tx, entity.id)?;
        let next = next.ok_or_else(|| Refusal::new(Code::NothingToDo, "nothing is posted yet"))?;
        let period = period.unwrap_or(next);
        require_next(period, next)?;
        require_over(&entity, call, period)?;
        closed(tx, call, &mut ids_after_audit(call), &entity, period)
    })
}

fn require_next(period: Period, next: Period) -> Result<(), Refusal> {
    ensure(period >= next, || {
        let detail = format!("{period} is closed; the first open period is {next}");
        Refusal::new(Code::PeriodClosed, detail).allowed(next.to_string())
    })?;
    ensure(period == next, || {
        let detail = format!("{next} comes before {period}: close it first");
        Refusal::new(Code::PeriodNotNext, detail).allowed(next.to_string())
    })
}

/// Closes a period whose books are locked.
fn closed(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entity: &LegalEntity,
    period: Period,
) -> Result<Changed, Error> {
    while turnovers::roll_up(tx, 5_000)? > 0 {}
    let open_on = Some(period.next().first_day());
    periods::set_open(tx, entity.id, open_on)?;
    let closing = Closing {
        legal_entity: entity.id,
        period,
        closed_at: Some(call.now),
        closed_number: Some(turnovers::last_number(tx, entity.id)?),
        reason: call.reason.clone(),
        changed_by: call.actor.id,
    };
    periods::save(tx, &closing)?;
    let mut changed = answer(entity, period, true, open_on);
    changed.warnings = ready::warnings(tx, entity, period)?;
    record(tx, call, ids, &changed, "period.closed")?;
    Ok(changed)
}

/// Opens the period that was closed last again; needs a reason.
///
/// # Errors
/// `reason_required`; `nothing_to_do` where none is closed; `period_not_next` with the last one.
pub fn reopen(
    app: &App,
    call: &Call,
    code: Option<&str>,
    period: Period,
) -> Result<Changed, Error> {
    command(app, call, "books.reopen", |tx| {
        call.require(Permission::ReopenPeriod, Scope::default())?;
        let entity = entity_called(tx, code)?;
        ensure(call.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why the period is opened again")
        })?;
        let missing = || Error::Internal("a legal entity is gone".into());
        let open_on = periods::lock(tx, entity.id)?.ok_or_else(missing)?;
        let open_on =
            open_on.ok_or_else(|| Refusal::new(Code::NothingToDo, "no period is closed"))?;
        let last = Period::of(open_on).before();
        ensure(period == last, || {
            let detail = format!("{last} was closed last: it is the one that can be opened");
            Refusal::new(Code::PeriodNotNext, detail).allowed(last.to_string())
        })?;
        let all = periods::list(tx, entity.id)?;
        let earlier = all.iter().any(|one| one.closed_at.is_some() && one.period < period);
        let open_on = earlier.then(|| period.first_day());
        periods::set_open(tx, entity.id, open_on)?;
        let closing = Closing {
            legal_entity: entity.id,
            period,
            closed_at: None,
            closed_number: None,
            reason: call.reason.clone(),
            changed_by: call.actor.id,
        };
        periods::save(tx, &closing)?;
        let changed = answer(&entity, period, false, open_on);
        record(tx, call, &mut ids_after_audit(call), &changed, "period.reopened")?;
        Ok(changed)
    })
}

/// Closes a year: moves its income and expenses to retained earnings by a journal on its last day,
/// and closes its last period. Run again after that period was opened, it moves what came since.
///
/// The year starts in the month of the setting `books.year_starts`, in January where it is not
/// set, and is named after the calendar year it starts in.
///
/// # Errors
/// Those of [`close`], for the last period of the year.
pub fn close_year(app: &App, call: &Call, code: Option<&str>, year: i32) -> Result<Changed, Error> {
    call.require(Permission::ClosePeriod, Scope::default())?;
    roll_up(app)?;
    command(app, call, "books.close_year", |tx| {
        let entity = entity_called(tx, code)?;
        let first = year_start(tx, year)?;
        let last = first.plus(11);
        let next = next_open(tx, entity.id)?;
        let next = next.ok_or_else(|| Refusal::new(Code::NothingToDo, "nothing is posted yet"))?;
        require_next(last, next)?;
        require_over(&entity, call, last)?;
        let mut ids = ids_after_audit(call);
        let postings = moved_to_equity(tx, &entity, first.first_day(), last.last_day())?;
        if postings.len() > 1 {
            let head = JournalHead {
                id: ids.draw(),
                legal_entity: entity.id,
                kind: JournalKind::Closing,
                cause: Cause {
                    kind: CauseKind::Period,
                    id: ids.draw::<orderly_core::id::RawId>().into(),
                },
                currency: entity.currency,
                accounting_on: last.last_day(),
                reverses: None,
            };
            let unbalanced = |error| Error::Internal(format!("a year does not close: {error}"));
            super::post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])?;
        }
        closed(tx, call, &mut ids, &entity, last)
    })
}

fn year_start(tx: &mut Tx<'_>, year: i32) -> Result<Period, Error> {
    let month = settings::get(tx, "books.year_starts")?.unwrap_or_else(|| "1".into());
    let text = format!("{year:04}-{month:0>2}");
    Ok(Period::parse(&text).map_err(|_| {
        let detail = format!("`{text}` is not the first month of a year");
        Refusal::at(Code::InvalidField, "/year", detail)
    })?)
}

/// The postings that bring every income and expense of the days to zero, by location and channel.
fn moved_to_equity(
    tx: &mut Tx<'_>,
    entity: &LegalEntity,
    from: Day,
    to: Day,
) -> Result<Vec<Posting>, Error> {
    let within = Within {
        legal_entity: entity.id,
        from: Some(from),
        to,
        location: None,
        channel: None,
        closings: true,
    };
    let document = (DocumentKind::Period, period_id(entity.id, Period::of(to)));
    let mut postings = Vec::new();
    let mut rest = 0;
    for sum in turnovers::sums(tx, &within, Split::Both)? {
        let amount = sum.credit - sum.debit;
        let result = matches!(sum.account.kind(), AccountKind::Income | AccountKind::Expense);
        if !result || amount == 0 || sum.currency != entity.currency {
            continue;
        }
        let at = Dimensions {
            location: Some(sum.location).filter(|id| *id != LocationId::NONE),
            channel: Some(sum.channel).filter(|id| *id != ChannelId::NONE),
            party: None,
            document: Some(document),
        };
        rest -= amount;
        postings.push(Posting::new(sum.account, amount, at));
    }
    if rest != 0 {
        let at = Dimensions { document: Some(document), ..Dimensions::default() };
        postings.push(Posting::new(Account::RetainedEarnings, rest, at));
    }
    Ok(postings)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    changed: &Changed,
    kind: &str,
) -> Result<(), Error> {
    recorded(tx, call, ids, changed.legal_entity, (kind, changed))
}

/// Records what happened to a period. Periods of a legal entity are one stream of events.
pub(super) fn recorded(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    entity: LegalEntityId,
    (kind, changed): (&str, &impl Serialize),
) -> Result<(), Error> {
    let stream = entity.as_bytes();
    let last = event_rows::of_stream(tx, stream, i64::MAX)?.last().map_or(0, |one| one.sequence);
    let happened =
        Happened { stream_kind: "books", stream, sequence: last + 1, kind, at: call.now };
    event_rows::record(tx, &[event(call, ids, happened, changed)])?;
    Ok(())
}

/// A period as it is listed.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Period")]
pub struct Listed {
    pub period: String,
    pub closed: bool,
    pub closed_at: Option<String>,
    pub last_number: Option<i64>,
    pub reason: Option<String>,
}

/// Returns the periods of a legal entity from its first journal to today, oldest first.
pub fn list(app: &App, call: &Call, code: Option<&str>) -> Result<Vec<Listed>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let entity = entity_called(tx, code)?;
        let known = periods::list(tx, entity.id)?;
        let today = Period::of(call.now.day_in(&entity.zone));
        let posted = periods::posted(tx, entity.id, None)?;
        let mut next = posted.map_or(today, |(first, _)| Period::of(first));
        let mut all = Vec::new();
        while next <= today && all.len() < 1_200 {
            let own = known.iter().find(|one| one.period == next);
            all.push(Listed {
                period: next.to_string(),
                closed: own.is_some_and(|one| one.closed_at.is_some()),
                closed_at: own.and_then(|one| one.closed_at).map(|at| at.to_string()),
                last_number: own.and_then(|one| one.closed_number),
                reason: own.and_then(|one| one.reason.clone()),
            });
            next = next.next();
        }
        Ok(all)
    })
}
