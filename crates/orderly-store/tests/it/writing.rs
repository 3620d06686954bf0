//! Transactions: the line of writers, their shared commit, and what an error or a panic leaves.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};

use orderly_store::{Engine, Store, StoreError, Tx};

use crate::{TestDb, count, count_in, put};

/// Takes the turn of writing and keeps it until told; what it wrote stays.
fn occupy(store: &Store) -> (Sender<()>, JoinHandle<()>) {
    let (go, wait) = channel::<()>();
    let (entered, inside) = channel::<()>();
    let store = store.clone();
    let first = spawn(move || {
        let wrote = store.write(|tx| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            put(tx, 1000, 0)
        });
        wrote.unwrap();
    });
    inside.recv().unwrap();
    (go, first)
}

/// Starts a writer and returns when it stands in line.
fn line_up<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> JoinHandle<Result<T, StoreError>> {
    let before = store.waiting();
    let writer = store.clone();
    let handle = spawn(move || writer.write(f));
    while store.waiting() == before {
        std::thread::yield_now();
    }
    handle
}

#[test]
fn every_answered_write_is_seen_and_writes_share_commits() {
    for db in TestDb::each() {
        let store = db.plain();
        let before = store.commits();
        let writers: Vec<_> = (0..64)
            .map(|thread| {
                let store = store.clone();
                spawn(move || {
                    for n in 0..20 {
                        let id = thread * 100 + n;
                        store.write(|tx| put(tx, id, n)).unwrap();
                        let seen = store.read(|tx| {
                            let sql = "SELECT whole FROM sample WHERE id = $1";
                            tx.query_one(sql, &[&id], |row| row.get::<i64>("whole"))
                        });
                        assert_eq!(seen.map_err(|error: StoreError| error).unwrap(), Some(n));
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(count(&store), 64 * 20);
        let commits = store.commits() - before;
        match store.engine() {
            Engine::Sqlite => assert!(commits < 64 * 20 / 2, "{commits} commits"),
            Engine::Postgres => assert_eq!(commits, 64 * 20),
        }
    }
}

#[test]
fn writers_have_their_turn_in_the_order_they_came() {
    let db = TestDb::sqlite();
    let store = db.plain();
    let (go, first) = occupy(&store);
    let order = Arc::new(Mutex::new(Vec::new()));
    let writers: Vec<_> = (0..300)
        .map(|n| {
            let order = Arc::clone(&order);
            line_up(&store, move |tx| {
                order.lock().unwrap().push(n);
                put(tx, n, n)
            })
        })
        .collect();
    let before = store.commits();
    go.send(()).unwrap();
    first.join().unwrap();
    writers.into_iter().for_each(|writer| assert_eq!(writer.join().unwrap().unwrap(), 1));
    assert_eq!(*order.lock().unwrap(), (0..300).collect::<Vec<_>>());
    assert_eq!(store.commits() - before, 2, "256 share a commit, the other 45 the next");
}

#[test]
fn an_error_undoes_its_own_work_and_no_one_elses() {
    let db = TestDb::sqlite();
    let store = db.plain();
    let (go, first) = occupy(&store);
    let before = line_up(&store, |tx| put(tx, 1, 1));
    let failing = line_up(&store, |tx| {
        put(tx, 2, 2)?;
        Err::<(), _>(StoreError::Busy)
    });
    let refused = line_up(&store, |tx| put(tx, 1, 3));
    let after = line_up(&store, |tx| {
        put(tx, 4, 4)?;
        count_in(tx)
    });
    go.send(()).unwrap();
    first.join().unwrap();
    assert_eq!(before.join().unwrap().unwrap(), 1);
    assert!(matches!(failing.join().unwrap(), Err(StoreError::Busy)));
    assert!(matches!(refused.join().unwrap(), Err(StoreError::Constraint(_))));
    assert_eq!(after.join().unwrap().unwrap(), 3);
    assert_eq!((count(&store), store.commits()), (3, 1));
}

#[test]
fn a_panic_undoes_its_own_work_and_the_line_goes_on() {
    for db in TestDb::each() {
        let store = db.plain();
        let alone = catch_unwind(AssertUnwindSafe(|| {
            store.write(|tx| {
                put(tx, 1, 1)?;
                if count_in(tx)? == 1 {
                    panic!("a test panics")
                }
                Ok::<_, StoreError>(())
            })
        }));
        assert!(alone.is_err());
        store.write(|tx| put(tx, 2, 2)).unwrap();
        assert_eq!(count(&store), 1);
    }
    let db = TestDb::sqlite();
    let store = db.plain();
    let (go, first) = occupy(&store);
    let panics = line_up(&store, |tx| {
        tx.savepoint(|tx| put(tx, 1, 1).map(|_| panic!("a test panics"))).map(|(): ()| ())
    });
    let after = line_up(&store, |tx| put(tx, 2, 2));
    go.send(()).unwrap();
    first.join().unwrap();
    assert!(panics.join().is_err());
    after.join().unwrap().unwrap();
    assert_eq!(count(&store), 2);
}

#[test]
fn a_rollback_by_the_engine_fails_the_whole_group_and_not_the_next() {
    let db = TestDb::sqlite();
    let store = db.plain();
    store.write(|tx| put(tx, 1, 1)).unwrap();
    let (go, wait) = channel::<()>();
    let (entered, inside) = channel::<()>();
    let other = store.clone();
    let first = spawn(move || {
        other.write(|tx| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            put(tx, 1000, 0)
        })
    });
    inside.recv().unwrap();
    let member = line_up(&store, |tx| put(tx, 2, 2));
    let breaks = line_up(&store, |tx| {
        let failed = tx.exec("INSERT OR ROLLBACK INTO sample (id) VALUES (1)", &[]);
        assert!(matches!(failed, Err(StoreError::Constraint(_))));
        put(tx, 3, 3).expect_err("it would commit by itself");
        Ok(())
    });
    let next = line_up(&store, |tx| put(tx, 4, 4));
    go.send(()).unwrap();
    assert!(matches!(first.join().unwrap(), Err(StoreError::Unavailable(_))));
    assert!(matches!(member.join().unwrap(), Err(StoreError::Unavailable(_))));
    assert!(breaks.join().unwrap().is_err());
    next.join().unwrap().unwrap();
    assert_eq!(count(&store), 2);
}

#[test]
fn a_full_disk_is_told_and_room_heals_it() {
    let db = TestDb::sqlite();
    let store = db.plain();
    let limit = |pages: &'static str| {
        store.write(move |tx| tx.exec(&format!("PRAGMA max_page_count = {pages}"), &[]))
    };
    limit("1").unwrap();
    let fill = |tx: &mut Tx<'_>| {
        let bytes = vec![1_u8; 1 << 20];
        tx.exec("INSERT INTO sample (id, raw) VALUES (1, $1)", &[&bytes])
    };
    assert!(matches!(store.write(fill), Err(StoreError::Full(_))));
    assert_eq!(count(&store), 0);
    limit("1000000").unwrap();
    store.write(fill).unwrap();
    assert_eq!(count(&store), 1);
}

#[test]
fn a_savepoint_undoes_its_part_even_after_a_refusal() {
    for db in TestDb::each() {
        let store = db.plain();
        let done: Result<(), StoreError> = store.write(|tx| {
            put(tx, 1, 1)?;
            let refused = tx.savepoint(|tx| {
                put(tx, 2, 2)?;
                put(tx, 1, 2)
            });
            assert!(matches!(refused, Err(StoreError::Constraint(_))));
            tx.savepoint(|tx| {
                put(tx, 3, 3)?;
                let inner = tx.savepoint(|tx| {
                    put(tx, 4, 4)?;
                    Err::<(), _>(StoreError::Busy)
                });
                assert!(matches!(inner, Err(StoreError::Busy)));
                put(tx, 5, 5).map(drop)
            })
        });
        done.unwrap();
        let ids = store.read(|tx| {
            tx.query("SELECT id FROM sample ORDER BY id", &[], |row| row.get::<i64>("id"))
        });
        assert_eq!(ids.map_err(|error: StoreError| error).unwrap(), [1, 3, 5]);
    }
}

#[test]
fn a_swallowed_refusal_fails_the_transaction() {
    for db in TestDb::each() {
        let store = db.plain();
        let result: Result<(), StoreError> = store.write(|tx| {
            put(tx, 1, 1)?;
            let _ = put(tx, 1, 2);
            put(tx, 2, 2).expect_err("nothing follows a refusal");
            Ok(())
        });
        assert!(matches!(result, Err(StoreError::Constraint(_))), "{result:?}");
        assert_eq!(count(&store), 0);
    }
}

#[test]
fn a_read_keeps_its_snapshot_and_cannot_write() {
    for db in TestDb::each() {
        let store = db.plain();
        store.write(|tx| put(tx, 1, 1)).unwrap();
        let writer = store.clone();
        store
            .read(|tx| {
                spawn(move || writer.write(|tx| put(tx, 2, 2)).unwrap()).join().unwrap();
                assert_eq!(count_in(tx)?, 1);
                put(tx, 3, 3).expect_err("a read does not write");
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert_eq!(count(&store), 2);
    }
}

#[test]
fn a_write_inside_a_write_is_refused() {
    for db in TestDb::each() {
        let store = db.plain();
        let inner = store.write(|_| Ok::<_, StoreError>(store.write(|tx| put(tx, 1, 1))));
        assert!(matches!(inner.unwrap(), Err(StoreError::Other(_))));
        store.write(|tx| put(tx, 1, 1)).unwrap();
    }
}

#[test]
fn a_backup_taken_while_writing_is_one_moment() {
    let db = TestDb::sqlite();
    let store = db.plain();
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..4_i64)
        .map(|thread| {
            let (store, stop, answered) = (store.clone(), Arc::clone(&stop), Arc::clone(&answered));
            spawn(move || {
                let mut id = thread << 32;
                while !stop.load(Ordering::Relaxed) {
                    id += 2;
                    let pair = store.write(|tx| {
                        put(tx, id, 7)?;
                        put(tx, id + 1, -7)
                    });
                    pair.unwrap();
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) < 100 {
        std::thread::yield_now();
    }
    let at_least = answered.load(Ordering::Relaxed);
    let copy = db.beside("backup.db");
    store.backup(&copy).unwrap();
    assert!(store.backup(&copy).is_err(), "a backup is never overwritten");
    stop.store(true, Ordering::Relaxed);
    writers.into_iter().for_each(|writer| writer.join().unwrap());

    let restored = Store::open_with(copy.to_str().unwrap(), &crate::PLAIN).unwrap();
    let sums = restored.read(|tx| {
        let sql = "SELECT COUNT(*) AS n, CAST(SUM(whole) AS BIGINT) AS sum FROM sample";
        tx.query_one(sql, &[], |row| Ok((row.get::<i64>("n")?, row.get::<i64>("sum")?)))
    });
    let (rows, sum) = sums.map_err(|error: StoreError| error).unwrap().unwrap();
    assert!(sum == 0 && rows % 2 == 0 && rows >= 2 * i64::try_from(at_least).unwrap());
    restored.write(|tx| put(tx, 1, 1)).unwrap();
    assert_eq!(restored.catalog().unwrap(), store.catalog().unwrap());
}

/// The test starts itself again as the other process.
#[test]
fn two_processes_write_the_same_file() {
    const OTHER: &str = "ORDERLY_TEST_OTHER_PROCESS";
    let write = |location: &str, from: i64| {
        let store = Store::open_with(location, &crate::PLAIN).unwrap();
        for id in from..from + 200 {
            store.write(|tx| put(tx, id, id)).unwrap();
        }
        store
    };
    if let Ok(location) = std::env::var(OTHER) {
        write(&location, 5000);
        return;
    }
    let db = TestDb::sqlite();
    let name = "writing::two_processes_write_the_same_file";
    let mut other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(OTHER, db.location())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let store = write(db.location(), 1);
    assert!(other.wait().unwrap().success());
    assert_eq!(count(&store), 400);
}

#[test]
#[cfg(unix)]
fn a_new_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let db = TestDb::sqlite();
    let store = db.plain();
    store.write(|tx| put(tx, 1, 1)).unwrap();
    for name in ["orderly.db", "orderly.db-wal"] {
        let mode = std::fs::metadata(db.beside(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn what_did_not_wait_for_the_disk_is_durable_afterwards() {
    for db in TestDb::each() {
        let store = db.open(&orderly_store::schema::ORDERLY).unwrap();
        let written = store.without_waiting(|| {
            store.write(|tx| tx.exec("INSERT INTO setting (key, value) VALUES ('a', 'b')", &[]))
        });
        assert_eq!(written.unwrap().unwrap(), 1);
        drop(store);
        let again = db.open(&orderly_store::schema::ORDERLY).unwrap();
        let found = again.read(|tx| {
            tx.query_one("SELECT value FROM setting WHERE key = 'a'", &[], |row| {
                row.get::<String>("value")
            })
        });
        assert_eq!(found.unwrap().as_deref(), Some("b"));
    }
}
