//! The frame of every command: idempotency, savepoint, audit.

use orderly_core::refusal::{Code, Issue, Refusal};
use orderly_store::Tx;
use orderly_store::tables::audit::{self, Entry};
use orderly_store::tables::idempotency::{self, Answer, Outcome};
use serde_json::{Value, json};

use crate::{App, Call, Error};

/// What an outcome points to: an object at one of its sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub kind: &'static str,
    pub id: [u8; 16],
    pub sequence: i64,
}

/// What a command answers with: found again when its key comes back.
pub trait Object: Sized {
    fn reference(&self) -> Reference;
    /// Returns the object as it was at the sequence.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error>;
}

/// How often a command starts again when another transaction answers its key first.
const STARTS: usize = 5;

/// Runs one command in one transaction, at most once per key.
///
/// A refusal rolls back to before `f`, then its outcome and its audit row are committed: asking
/// again gets the same refusal. Nothing is stored for missing rights, missing objects, stale
/// versions and failures: those may be asked again. Missing rights are audited all the same.
pub fn command<T: Object>(
    app: &App,
    call: &Call,
    verb: &'static str,
    f: impl Fn(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..STARTS {
        let ran = app.store.write(|tx| run(tx, call, verb, &f));
        match ran {
            Ok(answer) => {
                app.wake.tell();
                return answer;
            }
            Err(Error::Again) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Again)
}

fn run<T: Object>(
    tx: &mut Tx<'_>,
    call: &Call,
    verb: &'static str,
    f: &impl Fn(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<Result<T, Error>, Error> {
    if let Some(known) = known(tx, call, verb)? {
        return match known {
            Answer::Done { id, sequence, .. } => Ok(Ok(T::replay(tx, id, sequence)?)),
            Answer::Refused { problem } => Ok(Err(refusal_from(&problem)?.into())),
        };
    }
    match tx.savepoint(|tx| f(tx)) {
        Ok(object) => {
            record(tx, call, verb, Ok(object.reference()))?;
            Ok(Ok(object))
        }
        Err(Error::Refused(refusal)) if is_stored(&refusal) => {
            record(tx, call, verb, Err(&refusal))?;
            Ok(Err(refusal.into()))
        }
        Err(error) if is_denied(&error) => {
            record_denied(tx, call, verb, &error)?;
            Ok(Err(error))
        }
        Err(error) => Err(error),
    }
}

/// Returns the answer a key has been given.
///
/// # Errors
/// `idempotency_mismatch` where the key came with another request.
pub fn known(tx: &mut Tx<'_>, call: &Call, verb: &str) -> Result<Option<Answer>, Error> {
    let Some(key) = &call.key else { return Ok(None) };
    let Some(outcome) = idempotency::get(tx, &call.source, key)? else { return Ok(None) };
    answer_to(call, verb, outcome).map(Some)
}

/// The answer stored under a call's key, for the same request.
///
/// # Errors
/// `idempotency_mismatch` where the key came with another one.
pub fn answer_to(call: &Call, verb: &str, outcome: Outcome) -> Result<Answer, Error> {
    if outcome.request_hash != call.request_hash || outcome.verb != verb {
        let detail = format!("the key `{}` was used for another request", outcome.key);
        return Err(Refusal::new(Code::IdempotencyMismatch, detail).into());
    }
    Ok(outcome.result)
}

/// Whether a refusal is an outcome: refusals of the request's form and of the caller are not.
fn is_stored(refusal: &Refusal) -> bool {
    matches!(refusal.code().status(), 409 | 422) && refusal.code() != Code::IdempotencyMismatch
}

/// Whether the caller lacks a right, or may only do less.
fn is_denied(error: &Error) -> bool {
    match error {
        Error::Forbidden { .. } => true,
        Error::Refused(refusal) => refusal.code().status() == 403,
        _ => false,
    }
}

/// Audits that a caller was denied. The call may come again with the same id seed once the right is
/// there, so the row's id is drawn from fresh randomness.
fn record_denied(tx: &mut Tx<'_>, call: &Call, verb: &str, error: &Error) -> Result<(), Error> {
    let seed = u64::from_le_bytes(super::access::secret::random()?);
    let id = orderly_core::id::IdSource::new(call.now, seed).draw();
    let refusal = Refusal::new(Code::Forbidden, error.to_string());
    let refused = Some(error.code().to_owned());
    audit::insert(tx, &[Entry { refused, ..entry(call, verb, Err(&refusal), id) }])?;
    Ok(())
}

/// Audits that a caller was denied what is no command: a read, a page, an export.
///
/// # Errors
/// Where the row cannot be written: the answer must not be given then either.
pub fn denied(app: &App, call: &Call, what: &str, error: &Error) -> Result<(), Error> {
    if !is_denied(error) {
        return Ok(());
    }
    app.store.write(|tx| record_denied(tx, call, what, error))
}

/// Stores the outcome under its key, and the audit row.
fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    verb: &str,
    result: Result<Reference, &Refusal>,
) -> Result<(), Error> {
    if let Some(outcome) = outcome(call, verb, result)
        && idempotency::insert(tx, &[outcome])? == 0
    {
        return Err(Error::Again);
    }
    // The first id drawn of the call's source names the audit row: decisions draw later ones.
    let mut ids = call.ids();
    audit::insert(tx, &[entry(call, verb, result, ids.draw())])?;
    Ok(())
}

/// The outcome row of a call under a key.
pub fn outcome(call: &Call, verb: &str, result: Result<Reference, &Refusal>) -> Option<Outcome> {
    let key = call.key.clone()?;
    let result = match result {
        Ok(Reference { kind, id, sequence }) => Answer::Done { kind: kind.into(), id, sequence },
        Err(refusal) => Answer::Refused { problem: refusal_to_json(refusal) },
    };
    Some(Outcome {
        source: call.source.clone(),
        key,
        verb: verb.into(),
        request_hash: call.request_hash,
        result,
        created_at: call.now,
    })
}

/// The audit row of a call.
pub fn entry(
    call: &Call,
    verb: &str,
    result: Result<Reference, &Refusal>,
    id: orderly_core::id::AuditId,
) -> Entry {
    let object = result.as_ref().ok().copied();
    let approval = call.approval.as_ref();
    Entry {
        id,
        at: call.now,
        actor_kind: call.actor.kind,
        actor: call.actor.id,
        verb: verb.into(),
        object_kind: object.map(|object| object.kind.into()),
        object: object.map(|object| object.id),
        key: call.key.clone(),
        refused: result.err().map(|refusal| refusal.code().code().into()),
        reason: approval.map(|approval| approval.reason.clone()).or_else(|| call.reason.clone()),
        approved_by: approval.map(|approval| approval.by.id),
        detail: result.err().map(ToString::to_string),
    }
}

/// A refusal as stored JSON.
pub fn refusal_to_json(refusal: &Refusal) -> String {
    let issue = |issue: &Issue| {
        json!({
            "pointer": issue.pointer,
            "code": issue.code.code(),
            "detail": issue.detail,
            "sku": issue.sku,
            "requested": issue.requested,
            "available": issue.available,
            "allowed": issue.allowed,
        })
    };
    Value::from(refusal.issues.iter().map(issue).collect::<Vec<_>>()).to_string()
}

/// Reads a stored refusal.
pub fn refusal_from(problem: &str) -> Result<Refusal, Error> {
    let wrong = || Error::Internal("a stored refusal cannot be read".into());
    let issues: Vec<Value> = serde_json::from_str(problem).map_err(|_| wrong())?;
    let text = |issue: &Value, field: &str| issue[field].as_str().map(str::to_owned);
    let issues = issues.iter().map(|issue| {
        let code = text(issue, "code")?;
        Some(Issue {
            pointer: text(issue, "pointer")?,
            code: Code::ALL.iter().copied().find(|known| known.code() == code)?,
            detail: text(issue, "detail")?,
            sku: text(issue, "sku"),
            requested: text(issue, "requested"),
            available: text(issue, "available"),
            allowed: text(issue, "allowed"),
        })
    });
    let issues = issues.collect::<Option<Vec<_>>>().filter(|all| !all.is_empty());
    Ok(Refusal { issues: issues.ok_or_else(wrong)? })
}
