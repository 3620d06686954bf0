//! The process that sends is killed in the middle of it, again and again: nothing is lost, and what
//! comes twice was on its way when the process died.
//!
//! The process is this test binary, started again with `ORDERLY_KILL_JOBS` naming a database.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use orderly::App;
use orderly::ops::orders::place::place;
use orderly_core::webhook::DispatchState;
use orderly_jobs::{Stop, run_with};

use super::sinks::{Answer, Sink};
use super::{LIMIT, count, hook, impatient, open_network, run_until};
use crate::fixture::order;
use crate::webhooks::shops;

const KILLS: usize = 6;
const ORDERS: usize = 60;
const LANES: i64 = 4;

/// What the process that is killed does: nothing where it is run as a test.
#[test]
fn the_process_that_is_killed() {
    let Ok(location) = std::env::var("ORDERLY_KILL_JOBS") else { return };
    run_with(&App::open(&location).unwrap(), &Stop::default(), &impatient());
}

fn start(location: &str, key: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["jobs::killed::the_process_that_is_killed", "--exact"])
        .env("ORDERLY_KILL_JOBS", location)
        .env("ORDERLY_MASTER_KEY_FILE", key)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_process_that_is_killed_while_it_sends_loses_nothing() {
    for (shop, folder) in shops() {
        open_network(&shop);
        shop.stock("NAIL", "depot", 1_000_000, None);
        let sink = Sink::new(&[Answer::Taken, Answer::Taken, Answer::Refused(503)]);
        let id = hook(&shop, &sink, LANES);
        for _ in 0..ORDERS {
            let one = order("web", &[("NAIL", "1")]);
            let placed = place(&shop.app, &shop.call(), &one).unwrap();
            for _ in 0..3 {
                crate::sequence::put_hold(&shop.app, &shop.call(), placed.id);
            }
        }
        for _ in 0..KILLS {
            let before = sink.got().len();
            let mut child = start(shop.db.location(), &folder.path().join("master.key"));
            for _ in 0..500 {
                if sink.got().len() >= before + 10 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            child.kill().unwrap();
            child.wait().unwrap();
            // As if the time of its leases were over: nobody works on them any more.
            let freed = shop.app.store.write(|tx| {
                tx.exec("UPDATE lease SET until_at = 0", &[])?;
                tx.exec(
                    "UPDATE dispatch SET lease_until = NULL, next_at = 0
                          WHERE state = 'waiting'",
                    &[],
                )
            });
            freed.unwrap();
        }
        let all = i64::try_from(ORDERS * 4).unwrap();
        run_until(&shop, &impatient(), LIMIT, || {
            count(&shop.app, &shop, id, DispatchState::Done) == all
        });
        let got = sink.got();
        let mut last = std::collections::HashMap::new();
        let mut distinct = std::collections::HashSet::new();
        for one in &got {
            if distinct.insert(one.id.clone()) {
                let before = last.insert(one.order.clone(), one.sequence).unwrap_or(0);
                assert_eq!(one.sequence, before + 1, "{} is out of order", one.order);
            }
        }
        assert_eq!(distinct.len(), ORDERS * 4, "events were lost");
        let twice = got.len() - distinct.len();
        let most = KILLS * usize::try_from(LANES).unwrap();
        assert!(twice <= most, "{twice} came twice in {KILLS} kills");
    }
}
