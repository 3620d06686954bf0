//! Orders that come one by one at the same time are placed as one batch.
//!
//! Nobody waits for company: who finds nobody placing has his order placed at once, and whoever
//! comes meanwhile is in the next batch. A batch is as large as the load makes it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use orderly_core::order::Order;
use orderly_store::Engine;

use super::place::{BATCH, Placing, place_many};
use crate::ops::read::orders::{Shown, shown_all, to};
use crate::wire::OrderIn;
use crate::{App, Call, Error};

/// Work for another thread.
pub type Work = Box<dyn FnOnce() + Send>;

/// Hands work to other threads.
pub type Hand = Arc<dyn Fn(Work) + Send + Sync>;

/// Told the outcome: the order as its caller may see it.
pub type Tell = Box<dyn FnOnce(Result<Shown, Error>) + Send>;

/// Batches under way at once: PostgreSQL decides one while another one's commit is on its way.
/// SQLite has one writer.
const fn at_once(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 1,
        Engine::Postgres => 2,
    }
}

/// The orders of one tenant that wait to be placed together.
#[derive(Default)]
pub struct Coalescer {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    /// How many batches are under way.
    leading: usize,
    waiting: VecDeque<Ticket>,
}

/// One order in the line.
struct Ticket {
    call: Call,
    order: OrderIn,
    /// Not begun by then, it is turned away.
    until: Instant,
    tell: Tell,
}

/// Puts an order into the line of its tenant. It is placed on another thread, with whatever else
/// waits then, and `tell` gets what became of it: the outcomes of [`place_many`], or
/// [`Error::Again`] where its turn has not come by `until`; nothing has happened then.
pub fn place_soon(app: &App, hand: &Hand, until: Instant, call: Call, order: OrderIn, tell: Tell) {
    let mut line = lock(&app.coalescer.line);
    line.waiting.push_back(Ticket { call, order, until, tell });
    if line.leading < at_once(app.store.engine()) {
        line.leading += 1;
        let (app, own) = (app.clone(), Arc::clone(hand));
        hand(Box::new(move || lead(&app, &own)));
    }
}

/// Places batch after batch until nobody waits. Reading and telling is another thread's work.
fn lead(app: &App, hand: &Hand) {
    while let Some(batch) = next(&app.coalescer) {
        let now = Instant::now();
        let (batch, late): (Vec<_>, Vec<_>) = batch.into_iter().partition(|one| one.until > now);
        late.into_iter().for_each(|ticket| (ticket.tell)(Err(Error::Again)));
        if batch.is_empty() {
            continue;
        }
        let placings = batch.iter().map(|one| Placing { call: &one.call, order: &one.order });
        let placings: Vec<Placing<'_>> = placings.collect();
        // A batch that breaks down answers its callers, and the next one is placed.
        let placed = catch_unwind(AssertUnwindSafe(|| place_many(app, &placings)));
        let broken = || Err(Error::Internal("the batch of this order broke down".into()));
        let placed = placed.unwrap_or_else(|_| batch.iter().map(|_| broken()).collect());
        let app = app.clone();
        hand(Box::new(move || tell(&app, batch, placed)));
    }
}

/// The next batch; none ends the leader's turn.
fn next(coalescer: &Coalescer) -> Option<Vec<Ticket>> {
    let mut line = lock(&coalescer.line);
    let count = line.waiting.len().min(BATCH);
    if count == 0 {
        line.leading -= 1;
        return None;
    }
    Some(line.waiting.drain(..count).collect())
}

/// Reads what the orders' ids stand for, of all that were placed at once, and tells the callers.
fn tell(app: &App, batch: Vec<Ticket>, placed: Vec<Result<Order, Error>>) {
    let orders: Vec<Order> = placed.iter().flatten().cloned().collect();
    let (mut shown, failed) = match app.store.read(|tx| shown_all(tx, orders)) {
        Ok(shown) => (shown.into_iter(), String::new()),
        Err(error) => (Vec::new().into_iter(), error.to_string()),
    };
    let missing = || Error::Internal(format!("it was placed, but could not be read: {failed}"));
    for (ticket, outcome) in batch.into_iter().zip(placed) {
        let outcome = outcome.and_then(|_| shown.next().ok_or_else(missing));
        (ticket.tell)(outcome.map(|shown| to(&ticket.call, shown)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
