//! Background tasks: done at least once, by whoever holds their lease, with bounded attempts.

use orderly_core::actor::Actor;
use orderly_core::time::Instant;
use orderly_store::tables::tasks::{self, Task};

use super::fulfillments::hold;
use super::invoices;
use super::stock::backorders;
use crate::{App, Call, Error};

/// How long a worker may be silent before another takes its task over, in microseconds.
const LEASE_MICROS: i64 = 60_000_000;
/// A task that failed this often is dead: somebody has to look.
const ATTEMPTS: i64 = 8;
/// The wait after the first failure, doubled after each, in microseconds.
const FIRST_WAIT_MICROS: i64 = 2_000_000;
/// Tasks taken at once.
const BATCH: u32 = 50;

/// What a run of the tasks did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    pub done: u64,
    pub failed: u64,
}

/// The kinds of tasks there are.
const KINDS: [&str; 3] = [backorders::FILL, hold::EXPIRE, invoices::ISSUE];

/// Whether a task is due at `now`: cheaper than to claim one.
pub fn is_due(app: &App, now: Instant) -> Result<bool, Error> {
    app.store.read(|tx| {
        for kind in KINDS {
            if tasks::waiting(tx, kind, 1)?.first().is_some_and(|task| task.next_at <= now) {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// Runs every task that is due at `now`, until none is left, and says how many were done.
///
/// `seed` must be fresh for every run: it names the worker and the ids its tasks draw. A task that
/// fails is tried again later, with growing waits; after its last attempt it is dead.
pub fn run_due(app: &App, now: Instant, seed: u64) -> Result<Ran, Error> {
    let owner = format!("{seed:016x}");
    let until = now.plus_micros(LEASE_MICROS);
    let mut ran = Ran::default();
    loop {
        let mut due = Vec::new();
        for kind in KINDS {
            let claimed =
                app.store.write(|tx| tasks::claim(tx, kind, &owner, now, until, BATCH))?;
            due.extend(claimed);
        }
        if due.is_empty() {
            return Ok(ran);
        }
        for task in due {
            let call = Call::new(Actor::task(), "task", now, mix(seed, &task));
            match run(app, &call, &task) {
                Ok(()) => {
                    app.store.write(|tx| tasks::finish(tx, task.id, &owner, now))?;
                    ran.done += 1;
                }
                Err(error) if matches!(error, Error::Unavailable(_)) => return Err(error),
                Err(_) => {
                    let next = next_try(&task, now);
                    app.store.write(|tx| tasks::fail(tx, task.id, &owner, next))?;
                    ran.failed += 1;
                }
            }
        }
    }
}

fn run(app: &App, call: &Call, task: &Task) -> Result<(), Error> {
    let wrong = || Error::Internal(format!("task {} has a key nobody understands", task.id));
    if task.kind == hold::EXPIRE {
        let order = task.key.split('@').nth(1).and_then(|order| order.parse().ok());
        return hold::expire(app, call, order.ok_or_else(wrong)?).map(|_| ());
    }
    if task.kind == invoices::ISSUE {
        let order = task.key.parse().map_err(|_| wrong())?;
        return invoices::issue_due(app, call, order).map(|_| ());
    }
    let (item, location) = backorders::parse_key(&task.key).ok_or_else(wrong)?;
    backorders::fill(app, call, item, location).map(|_| ())
}

/// When a failed task is tried again; `None` after its last attempt.
fn next_try(task: &Task, now: Instant) -> Option<Instant> {
    let exponent = u32::try_from(task.attempts - 1).unwrap_or(0);
    let wait = FIRST_WAIT_MICROS.saturating_mul(1_i64.checked_shl(exponent).unwrap_or(i64::MAX));
    (task.attempts < ATTEMPTS).then(|| now.plus_micros(wait))
}

/// A seed of its own for each attempt of each task.
fn mix(seed: u64, task: &Task) -> u64 {
    let id = task.id.as_bytes();
    let tail = u64::from_be_bytes(id[8..].try_into().expect("eight bytes"));
    seed ^ tail.rotate_left(17) ^ u64::try_from(task.attempts).unwrap_or(0)
}
