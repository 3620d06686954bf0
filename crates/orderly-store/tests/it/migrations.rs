//! Bringing a database up to date, once, whoever comes first; and the books nobody rewrites.

use std::sync::{Arc, Barrier};
use std::thread::spawn;

use orderly_store::schema::{File, Schema};
use orderly_store::{Engine, Store, StoreError};

use crate::{PLAIN, TestDb, count, put};

/// The same text is valid on both engines.
const fn both(files: &'static [File]) -> Schema {
    Schema { sqlite: files, postgres: files, books: &[] }
}

const A: File = File { name: "0001_a", sql: "CREATE TABLE a (id INTEGER NOT NULL);" };
const A_LONGER: File = File {
    name: "0001_a",
    sql: "-- now with an index\nCREATE TABLE a (id  INTEGER NOT NULL);CREATE INDEX a_id ON a (id);",
};
const A_CHANGED: File = File { name: "0001_a", sql: "CREATE TABLE a (id INTEGER);" };
const B: File = File { name: "0002_b", sql: "CREATE TABLE b (id INTEGER NOT NULL);" };
const B_BROKEN: File = File {
    name: "0002_b",
    sql: "CREATE TABLE b (id INTEGER NOT NULL); CREATE INDEX b_id ON b (nothing);",
};

fn told(result: Result<Store, StoreError>) -> String {
    let error = result.unwrap_err();
    format!("{error}: {}", std::error::Error::source(&error).unwrap())
}

#[test]
fn many_that_start_at_once_migrate_once() {
    for db in TestDb::each() {
        let start = Arc::new(Barrier::new(8));
        let opening: Vec<_> = (0..8)
            .map(|id| {
                let (start, location) = (Arc::clone(&start), db.location().to_owned());
                spawn(move || {
                    start.wait();
                    let store = Store::open_with(&location, &PLAIN).unwrap();
                    store.write(|tx| put(tx, id, id)).unwrap();
                })
            })
            .collect();
        opening.into_iter().for_each(|opening| opening.join().unwrap());
        let store = db.plain();
        assert_eq!(count(&store), 8);
        let steps = store.read(|tx| {
            let sql = "SELECT COUNT(*) AS n FROM schema_step WHERE file <> 'books'";
            tx.query_one(sql, &[], |row| row.get::<i64>("n"))
        });
        assert_eq!(steps.map_err(|error: StoreError| error).unwrap(), Some(3));
    }
}

#[test]
fn a_statement_changed_after_it_was_applied_is_refused() {
    for db in TestDb::each() {
        db.open(&both(&[A])).unwrap();
        let changed = told(db.open(&both(&[A_CHANGED])));
        assert!(changed.contains("statement 1 of 0001_a was changed"), "{changed}");
        db.open(&both(&[A])).unwrap();
    }
}

#[test]
fn statements_and_files_added_later_are_applied_and_comments_are_free() {
    for db in TestDb::each() {
        db.open(&both(&[A])).unwrap();
        let store = db.open(&both(&[A_LONGER, B])).unwrap();
        let catalog = store.catalog().unwrap();
        assert_eq!((catalog.len(), catalog[0].indexes.len()), (2, 1));
    }
}

#[test]
fn a_broken_step_leaves_what_came_before_and_is_resumed_when_mended() {
    for db in TestDb::each() {
        let broken = told(db.open(&both(&[A, B_BROKEN])));
        assert!(broken.contains("0002_b, statement 2"), "{broken}");
        let store = db.open(&both(&[A, B])).unwrap();
        assert_eq!(store.catalog().unwrap().len(), 2);
    }
}

#[test]
fn a_program_older_than_the_database_is_refused() {
    for db in TestDb::each() {
        db.open(&both(&[A, B])).unwrap();
        let older = told(db.open(&both(&[A])));
        assert!(older.contains("0002_b, which this version does not know"), "{older}");
    }
}

#[test]
fn a_reference_checked_at_commit_is_refused_on_sqlite() {
    const DEFERRED: File = File {
        name: "0001_deferred",
        sql: "CREATE TABLE a (id INTEGER PRIMARY KEY, of INTEGER REFERENCES a (id)
                  DEFERRABLE INITIALLY DEFERRED)",
    };
    let refused = told(TestDb::sqlite().open(&both(&[DEFERRED])));
    assert!(refused.contains("not safe"), "{refused}");
}

#[test]
fn the_books_take_rows_and_never_give_them_back() {
    for db in TestDb::each() {
        let store = db.plain();
        let insert = "INSERT INTO ledger (id, qty) VALUES ($1, 5)";
        store.write(|tx| tx.exec(insert, &[&[1_u8; 16]])).unwrap();
        let mut forbidden = vec![
            "UPDATE ledger SET qty = 6",
            "DELETE FROM ledger",
            "INSERT INTO ledger (id, qty) SELECT id, 9 FROM ledger WHERE true
                 ON CONFLICT (id) DO UPDATE SET qty = 9",
        ];
        match store.engine() {
            Engine::Sqlite => forbidden.push("REPLACE INTO ledger SELECT id, 9 FROM ledger"),
            Engine::Postgres => forbidden.extend(["TRUNCATE ledger", "DROP TABLE ledger"]),
        }
        for sql in forbidden {
            store.write(|tx| tx.exec(sql, &[])).expect_err(sql);
        }
        let qty =
            store.read(|tx| tx.query("SELECT qty FROM ledger", &[], |row| row.get::<i64>("qty")));
        assert_eq!(qty.map_err(|error: StoreError| error).unwrap(), [5]);
        store.write(|tx| put(tx, 1, 1)).unwrap();
        let free = store.write(|tx| tx.exec("UPDATE sample SET whole = 2", &[])).unwrap();
        assert_eq!(free, 1, "other tables are no books");
    }
}

#[test]
fn the_applications_role_owns_nothing_and_a_superuser_is_warned_of() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let warned = store.warnings().iter().any(|text| text.contains("superuser"));
    assert!(warned, "{:?}", store.warnings());
    for sql in ["CREATE TABLE mine (id bigint)", "UPDATE schema_step SET hash = ''"] {
        let refused = store.write(|tx| tx.exec(sql, &[])).unwrap_err();
        let cause = std::error::Error::source(&refused).unwrap().to_string();
        assert!(cause.contains("42501"), "{cause}");
    }
}

#[test]
fn two_schemas_of_one_server_do_not_see_each_other() {
    let (Some(one), Some(other)) = (TestDb::postgres(), TestDb::postgres()) else { return };
    let (one, other) = (one.plain(), other.plain());
    one.write(|tx| put(tx, 1, 1)).unwrap();
    assert_eq!((count(&one), count(&other)), (1, 0));
}
