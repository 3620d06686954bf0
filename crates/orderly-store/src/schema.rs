//! The schema: the same numbered steps for each engine, and which tables are books.

/// One file of statements, applied in order, each statement once.
#[derive(Clone, Copy, Debug)]
pub struct File {
    pub name: &'static str,
    pub sql: &'static str,
}

/// What [`Store::open_with`](crate::Store::open_with) brings a database to.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    pub sqlite: &'static [File],
    pub postgres: &'static [File],
    pub books: &'static [&'static str],
}

/// The schema of Orderly.
pub const ORDERLY: Schema = Schema { sqlite: SQLITE, postgres: POSTGRES, books: BOOKS };

macro_rules! files {
    ($engine:literal: $($name:literal),* $(,)?) => {
        &[$(File {
            name: $name,
            sql: include_str!(concat!("../schema/", $engine, "/", $name, ".sql")),
        }),*]
    };
}

/// Every file of a folder, in order; the same names for each engine.
macro_rules! orderly {
    ($engine:literal) => {
        files![$engine:
            "0001_foundation",
            "0002_catalog",
            "0003_orders",
            "0004_units",
            "0005_goods_documents",
            "0006_money",
            "0007_events",
            "0008_import",
            "0009_documents",
            "0010_credit",
            "0011_tills_and_bank",
            "0012_exchanges",
            "0013_periods_and_rates",
            "0014_purchasing",
            "0015_quotes_and_loads",
            "0016_prices",
            "0017_work",
            "0018_transfers",
            "0019_outward",
            "0020_access",
            "0021_order_search",
            "0022_carried",
            "0023_remittances",
            "0024_import_customers",
            "0025_payments_of_orders",
        ]
    };
}

pub const SQLITE: &[File] = orderly!("sqlite");
pub const POSTGRES: &[File] = orderly!("postgres");

/// Tables whose rows are never changed or deleted.
pub const BOOKS: &[&str] = &[
    "application",
    "audit",
    "bank_entry",
    "bank_statement",
    "disposition",
    "event",
    "feed",
    "journal",
    "journal_number",
    "late_cost",
    "movement",
    "posting",
    "quote_revision",
    "rebate_accrual",
    "settlement",
    "store_credit_entry",
    "supplier_application",
    "till_count",
    "till_entry",
];
