//! What reaches the outside world, after commit: the feed is brought on, webhooks are told, mail is
//! sent, tasks are done.
//!
//! Everything here may run in several processes at once and may be killed at any moment: work is
//! claimed under leases, and what was not finished is taken up by whoever comes next.

pub mod client;
mod lanes;
pub mod mail;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use orderly_core::actor::Actor;
use orderly_core::time::Instant;
use orderly_ops::ops::{events, messages::outbox, tasks, webhooks::send};
use orderly_ops::{App, Call, Error, vault};

use client::Client;
use lanes::Lanes;

/// How long the jobs sleep at most when nothing rings.
const POLL: Duration = Duration::from_secs(1);
/// How long they wait for company once it rings: what is written in the meantime is brought on at
/// once, with one commit.
const GATHER: Duration = Duration::from_millis(20);

/// Ends the jobs. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the jobs of this process to end: what is being sent is finished first.
    pub fn set(&self, app: &App) {
        self.0.store(true, Ordering::SeqCst);
        app.wake.tell();
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The machine's clock.
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Fresh randomness for ids and names.
fn seed() -> u64 {
    vault::random().map_or(now().micros().unsigned_abs(), u64::from_ne_bytes)
}

/// Runs the jobs until they are stopped, with the system's own names of the network.
pub fn run(app: &App, stop: &Stop) {
    run_with(app, stop, &Client::default());
}

/// Runs the jobs with a client of one's own.
pub fn run_with(app: &App, stop: &Stop, client: &Client) {
    let owner = format!("{:016x}", seed());
    let lanes = Lanes::default();
    thread::scope(|scope| {
        let poster = scope.spawn(|| post(app, stop, &owner));
        while !stop.is_set() {
            let rung = app.wake.count();
            if let Err(error) = bring_on(app, &owner) {
                told("the feed and tasks", &error);
            }
            match send::due(app, now()) {
                Ok(due) => {
                    for (webhook, width) in due {
                        lanes.open(scope, (app, stop, client), webhook, width, &owner);
                    }
                }
                Err(error) => told("webhooks", &error),
            }
            if app.wake.wait(rung, until(send::next_due(app, now()).ok().flatten())) != rung {
                thread::sleep(GATHER);
            }
        }
        if poster.join().is_err() {
            eprintln!("orderly: the sender of mail broke down");
        }
    });
}

/// Does what is due inside: the feed is brought on, tasks are run.
fn bring_on(app: &App, owner: &str) -> Result<(), Error> {
    if events::is_waiting(app)? {
        events::sequence(app, owner, now())?;
    }
    if tasks::is_due(app, now())? {
        tasks::run_due(app, now(), seed())?;
    }
    Ok(())
}

/// How long to sleep where the next thing is due then.
fn until(next: Option<Instant>) -> Duration {
    let left = next.map(|next| next.micros().saturating_sub(now().micros()).max(1_000));
    left.and_then(|left| u64::try_from(left).ok()).map_or(POLL, Duration::from_micros).min(POLL)
}

/// Sends mail until the jobs are stopped.
fn post(app: &App, stop: &Stop, owner: &str) {
    while !stop.is_set() {
        let rung = app.wake.count();
        if let Err(error) = mail::send_due(app, stop, owner) {
            told("mail", &error);
        }
        let next = outbox::next_due(app).ok().flatten().filter(|at| *at > now());
        if app.wake.wait(rung, until(next)) != rung {
            thread::sleep(GATHER);
        }
    }
}

/// A call of the jobs themselves.
fn call() -> Call {
    Call::new(Actor::task(), "jobs", now(), seed())
}

/// Says on stderr what went wrong; it is tried again.
fn told(what: &str, error: &Error) {
    eprintln!("orderly: {what}: {error}; it is tried again");
}

/// Does everything that is due now and returns when nothing is left: for the command line. What is
/// due later stays.
pub fn run_until_idle(app: &App, client: &Client) -> Result<u64, Error> {
    let owner = format!("{:016x}", seed());
    let (stop, mut sent) = (Stop::default(), 0);
    loop {
        bring_on(app, &owner)?;
        let before = sent;
        for (webhook, _) in send::due(app, now())? {
            sent += lanes::drain(app, &stop, client, webhook, &owner)?;
        }
        sent += mail::send_due(app, &stop, &owner)?;
        if sent == before && !events::is_waiting(app)? {
            return Ok(sent);
        }
    }
}
