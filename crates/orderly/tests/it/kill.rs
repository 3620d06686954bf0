//! A process that places orders is killed in the middle of it, again and again. What it had
//! answered is there afterwards, once.
//!
//! The process is this test binary, started again with `ORDERLY_KILL_WRITES` naming a database.

mod issuing;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant as Clock};

use orderly::ops::orders::{get, place};
use orderly::wire::OrderIn;
use orderly::{App, Call, Error};
use orderly_core::actor::Actor;
use orderly_core::order::Order;
use orderly_core::time::Instant;

use crate::fixture::{START, Shop, TestDb, order};
use crate::proof;

const WRITERS: u64 = 4;
/// No run of kills takes longer than this.
const LIMIT: Duration = Duration::from_secs(240);

/// The request that belongs to a key: `round-writer-count`. Every seventh is refused.
fn request(key: &str) -> OrderIn {
    let count: u64 = key.rsplit('-').next().unwrap().parse().unwrap();
    let quantity = (count % 5 + 1).to_string();
    let mut wanted = match count % 7 {
        0 => order("web", &[("BRICK", &quantity)]),
        1 | 2 => order("market", &[("NAIL", &quantity), ("BOLT", "1")]),
        3 => order("web", &[("KIT-B", "1"), ("ROPE", &quantity)]),
        _ => order("web", &[("NAIL", &quantity)]),
    };
    if count.is_multiple_of(2) {
        wanted.external_id = Some(key.to_owned());
    }
    wanted
}

fn call(key: &str, salt: u64) -> Call {
    let content = format!("the order of {key}");
    let parts = key.split('-').map(|part| part.parse::<u64>().unwrap());
    let seed = parts.fold(salt, |seed, part| seed * 1_000_003 + part);
    let micros = START + i64::try_from(seed % 1_000_000_000).unwrap();
    Call::new(Actor::owner(), "kill", Instant::from_micros(micros), seed)
        .with_key(key, content.as_bytes())
}

/// What is said of an outcome: the order's id, or the refusal's code.
fn said(outcome: &Result<Order, Error>) -> String {
    match outcome {
        Ok(order) => order.id.to_string(),
        Err(error) => match error.refused() {
            Some(code) => code.code().to_owned(),
            None => panic!("not an answer: {error}"),
        },
    }
}

/// Places orders from several threads, and says each after it is answered. Stops after `each`
/// keys of every writer.
fn write(app: &App, round: u64, each: u64, out: &Mutex<impl Write + Send>) {
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                let mut count = 0;
                while count < each {
                    // Even writers place one by one, odd ones in batches.
                    let batch = if writer % 2 == 0 { 1 } else { 6 };
                    let keys: Vec<String> =
                        (count..count + batch).map(|n| format!("{round}-{writer}-{n}")).collect();
                    count += batch;
                    let calls: Vec<Call> = keys.iter().map(|key| call(key, 1)).collect();
                    let orders: Vec<OrderIn> = keys.iter().map(|key| request(key)).collect();
                    let placings: Vec<place::Placing<'_>> = calls
                        .iter()
                        .zip(&orders)
                        .map(|(call, order)| place::Placing { call, order })
                        .collect();
                    let outcomes = place::place_many(app, &placings);
                    let mut out = out.lock().unwrap();
                    for (key, outcome) in keys.iter().zip(&outcomes) {
                        writeln!(out, "answered {key} {}", said(outcome)).unwrap();
                    }
                    out.flush().unwrap();
                }
            });
        }
    });
}

/// The process that is killed; without the variable, what it says is checked.
#[test]
fn a_writer_says_what_was_answered() {
    if let Ok(job) = std::env::var("ORDERLY_KILL_WRITES") {
        let (round, location) = job.split_once(' ').unwrap();
        let app = App::open(location).unwrap();
        return write(&app, round.parse().unwrap(), u64::MAX, &Mutex::new(std::io::stdout()));
    }
    for shop in Shop::each() {
        stock(&shop);
        let out = Mutex::new(Vec::new());
        write(&shop.app, 1, 12, &out);
        let text = String::from_utf8(out.into_inner().unwrap()).unwrap();
        let answers: BTreeMap<String, String> = text.lines().filter_map(answer).collect();
        assert_eq!(answers.len(), 48);
        let refused = answers.values().filter(|said| *said == "insufficient_stock").count();
        assert_eq!(refused, 2 * 4, "counts 0 and 7 of each writer");
        assert_eq!(proof::count(&shop.app, "orders"), 40);
    }
}

fn answer(line: &str) -> Option<(String, String)> {
    // The harness may have written in front of the first answer.
    let (_, answer) = line.split_once("answered ")?;
    let (key, said) = answer.split_once(' ')?;
    Some((key.to_owned(), said.to_owned()))
}

fn stock(shop: &Shop) {
    for sku in ["NAIL", "BOLT"] {
        shop.stock(sku, "depot", 10_000_000, None);
    }
    shop.stock("ROPE", "depot", 1_000_000_000, None);
}

/// Ends the process if the test fails first.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this binary again to run one test, with a variable that says on what.
fn started(test: &str, variable: &str, job: &str) -> Started {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(variable, job)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Started(child.unwrap())
}

/// Kills a process after `answers` answers or more, and returns what it answered.
fn killed_after(
    mut writer: Started,
    answers: usize,
    whole: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let lines = BufReader::new(writer.0.stdout.take().unwrap()).lines();
    let mut answered = BTreeMap::new();
    let mut killed = false;
    for line in lines {
        let Ok(line) = line else { break };
        // A line that the kill cut off was not answered.
        if let Some((key, said)) = answer(&line).filter(|(_, said)| whole(said)) {
            answered.insert(key, said);
        }
        if !killed && answered.len() >= answers {
            writer.0.kill().unwrap();
            killed = true;
        }
    }
    assert!(killed, "the writer ended by itself after {} answers", answered.len());
    answered
}

/// Starts a writer, kills it after `answers` answers or more, and returns what it answered.
fn run_and_kill(location: &str, round: u64, answers: usize) -> BTreeMap<String, String> {
    let job = format!("{round} {location}");
    let writer = started("kill::a_writer_says_what_was_answered", "ORDERLY_KILL_WRITES", &job);
    killed_after(writer, answers, |said| said.len() >= 30 || said == "insufficient_stock")
}

/// Everything answered is there, and is answered the same again; what was in doubt is placed now
/// or was placed before, once.
fn check(app: &App, answered: &BTreeMap<String, String>, round: u64) -> usize {
    for (key, said_first) in answered {
        let again = place::place(app, &call(key, 2), &request(key));
        assert_eq!(said(&again), *said_first, "{key} is answered otherwise after the kill");
        if let Ok(order) = again {
            assert_eq!(get(app, order.id).unwrap().as_ref(), Some(&order), "{key} is lost");
        }
    }
    let mut in_doubt = 0;
    for writer in 0..WRITERS {
        let of_writer = |key: &&String| key.starts_with(&format!("{round}-{writer}-"));
        let next = answered.keys().filter(of_writer).count();
        let batch = if writer % 2 == 0 { 1 } else { 6 };
        for count in next..next + batch {
            let key = format!("{round}-{writer}-{count}");
            let first = place::place(app, &call(&key, 2), &request(&key));
            let second = place::place(app, &call(&key, 3), &request(&key));
            assert_eq!(said(&first), said(&second));
            in_doubt += 1;
        }
    }
    proof::levels_are_claims(app);
    in_doubt
}

fn kill_many(db: TestDb, kills: u64) {
    let began = Clock::now();
    let location = db.location().to_owned();
    let shop = Shop::new(db);
    stock(&shop);
    let mut keys = 0;
    let mut refused = 0;
    for round in 1..=kills {
        // From 1 to 60 answers: some are killed during the first commit, some in full swing.
        let answers = usize::try_from(round * 37 % 60 + 1).unwrap();
        let answered = run_and_kill(&location, round, answers);
        // A fresh process: nothing of the killed one is left but the database.
        let app = App::open(&location).unwrap();
        keys += answered.len() + check(&app, &answered, round);
        refused += answered.values().filter(|said| *said == "insufficient_stock").count();
        assert!(began.elapsed() < LIMIT, "{round} kills took {:?}", began.elapsed());
    }
    let sql = "SELECT COUNT(*) AS n FROM orders o WHERE 1 <>
               (SELECT COUNT(*) FROM idempotency i
                 WHERE i.object_id = o.id AND i.outcome = 'done')";
    let stray = shop.app.store.read(|tx| tx.query_one(sql, &[], |row| row.get::<i64>("n")));
    assert_eq!(stray.unwrap(), Some(0), "orders that no key or more than one leads to");
    let answers = proof::count(&shop.app, "idempotency");
    assert_eq!(usize::try_from(answers).unwrap(), keys, "one answer for each key");
    proof::all_holds(&shop.app);
    let took = began.elapsed();
    eprintln!("{kills} kills, {keys} keys, {refused} refused before a kill, {took:?}");
}

#[test]
fn fifty_kills_lose_no_answered_order_on_sqlite() {
    kill_many(TestDb::sqlite(), 50);
}

#[test]
fn twenty_kills_of_the_client_lose_no_answered_order_on_postgres() {
    let Some(db) = TestDb::postgres() else { return };
    kill_many(db, 20);
}
