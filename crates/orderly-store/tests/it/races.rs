//! Lost races and lost connections on PostgreSQL: the caller never sees them.

use std::cell::Cell;
use std::sync::{Arc, Barrier};
use std::thread::spawn;

use orderly_store::{Store, StoreError, Tx};

use crate::{TestDb, count, put};

type Done = Result<(), StoreError>;

fn set(tx: &mut Tx<'_>, id: i64, whole: i64) -> Result<u64, StoreError> {
    tx.exec("UPDATE sample SET whole = whole + $2 WHERE id = $1", &[&id, &whole])
}

#[test]
fn a_deadlock_is_run_again() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    store.write(|tx| put(tx, 1, 0).and_then(|_| put(tx, 2, 0))).unwrap();
    let both_hold = Arc::new(Barrier::new(2));
    let writers: Vec<_> = [(1_i64, 2_i64), (2, 1)]
        .map(|(one, other)| {
            let (store, both_hold) = (store.clone(), Arc::clone(&both_hold));
            spawn(move || {
                let runs = Cell::new(0);
                let done = store.write(|tx| {
                    set(tx, one, 1)?;
                    runs.set(runs.get() + 1);
                    if runs.get() == 1 {
                        both_hold.wait();
                    }
                    set(tx, other, 1)
                });
                done.map(|_| runs.get()).unwrap()
            })
        })
        .into_iter()
        .collect();
    let runs: i32 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    assert!(runs >= 3, "somebody lost and ran again");
    let sql = "SELECT whole FROM sample";
    let wholes = store.read(|tx| tx.query(sql, &[], |row| row.get::<i64>("whole")));
    assert_eq!(wholes.map_err(|error: StoreError| error).unwrap(), [2, 2]);
}

#[test]
fn a_serialization_failure_is_run_again_even_when_it_is_swallowed() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let runs = Cell::new(0);
    let done: Done = store.write(|tx| {
        put(tx, 1, 1)?;
        runs.set(runs.get() + 1);
        if runs.get() < 4 {
            let raise = "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$";
            let _ = tx.savepoint(|tx| tx.exec(raise, &[]));
        }
        Ok(())
    });
    done.unwrap();
    assert_eq!((runs.get(), count(&store)), (4, 1));
}

#[test]
fn a_race_lost_ten_times_is_told_as_busy() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let runs = Cell::new(0);
    let done = store.write(|tx| {
        runs.set(runs.get() + 1);
        tx.exec("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40P01'; END $$", &[])
    });
    assert!(matches!(done, Err(StoreError::Busy)));
    assert_eq!(runs.get(), 10);
}

#[test]
fn a_connection_that_dies_before_the_commit_is_replaced() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let runs = Cell::new(0);
    let done: Done = store.write(|tx| {
        put(tx, 1, 1)?;
        runs.set(runs.get() + 1);
        if runs.get() == 1 {
            let pid = tx.query_one("SELECT pg_backend_pid() AS pid", &[], |row| row.get("pid"))?;
            kill(&db, pid.unwrap());
        }
        put(tx, 2, 2).map(drop)
    });
    done.unwrap();
    assert_eq!((runs.get(), count(&store)), (2, 2));
}

#[test]
fn a_pool_of_dead_connections_is_replaced_before_a_read() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let pid = store.read(|tx| tx.query_one("SELECT pg_backend_pid()", &[], |row| row.at(0)));
    kill(&db, pid.map_err(|error: StoreError| error).unwrap().unwrap());
    assert_eq!(count(&store), 0);
}

/// The server dies at COMMIT, and nobody knows whether before or after: the closure runs again,
/// and its claim tells it.
#[test]
fn a_commit_of_unknown_outcome_is_run_again() {
    let Some(db) = TestDb::postgres() else { return };
    let store = db.plain();
    let arm = "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                   BEGIN
                       IF current_setting('orderly.die', true) = 'yes' THEN
                           PERFORM pg_terminate_backend(pg_backend_pid());
                       END IF;
                       RETURN NULL;
                   END $$;
               CREATE CONSTRAINT TRIGGER die AFTER INSERT ON sample DEFERRABLE INITIALLY DEFERRED
                   FOR EACH ROW EXECUTE FUNCTION die()";
    db.owner().unwrap().batch_execute(arm).unwrap();
    let runs = Cell::new(0);
    let done = store.write(|tx| {
        runs.set(runs.get() + 1);
        if runs.get() == 1 {
            tx.exec("SET LOCAL orderly.die = 'yes'", &[])?;
        }
        tx.exec("INSERT INTO sample (id) VALUES (1) ON CONFLICT DO NOTHING", &[])
    });
    assert_eq!(done.map_err(|error: StoreError| error).unwrap(), 1);
    assert_eq!((runs.get(), count(&store)), (2, 1));
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let nowhere = Store::open("postgres://postgres@127.0.0.1:1/postgres?schema=s&sslmode=disable");
    assert!(matches!(nowhere, Err(StoreError::Unavailable(_))), "{nowhere:?}");
    let error = std::error::Error::source(&nowhere.unwrap_err()).unwrap().to_string();
    assert!(error.contains("refused"), "{error}");
    for wrong in ["schema=a-b", "schema=pg_x", "pool=0", "pool=x", "sslmode=maybe"] {
        let location = format!("postgres://postgres@127.0.0.1:1/postgres?{wrong}");
        assert!(matches!(Store::open(&location), Err(StoreError::Other(_))), "{wrong}");
    }
}

fn kill(db: &TestDb, pid: i64) {
    let pid = i32::try_from(pid).unwrap();
    let mut owner = db.owner().unwrap();
    owner.execute("SELECT pg_terminate_backend($1)", &[&pid]).unwrap();
    let gone = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
    while owner.query_opt(gone, &[&pid]).unwrap().is_some() {
        std::thread::yield_now();
    }
}
