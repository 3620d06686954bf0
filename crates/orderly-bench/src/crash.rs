//! Orders go on being placed while the server is killed, again and again. What it had answered is
//! there afterwards, once; what it had not answered is asked again with the same key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use orderly_ops::{App, verify};
use serde::Serialize;

use crate::client::{Client, keys};
use crate::server::Server;
use crate::{Scratch, merchant};

/// How often the server is killed, and under how many callers.
#[derive(Debug, Clone, Copy)]
pub struct Kills {
    pub kills: usize,
    pub clients: usize,
    /// Decides when it is killed; the same seed, the same moments after each start.
    pub seed: u64,
}

/// What was left of it.
#[derive(Debug, Clone, Serialize)]
pub struct Crashed {
    pub engine: &'static str,
    pub kills: usize,
    /// Orders that were answered before a kill, or after it when asked again.
    pub answered: usize,
    /// Requests without an answer, which were asked again.
    pub asked_again: usize,
    /// Answered orders that are not there afterwards.
    pub lost: usize,
    /// Orders that are there more often than they were asked for.
    pub doubled: usize,
    /// Keys that were answered differently when they were asked again.
    pub differing: usize,
    pub violations: u64,
}

impl Crashed {
    /// What did not hold, in words; empty where all did.
    pub fn broken(&self) -> Vec<String> {
        let counted = [
            (self.lost, "answered orders are lost"),
            (self.doubled, "orders are there twice"),
            (self.differing, "keys were answered differently again"),
            (usize::try_from(self.violations).unwrap_or(usize::MAX), "violations were found"),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let all = counted.map(|(count, what)| format!("{count} {what}"));
        let none = (self.answered == 0).then(|| "no order was answered".to_owned());
        all.chain(none).collect()
    }
}

/// What the callers know: the answer under each key.
#[derive(Default)]
struct Known {
    gists: BTreeMap<u64, String>,
    open: Vec<u64>,
    asked_again: usize,
    differing: usize,
}

/// Kills servers of `program` on a scratch database beside `like`.
///
/// # Errors
/// Whatever keeps the run from being made. What does not hold is told in the result.
pub fn run(like: &str, program: &Path, kills: Kills) -> Result<Crashed, String> {
    let scratch = Scratch::beside(like)?;
    let app = App::open(&scratch.location).map_err(|error| error.to_string())?;
    let shop = merchant::set_up(&app)?;
    let tokens = keys(&app, kills.clients)?;
    let known = Mutex::new(Known::default());
    let next = AtomicU64::new(1);
    for round in 0..kills.kills {
        let server = Server::start(program, &scratch.location)?;
        let clients = Client::connect(&server.base, &tokens, kills.clients);
        ask_again(&clients[0], &shop, &known)?;
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in &clients {
                let (shop, known, next, over) = (&shop, &known, &next, &over);
                scope.spawn(move || place(client, shop, known, next, over));
            }
            std::thread::sleep(moment(kills.seed, round));
            over.store(true, Ordering::Relaxed);
            server.kill();
        });
    }
    let server = Server::start(program, &scratch.location)?;
    let clients = Client::connect(&server.base, &tokens, 1);
    ask_again(&clients[0], &shop, &known)?;
    let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    server.stop()?;
    judge(like, &app, kills, &known)
}

/// How long after its start a server is killed: 20 to 320 ms, so that every step of the work is
/// met.
fn moment(seed: u64, round: usize) -> Duration {
    let mixed = (seed ^ round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_micros(20_000 + (mixed >> 40) % 300_000)
}

/// Who sends an order: the same one again.
fn caller(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// Places orders until the server is gone.
fn place(
    client: &Client,
    shop: &merchant::Shop,
    known: &Mutex<Known>,
    next: &AtomicU64,
    over: &AtomicBool,
) {
    while !over.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (key, body) = shop.order_as_sent(number);
        let came = client.post(caller(number), "/v1/orders", &key, None, &body);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        match came {
            Ok(came) if came.status < 500 => drop(known.gists.insert(number, came.gist())),
            _ => {
                known.open.push(number);
                return;
            }
        }
    }
}

/// Asks what was not answered again, and some of what was: the answer must be the same.
fn ask_again(client: &Client, shop: &merchant::Shop, known: &Mutex<Known>) -> Result<(), String> {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let open = std::mem::take(&mut known.open);
    known.asked_again += open.len();
    let sample: Vec<u64> = known.gists.keys().rev().take(20).copied().collect();
    for number in open.into_iter().chain(sample) {
        let (key, body) = shop.order_as_sent(number);
        let came = client.post(caller(number), "/v1/orders", &key, None, &body)?;
        let before = known.gists.insert(number, came.gist());
        if before.is_some_and(|before| before != came.gist()) {
            known.differing += 1;
        }
    }
    Ok(())
}

/// Compares what was answered with what is there.
fn judge(like: &str, app: &App, kills: Kills, known: &Known) -> Result<Crashed, String> {
    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    let read = app.store.read(|tx| {
        tx.for_each("SELECT external_id, number FROM orders", &[], |row| {
            let (external, number): (String, String) =
                (row.get("external_id")?, row.get("number")?);
            *stored.entry(format!("{external} {number}")).or_default() += 1;
            Ok(())
        })
    });
    read.map_err(|error: orderly_store::StoreError| error.to_string())?;
    let mut lost = 0;
    for (number, gist) in &known.gists {
        let said = gist.split(' ').nth(2).unwrap_or_default();
        let found = stored.get_mut(&format!("EXT-{number} {said}"));
        match found {
            Some(count) if *count > 0 => *count -= 1,
            _ => lost += 1,
        }
    }
    let report = verify::run(app, &verify::Options::default());
    let report = report.map_err(|error| error.to_string())?;
    Ok(Crashed {
        engine: if like.starts_with("postgres") { "postgres" } else { "sqlite" },
        kills: kills.kills,
        answered: known.gists.len(),
        asked_again: known.asked_again,
        lost,
        doubled: stored.values().sum(),
        differing: known.differing,
        violations: report.found(),
    })
}
