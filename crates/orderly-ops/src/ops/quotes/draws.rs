//! Orders that draw on quotes and agreements: what their lines take from the origin, and what of
//! it is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use orderly_core::actor::Scope;
use orderly_core::id::{IdSource, LineId, QuoteId};
use orderly_core::order::Order;
use orderly_core::order::build::unit_price;
use orderly_core::qty::Qty;
use orderly_core::quote::draw::{self, between};
use orderly_core::quote::{Drawable, Quote, QuoteKind, in_unit};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, quotes};
use serde_json::json;

use super::terms::{request_of, taxes};
use crate::ops::events::{Happened, event};
use crate::wire::{LineIn, OrderIn};
use crate::{Call, Error};

/// The quotes that a batch of orders draws on, locked, with what is left of them as the orders
/// are decided; and the orders with what their lines take from the origin.
#[derive(Default)]
pub struct Offered {
    quotes: BTreeMap<QuoteId, Quote>,
    by_line: HashMap<LineId, QuoteId>,
    filled: HashMap<usize, Result<OrderIn, Refusal>>,
}

impl Offered {
    /// Reads and locks what the orders draw on, in the order of ids, and fills their lines.
    pub fn read(tx: &mut Tx<'_>, batch: &[(&Call, &OrderIn)]) -> Result<Self, Error> {
        let mut this = Self::default();
        let mut wanted = BTreeSet::new();
        for (_, order) in batch {
            for (_, text, _) in named(order) {
                wanted.extend(find(tx, text)?);
            }
            for line in origins(order) {
                if let Some(quote) = quotes::of_line(tx, line)? {
                    this.by_line.insert(line, quote);
                    wanted.insert(quote);
                }
            }
        }
        for id in wanted {
            if let Some(quote) = quotes::get(tx, id, true)? {
                this.by_line.extend(quote.lines.iter().map(|one| (one.line.id, id)));
                this.quotes.insert(id, quote);
            }
        }
        for (index, (call, order)) in batch.iter().enumerate() {
            if named(order).next().is_none() && origins(order).next().is_none() {
                continue;
            }
            let filled = match this.fill(tx, call, order) {
                Ok(filled) => Ok(filled),
                Err(Error::Refused(refusal)) => Err(refusal),
                Err(error) => return Err(error),
            };
            this.filled.insert(index, filled);
        }
        Ok(this)
    }

    /// The order to build: the caller's own, or what the origins make of it.
    ///
    /// # Errors
    /// Those of filling it.
    pub fn request<'a>(&'a self, index: usize, own: &'a OrderIn) -> Result<&'a OrderIn, Refusal> {
        match self.filled.get(&index) {
            None => Ok(own),
            Some(Ok(filled)) => Ok(filled),
            Some(Err(refusal)) => Err(refusal.clone()),
        }
    }

    fn fill(&self, tx: &mut Tx<'_>, call: &Call, order: &OrderIn) -> Result<OrderIn, Error> {
        let mut out = order.clone();
        let mut drawn_on: Vec<&Quote> = Vec::new();
        for (field, text, kind) in named(order) {
            let id = find(tx, text)?.filter(|id| self.quotes[id].kind == kind);
            let quote = id.and_then(|id| self.quotes.get(&id)).ok_or_else(|| {
                let shown: String = text.chars().take(60).collect();
                let detail = format!("there is no {field} `{shown}`");
                Refusal::at(Code::UnknownQuote, format!("/{field}"), detail)
            })?;
            // What is used up was converted, whatever became of the quote since.
            let used_up = quote.lines.iter().all(|one| one.left().is_zero());
            if !used_up || quote.lines.is_empty() {
                quote.ensure_drawable(super::today(tx, call, quote.legal_entity)?)?;
            }
            spread(tx, quote, &mut out)?;
            drawn_on.push(quote);
        }
        for (index, line) in out.lines.iter_mut().enumerate() {
            let Some(text) = line.origin.clone() else { continue };
            let pointer = format!("/lines/{index}");
            let id: LineId = text.parse().map_err(|_| {
                let detail = "an origin is the id of a line";
                Refusal::at(Code::UnknownLine, format!("{pointer}/origin"), detail)
            })?;
            let quote = self.by_line.get(&id).and_then(|id| self.quotes.get(id));
            let quote = quote.ok_or_else(|| {
                let detail = format!("there is no line {id} of a quote or agreement");
                Refusal::at(Code::UnknownLine, format!("{pointer}/origin"), detail)
            })?;
            let own = quote.lines.iter().find(|one| one.line.id == id);
            let own = own.ok_or_else(|| Error::Internal("a line has no quote".into()))?;
            fill_line(call, line, own).map_err(|error| match error {
                Error::Refused(refusal) => refusal.under(&pointer).into(),
                other => other,
            })?;
            if !drawn_on.iter().any(|known| known.id == quote.id) {
                drawn_on.push(quote);
            }
        }
        for quote in drawn_on {
            quote.ensure_drawable(super::today(tx, call, quote.legal_entity)?)?;
            head(tx, quote, &mut out)?;
        }
        Ok(out)
    }

    /// Draws what a built order draws; it must be the quote's own customer's.
    ///
    /// # Errors
    /// `above_quote`, `above_agreement`; `invalid_field` for another customer, account, site or
    /// currency.
    pub fn draw(&mut self, order: &Order) -> Result<(), Refusal> {
        let wanted = draw::of(order);
        let mut after = BTreeMap::<QuoteId, Quote>::new();
        for (origin, qty) in wanted {
            let Some(id) = self.by_line.get(&origin) else { continue };
            if !after.contains_key(id) {
                let quote = self.quotes[id].clone();
                ensure_own(&quote, order)?;
                after.insert(*id, quote);
            }
            if let Some(quote) = after.get_mut(id) {
                let position = order.lines.iter().position(|line| line.origin == Some(origin));
                let pointer = format!("/lines/{}/quantity", position.unwrap_or(0));
                draw::draw(quote, origin, qty).map_err(|refusal| refusal.under(&pointer))?;
            }
        }
        self.quotes.extend(after);
        Ok(())
    }

    /// Gives back what an order drew that is not placed after all.
    pub fn give_back(&mut self, order: &Order) {
        for (origin, qty) in draw::of(order) {
            let id = self.by_line.get(&origin).copied();
            if let Some(quote) = id.and_then(|id| self.quotes.get_mut(&id)) {
                draw::draw(quote, origin, -qty).expect("it was drawn before");
            }
        }
    }
}

/// The quotes that an order names: field, text and kind.
fn named(order: &OrderIn) -> impl Iterator<Item = (&'static str, &str, QuoteKind)> {
    let quote = order.quote.as_deref().map(|text| ("quote", text, QuoteKind::Quote));
    let agreement =
        order.agreement.as_deref().map(|text| ("agreement", text, QuoteKind::Agreement));
    quote.into_iter().chain(agreement)
}

fn origins(order: &OrderIn) -> impl Iterator<Item = LineId> {
    order.lines.iter().filter_map(|line| line.origin.as_deref()?.parse().ok())
}

fn find(tx: &mut Tx<'_>, text: &str) -> Result<Option<QuoteId>, Error> {
    if let Some(found) = quotes::by_number(tx, text.trim())? {
        return Ok(Some(found));
    }
    let Ok(id) = text.parse::<QuoteId>() else { return Ok(None) };
    Ok(quotes::get(tx, id, false)?.map(|quote| quote.id))
}

/// Gives the lines of an order their origins in a quote; without lines it takes all that is left.
fn spread(tx: &mut Tx<'_>, quote: &Quote, out: &mut OrderIn) -> Result<(), Error> {
    if out.lines.is_empty() {
        let left = quote.lines.iter().filter(|one| !one.left().is_zero());
        out.lines = left.map(|one| all_of(one, one.left())).collect();
        if out.lines.is_empty() {
            let detail = format!("nothing of {} is left", quote.name());
            let refusal = Refusal::new(Code::NothingToDo, detail);
            return Err(match super::convert::last_order(tx, quote.id)? {
                Some(order) => refusal.allowed(format!("order {}", order.number)).into(),
                None => refusal.into(),
            });
        }
        return Ok(());
    }
    for line in out.lines.iter_mut().filter(|line| line.origin.is_none()) {
        let same = |one: &&Drawable| one.line.sku.is_some() && one.line.sku == line.sku;
        let mut fits = quote.lines.iter().filter(same);
        let first = fits.clone().next();
        let found = fits.find(|one| !one.left().is_zero()).or(first);
        line.origin = found.map(|one| one.line.id.to_string());
    }
    Ok(())
}

/// An order line for a base quantity of a quote's line.
pub fn all_of(one: &Drawable, qty: Qty) -> LineIn {
    let ratio = one.line.unit_ratio;
    let shown = in_unit(qty, ratio);
    let exact = orderly_core::qty::Entered::parse(&shown)
        .and_then(|entered| entered.to_base(ratio, &one.line.unit))
        .is_ok_and(|read| read == qty);
    let units = i128::from(qty.get()) * i128::from(ratio.den);
    let quantity = match () {
        () if qty == one.line.offered => one.line.entered.clone(),
        () if exact => shown,
        () => format!("{units}/{}", ratio.num),
    };
    LineIn { origin: Some(one.line.id.to_string()), quantity, ..LineIn::default() }
}

/// Takes what a line does not say itself from its origin.
fn fill_line(call: &Call, line: &mut LineIn, own: &Drawable) -> Result<(), Error> {
    let from = &own.line;
    let other = |field: &str, detail: String| Refusal::at(Code::InvalidField, field, detail);
    ensure(line.sku.is_none() || line.sku == from.sku, || {
        let sku = from.sku.clone().unwrap_or_default();
        other("/sku", format!("the origin is a line of {sku}")).allowed(sku)
    })?;
    let measured = line.unit.is_some() || line.cut_length.is_some();
    let same = (line.unit.is_none() || line.unit.as_ref() == Some(&from.unit))
        && (line.cut_length.is_none() || line.cut_length == from.cut_length);
    ensure(from.price_unit.is_some() || from.cut_length.is_none() || same, || {
        other("/unit", format!("the price is for one {} as quoted", from.unit))
    })?;
    line.sku.clone_from(&from.sku);
    line.kind.get_or_insert_with(|| from.kind.code().to_owned());
    line.description.get_or_insert_with(|| from.description.clone());
    if !measured || same {
        line.unit = Some(from.unit.clone());
        line.cut_length.clone_from(&from.cut_length);
    }
    if let Some(text) = &line.unit_price {
        let price = unit_price(text).map_err(|refusal| refusal.under("/unit_price"))?;
        let unit = line.price_unit.is_none() || line.price_unit == from.price_unit;
        if price != from.price || !unit {
            let detail = format!("the price is fixed at {}", from.price);
            let refusal = Refusal::at(Code::PriceLocked, "/unit_price", detail);
            let refusal = refusal.allowed(from.price.to_string());
            return call.unless_overridden(refusal, Scope::default());
        }
    }
    line.unit_price = Some(from.price.to_string());
    line.price_unit.clone_from(&from.price_unit);
    line.cost = line.cost.take().or_else(|| from.cost.map(|cost| cost.to_string()));
    if line.tax.is_empty() {
        line.tax = taxes(from);
    }
    Ok(())
}

/// Takes what an order does not say itself of who buys from the quote.
fn head(tx: &mut Tx<'_>, quote: &Quote, out: &mut OrderIn) -> Result<(), Error> {
    let own = request_of(tx, quote)?;
    if out.account.is_none() && own.account.is_some() {
        out.account = own.account;
        out.settlement.get_or_insert_with(|| "account".into());
    }
    if out.site.is_none() {
        out.site = own.site;
    }
    if out.customer.is_none() && out.account.is_none() {
        out.customer = own.customer;
    }
    out.currency = out.currency.take().or(own.currency);
    out.reference = out.reference.take().or(own.reference);
    Ok(())
}

fn ensure_own(quote: &Quote, order: &Order) -> Result<(), Refusal> {
    let head = &order.head;
    let wrong = |field: &str, what: &str| {
        let detail = format!("{} was made for another {what}", quote.name());
        Refusal::at(Code::InvalidField, field, detail)
    };
    let account = quote.account.is_none() || quote.account == head.account;
    ensure(account, || wrong("/account", "account"))?;
    let customer = quote.customer.is_none() || quote.customer == head.customer;
    ensure(customer, || wrong("/customer", "customer"))?;
    ensure(quote.site.is_none() || quote.site == head.site, || wrong("/site", "site"))?;
    ensure(quote.currency == order.currency, || wrong("/currency", "currency"))
}

/// Draws what lies between two values of an order on its origins, all of it or none, as a change
/// of each quote.
///
/// # Errors
/// `above_quote`, `above_agreement` with what is left.
pub fn redraw(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: Option<&Order>,
    after: &Order,
) -> Result<(), Error> {
    let mut by_quote = BTreeMap::<QuoteId, Vec<(LineId, i64)>>::new();
    for (origin, change) in between(before, after) {
        if let Some(quote) = quotes::of_line(tx, origin)? {
            by_quote.entry(quote).or_default().push((origin, change));
        }
    }
    for (id, changes) in by_quote {
        for (origin, change) in &changes {
            if !quotes::draw(tx, *origin, *change)? {
                let mut quote = super::load(tx, id, false)?;
                draw::draw(&mut quote, *origin, *change)?;
                return Err(Error::Again);
            }
        }
        let version = quotes::touch(tx, id, call.now)?;
        let version = version.ok_or_else(|| Error::not_found(format!("quote {id}")))?;
        let happened = Happened {
            stream_kind: "quote",
            stream: id.as_bytes(),
            sequence: version,
            kind: "quote.drawn",
            at: call.now,
        };
        let drawn: Vec<_> =
            changes.iter().map(|(line, qty)| json!({ "line": line, "qty": qty })).collect();
        let drawn = json!({ "order": after.id, "drawn": drawn });
        event_rows::record(tx, &[event(call, ids, happened, &drawn)])?;
    }
    Ok(())
}
