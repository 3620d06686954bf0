//! What documents hold of orders, and what was credited of it.

use std::collections::HashMap;

use orderly_core::id::{InvoiceId, InvoiceLineId, LineId, OrderId};
use orderly_core::invoice::credit::{Credited, Held};
use orderly_core::invoice::{Effect, InvoiceLine};
use orderly_core::order::invoicing::{Billed, Prior};

use super::line_from_row;
use crate::set::query_in;
use crate::{StoreError, Tx};

/// Lines of documents that posted: an invoice that stands for a receipt repeats the receipt's.
const LINES: &str = "SELECT l.*, i.kind AS document_kind, i.replaces_id FROM invoice_line l
    JOIN invoice i ON i.id = l.invoice_id";

/// Returns what documents that stand hold of each line of these orders: invoiced less undone.
pub fn prior(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<HashMap<OrderId, Prior>, StoreError> {
    let mut out: HashMap<OrderId, Prior> = HashMap::new();
    let found = query_in(tx, LINES, "l.order_id", orders, |row| {
        let replaces: Option<InvoiceId> = row.get("replaces_id")?;
        Ok((line_from_row(row)?, replaces.is_some()))
    })?;
    for (line, repeats) in found {
        let (Some(order), Some(id)) = (line.order, line.order_line) else { continue };
        let sign = match line.effect {
            Effect::Invoiced if !repeats => 1,
            Effect::Undone => -1,
            _ => continue,
        };
        let own = out.entry(order).or_default();
        let index = match own.iter().position(|(known, _): &(LineId, Billed)| *known == id) {
            Some(index) => index,
            None => {
                own.push((id, Billed::default()));
                own.len() - 1
            }
        };
        own[index].1.add(&line, sign);
    }
    Ok(out)
}

/// Returns the lines of the invoices and receipts of an order, oldest first, with what was
/// credited of each.
pub fn held_of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Held>, StoreError> {
    let sql = "SELECT l.*, i.issued_at FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id
          WHERE l.order_id = $1 AND l.effect = 'invoiced' AND i.replaces_id IS NULL
          ORDER BY i.issued_at, l.invoice_id, l.position";
    let lines =
        tx.query(sql, &[&order], |row| Ok((row.get("invoice_id")?, line_from_row(row)?)))?;
    with_credits(tx, lines)
}

/// Returns the lines of an invoice or receipt with what was credited of each.
pub fn held_of_invoice(tx: &mut Tx<'_>, invoice: InvoiceId) -> Result<Vec<Held>, StoreError> {
    let sql = "SELECT l.* FROM invoice_line l WHERE l.invoice_id = $1 ORDER BY l.position";
    let lines = tx.query(sql, &[&invoice], |row| Ok((invoice, line_from_row(row)?)))?;
    with_credits(tx, lines)
}

fn with_credits(
    tx: &mut Tx<'_>,
    lines: Vec<(InvoiceId, InvoiceLine)>,
) -> Result<Vec<Held>, StoreError> {
    let ids: Vec<InvoiceLineId> = lines.iter().map(|(_, line)| line.id).collect();
    let select = "SELECT credits_id, qty, net_minor, tax_minor FROM invoice_line";
    let mut credited: HashMap<InvoiceLineId, Credited> = HashMap::new();
    let found = query_in(tx, select, "credits_id", &ids, |row| {
        let one = Credited {
            qty: row.get("qty")?,
            net: row.get("net_minor")?,
            tax: row.get("tax_minor")?,
        };
        Ok((row.get("credits_id")?, one))
    })?;
    for (line, one) in found {
        let sum = credited.entry(line).or_default();
        sum.qty = sum.qty.plus(one.qty).unwrap_or(sum.qty);
        sum.net += one.net;
        sum.tax += one.tax;
    }
    let held = |(invoice, line): (InvoiceId, InvoiceLine)| {
        let credited = credited.get(&line.id).copied().unwrap_or_default();
        Held { invoice, line, credited }
    };
    Ok(lines.into_iter().map(held).collect())
}
