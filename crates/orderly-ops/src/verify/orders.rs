//! Orders, many at a time: while one piece is read, the one before is checked on another thread.

mod checks;

use std::sync::mpsc;

use orderly_core::id::OrderId;
use orderly_store::verify::{self as store, Batch, Key, Suspect};
use orderly_store::{StoreError, Tx};

use super::report::{Report, Violation};
use super::{Options, credit, delivered, render};
use crate::Error;
use checks::{Blame, Found, Rule};

/// Orders read at once.
const PIECE: i64 = 1_000;

/// What the checks came to.
#[derive(Default)]
struct Tally {
    orders: u64,
    lines: u64,
    counts: [u64; Rule::ALL.len()],
    kept: Vec<Found>,
    owed: credit::Owed,
    waiting: delivered::Waiting,
}

pub(super) fn run(tx: &mut Tx<'_>, options: &Options, report: &mut Report) -> Result<(), Error> {
    let tally = std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel::<Batch>(2);
        let checking = scope.spawn(move || check_all(&receive, options));
        let read = read_all(tx, options, &send);
        drop(send);
        let tally = checking.join();
        read.map(|()| tally)
    })?;
    let tally = tally.map_err(|_| Error::Internal("the checks of orders broke off".into()))?;
    for rule in Rule::ALL.iter().filter(|rule| options.deep || !rule.is_deep()) {
        let rows = if rule.is_of_lines() { tally.lines } else { tally.orders };
        let begun = report.check(rule.invariant(), rule.title(), rows);
        for found in tally.kept.iter().filter(|found| found.rule == *rule) {
            let violation = violation(tx, found)?;
            report.add(begun, violation);
        }
        report.more(begun, tally.counts[*rule as usize]);
    }
    // Counters are sums over all orders: some of them prove nothing.
    if options.since.is_none() {
        credit::run(tx, tally.owed, report)?;
        delivered::run(tx, tally.waiting, report)?;
    }
    Ok(())
}

fn read_all(
    tx: &mut Tx<'_>,
    options: &Options,
    send: &mpsc::SyncSender<Batch>,
) -> Result<(), StoreError> {
    let mut after = OrderId::NONE;
    loop {
        let batch = store::batch(tx, after, options.since, PIECE, options.deep)?;
        let Some(last) = batch.orders.last() else { return Ok(()) };
        after = last.id;
        if send.send(batch).is_err() {
            return Ok(());
        }
    }
}

fn check_all(receive: &mpsc::Receiver<Batch>, options: &Options) -> Tally {
    let mut tally = Tally::default();
    while let Ok(batch) = receive.recv() {
        let mut found = Vec::new();
        tally.orders += batch.orders.len() as u64;
        tally.lines += batch.orders.iter().map(|order| order.lines.len() as u64).sum::<u64>();
        for order in &batch.orders {
            credit::add(&mut tally.owed, order);
            delivered::add(&mut tally.waiting, order);
        }
        checks::batch(batch, options.deep, &mut found);
        for found in found {
            let count = &mut tally.counts[found.rule as usize];
            *count += 1;
            if *count <= options.limit as u64 {
                tally.kept.push(found);
            }
        }
    }
    tally
}

fn violation(tx: &mut Tx<'_>, found: &Found) -> Result<Violation, Error> {
    let order = found.order.as_bytes();
    let cause = match &found.blame {
        Blame::Part(part) => render::event(tx, "order", order, part.as_deref())?,
        Blame::Claim(id) => {
            let suspect = Suspect { row: "claim".into(), id: id.as_bytes() };
            Some(render::row(tx, &suspect)?)
        }
        Blame::Event(sequence) => {
            let mut cause = render::event(tx, "order", order, None)?;
            if let Some(cause) = &mut cause {
                cause.id = format!("{}#{sequence}", found.order);
            }
            cause
        }
    };
    let mut keys = render::keys(tx, &[("order_id".to_owned(), Key::Id(order))])?;
    if let Some((noun, id)) = &found.part {
        keys.push(((*noun).to_owned(), id.clone()));
    }
    Ok(Violation {
        invariant: found.rule.invariant(),
        what: format!("{} ({})", found.rule.title(), found.what),
        keys,
        expected: found.expected.clone(),
        actual: found.actual.clone(),
        cause,
        remedy: found.rule.remedy().to_owned(),
    })
}
