//! History from files: taken or reported row by row, once, exactly.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use orderly::import::map::Map;
use orderly::import::{self, Report};
use orderly::{App, Call, Error};
use orderly_core::actor::{Actor, ActorKind};
use orderly_core::id::{ImportId, UserId};
use orderly_core::order::{LineKind, OrderState};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::PlaceKind;
use orderly_store::StoreError;
use orderly_store::tables::{self, catalog, channels, customers, imports, orders, returns, units};
use tempfile::TempDir;

use crate::fixture::{START, TestDb};

pub const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// A file of the Online Retail layout.
pub fn file(folder: &TempDir, name: &str, rows: &[&str]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    path
}

fn call(number: u64) -> Call {
    let now = Instant::from_micros(START + i64::try_from(number).unwrap() * 1_000_000);
    Call::new(Actor::owner(), "test", now, number)
}

pub fn import(app: &App, number: u64, files: &[PathBuf]) -> Result<Report, Error> {
    let map = Map::open("online-retail").unwrap();
    import::orders(app, &call(number), files, &map, &mut |_| {})
}

/// Every row not taken, as `line: reason`.
pub fn rejects(app: &App, report: &Report) -> Vec<String> {
    let of = |id: &str| import::rejected(app, &call(0), id, 0, 1_000).unwrap();
    let all = report.files.iter().flat_map(|file| of(&file.id));
    all.map(|reject| format!("{}: {}", reject.line, reject.reason)).collect()
}

/// The rows of every table an import could touch.
pub fn counts(app: &App) -> Vec<(&'static str, i64)> {
    const TABLES: &[&str] = &[
        "orders",
        "order_line",
        "delivery",
        "returns",
        "return_line",
        "disposition",
        "movement",
        "holding",
        "stock_level",
        "journal",
        "posting",
        "event",
        "pending",
        "item",
        "customer",
        "party",
        "channel",
        "import_reject",
        "audit",
    ];
    let count = |table: &&'static str| {
        let sql = ["SELECT COUNT(*) AS n FROM ", table].concat();
        let read = |tx: &mut orderly_store::Tx<'_>| tx.query_one(&sql, &[], |row| row.get("n"));
        let count: Result<Option<i64>, StoreError> = app.store.read(read);
        (*table, count.unwrap().unwrap())
    };
    TABLES.iter().map(count).collect()
}

pub const KINDS: &[&str] = &[
    "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,85123a,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "C536383,85123A,WHITE HOLDER,-1,2010-12-01 09:49:00,4.65,15311.0,EIRE",
    "536370,POST,POSTAGE,3,2010-12-01 08:45:00,18.0,12583.0,France",
    "536370,22728,ALARM CLOCK,1,2010-12-01 08:45:00,3.755,12583.0,France",
    "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom",
    "A563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom",
    "536589,21777,damages,-10,2010-12-01 16:50:00,0.0,,United Kingdom",
    "536590,21778,,56,2010-12-01 16:50:00,0.0,,United Kingdom",
    "536365,22841,FREE TIN,1,2010-12-01 08:26:00,0.0,17850.0,United Kingdom",
    "536600,gift_0001_10,Gift Voucher £10.00,1,2010-12-01 10:00:00,8.33,,Unspecified",
    "536601,20725,CARD,1000,2010-12-01 10:01:00,0.001,,Germany",
];

#[test]
fn every_kind_of_row_becomes_what_it_was() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        let report = import(&app, 1, &[file(&folder, "a.csv", KINDS)]).unwrap();
        assert_eq!((report.rows, report.taken, report.rejected), (12, 11, 1));
        assert_eq!((report.orders, report.returns), (4, 2));
        // 30.60 + 54 + 3.755 + 8.33 + 1 sold, 4.65 + 27.50 given back.
        assert_eq!(report.amount_taken, "65.535");
        assert_eq!(report.amount_rejected, "-11062.06");
        assert_eq!(report.amount_rounding, "0.005");
        let bad = "8: an adjustment of bad debt belongs to the ledger, not to trade";
        assert_eq!(rejects(&app, &report), [bad]);
        sales_are_closed_orders(&app);
        credits_are_returns_without_an_order(&app);
        goods_moved_between_unit_accounts(&app);
        let none = ["holding", "stock_level", "journal", "posting"];
        for (table, count) in counts(&app) {
            assert!(!none.contains(&table) || count == 0, "{table} has {count} rows");
        }
    }
}

fn sales_are_closed_orders(app: &App) {
    app.store
        .read(|tx| {
            let channel = channels::by_code(tx, "online-retail")?.unwrap();
            let (id, _) = orders::by_external(tx, channel.id, "536365")?.unwrap();
            let order = orders::get(tx, id, false)?.unwrap();
            assert!(order.history && order.head.state == OrderState::Closed);
            assert_eq!(order.number, "OR-536365");
            assert_eq!(order.placed_at.to_string(), "2010-12-01T08:26:00Z");
            assert_eq!(order.head.totals.total, 3_060);
            // The third row of the invoice is not beside the others, and is free of charge.
            assert_eq!(order.lines.len(), 3);
            assert_eq!(order.lines[2].description, "FREE TIN");
            let quantities = order.lines[0].quantities;
            assert_eq!((quantities.ordered, quantities.delivered), (qty(6), qty(6)));
            assert_eq!(quantities.open(), Qty::ZERO);
            let items: Vec<_> = order.lines.iter().map(|line| line.item.unwrap()).collect();
            assert_eq!(items[0], items[1], "SKUs are compared in capitals");
            let folded = orderly::ops::orders::folded(tx, id, 1)?;
            assert_eq!(folded.as_ref(), Some(&order));
            let customer = customers::by_external(tx, channel.id, "17850")?.unwrap();
            assert_eq!(order.head.customer, Some(customer.id));
            let (id, _) = orders::by_external(tx, channel.id, "536370")?.unwrap();
            let order = orders::get(tx, id, false)?.unwrap();
            assert_eq!(order.lines[0].kind, LineKind::Charge);
            assert_eq!(order.lines[1].price.to_string(), "3.755");
            assert_eq!(order.lines[1].amounts.gross, 376);
            let party = tables::parties::get(tx, order.deliveries[0].ship_to.unwrap())?.unwrap();
            assert_eq!(party.country.as_deref(), Some("FR"));
            let voucher = catalog::by_sku(tx, "GIFT_0001_10")?.unwrap();
            assert!(!voucher.is_stocked());
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn credits_are_returns_without_an_order(app: &App) {
    app.store
        .read(|tx| {
            let goods = returns::by_number(tx, "OR-C536383")?.unwrap();
            let goods = returns::get(tx, goods, false)?.unwrap();
            assert!(goods.history && goods.order.is_none());
            assert_eq!((goods.lines[0].received, goods.lines[0].amount), (qty(1), 465));
            assert_eq!(goods.lines[0].fates.restocked, qty(1));
            let money = returns::by_number(tx, "OR-C536379")?.unwrap();
            let money = returns::get(tx, money, false)?.unwrap();
            assert_eq!((money.lines[0].received, money.lines[0].amount), (Qty::ZERO, 2_750));
            assert_eq!(money.lines[0].item, None);
            Ok::<_, Error>(())
        })
        .unwrap();
}

fn goods_moved_between_unit_accounts(app: &App) {
    let moved = |sku: &str| {
        app.store
            .read(|tx| {
                let item = catalog::by_sku(tx, sku)?.unwrap();
                let all = units::movements_of_item(tx, item.id, None, 10)?;
                let all = all.into_iter().map(|one| one.movement);
                let sides = all.map(|one| (one.from.kind, one.to.kind, one.qty.get(), one.reason));
                Ok::<_, Error>(sides.collect::<Vec<_>>())
            })
            .unwrap()
    };
    use PlaceKind::{Customer, Found, History, Lost};
    let mut holder = moved("85123A");
    holder.sort_by_key(|(_, to, qty, _)| (to.code(), *qty));
    let sold = (History, Customer, 6, None);
    assert_eq!(holder, [sold.clone(), sold, (Customer, History, 1, None)]);
    assert_eq!(moved("21777"), [(History, Lost, 10, Some("damages".to_owned()))]);
    assert_eq!(moved("21778"), [(Found, History, 56, None)]);
}

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

#[test]
fn a_second_run_adds_nothing_and_a_later_file_extends_the_invoice() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        let first = file(&folder, "a.csv", KINDS);
        let report = import(&app, 1, std::slice::from_ref(&first)).unwrap();
        let before = counts(&app);
        // The same content under another name, and twice in one run.
        let copy = folder.path().join("copy.csv");
        std::fs::copy(&first, &copy).unwrap();
        let again = import(&app, 2, &[first, copy]).unwrap();
        assert_eq!(counts(&app), before);
        assert_eq!((again.rows, again.new_rows, again.new_orders), (12, 0, 0));
        assert_eq!(again.amount_taken, report.amount_taken);
        let later = file(
            &folder,
            "later.csv",
            &[
                "536365,22752,NESTING BOXES,2,2010-12-01 08:26:00,7.65,17850.0,United Kingdom",
                "C536383,22752,NESTING BOXES,-1,2010-12-01 08:26:00,7.65,15311.0,EIRE",
            ],
        );
        let more = import(&app, 3, &[later]).unwrap();
        assert_eq!((more.taken, more.new_orders, more.new_returns), (2, 0, 0));
        app.store
            .read(|tx| {
                let id = orders::by_number(tx, "OR-536365")?.unwrap();
                let order = orders::get(tx, id, false)?.unwrap();
                assert_eq!((order.lines.len(), order.version, order.sequence), (4, 2, 2));
                assert_eq!(order.head.totals.total, 3_060 + 1_530);
                assert_eq!(orderly::ops::orders::folded(tx, id, 2)?, Some(order));
                let id = returns::by_number(tx, "OR-C536383")?.unwrap();
                let returned = returns::get(tx, id, false)?.unwrap();
                assert_eq!((returned.lines.len(), returned.sequence), (2, 2));
                assert_eq!(returned.dispositions.len(), 2);
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

#[test]
fn a_run_that_dies_half_way_goes_on_where_it_stopped() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        // Three batches; every hundredth row belongs to one invoice that spans them all.
        let rows: Vec<String> = (0..9_000)
            .map(|row| {
                let invoice = if row % 100 == 0 { 1 } else { 2 + row / 7 };
                let sku = row % 50;
                format!("{invoice},S{sku},Item {sku},1,2010-12-01 08:26:00,0.10,{sku}.0,Germany")
            })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let file = file(&folder, "long.csv", &rows);
        let map = Map::open("online-retail").unwrap();
        let mut committed = 0;
        let died = catch_unwind(AssertUnwindSafe(|| {
            let files = [file.clone()];
            import::orders(&app, &call(1), &files, &map, &mut |progress| {
                committed = progress.rows;
                panic!("the power fails after the first batch");
            })
        }));
        assert!(died.is_err());
        assert!((4_096..9_000).contains(&committed), "{committed}");
        let app = db.open();
        let report = import(&app, 2, &[file]).unwrap();
        assert_eq!((report.rows, report.taken, report.rejected), (9_000, 9_000, 0));
        assert_eq!(report.new_rows, 9_000 - committed);
        assert_eq!(report.amount_taken, "900");
        let counts: HashMap<&str, i64> = counts(&app).into_iter().collect();
        assert_eq!((counts["order_line"], counts["movement"]), (9_000, 9_000));
        assert_eq!(counts["orders"], report.orders);
        app.store
            .read(|tx| {
                let id = orders::by_number(tx, "OR-1")?.unwrap();
                let order = orders::get(tx, id, false)?.unwrap();
                assert_eq!((order.lines.len(), order.head.totals.total), (90, 900));
                assert!(order.sequence > 1);
                assert_eq!(orderly::ops::orders::folded(tx, id, i64::MAX)?, Some(order));
                Ok::<_, Error>(())
            })
            .unwrap();
    }
}

#[test]
fn importing_needs_its_right() {
    let db = TestDb::sqlite();
    let app = db.open();
    let actor = Actor { kind: ActorKind::User, id: UserId::NONE, all: false, grants: vec![] };
    let map = Map::open("online-retail").unwrap();
    let call = Call { actor, ..call(1) };
    let refused = import::orders(&app, &call, &[], &map, &mut |_| {}).unwrap_err();
    assert_eq!(refused.code(), "forbidden");
}

#[test]
fn the_progress_of_a_file_is_moved_on_by_one_run_only() {
    for db in TestDb::each() {
        let (app, folder) = (db.open(), TempDir::new().unwrap());
        let report = import(&app, 1, &[file(&folder, "a.csv", KINDS)]).unwrap();
        let id: ImportId = report.files[0].id.parse().unwrap();
        let moved = app.store.write(|tx| {
            let before = imports::get(tx, id)?.unwrap();
            let after = imports::File { line: before.line + 1, ..before.clone() };
            imports::save(tx, &before, &after)
        });
        assert!(!moved.unwrap(), "a finished file is not moved on");
    }
}

/// The folder of the public data; none, said on stderr, where it is not on this machine.
fn real_data() -> Option<Vec<PathBuf>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var("ORDERLY_DATA").map_or(own, PathBuf::from);
    let folder = root.join("01-uci-online-retail/original/data/retail-data/by-day");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: set ORDERLY_DATA to the folder of the public data");
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

/// Rows and their exact sum in thousandths, read without the importer.
fn summed(files: &[PathBuf]) -> (i64, i128) {
    let (mut rows, mut sum) = (0, 0);
    for file in files {
        let mut reader = csv::Reader::from_path(file).unwrap();
        for record in reader.records() {
            let record = record.unwrap();
            let (whole, part) = record[5].split_once('.').unwrap();
            let price: i128 = format!("{whole}{part:0<3}").parse().unwrap();
            sum += record[3].parse::<i128>().unwrap() * price;
            rows += 1;
        }
    }
    (rows, sum)
}

#[test]
fn the_real_data_are_taken_to_the_last_row_and_penny() {
    let Some(mut files) = real_data() else { return };
    if cfg!(debug_assertions) {
        eprintln!("a debug build reads every twelfth day; a release build reads all of them");
        files = files.into_iter().step_by(12).collect();
    }
    let (rows, thousandths) = summed(&files);
    for db in TestDb::each() {
        let app = db.open();
        let report = import(&app, 1, &files).unwrap();
        assert_eq!(report.rows, rows);
        assert_eq!(report.taken + report.rejected, rows);
        let read = |text: &str| {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{part:0<3}").parse::<i128>().unwrap()
        };
        assert_eq!(read(&report.amount_taken) + read(&report.amount_rejected), thousandths);
        // What is booked is what was taken, rounded row by row.
        let booked: i64 = app
            .store
            .read(|tx| {
                let sold = "SELECT CAST(SUM(total_minor) AS BIGINT) AS n FROM orders";
                let back = "SELECT CAST(SUM(amount_minor) AS BIGINT) AS n FROM return_line";
                let read = |row: &orderly_store::Row<'_>| row.get::<i64>("n");
                let sold = tx.query_one(sold, &[], read)?.unwrap();
                Ok::<_, StoreError>(sold - tx.query_one(back, &[], read)?.unwrap())
            })
            .unwrap();
        let exact = read(&report.amount_taken) + read(&report.amount_rounding);
        assert_eq!(i128::from(booked) * 10, exact);
        let before = counts(&app);
        let again = import(&app, 2, &files).unwrap();
        assert_eq!((again.new_rows, again.rows), (0, rows));
        assert_eq!(counts(&app), before);
    }
}
