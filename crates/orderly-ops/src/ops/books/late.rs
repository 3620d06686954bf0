//! Late costs: freight, duty and invoice differences of goods that came in before.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::late::split;
use orderly_core::books::{
    Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use orderly_core::id::{EntryId, IdSource, ItemId, LegalEntityId, LocationId, LotId};
use orderly_core::money::Money;
use orderly_core::order::price::money_refusal;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Instant;
use orderly_core::units::{Cause, CauseKind, Level, LevelChange, LevelKey};
use orderly_store::Tx;
use orderly_store::tables::late_costs::{self, LateCost as Row};
use orderly_store::tables::{books as journals, levels, locations};
use serde::{Deserialize, Serialize};

use super::{books_of, post};
use crate::ops::catalog::location_called;
use crate::ops::command;
use crate::ops::orders::ids_after_audit;
use crate::ops::read::catalog::item_called;
use crate::{App, Call, Error};

/// A cost of goods that came in before, or what they turn out to have cost less.
#[derive(Clone, Debug)]
pub struct LateCost {
    pub legal_entity: LegalEntityId,
    pub item: ItemId,
    /// The location that received the goods.
    pub location: LocationId,
    /// How many were received, of lengths all together.
    pub received: Qty,
    /// In minor units of the legal entity's currency; negative where they cost less.
    pub amount: i64,
    /// The account on the other side, such as goods received, not invoiced.
    pub contra: Account,
    /// The finest row that says so; it has one late cost of each item and level.
    pub cause: Cause,
    /// Party and document of the postings.
    pub dimensions: Dimensions,
    pub effective_at: Instant,
}

/// Where a late cost went, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allotted {
    /// What the goods that are still held are worth more.
    pub inventory: i64,
    /// What the goods that are gone cost more.
    pub cost: i64,
}

/// Posts a late cost as new rows: the levels that still hold the goods become worth more, the
/// rest is cost of goods. Of goods kept by length every length bears what it measures. Nothing
/// posted before changes.
///
/// Levels are locked in key order: call it after orders are locked.
///
/// # Errors
/// `period_closed` never: a fact is posted on the first open day. `already_exists` where the cause
/// has its late cost.
pub fn late_cost(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    cost: &LateCost,
) -> Result<Allotted, Error> {
    if cost.amount == 0 {
        return Ok(Allotted::default());
    }
    let books = books_of(tx, cost.legal_entity)?;
    let levels = holding(tx, cost)?;
    let parts = split(cost.amount, cost.received, &levels).map_err(|e| money_refusal(&e))?;
    let at = |location| Dimensions { location: Some(location), ..cost.dimensions };
    let mut postings = Vec::with_capacity(parts.len() + 2);
    for part in &parts {
        let location = at(part.key.location);
        postings.push(Posting::new(Account::Inventory, part.inventory, location));
        postings.push(Posting::new(Account::CostOfGoods, part.cost, location));
    }
    postings.push(Posting::new(cost.contra, -cost.amount, at(cost.location)));
    postings.retain(|posting| posting.amount_minor != 0);
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: cost.legal_entity,
        kind: JournalKind::LateCost,
        cause: cost.cause,
        currency: books.currency,
        accounting_on: books.day(cost.effective_at),
        reverses: None,
    };
    let journal = head.id;
    let unbalanced = |error| Error::Internal(format!("a late cost does not balance: {error}"));
    let rows: Vec<Row> = parts
        .iter()
        .map(|part| Row {
            id: ids.draw(),
            journal,
            part: *part,
            cause: cost.cause,
            actor_kind: call.actor.kind,
            actor: call.actor.id,
            effective_at: cost.effective_at,
            recorded_at: call.now,
        })
        .collect();
    if !late_costs::of_cause(tx, cost.cause)?.is_empty() {
        let detail = format!("the late cost of this {} is posted", cost.cause.kind.code());
        return Err(Refusal::new(Code::AlreadyExists, detail).into());
    }
    post(tx, call, &[Journal::new(head, postings).map_err(unbalanced)?])?;
    late_costs::insert(tx, &rows)?;
    let changes: Vec<LevelChange> = parts
        .iter()
        .filter(|part| part.inventory != 0)
        .map(|part| LevelChange { value: part.inventory, ..LevelChange::none(part.key) })
        .collect();
    if let Some(key) = levels::change(tx, &changes)? {
        return Err(Error::Internal(format!("the value of {key:?} cannot change")));
    }
    let inventory = parts.iter().map(|part| part.inventory).sum();
    Ok(Allotted { inventory, cost: cost.amount - inventory })
}

/// A late cost as a person enters it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LateCostIn {
    pub sku: String,
    /// The code of the location that received the goods.
    pub location: String,
    /// How many were received, in the item's sale unit.
    pub received: String,
    /// In the currency of the books; negative where the goods cost less.
    pub amount: String,
    /// The account on the other side, such as `bank` or `payables`.
    pub contra: String,
}

/// Posts a cost of goods that came in before, such as freight or duty that became known late; needs
/// a reason. The goods that are still here become worth more, the rest is cost of goods.
///
/// # Errors
/// `reason_required`, `not_found`, `unknown_location`, `unknown_ledger_account`, `control_account`,
/// `invalid_field` where nothing was received, the refusals of quantities and amounts.
pub fn enter_late_cost(app: &App, call: &Call, new: &LateCostIn) -> Result<Journal, Error> {
    command(app, call, "books.late_cost", |tx| {
        call.require(Permission::KeepBooks, Scope::default())?;
        super::entries::require_reason(call)?;
        let item = item_called(tx, &new.sku)?;
        let location = location_called(tx, &new.location)?;
        let contra = super::entries::uncontrolled(&new.contra, "/contra")?;
        let books = books_of(tx, location.legal_entity)?;
        let amount = Money::parse(new.amount.trim(), books.currency)
            .map_err(|error| money_refusal(&error).under("/amount"))?;
        let wrong = |text: &str| Refusal::at(Code::InvalidField, "/received", text);
        let (received, _) = item
            .quantity(&new.received, &item.sale_unit)
            .map_err(|refusal| refusal.under("/received"))?;
        ensure(!received.is_zero(), || wrong("nothing was received"))?;
        let mut ids = ids_after_audit(call);
        let entry: EntryId = ids.draw();
        let cause = Cause { kind: CauseKind::LateCost, id: entry.as_bytes() };
        let cost = LateCost {
            legal_entity: location.legal_entity,
            item: item.id,
            location: location.id,
            received,
            amount: amount.minor(),
            contra,
            cause,
            dimensions: Dimensions {
                document: Some((DocumentKind::Entry, entry.as_bytes())),
                ..Dimensions::default()
            },
            effective_at: call.now,
        };
        ensure(cost.amount != 0, || Refusal::at(Code::MoneyInvalid, "/amount", "it is nothing"))?;
        late_cost(tx, call, &mut ids, &cost)?;
        let posted = journals::of_cause(tx, cause.kind, cause.id)?.pop();
        posted.ok_or_else(|| Error::Internal("a late cost was not posted".into()))
    })
}

/// The levels that may hold the goods, locked: those of the location that received them, then those
/// of the legal entity's other locations.
fn holding(tx: &mut Tx<'_>, cost: &LateCost) -> Result<Vec<Level>, Error> {
    let own = LevelKey { item: cost.item, location: cost.location, lot_class: LotId::NONE };
    let mut keys = vec![own];
    for level in levels::of_item(tx, cost.item)? {
        let key = level.key;
        if key == own || level.held == Qty::ZERO {
            continue;
        }
        let at = locations::get(tx, key.location)?;
        if at.is_some_and(|at| at.legal_entity == cost.legal_entity) {
            keys.push(key);
        }
    }
    let mut locked = levels::lock(tx, &keys)?;
    locked.sort_by_key(|level| (level.key.location != own.location, level.key));
    if locked.first().is_none_or(|level| level.key.location != own.location) {
        locked.insert(0, Level::empty(own, None));
    }
    Ok(locked)
}
