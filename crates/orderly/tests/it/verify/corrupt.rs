//! A connection past the store, which does what the database itself refuses, and takes it back.

use orderly::verify::{Options, run};

use crate::fixture::Shop;

/// The owner's own connection, with every guard switched off while it plants.
pub enum Owner {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Client>),
}

impl Owner {
    pub fn of(shop: &Shop) -> Self {
        match shop.db.owner() {
            Some(mut client) => {
                client.batch_execute("SET session_replication_role = replica").unwrap();
                Self::Postgres(Box::new(client))
            }
            None => {
                let file = rusqlite::Connection::open(shop.db.location()).unwrap();
                file.execute_batch(
                    "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF",
                )
                .unwrap();
                Self::Sqlite(file)
            }
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite(file) => file.execute_batch(sql).unwrap(),
            Self::Postgres(client) => client.batch_execute(sql).unwrap(),
        }
    }

    /// The first column of the first row: sixteen bytes.
    pub fn id(&mut self, sql: &str) -> [u8; 16] {
        let bytes: Vec<u8> = match self {
            Self::Sqlite(file) => file.query_row(sql, [], |row| row.get(0)).unwrap(),
            Self::Postgres(client) => client.query_one(sql, &[]).unwrap().get(0),
        };
        bytes.try_into().unwrap()
    }

    /// Changes rows past triggers, references and checks. Keeps the tables to give them back.
    pub fn plant(&mut self, tables: &[&str], sql: &str) {
        for table in tables {
            self.run(&["CREATE TEMP TABLE kept_", table, " AS SELECT * FROM ", table].concat());
        }
        self.unguarded(sql);
    }

    /// Gives the tables back as they were.
    pub fn restore(&mut self, tables: &[&str]) {
        for table in tables {
            let back = [
                "DELETE FROM ",
                table,
                "; INSERT INTO ",
                table,
                " SELECT * FROM kept_",
                table,
                "; DROP TABLE kept_",
                table,
            ];
            self.unguarded(&back.concat());
        }
    }

    /// Runs statements while the triggers of SQLite's books are away.
    fn unguarded(&mut self, sql: &str) {
        let Self::Sqlite(file) = self else { return self.run(sql) };
        let triggers: Vec<(String, String)> = file
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (name, _) in &triggers {
            file.execute_batch(&["DROP TRIGGER ", name].concat()).unwrap();
        }
        file.execute_batch(sql).unwrap();
        for (_, text) in &triggers {
            file.execute_batch(text).unwrap();
        }
    }
}

/// Name, tables, what is done, the invariants that no longer hold, and whether PostgreSQL's own
/// checks refuse it even so.
pub type Sown =
    (&'static str, &'static [&'static str], &'static str, &'static [&'static str], bool);

/// Plants one corruption after the other in a clean shop: each must be found, and nothing else.
pub fn sow(shop: &Shop, plants: &[Sown]) {
    let clean = |when: &str| {
        let report = run(&shop.app, &Options::default()).unwrap();
        assert!(report.clean, "{when}: {report}");
    };
    clean("before anything is planted");
    let mut owner = Owner::of(shop);
    let checks_off = owner.is_sqlite();
    let mut wrong = Vec::new();
    for (name, tables, sql, broken, only_sqlite) in plants {
        if *only_sqlite && !checks_off {
            continue;
        }
        owner.plant(tables, sql);
        let report = run(&shop.app, &Options::default()).unwrap();
        owner.restore(tables);
        let mut found: Vec<&str> = report.violations.iter().map(|one| one.invariant).collect();
        found.sort_unstable();
        found.dedup();
        let mut broken = broken.to_vec();
        broken.sort_unstable();
        if found != broken {
            let told: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
            wrong.push(format!("{name}: {found:?} instead of {broken:?}\n{}", told.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    clean("after everything is restored");
}
