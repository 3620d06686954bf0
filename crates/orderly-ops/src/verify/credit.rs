//! What accounts and sites owe, counted again from their orders and documents.

use std::collections::HashMap;

use orderly_core::id::{AccountId, OrderId, SiteId};
use orderly_core::order::Order;
use orderly_core::order::exposure::exposure;
use orderly_core::party::Exposure;
use orderly_store::Tx;
use orderly_store::tables::accounts::{self, ExposureKey};
use orderly_store::tables::statements;
use orderly_store::verify::Key;

use super::render;
use super::report::{Report, Violation};
use crate::Error;
use crate::ops::accounts::exposure::keys;

/// Counters read at once.
const PIECE: u32 = 1_000;
const TITLE: &str = "what accounts and sites owe is what their orders and documents count";
const REMEDY: &str = "orderly accounts recount";

/// What the orders count, and the last of them that counts.
#[derive(Debug, Default)]
pub(super) struct Sum {
    open: i64,
    dispatched: i64,
    invoiced: i64,
    last: Option<OrderId>,
}

impl Sum {
    fn text(&self) -> String {
        let Self { open, dispatched, invoiced, .. } = self;
        format!("open {open}, dispatched {dispatched}, invoiced {invoiced}")
    }
}

pub(super) type Owed = HashMap<ExposureKey, Sum>;

/// Counts one order.
pub(super) fn add(owed: &mut Owed, order: &Order) {
    let keys = keys(order);
    if keys.is_empty() {
        return;
    }
    let stages = exposure(order);
    for key in keys {
        let sum = owed.entry(key).or_default();
        sum.open += stages.open;
        sum.dispatched += stages.dispatched;
        if stages.sum() != 0 {
            sum.last = sum.last.max(Some(order.id));
        }
    }
}

/// Compares every counter with what was counted of the orders, and with the open documents.
pub(super) fn run(tx: &mut Tx<'_>, mut owed: Owed, report: &mut Report) -> Result<(), Error> {
    for (account, site, open) in statements::open_now(tx, None)? {
        let site = site.filter(|site| !site.is_none());
        for site in std::iter::once(SiteId::NONE).chain(site) {
            owed.entry((account, site)).or_default().invoiced += open;
        }
    }
    let mut found = Vec::new();
    let (mut rows, mut met) = (0, 0);
    let mut after: ExposureKey = (AccountId::NONE, SiteId::NONE);
    loop {
        let stored = accounts::list_exposures(tx, after, PIECE)?;
        let Some(last) = stored.last() else { break };
        after = (last.account, last.site);
        rows += stored.len() as u64;
        for one in &stored {
            let sum = owed.get(&(one.account, one.site));
            met += usize::from(sum.is_some());
            let none = Sum::default();
            let sum = sum.unwrap_or(&none);
            let stored = (one.open, one.dispatched, one.invoiced);
            if stored != (sum.open, sum.dispatched, sum.invoiced) {
                found.push(differs(tx, one, sum)?);
            }
        }
    }
    if met < owed.len() {
        for (key, sum) in &owed {
            let stored = accounts::exposures(tx, key.0)?;
            if !stored.iter().any(|one| (one.account, one.site) == *key) {
                let none = Exposure::none(key.0, key.1, None);
                found.push(differs(tx, &none, sum)?);
            }
        }
    }
    let begun = report.check("C1", TITLE, rows);
    for violation in found {
        report.add(begun, violation);
    }
    Ok(())
}

fn differs(tx: &mut Tx<'_>, stored: &Exposure, counted: &Sum) -> Result<Violation, Error> {
    let mut named = vec![("account_id".to_owned(), Key::Id(stored.account.as_bytes()))];
    if !stored.site.is_none() {
        named.push(("site_id".to_owned(), Key::Id(stored.site.as_bytes())));
    }
    let cause = match counted.last {
        Some(order) => render::event(tx, "order", order.as_bytes(), None)?,
        None => None,
    };
    let Exposure { open, dispatched, invoiced, .. } = *stored;
    let actual = Sum { open, dispatched, invoiced, last: None };
    Ok(Violation {
        invariant: "C1",
        what: TITLE.to_owned(),
        keys: render::keys(tx, &named)?,
        expected: counted.text(),
        actual: actual.text(),
        cause,
        remedy: REMEDY.to_owned(),
    })
}
