//! Many buyers and few units: exactly what is there is sold, and whoever asks twice gets the same
//! answer twice.
//!
//! The buyers want one unit each, a kit with two of them, the item on two lines, or it together
//! with another one in either order; every fifth winner cancels at once. Single units are wanted
//! to the end, so that in the end every unit is sold.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::Duration;

use orderly_ops::App;
use orderly_ops::verify;
use serde::Serialize;
use serde_json::{Value, json};

use crate::client::{Came, Client, keys};
use crate::figures::at;
use crate::server::Server;
use crate::{Scratch, merchant};

/// The item that everybody wants.
pub const HOT: &str = "HOT";

/// How many want how much.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub buyers: usize,
    pub units: u32,
    /// Connections at the same time; each buyer asks twice under the same
    /// key, over any of them.
    pub connections: usize,
    /// Whether the buyers look first and then order, as other systems do: the units are oversold
    /// then, which the oracle must find.
    pub naive: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Sale {
    pub engine: &'static str,
    pub buyers: usize,
    pub units: u32,
    pub connections: usize,
    /// Units in orders that were taken and not canceled.
    pub sold: u64,
    pub orders: usize,
    pub canceled: usize,
    /// Buyers whose two answers differ.
    pub differing: usize,
    /// What one of them was told, first and again.
    pub told_differently: Option<String>,
    /// Answers of 500 and above.
    pub server_errors: usize,
    /// Requests without an answer.
    pub unanswered: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub longest_ms: f64,
    /// What `verify` found afterwards.
    pub violations: u64,
}

impl Sale {
    /// What did not hold, in words; empty where all did.
    pub fn broken(&self) -> Vec<String> {
        let sold = (self.sold != u64::from(self.units))
            .then(|| format!("{} of {} units were sold", self.sold, self.units));
        let counted = [
            (self.differing, "buyers got two different answers"),
            (self.server_errors, "requests were answered with an error of the server"),
            (self.unanswered, "requests were not answered"),
            (usize::try_from(self.violations).unwrap_or(usize::MAX), "violations were found"),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        sold.into_iter().chain(counted.map(|(count, what)| format!("{count} {what}"))).collect()
    }
}

/// What one buyer sends, and how many units it would take.
struct Wish {
    key: String,
    body: Vec<u8>,
    units: u64,
}

/// What a buyer was told, first and again, and whether he canceled.
#[derive(Default)]
struct Told {
    gists: Vec<String>,
    won: bool,
    canceled: bool,
}

/// Lets the crowd buy on a scratch database beside `like`, served by `program`.
///
/// # Errors
/// Whatever keeps the sale from being held. What does not hold is told in the result.
pub fn run(like: &str, program: &Path, crowd: Crowd) -> Result<Sale, String> {
    let scratch = Scratch::beside(like)?;
    let app = App::open(&scratch.location).map_err(|error| error.to_string())?;
    merchant::set_up_sale(&app, HOT, crowd.units)?;
    let tokens = keys(&app, crowd.connections)?;
    let server = Server::start(program, &scratch.location)?;
    let wishes: Vec<Wish> = (0..crowd.buyers).map(|buyer| wish(buyer, crowd)).collect();
    let clients = Client::connect(&server.base, &tokens, crowd.connections);
    let (told, answers) = sell(&clients, &wishes, crowd.naive);
    drop(clients);
    server.stop()?;
    let report = verify::run(&app, &verify::Options::default());
    let report = report.map_err(|error| error.to_string())?;
    let taken = |(wish, told): (&Wish, &Told)| (told.won && !told.canceled).then_some(wish.units);
    let took: Vec<Duration> = answers.came.iter().map(|(_, took)| *took).collect();
    Ok(Sale {
        engine: if like.starts_with("postgres") { "postgres" } else { "sqlite" },
        buyers: crowd.buyers,
        units: crowd.units,
        connections: crowd.connections,
        sold: wishes.iter().zip(&told).filter_map(taken).sum(),
        orders: told.iter().filter(|told| told.won).count(),
        canceled: told.iter().filter(|told| told.canceled).count(),
        differing: told.iter().filter(|told| differs(told)).count(),
        told_differently: told.iter().find(|told| differs(told)).map(|told| told.gists.join("; ")),
        server_errors: answers.came.iter().filter(|(status, _)| *status >= 500).count(),
        unanswered: answers.unanswered,
        p50_ms: at(&took, 0.5),
        p99_ms: at(&took, 0.99),
        longest_ms: at(&took, 1.0),
        violations: report.found(),
    })
}

fn differs(told: &Told) -> bool {
    told.gists.windows(2).any(|pair| pair[0] != pair[1])
}

fn wish(buyer: usize, crowd: Crowd) -> Wish {
    let line = |sku: &str, quantity: &str| json!({ "sku": sku, "quantity": quantity });
    let (units, lines) = match buyer % 10 {
        // The last tenth wants single units only.
        _ if crowd.naive || buyer * 10 >= crowd.buyers * 9 => (1, vec![line(HOT, "1")]),
        6 => (2, vec![line("PAIR", "1")]),
        7 => (2, vec![line(HOT, "1"), line(HOT, "1")]),
        8 => (1, vec![line(HOT, "1"), line("WARM", "2")]),
        9 => (1, vec![line("WARM", "2"), line(HOT, "1")]),
        _ => (1, vec![line(HOT, "1")]),
    };
    // A channel that has promised already takes what it is sent.
    let channel = if crowd.naive { "market" } else { "web" };
    let order: Value = json!({
        "channel": channel,
        "external_id": format!("BUYER-{buyer}"),
        "customer": { "email": format!("b{buyer}@example.com"), "name": "Ann Field" },
        "deliveries": merchant::delivery(),
        "lines": lines,
    });
    Wish { key: format!("buyer-{buyer}"), body: order.to_string().into_bytes(), units }
}

#[derive(Default)]
struct Answers {
    came: Vec<(u16, Duration)>,
    unanswered: usize,
}

/// Sends every wish twice; the two go out shortly after each other over different connections.
fn sell(clients: &[Client], wishes: &[Wish], naive: bool) -> (Vec<Told>, Answers) {
    let next = AtomicUsize::new(0);
    let told: Vec<Mutex<Told>> = wishes.iter().map(|_| Mutex::default()).collect();
    let everybody = Barrier::new(clients.len());
    let all = std::thread::scope(|scope| {
        let (next, told, everybody) = (&next, &told, &everybody);
        let work = move |client: &Client| {
            let mut answers = Answers::default();
            // The naive all look before the first of them orders.
            let mut looked = naive && looks_available(client, 0);
            everybody.wait();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                // Two at a time: 0, 1, 0, 1, 2, 3, 2, 3 …
                let buyer = turn / 4 * 2 + turn % 2;
                if turn >= wishes.len().div_ceil(2) * 4 {
                    return answers;
                }
                let Some(wish) = wishes.get(buyer) else { continue };
                let sees = std::mem::take(&mut looked) || !naive || looks_available(client, buyer);
                if !sees {
                    continue;
                }
                ask(client, buyer, wish, &told[buyer], &mut answers);
            }
        };
        let all: Vec<_> = clients.iter().map(|client| scope.spawn(move || work(client))).collect();
        all.into_iter().map(|one| one.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    let mut sum = Answers::default();
    for one in all {
        sum.came.extend(one.came);
        sum.unanswered += one.unanswered;
    }
    let told = told.into_iter().map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner));
    (told.collect(), sum)
}

/// Checks first, as the naive do.
fn looks_available(client: &Client, buyer: usize) -> bool {
    let came = client.get(buyer, &format!("/v1/stock?item={HOT}"));
    let Ok(came) = came else { return false };
    let levels = came.body["data"].as_array().cloned().unwrap_or_default();
    levels.iter().filter_map(|level| level["available"].as_i64()).any(|free| free > 0)
}

fn ask(client: &Client, buyer: usize, wish: &Wish, told: &Mutex<Told>, answers: &mut Answers) {
    let Ok(came) = client.post(buyer, "/v1/orders", &wish.key, None, &wish.body) else {
        answers.unanswered += 1;
        return;
    };
    answers.came.push((came.status, came.took));
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    told.gists.push(came.gist());
    let first = came.status == 201 && !told.won;
    told.won |= came.status == 201;
    if first && buyer % 5 == 4 && cancel(client, (buyer, wish), &came, answers) {
        told.canceled = true;
    }
}

fn cancel(
    client: &Client,
    (buyer, wish): (usize, &Wish),
    came: &Came,
    answers: &mut Answers,
) -> bool {
    let path = format!("/v1/orders/{}/cancel", came.body["id"].as_str().unwrap_or_default());
    let key = format!("{}-cancel", wish.key);
    match client.post(buyer, &path, &key, Some("*"), b"{\"reason\":\"a change of mind\"}") {
        Ok(came) => {
            answers.came.push((came.status, came.took));
            came.status < 300
        }
        Err(_) => {
            answers.unanswered += 1;
            false
        }
    }
}
