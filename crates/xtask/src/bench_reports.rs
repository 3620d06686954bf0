//! `cargo xtask bench reports`: month-end reports over many postings, on each engine.

use std::time::Instant;

use orderly::App;
use orderly::ops::books::periods;
use orderly::ops::books::reports::{self, Ask, Columns};
use orderly::ops::books::{self, Clock, stock_value};
use orderly_core::books::period::Period;
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{ChannelId, IdSource, LocationId, RawId};
use orderly_core::time::Day;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::tables;

use crate::run::Outcome;
use orderly_bench::merchant::{self, call};

/// Journals per transaction.
const BATCH: usize = 4_000;

/// Fills a ledger with `postings=N` postings (5,000,000 where not said) over twelve months, then
/// times each report. SQLite in a temporary folder, and PostgreSQL where `ORDERLY_TEST_PG` names a
/// server; `database=FILE` keeps the SQLite file and takes it as it is the next time.
pub fn run(words: &[String]) -> Outcome {
    let given = words.iter().find_map(|word| word.strip_prefix("postings="));
    let postings = given.map_or(Ok(5_000_000), |text| {
        text.parse::<usize>().map_err(|_| format!("postings={text}?"))
    })?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = match words.iter().find_map(|word| word.strip_prefix("database=")) {
        Some(kept) => kept.to_owned(),
        None => folder.path().join("a.db").to_string_lossy().into_owned(),
    };
    measure("sqlite", &file, postings)?;
    if let Ok(server) = std::env::var("ORDERLY_TEST_PG") {
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("{server}{mark}schema=bench{}reports", std::process::id());
        measure("postgres", &schema, postings)?;
    }
    Ok(())
}

fn measure(engine: &str, location: &str, postings: usize) -> Result<(), String> {
    let told = |error: orderly::Error| error.to_string();
    let app = App::open(location).map_err(told)?;
    let known = app.store.read(tables::settings::entities).map_err(|error| error.to_string())?;
    if known.is_empty() {
        merchant::set_up(&app)?;
        timed(engine, "posting", || fill(&app, postings))?;
        timed(engine, "rolling up", || books::roll_up(&app).map(|_| ()).map_err(told))?;
    }
    let period = |text: &str| Period::parse(text).map_err(|error| error.to_string());
    let (first, last) = (period("2025-01")?, period("2025-12")?);
    let own = call(3_000_000_001);
    let month = Ask::of(last, last);
    let year = Ask { columns: Columns::Months, ..Ask::of(first, last) };
    let places = Ask { columns: Columns::Locations, ..month.clone() };
    let channels = Ask { columns: Columns::Channels, ..month.clone() };
    let begun = Instant::now();
    timed(engine, "trial balance", || {
        reports::trial_balance(&app, &own, &month).map(|_| ()).map_err(told)
    })?;
    for (name, ask) in [("month", &month), ("12 months", &year), ("branches", &places)] {
        timed(engine, &format!("profit and loss, {name}"), || {
            reports::profit_and_loss(&app, &own, ask).map(|_| ()).map_err(told)
        })?;
    }
    timed(engine, "profit and loss, channels", || {
        reports::profit_and_loss(&app, &own, &channels).map(|_| ()).map_err(told)
    })?;
    timed(engine, "balance sheet, 12 months", || {
        reports::balance(&app, &own, &year).map(|_| ()).map_err(told)
    })?;
    timed(engine, "tax report", || reports::tax(&app, &own, &month).map(|_| ()).map_err(told))?;
    timed(engine, "stock value", || {
        let day = last.last_day();
        stock_value(&app, &own, None, Clock::Accounting, day).map(|_| ()).map_err(told)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{engine:<9} all reports of a month-end, {postings} postings: {seconds:.2} s");
    timed(engine, "closing a period", || {
        periods::close(&app, &call(3_000_000_000), None, None).map(|_| ()).map_err(told)
    })
}

fn timed(engine: &str, what: &str, f: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let begun = Instant::now();
    f()?;
    println!("{engine:<9} {what:<32} {:>8.3} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Invoices with tax, their costs, and captures: five postings in two journals, spread over the
/// days of 2025, the locations and the channels.
fn fill(app: &App, postings: usize) -> Result<(), String> {
    let read = app.store.read(|tx| {
        let entity = tables::settings::entities(tx)?.into_iter().next();
        let locations: Vec<LocationId> =
            tables::locations::all(tx)?.into_iter().map(|one| one.id).collect();
        let channels: Vec<ChannelId> =
            tables::channels::all(tx)?.into_iter().map(|one| one.id).collect();
        Ok::<_, orderly_store::StoreError>((entity, locations, channels))
    });
    let (entity, locations, channels) = read.map_err(|error| error.to_string())?;
    let entity = entity.ok_or("the merchant is not set up")?;
    let start = Day::parse("2025-01-01").map_err(|error| error.to_string())?;
    let sales = postings / 5;
    for batch in 0..(sales * 2).div_ceil(BATCH) {
        let own = call(2_000_000_000 + batch as u64);
        let mut ids = own.ids();
        let mut journals = Vec::with_capacity(BATCH);
        for index in 0..BATCH / 2 {
            let number = batch * BATCH / 2 + index;
            if number >= sales {
                break;
            }
            let at = Dimensions {
                location: Some(locations[number % locations.len()]),
                channel: Some(channels[(number / 7) % channels.len()]),
                party: Some(ids.draw::<RawId>().into()),
                document: Some((DocumentKind::Invoice, ids.draw::<RawId>().into())),
            };
            let day = start.plus_days(i32::try_from(number * 365 / sales).unwrap_or(0));
            journals.extend(sale(&entity, &mut ids, at, day, 1_000 + (number % 900) as i64));
        }
        let done = app.store.write(|tx| books::post(tx, &own, &journals));
        done.map_err(|error: orderly::Error| error.to_string())?;
    }
    Ok(())
}

fn sale(
    entity: &LegalEntity,
    ids: &mut IdSource,
    at: Dimensions,
    day: Day,
    net: i64,
) -> Vec<Journal> {
    let mut head = |kind| JournalHead {
        id: ids.draw(),
        legal_entity: entity.id,
        kind,
        cause: Cause { kind: CauseKind::Invoice, id: ids.draw::<RawId>().into() },
        currency: entity.currency,
        accounting_on: day,
        reverses: None,
    };
    let tax = net / 5;
    let invoice = vec![
        Posting::new(Account::Receivables, net + tax, at),
        Posting::new(Account::Revenue, -net, at),
        Posting {
            tax_code: Some("std".into()),
            tax_base_minor: Some(-net),
            ..Posting::new(Account::Tax, -tax, at)
        },
    ];
    let cost = vec![
        Posting::new(Account::CostOfGoods, net / 2, at),
        Posting::new(Account::DeliveredNotInvoiced, -(net / 2), at),
    ];
    [(JournalKind::Invoice, invoice), (JournalKind::Cost, cost)]
        .into_iter()
        .filter_map(|(kind, postings)| Journal::new(head(kind), postings).ok())
        .collect()
}
