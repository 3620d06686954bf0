//! What both engines promise of a statement.

use orderly_store::{Column, Kind, Store, StoreError, Value};

use crate::{TestDb, count, put};

type Done = Result<(), StoreError>;

#[test]
fn the_schema_of_orderly_opens_and_opens_again() {
    for db in TestDb::each() {
        drop(Store::open(db.location()).unwrap());
        let store = Store::open(db.location()).unwrap();
        let sql = "SELECT id FROM orders";
        let orders = store.read(|tx| tx.query(sql, &[], |row| row.at::<[u8; 16]>(0)));
        assert!(orders.map_err(|error: StoreError| error).unwrap().is_empty());
    }
}

#[test]
fn both_engines_have_the_same_catalog() {
    let sqlite = TestDb::sqlite();
    let Some(postgres) = TestDb::postgres() else { return };
    let sqlite = Store::open(sqlite.location()).unwrap().catalog().unwrap();
    let postgres = Store::open(postgres.location()).unwrap().catalog().unwrap();
    assert!(sqlite.iter().any(|table| table.name == "orders"));
    for (one, other) in sqlite.iter().zip(&postgres) {
        assert_eq!(one, other);
    }
    assert_eq!(sqlite.len(), postgres.len());
}

#[test]
fn the_catalog_tells_columns_keys_and_checks() {
    for db in TestDb::each() {
        let catalog = db.plain().catalog().unwrap();
        let names: Vec<_> = catalog.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["ledger", "level", "sample"]);
        let level = &catalog[1];
        assert_eq!((level.checks, level.columns.len()), (1, 2));
        assert_eq!((level.columns[0].key, level.columns[0].nullable), (Some(1), false));
        assert!(catalog[2].columns[3].nullable && catalog[2].columns[3].kind == Kind::Text);
    }
}

#[test]
fn values_come_back_as_they_went() {
    let id = [7_u8; 16];
    let text = "Ünïcode 'quoted' $1 \u{1F600}".to_owned();
    for db in TestDb::each() {
        let store = db.plain();
        let insert = "INSERT INTO sample (id, whole, broken, words, raw) VALUES ($1,$2,$3,$4,$5)";
        let rows = store.write(|tx| {
            tx.exec(insert, &[&i64::MIN, &i64::MAX, &0.1, &text, &id])?;
            tx.exec(insert, &[&1_i64, &true, &f64::MIN, &"", &vec![0_u8, 255]])?;
            tx.query("SELECT * FROM sample ORDER BY id", &[], |row| {
                let key: i64 = row.get("id")?;
                let words: String = row.get("words")?;
                Ok((key, row.get("whole")?, row.get("broken")?, words, row.get("raw")?))
            })
        });
        let rows: Vec<(i64, i64, f64, String, Vec<u8>)> = rows.map_err(|e: StoreError| e).unwrap();
        assert_eq!(rows[0], (i64::MIN, i64::MAX, 0.1, text.clone(), id.to_vec()));
        assert_eq!(rows[1], (1, 1, f64::MIN, String::new(), vec![0, 255]));
        let back = store.read(|tx| {
            tx.query_one("SELECT raw FROM sample WHERE raw = $1", &[&id], |row| row.get("raw"))
        });
        assert_eq!(back.map_err(|e: StoreError| e).unwrap(), Some(id));
    }
}

#[test]
fn a_typed_null_is_stored_compared_and_read() {
    for db in TestDb::each() {
        let store = db.plain();
        let none = (None::<i64>, None::<f64>, None::<&str>, None::<[u8; 16]>);
        let done: Done = store.write(|tx| {
            let insert = "INSERT INTO sample VALUES ($1, $2, $3, $4, $5)";
            tx.exec(insert, &[&1_i64, &none.0, &none.1, &none.2, &none.3])?;
            put(tx, 2, 5).map(drop)
        });
        done.unwrap();
        let find = |whole: Option<i64>| -> Vec<i64> {
            let sql = "SELECT id FROM sample WHERE $1 IS NULL OR whole = $1 ORDER BY id";
            let found = store.read(|tx| tx.query(sql, &[&whole], |row| row.get("id")));
            found.map_err(|error: StoreError| error).unwrap()
        };
        assert_eq!((find(None), find(Some(5)), find(Some(6))), (vec![1, 2], vec![2], vec![]));
        let read = store.read(|tx| {
            tx.query_one("SELECT whole, words FROM sample WHERE id = 1", &[], |row| {
                Ok((row.get::<Option<i64>>("whole")?, row.get::<Option<String>>("words")?))
            })
        });
        assert_eq!(read.map_err(|error: StoreError| error).unwrap(), Some((None, None)));
    }
}

#[test]
fn a_wrong_type_names_the_column_and_the_reason() {
    for db in TestDb::each() {
        let store = db.plain();
        store.write(|tx| put(tx, 1, 300)).unwrap();
        let read = |f: fn(&orderly_store::Row<'_>) -> Done| {
            let sql = "SELECT id, whole, words FROM sample";
            store.read(|tx| tx.query(sql, &[], f)).map(drop).unwrap_err()
        };
        let told = |error: StoreError| match error {
            StoreError::Decode { column, cause } => format!("{column}: {cause}"),
            other => format!("{other:?}"),
        };
        let words = read(|row| row.get::<String>("words").map(drop));
        assert_eq!(told(words), "words: expected text, found NULL");
        let small = read(|row| row.get::<u8>("whole").map(drop));
        assert_eq!(told(small), "whole: 300 does not fit u8");
        let flag = read(|row| row.get::<bool>("whole").map(drop));
        assert_eq!(told(flag), "whole: expected 0 or 1, found an integer");
        let other = read(|row| row.get::<i64>("other").map(drop));
        assert_eq!(told(other), "other: the answer has no such column");
    }
}

#[test]
fn text_with_a_nul_is_refused_and_the_transaction_goes_on() {
    for db in TestDb::each() {
        let store = db.plain();
        let done: Done = store.write(|tx| {
            let insert = "INSERT INTO sample (id, words) VALUES ($1, $2)";
            let refused = tx.exec(insert, &[&1_i64, &"a\0b"]).unwrap_err();
            assert!(matches!(refused, StoreError::Value(_)), "{refused:?}");
            let columns = [Column::new("id", Kind::Int), Column::new("words", Kind::Text)];
            let row = vec![Value::Int(1), Value::Text("a\0b".to_owned())];
            let refused = tx.insert_many("sample", &columns, &[row], "").unwrap_err();
            assert!(matches!(refused, StoreError::Value(_)), "{refused:?}");
            let nan = "INSERT INTO sample (id, broken) VALUES ($1, $2)";
            assert!(matches!(tx.exec(nan, &[&1_i64, &f64::NAN]), Err(StoreError::Value(_))));
            put(tx, 2, 2).map(drop)
        });
        done.unwrap();
        assert_eq!(count(&store), 1);
    }
}

#[test]
fn the_tenth_parameter_is_not_the_first_followed_by_a_nought() {
    let p: Vec<i64> = (1..=11).map(|n| n * 100).collect();
    for db in TestDb::each() {
        let sql = "SELECT $10 AS ten, $1 AS one, $11 AS eleven, $2 + $3 + $4 + $5 + $6 + $7 + $8
                          + $9 AS sum, '$1' AS quoted";
        let params: Vec<&dyn orderly_store::ToValue> =
            p.iter().map(|n| n as &dyn orderly_store::ToValue).collect();
        let row = db.plain().read(|tx| {
            tx.query_one(sql, &params, |row| {
                let quoted: String = row.get("quoted")?;
                Ok([row.get("one")?, row.get("ten")?, row.get("eleven")?, row.get("sum")?]
                    .map(|n: i64| format!("{n} {quoted}")))
            })
        });
        let row = row.map_err(|error: StoreError| error).unwrap().unwrap();
        assert_eq!(row, ["100 $1", "1000 $1", "1100 $1", "4400 $1"]);
    }
}

#[test]
fn many_rows_are_inserted_once_and_counted() {
    let columns = [
        Column::new("id", Kind::Int),
        Column::new("broken", Kind::Real),
        Column::new("words", Kind::Text),
        Column::new("raw", Kind::Bytes),
    ];
    let rows: Vec<Vec<Value>> = (0..20_000)
        .map(|n| match n % 3 {
            0 => vec![Value::Int(n), Value::Real(0.5), Value::Null(Kind::Text), Value::Id([1; 16])],
            _ => vec![
                Value::Int(n),
                Value::Null(Kind::Real),
                Value::Text(format!("row {n}")),
                Value::Bytes(vec![9]),
            ],
        })
        .collect();
    for db in TestDb::each() {
        let store = db.plain();
        let counts = store.write(|tx| {
            put(tx, 5, 0)?;
            let again = "ON CONFLICT DO NOTHING";
            Ok::<_, StoreError>((
                tx.insert_many("sample", &columns, &rows, again)?,
                tx.insert_many("sample", &columns, &rows, again)?,
                tx.insert_many("sample", &columns, &[], again)?,
            ))
        });
        assert_eq!(counts.unwrap(), (19_999, 0, 0));
        let sql = "SELECT COUNT(broken) AS b, COUNT(words) AS w FROM sample WHERE raw IS NOT NULL";
        let filled = store.read(|tx| tx.query_one(sql, &[], |row| Ok((row.at(0)?, row.at(1)?))));
        let filled: (i64, i64) = filled.map_err(|error: StoreError| error).unwrap().unwrap();
        assert_eq!(filled, (6667, 13_332));
    }
}

#[test]
fn guarded_updates_of_many_rows_count_those_that_passed() {
    let per_row = "UPDATE level SET qty = qty - $2 WHERE id = $1 AND qty >= $2";
    let unnest = "UPDATE level SET qty = level.qty - v.take
                    FROM unnest($1::bigint[], $2::bigint[]) AS v(id, take)
                   WHERE level.id = v.id AND level.qty >= v.take";
    for db in TestDb::each() {
        let store = db.plain();
        let changed = store.write(|tx| {
            let columns = [Column::new("id", Kind::Int), Column::new("qty", Kind::Int)];
            let levels: Vec<_> = (0..10).map(|n| vec![Value::Int(n), Value::Int(n)]).collect();
            tx.insert_many("level", &columns, &levels, "")?;
            let takes: Vec<_> = (0..12).map(|n| vec![Value::Int(n), Value::Int(5)]).collect();
            tx.exec_many(per_row, unnest, &[Kind::Int, Kind::Int], &takes)
        });
        assert_eq!(changed.map_err(|error: StoreError| error).unwrap(), 5);
        let sum = "SELECT CAST(SUM(qty) AS BIGINT) AS qty FROM level";
        let sum = store.read(|tx| tx.query_one(sum, &[], |row| row.get("qty")));
        assert_eq!(sum.map_err(|error: StoreError| error).unwrap(), Some(45_i64 - 25));
    }
}

#[test]
fn a_long_answer_streams_and_stops_when_told() {
    let columns = [Column::new("id", Kind::Int), Column::new("whole", Kind::Int)];
    let rows: Vec<_> = (0..120_500).map(|n| vec![Value::Int(n), Value::Int(n * 2)]).collect();
    for db in TestDb::each() {
        let store = db.plain();
        store.write(|tx| tx.insert_many("sample", &columns, &rows, "")).unwrap();
        let done: Done = store.read(|tx| {
            let (mut next, mut sum) = (10, 0);
            let sql = "SELECT id, whole FROM sample WHERE id >= $1 ORDER BY id";
            tx.for_each(sql, &[&10_i64], |row| {
                assert_eq!(row.get::<i64>("id")?, next);
                next += 1;
                sum += row.get::<i64>("whole")?;
                Ok(())
            })?;
            assert_eq!((next, sum), (120_500, 120_500 * 120_499 - 90));
            let mut seen = 0;
            let stopped = tx.for_each(sql, &[&0_i64], |_| {
                seen += 1;
                if seen == 1500 { Err(StoreError::Busy) } else { Ok(()) }
            });
            assert!(matches!(stopped, Err(StoreError::Busy)) && seen == 1500);
            tx.for_each(sql, &[&120_499_i64], |_| Ok(()))
        });
        done.unwrap();
    }
}

#[test]
fn an_error_shows_what_failed_and_keeps_its_cause_to_itself() {
    for db in TestDb::each() {
        let store = db.plain();
        let error = store.write(|tx| tx.exec("UPDATE nowhere SET x = 1", &[])).unwrap_err();
        assert_eq!(error.to_string(), "the database refused the statement");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("nowhere") && cause.contains("UPDATE nowhere SET x = 1"), "{cause}");
    }
}
