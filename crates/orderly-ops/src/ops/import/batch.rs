//! A batch of rows made ready for one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::id::{IdSource, ImportId};
use orderly_core::item::Item;
use orderly_core::order::change::Change;
use orderly_core::qty::{Qty, Ratio};
use orderly_core::returns::change::Change as ReturnChange;
use orderly_core::units::Movement;
use orderly_store::tables::events::Event;
use orderly_store::tables::imports::Reject;

use super::exact::Exact;
use super::history::{Frame, Part, movement, quantity};
use super::known::{Added, Known};
use super::map::{Map, Take};
use super::rows::{Bad, Row, Taken};
use crate::ops::events::{Happened, event};
use crate::{App, Call, Error};

/// The counts and sums of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: i64,
    pub taken: i64,
    pub rejected: i64,
    pub amount_taken: Exact,
    pub amount_rejected: Exact,
    pub amount_rounding: Exact,
}

/// Everything one transaction writes.
#[derive(Default)]
pub struct Ready {
    /// The last line of the batch.
    pub line: i64,
    pub last: bool,
    pub tally: Tally,
    pub rejects: Vec<Reject>,
    pub added: Added,
    pub orders: Vec<(Change, Event)>,
    pub returns: Vec<(ReturnChange, Event)>,
    pub movements: Vec<Movement>,
}

/// Makes rows ready. One for a whole import.
pub struct Maker<'a> {
    pub app: &'a App,
    pub call: &'a Call,
    pub map: &'a Map,
    pub frame: Frame,
    pub known: Known,
    pub ids: IdSource,
}

/// A row whose quantity and amount can be booked.
struct Fit {
    index: usize,
    taken: Taken,
    item: Option<Arc<Item>>,
    qty: Qty,
    ratio: Ratio,
    unit: String,
    minor: i64,
}

/// The identity of a row: the first ten bytes of its file's, then its line.
pub fn row_identity(file: ImportId, line: i64) -> [u8; 16] {
    let mut bytes = file.as_bytes();
    bytes[10..].copy_from_slice(&line.to_be_bytes()[2..]);
    bytes
}

fn too_large() -> Error {
    Error::Invalid("the sum of the amounts is too large".into())
}

impl Tally {
    fn take(&mut self, amount: Exact, booked: Exact) -> Result<(), Error> {
        self.taken += 1;
        self.amount_taken = self.amount_taken.plus(amount).ok_or_else(too_large)?;
        let rounding = booked.minus(amount).ok_or_else(too_large)?;
        self.amount_rounding = self.amount_rounding.plus(rounding).ok_or_else(too_large)?;
        Ok(())
    }
    fn reject(&mut self, amount: Option<Exact>) -> Result<(), Error> {
        self.rejected += 1;
        let amount = amount.unwrap_or_default();
        self.amount_rejected = self.amount_rejected.plus(amount).ok_or_else(too_large)?;
        Ok(())
    }
    /// Adds another tally.
    pub fn add(&mut self, other: &Self) -> Result<(), Error> {
        let sum = |one: Exact, other: Exact| one.plus(other).ok_or_else(too_large);
        self.rows += other.rows;
        self.taken += other.taken;
        self.rejected += other.rejected;
        self.amount_taken = sum(self.amount_taken, other.amount_taken)?;
        self.amount_rejected = sum(self.amount_rejected, other.amount_rejected)?;
        self.amount_rounding = sum(self.amount_rounding, other.amount_rounding)?;
        Ok(())
    }
}

impl Ready {
    pub fn reject(&mut self, line: i64, bad: &Bad) -> Result<(), Error> {
        self.tally.reject(bad.amount)?;
        let reason = bad.reason.chars().take(500).filter(|c| !c.is_control()).collect();
        let amount = bad.amount.map(|amount| amount.to_string());
        self.rejects.push(Reject { line, reason, amount });
        Ok(())
    }
}

impl Maker<'_> {
    /// Makes everything that the rows of a batch add. `ready` holds the rows that could not be
    /// read.
    pub fn make(&mut self, file: ImportId, rows: &[Row], ready: &mut Ready) -> Result<(), Error> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut by_key: HashMap<&str, usize> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let group = *by_key.entry(&row.key).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(index);
        }
        let skus: Vec<&str> = rows.iter().map(|row| row.sku.as_str()).collect();
        let externals = rows.iter().filter_map(|row| row.customer.as_ref());
        let externals: Vec<&str> = externals.map(|who| who.external.as_str()).collect();
        self.known.look_up(self.app, &skus, &externals)?;
        for group in groups {
            self.group(file, rows, &group, ready)?;
        }
        ready.tally.rows += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        ready.rejects.sort_by_key(|reject| reject.line);
        Ok(())
    }

    /// The rows of one order.
    fn group(
        &mut self,
        file: ImportId,
        rows: &[Row],
        group: &[usize],
        ready: &mut Ready,
    ) -> Result<(), Error> {
        let worthless = group.iter().all(|index| rows[*index].amount.is_zero());
        let mut fits = Vec::with_capacity(group.len());
        for index in group {
            let row = &rows[*index];
            match self.fit(row, worthless, *index) {
                Ok(mut fit) => {
                    self.take_item(row, &mut fit, ready);
                    ready.tally.take(row.amount, self.booked(&fit))?;
                    fits.push(fit);
                }
                Err(reason) => {
                    let amount = Some(row.amount);
                    ready.reject(row.line, &Bad { reason, amount })?;
                }
            }
        }
        let parts: Vec<Part<'_>> = fits
            .iter()
            .map(|fit| Part {
                row: &rows[fit.index],
                take: fit.taken.take,
                item: fit.item.as_deref(),
                qty: fit.qty,
                unit: &fit.unit,
                ratio: fit.ratio,
                identity: row_identity(file, rows[fit.index].line),
                minor: fit.minor,
            })
            .collect();
        for part in &parts {
            ready.movements.extend(movement(part, self.ids.draw()));
        }
        self.documents(&parts, ready)
    }

    /// The order and the return of a group.
    fn documents(&mut self, parts: &[Part<'_>], ready: &mut Ready) -> Result<(), Error> {
        let of = |one: Take, other: Take| -> Vec<&Part<'_>> {
            parts.iter().filter(|part| part.take == one || part.take == other).collect()
        };
        let sold = of(Take::Sale, Take::Fee);
        let back = of(Take::Cancellation, Take::Credit);
        let Some(first) = sold.first().or(back.first()) else { return Ok(()) };
        let who = parts.iter().find_map(|part| part.row.customer.as_ref());
        let country = parts.iter().find_map(|part| part.row.country);
        let key = first.row.key.as_str();
        let who = self.known.parties(who, country, &mut self.ids, &mut ready.added)?;
        if !sold.is_empty() {
            let order = self.frame.order(key, &sold, who, &mut self.ids);
            let (stream, at) = (order.id.as_bytes(), order.placed_at);
            let change = [Change::Placed(Box::new(order))];
            let happened =
                Happened { stream_kind: "order", stream, sequence: 1, kind: "order.imported", at };
            let event = event(self.call, &mut self.ids, happened, &change);
            let [change] = change;
            ready.orders.push((change, event));
        }
        if !back.is_empty() {
            let returned = self.frame.returned(key, &back, who, &mut self.ids);
            let (stream, at) = (returned.id.as_bytes(), returned.created_at);
            let change = [ReturnChange::Opened(Box::new(returned))];
            let happened = Happened {
                stream_kind: "return",
                stream,
                sequence: 1,
                kind: "return.imported",
                at,
            };
            let event = event(self.call, &mut self.ids, happened, &change);
            let [change] = change;
            ready.returns.push((change, event));
        }
        Ok(())
    }

    /// What a row is, and what it books.
    fn fit(&mut self, row: &Row, worthless: bool, index: usize) -> Result<Fit, String> {
        let Some(taken) = row.taken(self.map, worthless) else {
            return Err("no rule of the map takes this row".into());
        };
        let (negative, zero) = (row.quantity.is_sign_negative(), row.quantity.is_zero());
        match taken.take {
            Take::Reject => return Err(taken.reason.unwrap_or_default()),
            _ if zero => return Err("its quantity is zero".into()),
            Take::Sale | Take::Fee if negative || row.amount.is_negative() => {
                return Err("a sale has a positive quantity and no negative price".into());
            }
            Take::Cancellation if !negative || row.price.is_sign_negative() => {
                return Err("a cancellation has a negative quantity and no negative price".into());
            }
            Take::Credit if !row.amount.is_negative() => {
                return Err("a credit has a negative amount".into());
            }
            Take::StockAdjustment if !row.amount.is_zero() => {
                return Err("a stock adjustment has no price".into());
            }
            _ => {}
        }
        let goods = !matches!(taken.take, Take::Fee | Take::Credit);
        let item = if goods { self.known.item(&row.sku) } else { None };
        let own = item.as_ref().map_or("each", |item| item.sale_unit.as_str());
        let unit = row.unit.clone().unwrap_or_else(|| own.to_owned());
        let (qty, ratio) = if item.is_none() && unit != "each" {
            return Err(format!("no item says how much a {unit} of {} is", row.sku));
        } else {
            quantity(item.as_deref(), &unit, row.quantity)?
        };
        let minor = self.frame.minor(row.amount).ok_or("its amount is too large")?;
        Ok(Fit { index, taken, item, qty, ratio, unit, minor })
    }

    fn take_item(&mut self, row: &Row, fit: &mut Fit, ready: &mut Ready) {
        let name = match fit.taken.take {
            Take::Fee | Take::Credit | Take::Reject => return,
            // What is written beside an adjustment says why, not what.
            Take::StockAdjustment => "",
            Take::Sale | Take::Cancellation => row.description.as_str(),
        };
        let goods = fit.taken.goods;
        let (ids, added) = (&mut self.ids, &mut ready.added);
        fit.item = Some(self.known.take_item(&row.sku, name, goods, ids, added));
    }

    /// What is booked for a row, as an exact amount with its sign.
    fn booked(&self, fit: &Fit) -> Exact {
        let booked = Exact::of_minor(fit.minor, self.frame.currency.exponent()).unwrap_or_default();
        match fit.taken.take {
            Take::Cancellation | Take::Credit => booked.negated(),
            Take::Sale | Take::Fee | Take::StockAdjustment | Take::Reject => booked,
        }
    }
}
