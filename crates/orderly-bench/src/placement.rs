//! Orders placed in bulk and one per HTTP request, beside a floor that writes the same rows and
//! decides nothing, in the same run.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use orderly_ops::ops::orders::place::{Placing, place_many};
use orderly_ops::wire::OrderIn;
use orderly_ops::{App, Call};
use serde::Serialize;

use crate::client::{Client, keys};
use crate::figures::{Figures, Run, median};
use crate::floor::Floor;
use crate::server::Server;
use crate::{Scratch, merchant};

/// Orders per call of `place_many`, and rows' worth of orders per transaction of the floor.
pub const BATCH: usize = 500;

/// How much is placed.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Orders of one run.
    pub orders: usize,
    /// Runs; what is said are their medians.
    pub runs: usize,
    /// Callers that ask at the same time over HTTP, each on a connection of its own.
    pub clients: usize,
}

/// What placement came to on one engine.
#[derive(Debug, Clone, Serialize)]
pub struct Placement {
    pub engine: &'static str,
    pub bulk: Figures,
    /// One order per request.
    pub http: Option<Figures>,
    /// The floor, in orders a second.
    pub floor_per_s: f64,
    /// What the guard of credit limits costs, as a share of the bulk throughput without it.
    pub credit_guard: f64,
    /// The server's resident memory at the end, in bytes.
    pub resident: Option<u64>,
}

/// Measures both ways on scratch databases beside `like`. Without `program` only the bulk.
///
/// # Errors
/// Whatever keeps a scenario from running, and any order that is refused.
pub fn run(like: &str, program: Option<&Path>, size: Size) -> Result<Placement, String> {
    let (bulk, floor, credit_guard) = bulk(like, size)?;
    let (mut http, mut resident) = (None, None);
    if let Some(program) = program {
        let (runs, memory) = over_http(like, program, size)?;
        (http, resident) = (Some(Figures::of(&runs, Some(floor))), memory);
    }
    let engine = match like.starts_with("postgres") {
        true => "postgres",
        false => "sqlite",
    };
    let bulk = Figures::of(&bulk, Some(floor));
    Ok(Placement { engine, bulk, http, floor_per_s: floor, credit_guard, resident })
}

/// The runs of placing in bulk, the floor's rate, and what the credit guard costs.
fn bulk(like: &str, size: Size) -> Result<(Vec<Run>, f64, f64), String> {
    let (own, floors) = (Scratch::beside(like)?, Scratch::beside(like)?);
    let open = |at: &Scratch| App::open(&at.location).map_err(|error| error.to_string());
    let (app, floor_app) = (open(&own)?, open(&floors)?);
    let shop = merchant::set_up(&app)?;
    let mut floor = Floor::new(&app, &floor_app)?;
    let (mut placed, mut unguarded, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..size.runs {
        // Which comes first alternates: neither always meets the larger database.
        for turn in 0..2 {
            let on_credit = (run + turn).is_multiple_of(2);
            let asked = shop.orders(2 * run + turn, size.orders, on_credit);
            let one = place_all(&app, &asked)?;
            if on_credit { placed.push(one) } else { unguarded.push(one.per_second()) }
        }
        let seconds = floor.write(size.orders.div_ceil(BATCH))?;
        written.push(size.orders as f64 / seconds * 2.0);
    }
    let rate = median(placed.iter().map(Run::per_second).collect());
    Ok((placed, median(written), 1.0 - rate / median(unguarded)))
}

/// Places the orders in batches.
fn place_all(app: &App, asked: &[(Call, OrderIn)]) -> Result<Run, String> {
    let placings: Vec<Placing<'_>> =
        asked.iter().map(|(call, order)| Placing { call, order }).collect();
    let mut each = Vec::new();
    let start = Instant::now();
    for batch in placings.chunks(BATCH) {
        let begun = Instant::now();
        for outcome in place_many(app, batch) {
            outcome.map_err(|error| error.to_string())?;
        }
        each.push(begun.elapsed());
    }
    Ok(Run { count: asked.len(), took: start.elapsed(), each })
}

/// The runs of placing one order per request, and the server's memory at the end.
fn over_http(like: &str, program: &Path, size: Size) -> Result<(Vec<Run>, Option<u64>), String> {
    let scratch = Scratch::beside(like)?;
    let app = App::open(&scratch.location).map_err(|error| error.to_string())?;
    let shop = merchant::set_up(&app)?;
    let tokens = keys(&app, size.clients)?;
    drop(app);
    let server = Server::start(program, &scratch.location)?;
    let clients = Client::connect(&server.base, &tokens, size.clients);
    let mut runs = Vec::new();
    for run in 0..size.runs {
        let asked = shop.orders(run, size.orders, true).into_iter();
        let bodies: Result<Vec<_>, String> = asked
            .map(|(call, order)| {
                let body = serde_json::to_vec(&order).map_err(|error| error.to_string())?;
                Ok((call.key.unwrap_or_default(), body))
            })
            .collect();
        runs.push(post_all(&clients, &bodies?)?);
    }
    let resident = server.resident();
    drop(clients);
    server.stop()?;
    Ok((runs, resident))
}

/// Posts the orders, each client the next one as soon as its last is answered.
fn post_all(clients: &[Client], bodies: &[(String, Vec<u8>)]) -> Result<Run, String> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let start = Instant::now();
    let each = std::thread::scope(|scope| {
        let work = |client: &Client| {
            let mut each = Vec::new();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let Some((key, body)) = bodies.get(turn) else { break };
                match client.post(turn, "/v1/orders", key, None, body) {
                    Ok(came) if came.status == 201 => each.push(came.took),
                    Ok(came) => {
                        let told = format!("an order was answered {}: {}", came.status, came.body);
                        *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
                        break;
                    }
                    Err(error) => {
                        *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        break;
                    }
                }
            }
            each
        };
        let all: Vec<_> = clients.iter().map(|client| scope.spawn(move || work(client))).collect();
        all.into_iter().flat_map(|one| one.join().unwrap_or_default()).collect::<Vec<_>>()
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(Run { count: each.len(), took: start.elapsed(), each })
}
