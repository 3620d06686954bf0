//! New purchase orders: what we need, or what one line of a customer's order needs.

use std::sync::Arc;

use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::money::Currency;
use orderly_core::order::build::unit_price;
use orderly_core::order::{Line, LineKind, Order, special};
use orderly_core::party::Supplier;
use orderly_core::purchase::quantity::{ensure_allowed, next_allowed};
use orderly_core::purchase::supplier::SupplierItem;
use orderly_core::purchase::{PurchaseLine, PurchaseState, Tied};
use orderly_core::qty::{BaseUnit, Qty, Ratio};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{catalog, purchases, suppliers};
use rust_decimal::Decimal;

use super::{PurchaseOrder, day, record, save};
use crate::ops::catalog::{ids, location_called};
use crate::ops::stock::{number, receive, require_at};
use crate::ops::suppliers::supplier_called;
use crate::ops::{command, orders, read};
use crate::wire::purchases::{PurchaseForIn, PurchaseIn, PurchaseLineIn};
use crate::{App, Call, Error};

/// More lines than this are several orders.
const MAX_LINES: usize = 2_000;

/// Adds a draft.
///
/// # Errors
/// `unknown_supplier`, `unknown_location`, `unknown_item`, `no_lines`, `too_many_lines`,
/// `supplier_quantity` with the next quantity he sells, `no_price`, the refusals of quantities and
/// prices; each with the pointer of its line.
pub fn create(app: &App, call: &Call, new: &PurchaseIn) -> Result<PurchaseOrder, Error> {
    command(app, call, "purchase.create", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Purchase, &location)?;
        let supplier = active(tx, &new.supplier)?;
        ensure(!new.lines.is_empty(), || {
            Refusal::at(Code::NoLines, "/lines", "a purchase order needs a line")
        })?;
        ensure(new.lines.len() <= MAX_LINES, || {
            let detail = format!("a purchase order has at most {MAX_LINES} lines");
            Refusal::at(Code::TooManyLines, "/lines", detail)
        })?;
        let mut ids = ids(call);
        let mut draft = draft(tx, call, &mut ids, &supplier, &location)?;
        draft.note =
            text::optional(new.note.as_deref()).map_err(|refusal| refusal.under("/note"))?;
        let expected = new.expected_on.as_deref().map(|text| day(text, "/expected_on"));
        draft.expected_on = expected.transpose()?;
        for (index, line) in new.lines.iter().enumerate() {
            let read = read_line(tx, call, &mut ids, &draft, &supplier, line);
            let read = read.map_err(|error| receive::under(error, &format!("/lines/{index}")))?;
            draft.lines.push(read);
        }
        let last = draft.lines.iter().filter_map(|line| line.expected_on).max();
        draft.expected_on = draft.expected_on.or(last);
        purchases::insert(tx, &draft)?;
        record(tx, call, &mut ids, &draft, "purchase_order.created")?;
        Ok(draft)
    })
}

fn active(tx: &mut Tx<'_>, code: &str) -> Result<Supplier, Error> {
    let supplier = supplier_called(tx, code)?;
    ensure(supplier.active, || {
        let detail = format!("nothing is bought from {} any more", supplier.code);
        Refusal::at(Code::UnknownSupplier, "/supplier", detail)
    })?;
    Ok(supplier)
}

/// An empty draft with the next number.
fn draft(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    supplier: &Supplier,
    location: &Location,
) -> Result<PurchaseOrder, Error> {
    Ok(PurchaseOrder {
        id: ids.draw(),
        number: number(tx, "P", "purchase_order")?,
        supplier: supplier.id,
        location: location.id,
        legal_entity: location.legal_entity,
        currency: supplier.currency,
        reference: None,
        note: None,
        expected_on: None,
        sent_at: None,
        confirmed_at: None,
        closed_at: None,
        canceled_at: None,
        version: 1,
        created_at: call.now,
        updated_at: call.now,
        lines: Vec::new(),
    })
}

/// The day on which goods are expected that are ordered now.
fn lead(call: &Call, supplier: &Supplier, sold: Option<&SupplierItem>) -> Day {
    let days = sold.and_then(|sold| sold.lead_time_days).unwrap_or(supplier.lead_time_days);
    call.now.day_in("UTC").plus_days(i32::try_from(days).unwrap_or(0))
}

fn read_line(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    draft: &PurchaseOrder,
    supplier: &Supplier,
    new: &PurchaseLineIn,
) -> Result<PurchaseLine, Error> {
    let item = stocked(tx, &new.sku)?;
    let sold = suppliers::item(tx, supplier.id, item.id)?;
    let unit = new.unit.as_deref().unwrap_or(&item.sale_unit);
    let unit_ratio = item.ratio(unit).map_err(|refusal| refusal.under("/unit"))?;
    let read = orderly_core::qty::Entered::parse(&new.quantity);
    let qty = read.and_then(|entered| entered.to_base(unit_ratio, unit));
    let qty = qty.map_err(|error| orderly_core::item::qty_refusal(error).under("/quantity"))?;
    ensure(!qty.is_zero(), || {
        Refusal::at(Code::QuantityZero, "/quantity", "the quantity is zero")
    })?;
    let (pack, minimum) = packs(sold.as_ref());
    ensure_allowed(qty, pack, minimum).map_err(|refusal| refusal.under("/quantity"))?;
    let priced = Priced::of(new, &item, sold.as_ref(), (unit, unit_ratio), tx, draft)?;
    let expected = new.expected_on.as_deref().map(|text| day(text, "/expected_on")).transpose()?;
    let expected = expected.or(draft.expected_on).or(Some(lead(call, supplier, sold.as_ref())));
    let wanted = Wanted { item: &item, sold: sold.as_ref(), unit, unit_ratio, qty };
    Ok(line(ids, draft, supplier, &wanted, priced, expected))
}

/// What is ordered, before it is a line.
struct Wanted<'a> {
    item: &'a Item,
    sold: Option<&'a SupplierItem>,
    unit: &'a str,
    unit_ratio: Ratio,
    qty: Qty,
}

fn packs(sold: Option<&SupplierItem>) -> (Qty, Qty) {
    let one = Qty::new(1).unwrap_or_default();
    sold.map_or((one, Qty::ZERO), |sold| (sold.pack, sold.minimum))
}

fn line(
    ids: &mut IdSource,
    draft: &PurchaseOrder,
    supplier: &Supplier,
    wanted: &Wanted<'_>,
    priced: Priced,
    expected_on: Option<Day>,
) -> PurchaseLine {
    let (pack, minimum) = packs(wanted.sold);
    let (max_over, max_short) = supplier.terms.tolerance(wanted.qty);
    let none = Qty::ZERO;
    PurchaseLine {
        id: ids.draw(),
        position: i64::try_from(draft.lines.len()).unwrap_or(i64::MAX) + 1,
        item: wanted.item.id,
        description: wanted.item.name.clone(),
        supplier_sku: wanted.sold.and_then(|sold| sold.sku.clone()),
        tied: None,
        direct: false,
        pack,
        minimum,
        unit: wanted.unit.to_owned(),
        unit_ratio: wanted.unit_ratio,
        price: priced.price,
        price_unit: priced.unit,
        price_ratio: priced.ratio,
        max_over,
        max_short,
        ordered: wanted.qty,
        canceled: none,
        received: none,
        invoiced: none,
        received_minor: 0,
        cleared_minor: 0,
        expected_on,
        confirmations: Vec::new(),
    }
}

/// What one price unit costs.
struct Priced {
    price: Decimal,
    unit: String,
    ratio: Ratio,
}

impl Priced {
    /// The price stated, else the one agreed with the supplier, else the item's expected cost
    /// where it is in his currency.
    fn of(
        new: &PurchaseLineIn,
        item: &Item,
        sold: Option<&SupplierItem>,
        (unit, ratio): (&str, Ratio),
        tx: &mut Tx<'_>,
        draft: &PurchaseOrder,
    ) -> Result<Self, Error> {
        if let Some(text) = &new.price {
            let price = unit_price(text).map_err(|refusal| refusal.under("/price"))?;
            let Some(own) = new.price_unit.as_deref() else {
                return Ok(Self { price, unit: unit.to_owned(), ratio });
            };
            let ratio = item.ratio(own).map_err(|refusal| refusal.under("/price_unit"))?;
            return Ok(Self { price, unit: own.to_owned(), ratio });
        }
        if let Some(sold) = sold
            && let Some(price) = sold.cost
        {
            return Ok(Self { price, unit: sold.cost_unit.clone(), ratio: sold.cost_ratio });
        }
        let own = crate::ops::books::books_of(tx, draft.legal_entity)?.currency;
        match item.cost.filter(|_| own == draft.currency) {
            Some(price) => {
                let unit = item.base_unit.code().to_owned();
                Ok(Self { price, unit, ratio: Ratio::ONE })
            }
            None => {
                let detail = format!("no price of {} is agreed: state one", item.sku);
                Err(Refusal::at(Code::NoPrice, "/price", detail).into())
            }
        }
    }
}

fn stocked(tx: &mut Tx<'_>, sku: &str) -> Result<Arc<Item>, Error> {
    let shown: String = sku.chars().take(60).collect();
    let wrong = |detail: String| Refusal::at(Code::UnknownItem, "/sku", detail);
    let found = catalog::by_sku(tx, sku.trim())?;
    let found = found.ok_or_else(|| wrong(format!("there is no item `{shown}`")))?;
    ensure(found.is_stocked(), || wrong(format!("{shown} is not a stocked item")))?;
    Ok(found)
}

/// Buys what one special-order or direct-ship line needs: a line of the supplier's newest draft
/// for that location, or of a new one. Packs and minimum may make it more; the rest is for stock.
/// What was only described becomes an item of its own.
///
/// # Errors
/// `not_found`, `unknown_line`, `unknown_supplier`, `unknown_location`, `invalid_transition` for
/// another kind of line, `nothing_to_do` where all of it is bought, `no_price`.
pub fn order_for(app: &App, call: &Call, new: &PurchaseForIn) -> Result<PurchaseOrder, Error> {
    command(app, call, "purchase.order_for", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Purchase, &location)?;
        let id = read::orders::find(tx, &new.order)?;
        let mut order = orders::load(tx, id)?;
        let mut ids = ids(call);
        let position = new.line;
        let own = order.lines.iter().find(|line| line.position == position).cloned();
        let own = own.ok_or_else(|| {
            let detail = format!("order {} has no line {position}", order.number);
            Refusal::at(Code::UnknownLine, "/line", detail)
        })?;
        let kind = matches!(own.kind, LineKind::SpecialOrder | LineKind::DirectShip);
        ensure(kind, || {
            let detail = format!("line {position} of {} is no special order", order.number);
            Refusal::at(Code::InvalidTransition, "/line", detail)
                .allowed("special_order, direct_ship")
        })?;
        let supplier = supplier_of(tx, new, &own)?;
        let needed = needed(tx, &order, &own)?;
        let item = match own.item {
            Some(item) => known(tx, item)?,
            None => {
                let item = described(tx, call, &mut ids, &order, &own)?;
                let named = special::name_item(&order, own.id, item.id, call.now, &mut ids)?;
                order = orders::apply(tx, call, &mut ids, &order, named, "order.item_named")?;
                item
            }
        };
        let bought = Bought { order: &order, own: &own, item: &item, needed };
        let before = open_draft(tx, call, &mut ids, &supplier, &location)?;
        let mut after = before.clone();
        after.lines.push(bought.line(tx, call, &mut ids, new, &before, &supplier)?);
        if before.lines.is_empty() {
            after.expected_on = after.lines[0].expected_on;
        }
        save(tx, call, &mut ids, &before, after, "purchase_order.line_added")
    })
}

fn supplier_of(tx: &mut Tx<'_>, new: &PurchaseForIn, line: &Line) -> Result<Supplier, Error> {
    if let Some(code) = &new.supplier {
        return active(tx, code);
    }
    let own = line.supplier.map(|id| suppliers::get(tx, id)).transpose()?.flatten();
    own.ok_or_else(|| {
        let detail = "the line names no supplier: say from whom it is bought";
        Refusal::at(Code::UnknownSupplier, "/supplier", detail).into()
    })
}

/// What of a line nobody brings yet.
fn needed(tx: &mut Tx<'_>, order: &Order, line: &Line) -> Result<Qty, Error> {
    let tied = purchases::tied_to(tx, line.id)?;
    let comes = Qty::sum(tied.iter().map(|one| one.expected)).unwrap_or_default();
    let needed = line.quantities.unallocated.less(comes);
    ensure(!needed.is_zero(), || {
        let detail = format!("all of line {} of {} is bought", line.position, order.number);
        Refusal::new(Code::NothingToDo, detail)
    })?;
    Ok(needed)
}

fn known(tx: &mut Tx<'_>, id: ItemId) -> Result<Arc<Item>, Error> {
    let found = catalog::get(tx, id)?;
    found.ok_or_else(|| Error::Internal(format!("an order line has no item {id}")))
}

/// The item that a described line becomes: counted in the line's unit, sold to nobody else.
fn described(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &Order,
    line: &Line,
) -> Result<Arc<Item>, Error> {
    let item = Item {
        id: ids.draw(),
        sku: format!("SO-{}-{}", order.number, line.position),
        name: if line.description.is_empty() {
            "Special order".into()
        } else {
            line.description.clone()
        },
        goods: Goods::Counted,
        base_unit: BaseUnit::Each,
        tracking: Tracking::None,
        units: Vec::new(),
        sale_unit: BaseUnit::Each.code().into(),
        price: None,
        price_unit: BaseUnit::Each.code().into(),
        price_ratio: Ratio::ONE,
        price_currency: None,
        cost: None,
        gtin: None,
        weight_g: None,
        dimensions_mm: None,
        hs_code: None,
        origin_country: None,
        over_ppm: 0,
        under_ppm: 0,
        min_offcut: Qty::ZERO,
        kerf: Qty::ZERO,
        backorder_limit: None,
        refurbish_item: None,
        components: Vec::new(),
        active: false,
        version: 1,
    };
    if catalog::insert_many(tx, std::slice::from_ref(&item), call.now)? == 0 {
        return Err(crate::ops::catalog::taken("item", &item.sku));
    }
    Ok(Arc::new(item))
}

/// The newest draft for the supplier and location, locked; a new one where there is none.
fn open_draft(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    supplier: &Supplier,
    location: &Location,
) -> Result<PurchaseOrder, Error> {
    let state = Some(PurchaseState::Draft);
    let drafts = purchases::list(tx, Some(supplier.id), state, None, 50)?;
    for draft in drafts.into_iter().filter(|draft| draft.location == location.id) {
        let locked = super::load(tx, draft.id, true)?;
        if locked.state() == PurchaseState::Draft && locked.lines.len() < MAX_LINES {
            return Ok(locked);
        }
    }
    let fresh = draft(tx, call, ids, supplier, location)?;
    purchases::insert(tx, &fresh)?;
    record(tx, call, ids, &fresh, "purchase_order.created")?;
    Ok(fresh)
}

/// What is bought for a line.
struct Bought<'a> {
    order: &'a Order,
    own: &'a Line,
    item: &'a Item,
    needed: Qty,
}

impl Bought<'_> {
    fn line(
        &self,
        tx: &mut Tx<'_>,
        call: &Call,
        ids: &mut IdSource,
        new: &PurchaseForIn,
        draft: &PurchaseOrder,
        supplier: &Supplier,
    ) -> Result<PurchaseLine, Error> {
        let sold = suppliers::item(tx, supplier.id, self.item.id)?;
        let (pack, minimum) = packs(sold.as_ref());
        let qty = next_allowed(self.needed, pack, minimum).ok_or_else(|| {
            Refusal::new(Code::QuantityTooLarge, "no supplier delivers that many at once")
        })?;
        let (unit, unit_ratio) = (self.own.unit.as_str(), self.own.unit_ratio);
        let priced = match (&new.price, self.own.cost) {
            (None, Some(cost)) if sold.as_ref().is_none_or(|sold| sold.cost.is_none()) => {
                self.ensure_own_currency(tx, draft)?;
                let unit = self.item.base_unit.code().to_owned();
                Priced { price: cost, unit, ratio: Ratio::ONE }
            }
            _ => {
                let asked =
                    PurchaseLineIn { price: new.price.clone(), ..PurchaseLineIn::default() };
                Priced::of(&asked, self.item, sold.as_ref(), (unit, unit_ratio), tx, draft)?
            }
        };
        let expected = Some(lead(call, supplier, sold.as_ref()));
        let wanted = Wanted { item: self.item, sold: sold.as_ref(), unit, unit_ratio, qty };
        let line = line(ids, draft, supplier, &wanted, priced, expected);
        let direct = self.own.kind == LineKind::DirectShip;
        let tied = Some(Tied { order: self.order.id, line: self.own.id });
        // What a supplier sends to a customer is exactly what the customer ordered.
        let (max_over, max_short) =
            if direct { (Qty::ZERO, Qty::ZERO) } else { (line.max_over, line.max_short) };
        let ordered = if direct { self.needed } else { line.ordered };
        Ok(PurchaseLine { tied, direct, max_over, max_short, ordered, ..line })
    }

    /// A line's cost is in the legal entity's currency.
    fn ensure_own_currency(&self, tx: &mut Tx<'_>, draft: &PurchaseOrder) -> Result<(), Error> {
        let own: Currency = crate::ops::books::books_of(tx, draft.legal_entity)?.currency;
        ensure(own == draft.currency, || {
            let detail = format!("state the price in {}", draft.currency);
            Refusal::at(Code::NoPrice, "/price", detail)
        })?;
        Ok(())
    }
}
