//! What must hold of any database, and what a refused command must leave alone.

use std::collections::BTreeMap;

use orderly::ops::orders::{folded, get};
use orderly::{App, Error, verify};
use orderly_core::id::{ItemId, OrderId};
use orderly_store::{Engine, Tx};
use sha2::{Digest, Sha256};

/// A hash of every row of every table, by table, but idempotency, audit and leases: what a refused
/// command must not change.
pub fn books(app: &App) -> BTreeMap<String, String> {
    const ASIDE: [&str; 4] = ["audit", "idempotency", "lease", "sqlite_stat1"];
    let read = app.store.read(|tx| {
        let mut hashes = BTreeMap::new();
        for table in tables(tx)?.into_iter().filter(|table| !ASIDE.contains(&table.as_str())) {
            let hash = rows(tx, &table)?;
            hashes.insert(table, hash);
        }
        Ok::<_, Error>(hashes)
    });
    read.unwrap()
}

fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, Error> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        Engine::Postgres => {
            "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables
              WHERE schemaname = current_schema() ORDER BY 1"
        }
    };
    let found = tx.query(sql, &[], |row| row.get::<String>("name"))?;
    assert!(found.len() > 30, "the tables of the schema: {found:?}");
    Ok(found)
}

fn rows(tx: &mut Tx<'_>, table: &str) -> Result<String, Error> {
    let sql = match tx.engine() {
        Engine::Postgres => {
            ["SELECT CAST(t AS TEXT) AS line FROM", table, "t ORDER BY 1"].join(" ")
        }
        Engine::Sqlite => {
            let columns = "SELECT name FROM pragma_table_info($1) ORDER BY cid";
            let columns = tx.query(columns, &[&table], |row| row.get::<String>("name"))?;
            let quoted: Vec<String> =
                columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
            let line = quoted.join(" || '|' || ");
            ["SELECT", &line, "AS line FROM", table, "ORDER BY 1"].join(" ")
        }
    };
    let mut hash = Sha256::new();
    let mut count = 0;
    tx.for_each(&sql, &[], |row| {
        hash.update(row.get::<String>("line")?.as_bytes());
        hash.update([0]);
        count += 1;
        Ok(())
    })?;
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{count} rows {hash}"))
}

/// Runs `f` and demands that no row of the books is another afterwards.
pub fn changes_nothing<T>(app: &App, f: impl FnOnce() -> T) -> T {
    let before = books(app);
    let answer = f();
    assert_eq!(books(app), before, "a refused command changed the books");
    answer
}

/// Demands that the counters of every level are the sums of the claims on it.
pub fn levels_are_claims(app: &App) {
    let wrong = app.store.read(|tx| {
        tx.query(
            "SELECT s.allocated, s.backordered, CAST(COALESCE(c.allocated, 0) AS BIGINT) AS a,
                    CAST(COALESCE(c.backordered, 0) AS BIGINT) AS b
               FROM stock_level s LEFT JOIN
                    (SELECT item_id, location_id, lot_class,
                            SUM(CASE WHEN state = 'allocated' THEN qty ELSE 0 END) AS allocated,
                            SUM(CASE WHEN state = 'allocated' THEN 0 ELSE qty END) AS backordered
                       FROM claim GROUP BY item_id, location_id, lot_class) c
                 ON c.item_id = s.item_id AND c.location_id = s.location_id
                AND c.lot_class = s.lot_class
              WHERE s.allocated <> COALESCE(c.allocated, 0)
                 OR s.backordered <> COALESCE(c.backordered, 0)",
            &[],
            |row| {
                let of = |column| row.get::<i64>(column);
                Ok((of("allocated")?, of("a")?, of("backordered")?, of("b")?))
            },
        )
    });
    assert_eq!(wrong.unwrap(), vec![], "levels that are not the sums of their claims");
}

/// How many rows a table has.
pub fn count(app: &App, table: &str) -> i64 {
    let sql = ["SELECT COUNT(*) AS n FROM", table].join(" ");
    let counted = app.store.read(|tx| tx.query_one(&sql, &[], |row| row.get("n")));
    counted.unwrap().unwrap()
}

/// Demands that levels count what is held: of an item at a location, over all lots.
pub fn levels_are_holdings(app: &App) {
    let wrong = app.store.read(|tx| {
        tx.query(
            "SELECT s.on_hand, s.held, CAST(COALESCE(h.on_hand, 0) AS BIGINT) AS h,
                    CAST(COALESCE(h.held, 0) AS BIGINT) AS t
               FROM (SELECT item_id, location_id, CAST(SUM(on_hand) AS BIGINT) AS on_hand,
                            CAST(SUM(held) AS BIGINT) AS held
                       FROM stock_level GROUP BY item_id, location_id) s
               FULL JOIN
                    (SELECT g.item_id, p.location_id, SUM(g.qty) AS held,
                            SUM(CASE WHEN p.condition = 'sellable' THEN g.qty ELSE 0 END) AS on_hand
                       FROM holding g JOIN place p ON p.id = g.place_id
                      WHERE p.kind = 'holding' AND p.owner_id = $1
                      GROUP BY g.item_id, p.location_id) h
                 ON h.item_id = s.item_id AND h.location_id = s.location_id
              WHERE COALESCE(s.on_hand, 0) <> COALESCE(h.on_hand, 0)
                 OR COALESCE(s.held, 0) <> COALESCE(h.held, 0)",
            &[&[0_u8; 16]],
            |row| {
                let of = |column| row.get::<Option<i64>>(column);
                Ok((of("on_hand")?, of("h")?, of("held")?, of("t")?))
            },
        )
    });
    assert_eq!(wrong.unwrap(), vec![], "levels that do not count the holdings");
}

/// Demands of one order that its identities hold and that its events fold to it.
pub fn order_holds(app: &App, id: OrderId, here: &str) {
    let order = get(app, id).unwrap().unwrap();
    for line in &order.lines {
        let broken = line.quantities.broken(line.max_over, line.max_short);
        assert_eq!(broken, None, "{here}: line {} of {}", line.position, order.number);
    }
    let fold = app.store.read(|tx| folded(tx, id, i64::MAX)).unwrap();
    assert_eq!(
        fold.as_ref(),
        Some(&order),
        "{here}: the events of {} fold otherwise",
        order.number
    );
}

/// Demands of one item that its levels count what is claimed and held, at each location.
pub fn item_holds(app: &App, item: ItemId, here: &str) {
    let sums = app.store.read(|tx| {
        let sql = "SELECT location_id, on_hand AS a, allocated AS b, backordered AS c, held AS d
                     FROM stock_level WHERE item_id = $1";
        let levels = quadruples(tx, sql, item)?;
        let sql = "SELECT p.location_id,
                          CASE WHEN p.condition = 'sellable' THEN h.qty ELSE 0 END AS a,
                          0 AS b, 0 AS c, h.qty AS d
                     FROM holding h JOIN place p ON p.id = h.place_id
                    WHERE h.item_id = $1 AND p.kind = 'holding'";
        let mut truth = quadruples(tx, sql, item)?;
        let sql = "SELECT location_id, 0 AS a,
                          CASE WHEN state = 'allocated' THEN qty ELSE 0 END AS b,
                          CASE WHEN state = 'allocated' THEN 0 ELSE qty END AS c, 0 AS d
                     FROM claim WHERE item_id = $1";
        truth.extend(quadruples(tx, sql, item)?);
        Ok::<_, Error>((by_location(levels), by_location(truth)))
    });
    let (levels, truth) = sums.unwrap();
    assert_eq!(levels, truth, "{here}: on hand, allocated, backordered, held of {item}");
}

type Quadruple = ([u8; 16], [i64; 4]);

fn quadruples(tx: &mut Tx<'_>, sql: &str, item: ItemId) -> Result<Vec<Quadruple>, Error> {
    let rows = tx.query(sql, &[&item], |row| {
        let mut all = [0; 4];
        for (column, value) in ["a", "b", "c", "d"].into_iter().zip(&mut all) {
            *value = row.get(column)?;
        }
        Ok((row.get("location_id")?, all))
    });
    Ok(rows?)
}

fn by_location(rows: Vec<Quadruple>) -> BTreeMap<[u8; 16], [i64; 4]> {
    let mut sums = BTreeMap::<_, [i64; 4]>::new();
    for (location, add) in rows {
        let sum = sums.entry(location).or_default();
        for (sum, add) in sum.iter_mut().zip(add) {
            *sum += add;
        }
    }
    sums.retain(|_, sum| *sum != [0; 4]);
    sums
}

/// Demands everything that can be demanded of a whole database.
pub fn all_holds(app: &App) {
    levels_are_claims(app);
    levels_are_holdings(app);
    let sql = "SELECT id FROM orders ORDER BY id";
    let orders = app.store.read(|tx| tx.query(sql, &[], |row| row.get::<OrderId>("id")));
    for id in orders.unwrap() {
        order_holds(app, id, "at the end");
    }
    let report = verify::run(app, &verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}
