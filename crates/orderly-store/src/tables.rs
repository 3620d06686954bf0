//! One module per table or aggregate: its rows in, its domain values out.

pub mod accounts;
pub mod adjustments;
pub mod api_keys;
pub mod audit;
pub mod banks;
pub mod books;
pub mod carried;
pub mod carrier_claims;
pub mod catalog;
pub mod channels;
pub mod claims;
pub mod closing_checks;
pub mod counts;
pub mod customers;
pub mod dispatches;
pub mod events;
pub mod exceptions;
pub mod exchanges;
pub mod exports;
pub mod idempotency;
pub mod imports;
pub mod invoices;
pub mod journals;
pub mod late_costs;
pub mod levels;
pub mod loads;
pub mod locations;
pub mod messages;
pub mod numbers;
pub mod orders;
pub mod parties;
pub mod payments;
pub mod periods;
pub mod pricing;
pub mod purchases;
pub mod quotes;
pub mod rates;
pub mod rebates;
pub mod receipts;
pub mod refunds;
pub mod returns;
pub mod roles;
pub mod sessions;
pub mod settings;
pub mod sign_ins;
pub mod statements;
pub mod stock_values;
pub mod store_credit;
pub mod supplier_invoices;
pub mod suppliers;
pub mod tasks;
pub mod taxes;
pub mod tills;
pub mod transfers;
pub mod turnovers;
pub mod units;
pub mod users;
pub mod vendor_returns;
pub mod webhooks;
pub mod work;

/// Whether an object of the merchant's own is in use, as its `state` column says.
pub(crate) const fn state(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

/// Reads a `state` column.
pub(crate) fn active(row: &crate::Row<'_>) -> Result<bool, crate::StoreError> {
    row.get::<String>("state").map(|state| state == "active")
}

/// A pattern for what contains this text, whatever its case: its own wildcards are plain letters.
fn containing(text: &str) -> String {
    let text = text.to_lowercase();
    let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}
