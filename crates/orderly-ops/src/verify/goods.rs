//! Units and their value: holdings and levels against the movements, movements against the
//! ledger. One scan of the movements by id, merged with the postings of our goods.

use std::collections::HashMap;

use orderly_core::id::{JournalId, LotId, MovementId, PlaceId};
use orderly_store::Tx;
use orderly_store::verify::cause::{self, Figure};
use orderly_store::verify::{self as store, Check, Finding, GoodsPosting, Key, Moved, Suspect};

use super::ledger::{Kind, Ledger, Posts, Short};
use super::render;
use super::report::Report;
use crate::Error;

/// Movements read at once.
const PIECE: i64 = 50_000;
const LAST: JournalId = JournalId::from_bytes([0xff; 16]);

const fn check(invariant: &'static str, title: &'static str, table: &'static str) -> Check {
    let remedy = match invariant.as_bytes() {
        b"V1" => "have the difference corrected by a journal of its own, naming the movement",
        _ => "orderly stock count the item at the location",
    };
    Check { invariant, title, table, sql: "", remedy }
}

const HOLDING: Check = check("S1", "a holding is the sum of its movements", "holding");
const LEVEL: Check =
    check("S1", "on hand and held of a level are the sums of its movements", "stock_level");
const MOVEMENT: Check =
    check("S4", "a movement takes something from one existing place to another", "movement");
const HISTORY: Check = check("H1", "imported movements touch none of our bins", "movement");
const VALUE: Check =
    check("V1", "the value of a level is that of its movements and late costs", "stock_level");
const JOURNAL: Check =
    check("V1", "each movement of value into or out of stock has its journal", "movement");
const ACCOUNT: Check =
    check("V1", "the inventory accounts are worth what the levels are", "posting");

/// A finding with what is needed to find its cause.
struct Found {
    check: &'static Check,
    finding: Finding,
    blame: Option<Blame>,
}

/// The balance whose movements are looked through for the cause.
struct Blame {
    key: Short,
    of_level: bool,
    figure: Figure,
    difference: i64,
}

/// The findings of this scan; counted all, kept up to the limit of each check.
struct Findings {
    limit: usize,
    kept: Vec<Found>,
    counts: HashMap<&'static str, u64>,
}

impl Findings {
    fn add(&mut self, check: &'static Check, finding: Finding, blame: Option<Blame>) {
        let count = self.counts.entry(check.title).or_default();
        *count += 1;
        if *count <= self.limit as u64 {
            self.kept.push(Found { check, finding, blame });
        }
    }
}

fn finding(
    keys: Vec<(&str, Key)>,
    what: Option<&str>,
    expected: String,
    actual: String,
) -> Finding {
    let keys = keys.into_iter().map(|(name, key)| (name.to_owned(), key)).collect();
    Finding { keys, what: what.map(str::to_owned), expected, actual, suspect: None }
}

pub(super) fn run(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), Error> {
    let mut findings = Findings { limit: report.limit(), kept: Vec::new(), counts: HashMap::new() };
    let mut ledger = Ledger::new(store::length_lots(tx)?);
    store::places(tx, |id, place| {
        ledger.add_place(id, &place);
        Ok(())
    })?;
    let (movements, postings, accounts) = scan(tx, &mut ledger, &mut findings)?;
    store::late_values(tx, |key, value| {
        ledger.worth(key, value);
        Ok(())
    })?;
    let holdings = compare_holdings(tx, &mut ledger, &mut findings)?;
    let (levels, values) = compare_levels(tx, &mut ledger, &mut findings)?;
    compare_accounts(tx, &ledger, values, &accounts, &mut findings)?;
    let rows = [
        (&HOLDING, holdings),
        (&LEVEL, levels),
        (&MOVEMENT, movements),
        (&HISTORY, movements),
        (&VALUE, levels),
        (&JOURNAL, movements),
        (&ACCOUNT, postings),
    ];
    for (check, rows) in rows {
        let begun = report.check(check.invariant, check.title, rows);
        for found in findings.kept.iter().filter(|found| found.check.title == check.title) {
            let cause = match &found.blame {
                Some(blame) => look(tx, &ledger, blame)?,
                None => found.finding.suspect.clone(),
            };
            let cause = cause.map(|suspect| render::row(tx, &suspect)).transpose()?;
            let violation = render::violation(tx, check, &found.finding, cause)?;
            report.add(begun, violation);
        }
        report.more(begun, findings.counts.get(check.title).copied().unwrap_or(0));
    }
    Ok(())
}

/// What the ledger says our goods are worth: in our bins and between them, by currency.
type Accounts = HashMap<String, [i64; 2]>;

fn scan(
    tx: &mut Tx<'_>,
    ledger: &mut Ledger,
    findings: &mut Findings,
) -> Result<(u64, u64, Accounts), Error> {
    let (mut rows, mut posted, mut accounts) = (0, 0, Accounts::new());
    let mut after = MovementId::NONE;
    loop {
        let movements = store::movements(tx, after, PIECE)?;
        let journals_after = JournalId::from_bytes(after.as_bytes());
        let last = movements.last().map(|moved| moved.id);
        let done = movements.len() < usize::try_from(PIECE).unwrap_or(usize::MAX);
        let up_to = last.filter(|_| !done).map_or(LAST, |id| JournalId::from_bytes(id.as_bytes()));
        let postings = store::goods_postings(tx, journals_after, up_to)?;
        for posting in &postings {
            let sums = accounts.entry(posting.currency.clone()).or_default();
            sums[usize::from(posting.in_transit)] += posting.amount;
        }
        rows += movements.len() as u64;
        posted += postings.len() as u64;
        merge(ledger, &movements, &postings, findings);
        match last {
            Some(id) if !done => after = id,
            _ => return Ok((rows, posted, accounts)),
        }
    }
}

/// Walks movements and postings side by side, both by id.
fn merge(
    ledger: &mut Ledger,
    movements: &[Moved],
    postings: &[GoodsPosting],
    findings: &mut Findings,
) {
    let mut left = postings;
    for moved in movements {
        let id = moved.id.as_bytes();
        let skipped = left.partition_point(|posting| posting.journal.as_bytes() < id);
        left = &left[skipped..];
        let own = left.partition_point(|posting| posting.journal.as_bytes() == id);
        let mut posts = Posts::default();
        for posting in &left[..own] {
            let side =
                if posting.in_transit { &mut posts.in_transit } else { &mut posts.inventory };
            *side += posting.amount;
        }
        left = &left[own..];
        one(ledger, moved, posts, findings);
    }
}

fn one(ledger: &mut Ledger, moved: &Moved, posts: Posts, findings: &mut Findings) {
    let mut add = |check, expected: String, actual: String| {
        let keys = vec![
            ("movement_id", Key::Id(moved.id.as_bytes())),
            ("item_id", Key::Id(moved.item.as_bytes())),
        ];
        let mut finding = finding(keys, None, expected, actual);
        finding.suspect = Some(Suspect { row: "movement".into(), id: moved.id.as_bytes() });
        findings.add(check, finding, None);
    };
    if moved.qty <= 0 || moved.from == moved.to {
        let actual = format!("{} from {} to {}", moved.qty, moved.from, moved.to);
        add(&MOVEMENT, "more than 0, between two places".into(), actual);
    }
    let Some(expected) = ledger.add(moved) else {
        let places = [moved.from, moved.to];
        let missing = places.into_iter().filter(|place| ledger.kind(*place).is_none());
        let missing: Vec<String> = missing.map(|place| place.to_string()).collect();
        return add(&MOVEMENT, "places that exist".into(), format!("no {}", missing.join(", ")));
    };
    if moved.history {
        let ours = [moved.from, moved.to]
            .into_iter()
            .filter(|place| !matches!(ledger.kind(*place), Some(Kind::History | Kind::Account)));
        if ours.count() > 0 {
            add(&HISTORY, "places outside of our bins".into(), "one of our bins".into());
        }
    }
    if posts != expected {
        let show = |posts: Posts| {
            format!("inventory {}, in transit {}", posts.inventory, posts.in_transit)
        };
        add(&JOURNAL, show(expected), show(posts));
    }
}

/// Compares every holding with its sum and returns how many there are.
fn compare_holdings(
    tx: &mut Tx<'_>,
    ledger: &mut Ledger,
    findings: &mut Findings,
) -> Result<u64, Error> {
    let mut rows = 0;
    let mut differing: Vec<(Short, i64, i64)> = Vec::new();
    store::holdings(tx, |held| {
        rows += 1;
        let item = ledger.items.number(held.item);
        let key = (item, ledger.places.number(held.place), ledger.lots.number(held.lot));
        let sum = ledger.holdings.remove(&key).unwrap_or(0);
        if sum != held.qty {
            differing.push((key, sum, held.qty));
        }
        Ok(())
    })?;
    differing.extend(ledger.holdings.drain().map(|(key, sum)| (key, sum, 0)));
    differing.sort_unstable();
    for (key, expected, actual) in differing {
        let keys = vec![
            ("item_id", Key::Id(ledger.items.id(key.0).as_bytes())),
            ("place_id", Key::Id(ledger.places.id(key.1).as_bytes())),
            ("lot_id", Key::Id(ledger.lots.id(key.2).as_bytes())),
        ];
        let difference = actual - expected;
        let blame = Blame { key, of_level: false, figure: Figure::Qty, difference };
        let finding = finding(keys, None, expected.to_string(), actual.to_string());
        findings.add(&HOLDING, finding, Some(blame));
    }
    Ok(rows)
}

/// Compares every level with its sums; returns how many there are, and their value by location.
fn compare_levels(
    tx: &mut Tx<'_>,
    ledger: &mut Ledger,
    findings: &mut Findings,
) -> Result<(u64, HashMap<u32, i64>), Error> {
    let (mut rows, mut values) = (0, HashMap::<u32, i64>::new());
    let mut differing: Vec<(Short, [i64; 3], [i64; 3])> = Vec::new();
    store::levels(tx, |level, [on_hand, held]| {
        rows += 1;
        let item = ledger.items.number(level.key.item);
        let location = ledger.locations.number(level.key.location);
        let key = (item, location, ledger.lots.number(level.key.lot_class));
        let sums = ledger.levels.remove(&key).unwrap_or([0; 3]);
        let stored = [on_hand, held, level.value];
        *values.entry(location).or_default() += level.value;
        if sums != stored {
            differing.push((key, sums, stored));
        }
        Ok(())
    })?;
    differing.extend(ledger.levels.drain().map(|(key, sums)| (key, sums, [0; 3])));
    differing.sort_unstable();
    for (key, sums, stored) in differing {
        let figures = [
            (&LEVEL, "on hand", Figure::Qty),
            (&LEVEL, "held", Figure::Qty),
            (&VALUE, "value", Figure::Value),
        ];
        for (index, (check, what, figure)) in figures.into_iter().enumerate() {
            if sums[index] == stored[index] {
                continue;
            }
            let keys = vec![
                ("item_id", Key::Id(ledger.items.id(key.0).as_bytes())),
                ("location_id", Key::Id(ledger.locations.id(key.1).as_bytes())),
                ("lot_class", Key::Id(ledger.lots.id(key.2).as_bytes())),
            ];
            let (expected, actual) = (sums[index], stored[index]);
            let difference = actual - expected;
            let blame = Blame { key, of_level: true, figure, difference };
            let told = finding(keys, Some(what), expected.to_string(), actual.to_string());
            findings.add(check, told, Some(blame));
        }
    }
    Ok((rows, values))
}

fn compare_accounts(
    tx: &mut Tx<'_>,
    ledger: &Ledger,
    values: HashMap<u32, i64>,
    accounts: &Accounts,
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut wanted = Accounts::new();
    let currencies: HashMap<_, _> = store::locations(tx)?.into_iter().collect();
    let in_transit = ledger.in_transit.iter().map(|(location, value)| (*location, 1, *value));
    for (location, side, value) in values.into_iter().map(|(l, v)| (l, 0, v)).chain(in_transit) {
        let currency = currencies.get(&ledger.locations.id(location));
        let currency = currency.cloned().unwrap_or_default();
        wanted.entry(currency).or_default()[side] += value;
    }
    let mut all: Vec<&String> = wanted.keys().chain(accounts.keys()).collect();
    all.sort_unstable();
    all.dedup();
    for currency in all {
        let of = |sums: &Accounts| sums.get(currency).copied().unwrap_or_default();
        for (side, account) in ["inventory", "inventory_in_transit"].into_iter().enumerate() {
            let (expected, actual) = (of(&wanted)[side], of(accounts)[side]);
            if expected != actual {
                let keys = vec![
                    ("account", Key::Text(account.into())),
                    ("currency", Key::Text(currency.clone())),
                ];
                let told = finding(keys, None, expected.to_string(), actual.to_string());
                findings.add(&ACCOUNT, told, None);
            }
        }
    }
    Ok(())
}

/// Looks through the movements of a balance for the one to blame.
fn look(tx: &mut Tx<'_>, ledger: &Ledger, blame: &Blame) -> Result<Option<Suspect>, Error> {
    let (item, second, lot) = blame.key;
    let item = ledger.items.id(item);
    let lot = ledger.lots.id(lot);
    let inside = |place: PlaceId| match (blame.of_level, ledger.kind(place)) {
        (true, Some(Kind::Ours { location, .. })) => location == second,
        (true, _) => false,
        (false, _) => place == ledger.places.id(second),
    };
    let own = |other: LotId| match blame.of_level {
        true => ledger.class(other) == lot,
        false => other == lot,
    };
    Ok(cause::movement(tx, item, blame.figure, blame.difference, &inside, &own)?)
}
