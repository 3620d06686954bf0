//! The sequencer: every event gets one place in the feed, and the chain of hashes proves it.

use std::sync::atomic::{AtomicBool, Ordering};

use orderly::ops::events::{chain, sequence};
use orderly::ops::orders::change;
use orderly::ops::orders::place::place;
use orderly::{App, Call};
use orderly_core::id::OrderId;
use orderly_core::order::hold::{NewHold, hold};
use orderly_core::order::{HoldScope, Order, Step};
use orderly_core::time::Instant;
use orderly_store::tables::events::{self, Event, Position};

use crate::fixture::{START, Shop, order};
use crate::proof;

/// Puts one more hold on an order: one more event of its stream.
pub fn put_hold(app: &App, call: &Call, id: OrderId) -> Order {
    let new = NewHold {
        kind: "check".into(),
        scope: HoldScope::Order,
        scope_id: [0; 16],
        blocks: vec![Step::Ship],
        reason: "to be looked at".into(),
        owner: None,
        due_at: None,
    };
    let held = change(app, call, "hold", "order.held", id, |_, order, ids| {
        Ok(hold(order, &new, call.now, ids)?.0)
    });
    held.unwrap()
}

fn feed(app: &App) -> Vec<(Position, Event)> {
    app.store.read(|tx| events::after(tx, 0, 1_000_000)).unwrap()
}

/// Positions from 1 without a gap, each stream in its sequence, each hash over the one before,
/// every event once.
fn check(app: &App) -> usize {
    let feed = feed(app);
    let mut last = vec![0; 32];
    let mut sequences = std::collections::HashMap::new();
    for (index, (place, event)) in feed.iter().enumerate() {
        assert_eq!(place.position, i64::try_from(index).unwrap() + 1);
        let before = sequences.insert(event.stream, event.sequence).unwrap_or(0);
        assert_eq!(event.sequence, before + 1, "a stream is out of order");
        last = chain(&last, place.position, event);
        assert_eq!(place.hash, last, "the chain is broken at {}", place.position);
    }
    let waiting = app.store.read(events::count_waiting).unwrap();
    assert_eq!(i64::try_from(feed.len()).unwrap() + waiting, proof::count(app, "event"));
    feed.len()
}

fn at(seconds: i64) -> Instant {
    Instant::from_micros(START + seconds * 1_000_000)
}

#[test]
fn the_feed_has_no_gap_while_writers_and_two_sequencers_run() {
    const WRITERS: usize = 6;
    const ORDERS: usize = 12;
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let nails = order("web", &[("NAIL", "1")]);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..ORDERS {
                            let placed = place(&shop.app, &shop.call(), &nails).unwrap();
                            put_hold(&shop.app, &shop.call(), placed.id);
                            put_hold(&shop.app, &shop.call(), placed.id);
                        }
                    })
                })
                .collect();
            for name in ["first", "second"] {
                let (app, done) = (&shop.app, &done);
                scope.spawn(move || {
                    // A lease ends after ten seconds of this clock, so both get their turns.
                    for tick in (0..).step_by(7) {
                        sequence(app, name, at(tick)).unwrap();
                        if done.load(Ordering::Relaxed) {
                            break;
                        }
                        std::thread::yield_now();
                    }
                });
            }
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        check(&shop.app);
        sequence(&shop.app, "last", at(1_000_000_000)).unwrap();
        assert_eq!(check(&shop.app), WRITERS * ORDERS * 3);
    }
}

#[test]
fn only_the_holder_of_the_lease_moves_events() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let nail = order("web", &[("NAIL", "1")]);
        place(&shop.app, &shop.call(), &nail).unwrap();
        assert_eq!(sequence(&shop.app, "one", at(100)).unwrap(), 1);
        place(&shop.app, &shop.call(), &nail).unwrap();
        assert_eq!(sequence(&shop.app, "two", at(105)).unwrap(), 0, "the lease is another's");
        assert_eq!(sequence(&shop.app, "one", at(109)).unwrap(), 1, "its holder goes on");
        place(&shop.app, &shop.call(), &nail).unwrap();
        assert_eq!(sequence(&shop.app, "two", at(118)).unwrap(), 0, "it was renewed");
        assert_eq!(sequence(&shop.app, "two", at(120)).unwrap(), 1, "it ran out");
        assert_eq!(sequence(&shop.app, "one", at(121)).unwrap(), 0);
        assert_eq!(check(&shop.app), 3);
    }
}

#[test]
fn a_stream_keeps_its_order_when_the_clock_goes_back() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let nail = order("web", &[("NAIL", "1")]);
        let first = place(&shop.app, &shop.call(), &nail).unwrap();
        let second = place(&shop.app, &shop.call(), &nail).unwrap();
        for (seed, seconds) in [(1, -300), (2, -600), (3, 50), (4, -900)] {
            for (id, salt) in [(first.id, 0), (second.id, 100)] {
                let call = Call { now: at(seconds), seed: 900 + seed + salt, ..shop.call() };
                put_hold(&shop.app, &call, id);
            }
        }
        assert_eq!(sequence(&shop.app, "one", at(1_000)).unwrap(), 10);
        assert_eq!(check(&shop.app), 10);
        proof::order_holds(&shop.app, first.id, "the first order");
    }
}

#[test]
fn the_chain_tells_every_change_of_an_event() {
    let shop = Shop::new(crate::fixture::TestDb::sqlite());
    shop.stock("NAIL", "depot", 10, None);
    place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
    sequence(&shop.app, "one", at(100)).unwrap();
    let (place, event) = feed(&shop.app).remove(0);
    let hash = |event: &Event| chain(&[0; 32], place.position, event);
    assert_eq!(hash(&event), place.hash);
    let changed = [
        Event { changes: event.changes.replacen('1', "2", 1), ..event.clone() },
        Event { kind: "order.placee".into(), ..event.clone() },
        Event { sequence: 2, ..event.clone() },
        Event { recorded_at: event.recorded_at.plus_micros(1), ..event.clone() },
        Event { at: event.at.plus_micros(1), ..event.clone() },
        Event { reason: Some("r".into()), ..event.clone() },
        Event { actor: orderly_core::id::UserId::from_bytes([7; 16]), ..event.clone() },
        Event { stream: [7; 16], ..event.clone() },
        Event { stream_kind: "orders".into(), ..event.clone() },
    ];
    for other in &changed {
        assert_ne!(hash(other), place.hash);
    }
    assert_ne!(chain(&[1; 32], place.position, &event), place.hash, "the hash before counts");
}
