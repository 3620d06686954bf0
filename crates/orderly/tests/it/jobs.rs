//! The jobs against real servers that fail, hang, redirect and break off.

mod closed;
mod killed;
mod sinks;
mod smtp;

use std::collections::HashMap;
use std::time::{Duration, Instant as Clock};

use orderly::App;
use orderly::ops::orders::place::place;
use orderly::ops::webhooks::{self, dispatches};
use orderly::ops::{messages, settings};
use orderly::wire::messages::{AboutIn, MessageIn};
use orderly::wire::webhooks::WebhookIn;
use orderly_core::id::WebhookId;
use orderly_core::message::MessageState;
use orderly_core::webhook::DispatchState;
use orderly_jobs::client::Client;
use orderly_jobs::{Stop, run_with};
use sinks::{Answer, Sink};

use crate::fixture::{Shop, order};
use crate::webhooks::shops;

/// No run of a few hundred dispatches takes longer than this.
const LIMIT: Duration = Duration::from_secs(180);

fn open_network(shop: &Shop) {
    for (key, value) in [
        ("webhooks.allow_http", "true"),
        ("webhooks.allow_private", "127.0.0.1/32"),
        ("webhooks.allow_ports", "1024-65535"),
    ] {
        settings::set(&shop.app, &shop.call(), key, value).unwrap();
    }
}

fn hook(shop: &Shop, sink: &Sink, lanes: i64) -> WebhookId {
    let new = WebhookIn {
        url: Some(sink.url()),
        lanes: Some(lanes),
        types: Some(vec!["order.*".into()]),
        ..WebhookIn::default()
    };
    webhooks::create(&shop.app, &shop.call(), &new).unwrap().webhook.id
}

/// How many dispatches of a webhook are in a state.
fn count(app: &App, shop: &Shop, id: WebhookId, state: DispatchState) -> i64 {
    let counts = dispatches::counts(app, &shop.call(), id).unwrap();
    counts.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count)
}

/// Makes what waits for its next attempt due now, as if it had just begun: the schedule itself is
/// proved elsewhere.
fn hurry(app: &App) {
    let hurried = app.store.write(|tx| {
        tx.exec(
            "UPDATE dispatch SET next_at = 0, attempts = 1
              WHERE state = 'waiting' AND lease_until IS NULL AND attempts > 0",
            &[],
        )?;
        tx.exec("UPDATE dispatch SET next_at = 0 WHERE state = 'waiting' AND next_at > 0", &[])?;
        tx.exec("UPDATE webhook SET paused_until = NULL", &[])
    });
    hurried.unwrap();
}

/// Stops the jobs also where a test fails: their thread is waited for.
struct Stopping<'a>(&'a App, &'a Stop);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.1.set(self.0);
    }
}

/// Runs the jobs until `done` says so.
fn run_until(shop: &Shop, client: &Client, limit: Duration, done: impl Fn() -> bool) {
    let (app, stop) = (&shop.app, Stop::default());
    let begun = Clock::now();
    std::thread::scope(|scope| {
        let jobs = scope.spawn(|| run_with(app, &stop, client));
        let stopping = Stopping(app, &stop);
        while !done() {
            assert!(begun.elapsed() < limit, "the jobs are not done");
            hurry(app);
            app.wake.tell();
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(stopping);
        jobs.join().unwrap();
    });
}

/// Waits for an answer for two seconds: enough for a busy machine.
fn impatient() -> Client {
    Client::default().patient_for(Duration::from_secs(1), Duration::from_secs(2))
}

/// Checks what a sink got: every event, in order per order, twice only where its answer was lost.
fn check(sink: &Sink, expected: usize) {
    let got = sink.got();
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut distinct = std::collections::HashSet::new();
    for one in &got {
        if !distinct.insert(one.id.clone()) {
            assert!(sink.was_ambiguous(&one.id), "{} came twice without a reason", one.id);
            continue;
        }
        let before = last.insert(one.order.clone(), one.sequence).unwrap_or(0);
        assert!(one.sequence > before, "{} of {} came late", one.sequence, one.order);
    }
    assert_eq!(distinct.len(), expected, "events were lost");
}

/// `ORDERLY_DISPATCHES` says how many; 600 where it is not set.
#[test]
fn no_dispatch_is_lost_to_endpoints_that_fail_hang_redirect_and_break_off() {
    let wanted: usize =
        std::env::var("ORDERLY_DISPATCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    for (shop, _folder) in shops() {
        open_network(&shop);
        shop.stock("NAIL", "depot", 1_000_000, None);
        let mut hanging = vec![Answer::Taken; 24];
        hanging[3] = Answer::Hangs;
        let kinds: &[&[Answer]] = &[
            &[Answer::Taken],
            &[Answer::Refused(500), Answer::Taken],
            &hanging,
            &[Answer::Redirects, Answer::Taken],
            &[Answer::BreaksOff, Answer::Taken, Answer::TakenAndBreaksOff, Answer::Taken],
            &[Answer::Floods, Answer::Taken],
        ];
        let sinks: Vec<Sink> = kinds.iter().map(|kinds| Sink::new(kinds)).collect();
        let hooks: Vec<WebhookId> = sinks.iter().map(|sink| hook(&shop, sink, 4)).collect();
        let orders = wanted / sinks.len() / 4;
        for _ in 0..orders {
            let one = order("web", &[("NAIL", "1")]);
            let placed = place(&shop.app, &shop.call(), &one).unwrap();
            for _ in 0..3 {
                crate::sequence::put_hold(&shop.app, &shop.call(), placed.id);
            }
        }
        let all = i64::try_from(orders * 4).unwrap();
        let client = impatient();
        let limit = LIMIT + Duration::from_millis(60) * u32::try_from(wanted).unwrap();
        run_until(&shop, &client, limit, || {
            hooks.iter().all(|id| count(&shop.app, &shop, *id, DispatchState::Done) == all)
        });
        for sink in &sinks {
            check(sink, orders * 4);
        }
    }
}

#[test]
fn an_endpoint_that_hangs_slows_no_other() {
    let (shop, _folder) = shops().remove(0);
    open_network(&shop);
    shop.stock("NAIL", "depot", 1_000, None);
    let (slow, quick) = (Sink::new(&[Answer::Hangs]), Sink::new(&[Answer::Taken]));
    let slow: Vec<WebhookId> = (0..8).map(|_| hook(&shop, &slow, 16)).collect();
    let id = hook(&shop, &quick, 2);
    for _ in 0..40 {
        place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
    }
    let client = Client::default().patient_for(Duration::from_secs(1), Duration::from_secs(5));
    let begun = Clock::now();
    let took = std::sync::Mutex::new(None);
    run_until(&shop, &client, LIMIT, || {
        let done = count(&shop.app, &shop, id, DispatchState::Done) == 40;
        if done {
            took.lock().unwrap().get_or_insert(begun.elapsed());
        }
        done
    });
    let took = took.into_inner().unwrap().unwrap();
    assert!(took < Duration::from_secs(15), "40 dispatches took {took:?}");
    assert!(slow.iter().all(|id| count(&shop.app, &shop, *id, DispatchState::Done) == 0));
    check(&quick, 40);
}

#[test]
fn mail_reaches_a_server_and_none_is_sent_twice() {
    let Some(server) = smtp::Server::start() else { return };
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 100, None);
        for (key, value) in [
            ("smtp.url", format!("smtp://127.0.0.1:{}", server.port)),
            ("smtp.from", "shop@example.com".into()),
            ("smtp.reply_to", "desk@example.com".into()),
        ] {
            settings::set(&shop.app, &shop.call(), key, &value).unwrap();
        }
        let placed = place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
        let to = |to: String| MessageIn {
            about: AboutIn { order: Some(placed.number.clone()), ..AboutIn::default() },
            kind: "email".into(),
            to: Some(to),
            subject: Some(format!("Grüße {}", placed.number)),
            body: Some(".a line of its own\nand another".into()),
            ..MessageIn::default()
        };
        let before = server.mails().len();
        let add = |mail: &MessageIn| messages::add(&shop.app, &shop.call(), mail).unwrap().id;
        let good: Vec<_> = (0..5).map(|n| add(&to(format!("ann{n}@example.com")))).collect();
        let refused = add(&to("refused@example.com".into()));
        let later = add(&to("later@example.com".into()));
        let state = |id| messages::get(&shop.app, &shop.call(), id).unwrap();
        // The shop's clock is not the jobs': what it queued is due.
        run_until(&shop, &impatient(), LIMIT, || {
            good.iter().all(|id| state(*id).state == MessageState::Sent)
                && state(refused).state == MessageState::Failed
                && state(later).attempts > 0
        });
        assert!(state(refused).last_error.unwrap().contains("550"));
        assert_eq!(state(later).state, MessageState::Queued, "a busy server is asked again");
        let mails = server.mails();
        assert_eq!(mails.len(), before + 5);
        let last = mails.last().unwrap();
        assert!(last.contains("From: shop@example.com") && last.contains("Message-ID: <msg_"));
        assert!(last.contains("Reply-To: desk@example.com"));
        // Each engine's shop draws the same ids.
        let mails = &mails[before..];
        let ids: std::collections::HashSet<&str> = mails
            .iter()
            .filter_map(|mail| mail.split("Message-ID: ").nth(1)?.lines().next())
            .collect();
        assert_eq!(ids.len(), mails.len(), "a mail was sent twice");
    }
}
