//! One batch in one transaction: all of it with the file's progress, or nothing.

use orderly_core::id::{AuditId, ChannelId};
use orderly_core::order::Order;
use orderly_core::order::change::{Change, between};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_core::returns::change::{Change as ReturnChange, between as return_between};
use orderly_store::Tx;
use orderly_store::tables::events::{self, Event};
use orderly_store::tables::imports::{self, File};
use orderly_store::tables::units::{Posted, Recorded};
use orderly_store::tables::{audit, catalog, customers, orders, parties, returns, units};

use super::batch::{Ready, Tally};
use super::exact::Exact;
use crate::ops::Reference;
use crate::ops::command::entry;
use crate::{Call, Error};

/// Writes a batch and returns the file as it then is.
///
/// # Errors
/// `Unavailable` where another run imports the same file or made the same items meanwhile.
pub fn write(
    tx: &mut Tx<'_>,
    call: &Call,
    channel: ChannelId,
    before: &File,
    ready: &Ready,
    audit_id: AuditId,
) -> Result<File, Error> {
    let mut after = File { line: ready.line, ..before.clone() };
    add(&mut after, &ready.tally)?;
    let added = &ready.added;
    let items = catalog::insert_many(tx, &added.items, call.now)?;
    imports::name_items(tx, &added.names)?;
    parties::insert_many(tx, &added.parties)?;
    let new = customers::insert_many(tx, &added.customers)?;
    if items < added.items.len() as u64 || new < added.customers.len() as u64 {
        return Err(Error::Again);
    }
    customers::insert_externals(tx, channel, &added.externals)?;
    after.orders += write_orders(tx, call, channel, ready)?;
    after.returns += write_returns(tx, call, ready)?;
    let by = Recorded { actor_kind: call.actor.kind, actor: call.actor.id, recorded_at: call.now };
    if units::post(tx, &ready.movements, &[], &by)? != Posted::Done {
        return Err(Error::Internal("a row of history was posted before".into()));
    }
    imports::reject(tx, before.id, &ready.rejects)?;
    if ready.last {
        after.finished_at = Some(call.now);
        let kind = "import_file";
        let file = Reference { kind, id: before.id.as_bytes(), sequence: after.line };
        let row = entry(call, "import.orders", Ok(file), audit_id);
        let detail = Some(format!("{} rows, {} rejected", after.rows, after.rejected));
        audit::insert(tx, &[audit::Entry { detail, ..row }])?;
    }
    if !imports::save(tx, before, &after)? {
        return Err(Error::Again);
    }
    Ok(after)
}

/// Adds a batch's counts and sums to those of its file.
pub fn add(file: &mut File, tally: &Tally) -> Result<(), Error> {
    let mut sum = tally_of(file)?;
    sum.add(tally)?;
    file.rows = sum.rows;
    file.taken = sum.taken;
    file.rejected = sum.rejected;
    file.amount_taken = sum.amount_taken.to_string();
    file.amount_rejected = sum.amount_rejected.to_string();
    file.amount_rounding = sum.amount_rounding.to_string();
    Ok(())
}

/// The counts and sums stored with a file.
pub fn tally_of(file: &File) -> Result<Tally, Error> {
    let read = |text: &str| {
        Exact::parse(text).ok_or_else(|| Error::Internal(format!("a stored sum is broken: {text}")))
    };
    Ok(Tally {
        rows: file.rows,
        taken: file.taken,
        rejected: file.rejected,
        amount_taken: read(&file.amount_taken)?,
        amount_rejected: read(&file.amount_rejected)?,
        amount_rounding: read(&file.amount_rounding)?,
    })
}

/// Inserts new orders and extends those of earlier batches; returns how many are new.
fn write_orders(
    tx: &mut Tx<'_>,
    call: &Call,
    channel: ChannelId,
    ready: &Ready,
) -> Result<i64, Error> {
    let mut fresh: Vec<&Order> = Vec::with_capacity(ready.orders.len());
    let mut happened: Vec<Event> = Vec::with_capacity(ready.orders.len());
    for (change, event) in &ready.orders {
        let Change::Placed(order) = change else { continue };
        let key = order.external_id.as_deref().unwrap_or_default();
        match orders::by_external(tx, channel, key)? {
            None => {
                fresh.push(order);
                happened.push(event.clone());
            }
            Some((id, _)) => {
                let before = orders::get(tx, id, true)?.ok_or(Error::Again)?;
                let after = extended(&before, order, call)?;
                if !orders::save(tx, &before, &after)? {
                    return Err(Error::Again);
                }
                happened.push(Event {
                    stream: id.as_bytes(),
                    sequence: after.sequence,
                    kind: "order.extended".into(),
                    changes: json(&between(&before, &after)),
                    ..event.clone()
                });
            }
        }
    }
    if orders::insert(tx, &fresh)? < fresh.len() as u64 {
        let detail = "an order number of the import is taken: set another `number_prefix`";
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    events::record(tx, &happened)?;
    Ok(i64::try_from(fresh.len()).unwrap_or(i64::MAX))
}

/// The order with the lines of a later batch.
fn extended(before: &Order, more: &Order, call: &Call) -> Result<Order, Error> {
    if !before.history {
        let detail = format!("order {} was placed here: it is not history", before.number);
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    let mut after = before.clone();
    let last = before.lines.iter().map(|line| line.position).max().unwrap_or(0);
    let delivery = before.deliveries.first().map(|delivery| delivery.id).ok_or(Error::Again)?;
    for line in &more.lines {
        let mut line = line.clone();
        line.position += last;
        line.delivery = delivery;
        after.lines.push(line);
    }
    after.head.totals.lines += more.head.totals.lines;
    after.head.totals.total += more.head.totals.total;
    after.head.customer = before.head.customer.or(more.head.customer);
    after.version += 1;
    after.sequence += 1;
    after.updated_at = call.now;
    Ok(after)
}

fn write_returns(tx: &mut Tx<'_>, _: &Call, ready: &Ready) -> Result<i64, Error> {
    let mut fresh: Vec<&Return> = Vec::with_capacity(ready.returns.len());
    let mut happened: Vec<Event> = Vec::with_capacity(ready.returns.len());
    for (change, event) in &ready.returns {
        let ReturnChange::Opened(returned) = change else { continue };
        match returns::by_number(tx, &returned.number)? {
            None => {
                fresh.push(returned);
                happened.push(event.clone());
            }
            Some(id) => {
                let before = returns::get(tx, id, true)?.ok_or(Error::Again)?;
                if !before.history || before.channel != returned.channel {
                    let detail = format!("return {} is not of this import", before.number);
                    return Err(Refusal::new(Code::AlreadyExists, detail).into());
                }
                let mut after = before.clone();
                let last = before.lines.iter().map(|line| line.position).max().unwrap_or(0);
                after.lines.extend(returned.lines.iter().cloned().map(|mut line| {
                    line.position += last;
                    line
                }));
                after.dispositions.extend(returned.dispositions.iter().cloned());
                after.version += 1;
                after.sequence += 1;
                if !returns::save(tx, &before, &after)? {
                    return Err(Error::Again);
                }
                happened.push(Event {
                    stream: id.as_bytes(),
                    sequence: after.sequence,
                    kind: "return.extended".into(),
                    changes: json(&return_between(&before, &after)),
                    ..event.clone()
                });
            }
        }
    }
    if returns::insert(tx, &fresh)? < fresh.len() as u64 {
        let detail = "a return number of the import is taken: set another `number_prefix`";
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    events::record(tx, &happened)?;
    Ok(i64::try_from(fresh.len()).unwrap_or(i64::MAX))
}

fn json<C: serde::Serialize>(changes: &[C]) -> String {
    serde_json::to_string(changes).expect("durable forms have text keys only")
}
