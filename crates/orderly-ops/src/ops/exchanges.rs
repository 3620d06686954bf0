//! Operations on exchanges: goods come back, an order replaces them, and the value is carried over
//! without money moving.
//!
//! The value of what shall come back is reserved for the replacement when the exchange is opened,
//! and taken as far as goods came and it is decided what becomes of them: what is due for them on
//! their order is used up by a refund that moves no money, and pays the replacement. What is left
//! where the replacement costs less goes back as money or store credit; what it costs more is asked
//! for like the money of any order.

mod cancel;
mod settle;

use orderly_core::actor::{Permission, Scope};
use orderly_core::exchange::{self, Exchange, ExchangeState, PROVIDER, Ships};
use orderly_core::id::{ExchangeId, IdSource, LegalEntityId, LocationId, OrderId};
use orderly_core::money::Currency;
use orderly_core::order::hold::{self, NewHold};
use orderly_core::order::price::payable;
use orderly_core::order::{HoldScope, Line, Order, Settlement, Step};
use orderly_core::payment::{self, NewPayment, Payment, Purpose};
use orderly_core::refund::RefundSettlement;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::{Fate, Return};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{
    self, accounts, channels, customers, exchanges, locations, numbers, parties,
};

use rust_decimal::Decimal;

use super::command::{Object, Reference, command};
use super::orders::place::place_in;
use super::payments::{Changed, done, save as save_payment};
use super::refunds::{Ground, leave};
use super::returns::{ReturnIn, ReturnLineIn, announce, take_in};
use super::{orders, returns};
use crate::wire::{AddressIn, CustomerIn, Deliveries, DeliveryIn, LineIn, OrderIn};
use crate::{App, Call, Error};
pub use cancel::cancel;
pub(super) use settle::came;

impl Object for Exchange {
    fn reference(&self) -> Reference {
        Reference { kind: "exchange", id: self.id.as_bytes(), sequence: self.version }
    }
    /// An exchange has no events of its own, its parts do: it is answered as it is now.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = ExchangeId::from_bytes(id);
        let found = exchanges::get(tx, id, false)?;
        found.ok_or_else(|| Error::Internal(format!("exchange {id} is gone")))
    }
}

/// An exchange as the caller states it.
#[derive(Debug, Clone)]
pub struct ExchangeIn {
    pub order: OrderId,
    /// What comes back.
    pub lines: Vec<ReturnLineIn>,
    /// What replaces it: each line with the line it `replaces`, or something beside it.
    pub replacement: Vec<LineIn>,
    /// Where the replacement goes; as the order went where `None`.
    pub delivery: Option<DeliveryIn>,
    /// Where the goods come back.
    pub at: LocationId,
    /// The goods are here, and this is what becomes of them.
    pub to: Option<Fate>,
    pub ships: Ships,
    /// Lines that replace one cost what it cost, and are taxed like it.
    pub even: bool,
    /// How the rest is given back where the replacement costs less.
    pub rest: RefundSettlement,
    pub waive_fee: bool,
    pub reason: String,
}

/// An exchange with its parts, and what is still to be paid, in minor units of the currency.
#[derive(Debug, Clone)]
pub struct Shown {
    pub exchange: Exchange,
    pub original: Order,
    pub replacement: Order,
    pub returned: Return,
    /// Reserved for the replacement, and what of it was carried there.
    pub reserved: i64,
    pub carried: i64,
    /// What the replacement costs beyond what is reserved and paid for it.
    pub to_pay: i64,
}

/// Returns the exchange with this id and its parts, from one snapshot.
pub fn show(app: &App, call: &Call, id: ExchangeId) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let found = exchanges::get(tx, id, false)?;
        shown(tx, call, found.ok_or_else(|| Error::not_found(format!("exchange {id}")))?)
    })
}

/// Returns the exchange with this number and its parts.
pub fn find(app: &App, call: &Call, number: &str) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let found = exchanges::by_number(tx, number)?;
        let name: String = number.chars().take(40).collect();
        shown(tx, call, found.ok_or_else(|| Error::not_found(format!("exchange `{name}`")))?)
    })
}

/// Returns up to `limit` exchanges before one with their parts, of a state or of all, the newest
/// first.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<ExchangeState>,
    before: Option<ExchangeId>,
    limit: i64,
) -> Result<Vec<Shown>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let found = exchanges::list(tx, state, before, limit.clamp(1, 1_000))?;
        found.into_iter().map(|one| shown(tx, call, one)).collect()
    })
}

fn shown(tx: &mut Tx<'_>, call: &Call, exchange: Exchange) -> Result<Shown, Error> {
    let gone = |what: &str| Error::Internal(format!("{what} of {} is gone", exchange.number));
    let original = tables::orders::get(tx, exchange.order, false)?;
    let original = original.ok_or_else(|| gone("the order"))?;
    call.require(Permission::Read, Scope { channel: Some(original.channel), ..Scope::default() })?;
    let replacement = tables::orders::get(tx, exchange.replacement, false)?;
    let replacement = replacement.ok_or_else(|| gone("the replacement"))?;
    let returned = tables::returns::get(tx, exchange.returned, false)?;
    let returned = returned.ok_or_else(|| gone("the return"))?;
    let paid = match exchange.payment {
        Some(id) => tables::payments::get(tx, id, false)?,
        None => None,
    };
    let amounts = paid.map(|paid| paid.amounts).unwrap_or_default();
    let to_pay = (payable(&replacement) - replacement.head.paid.authorized).max(0);
    let (reserved, carried) = (amounts.authorized - amounts.voided, amounts.captured);
    Ok(Shown { exchange, original, replacement, returned, reserved, carried, to_pay })
}

/// Opens an exchange: announces the return, places the replacement, and reserves the value of what
/// comes back for it. Where the goods are here already, they are taken in and the value is carried.
///
/// # Errors
/// Those of [`returns::request`] and of placing an order; `insufficient_stock` says what to choose;
/// `amount_limit` and `approval_required` as for a refund of the value; `reason_required`.
pub fn open(app: &App, call: &Call, new: &ExchangeIn) -> Result<Exchange, Error> {
    let order_numbers = orders::numbers::take(app, 1)?;
    command(app, call, "exchange.open", |tx| {
        let missing = |_| Refusal::at(Code::ReasonRequired, "/reason", "say why it is exchanged");
        let reason = text::short(&new.reason).map_err(missing)?;
        if !matches!(new.rest, RefundSettlement::Refund | RefundSettlement::StoreCredit) {
            let detail = "what is left goes back as money or as store credit";
            let refusal = Refusal::at(Code::InvalidField, "/rest", detail);
            return Err(refusal.allowed("refund, store_credit").into());
        }
        let original = orders::load(tx, new.order)?;
        let scope = Scope { channel: Some(original.channel), ..Scope::default() };
        if new.waive_fee {
            call.require(Permission::WaiveFee, scope)?;
        }
        let mut ids = orders::ids_after_audit(call);
        let back = ReturnIn {
            order: Some(original.id),
            location: Some(new.at),
            reason: Some(reason.clone()),
            lines: new.lines.clone(),
            ..ReturnIn::default()
        };
        let returned = announce(tx, call, &mut ids, &back, &original)?;
        let original = orders::load(tx, new.order)?;
        let value = settle::expected(tx, &original, &returned)?;
        leave(tx, call, &Ground::of(&original, value), false)?;
        let number = numbers::take(tx, LegalEntityId::NONE, "exchange", 1, 1)?;
        let number = format!("EX-{number}");
        let replacement = placed(tx, call, new, &original, &order_numbers[0])?;
        let paid = reserve(tx, call, &mut ids, (&original, &replacement), &number, value)?;
        let exchange = Exchange {
            id: ids.draw(),
            number,
            returned: returned.id,
            order: original.id,
            replacement: replacement.id,
            payment: paid.map(|paid| paid.id),
            ships: new.ships,
            rest: new.rest,
            state: ExchangeState::Open,
            waives_fee: new.waive_fee,
            reason,
            version: 1,
            created_at: call.now,
        };
        if !exchanges::insert(tx, &exchange)? {
            return Err(Error::Internal(format!("number {} is taken", exchange.number)));
        }
        if new.ships == Ships::AfterReceipt && new.to.is_none() {
            wait(tx, call, &mut ids, &exchange)?;
        }
        if let Some(to) = new.to {
            let done = take_in(tx, call, &mut ids, (&returned, &original), new.at, to)?;
            came(tx, call, &mut ids, done)?;
        }
        let stored = exchanges::get(tx, exchange.id, false)?;
        stored.ok_or_else(|| Error::Internal("an exchange was not kept".into()))
    })
}

/// Places the replacement: for the same customer, through the same channel, going where the order
/// went unless the caller says otherwise.
fn placed(
    tx: &mut Tx<'_>,
    call: &Call,
    new: &ExchangeIn,
    original: &Order,
    number: &str,
) -> Result<Order, Error> {
    let missing = || Error::Internal(format!("order {} has no channel", original.number));
    let channel = channels::get(tx, original.channel)?.ok_or_else(missing)?;
    let customer = original.head.customer.map(|id| customers::get(tx, id)).transpose()?.flatten();
    let account = original.head.account.map(|id| accounts::get(tx, id)).transpose()?.flatten();
    let site = match (original.head.account, original.head.site) {
        (Some(account), Some(site)) => {
            accounts::sites(tx, account)?.into_iter().find(|own| own.id == site)
        }
        _ => None,
    };
    let mut lines = new.replacement.clone();
    for (index, line) in lines.iter_mut().enumerate() {
        let Some(replaced) = line.replaces else { continue };
        let under = |refusal: Refusal| refusal.under(&format!("/replacement/{index}"));
        let replaced = original.line(replaced).map_err(under)?;
        like(line, replaced, new.even, original.currency);
    }
    let delivery = match &new.delivery {
        Some(stated) => stated.clone(),
        None => same_way(tx, original)?,
    };
    let request = OrderIn {
        channel: channel.code,
        currency: Some(original.currency.code().to_owned()),
        settlement: Some(original.head.settlement.code().to_owned()),
        customer: customer
            .map(|one| CustomerIn { id: Some(one.id.to_string()), ..CustomerIn::default() }),
        account: account.map(|one| one.number),
        site: site.map(|one| one.code),
        reference: original.head.reference.clone(),
        deliveries: Deliveries::Many(vec![delivery]),
        lines,
        ..OrderIn::default()
    };
    // Its ids are drawn apart from those of the exchange.
    let own = Call { seed: call.seed ^ 0x7265_706c_6163_6521, ..call.clone() };
    place_in(tx, &own, &request, number).map_err(|error| match error {
        Error::Refused(refusal) if refusal.code() == Code::InsufficientStock => {
            let detail = "let it wait as a backorder (override), or take the goods back and refund";
            Refusal { issues: refusal.issues }.allowed(detail).into()
        }
        other => other,
    })
}

/// Taxes a line like the one it replaces; in an even exchange it also costs the same.
fn like(line: &mut LineIn, replaced: &Line, even: bool, currency: Currency) {
    if line.tax.is_empty() {
        let tax = |tax: &orderly_core::order::Tax| crate::wire::TaxIn {
            name: tax.name.clone(),
            rate: tax.rate.to_string(),
            included: tax.included,
        };
        line.tax = replaced.taxes.iter().map(tax).collect();
    }
    if !even || line.unit_price.is_some() {
        return;
    }
    // The price of one of the replaced line's units, after its discounts.
    let goods = replaced.amounts.gross - replaced.amounts.discount;
    let goods = Decimal::new(goods, currency.exponent());
    let units = Decimal::from(replaced.quantities.ordered.get())
        * Decimal::from(replaced.unit_ratio.den)
        / Decimal::from(replaced.unit_ratio.num);
    line.unit_price = goods.checked_div(units).map(|price| price.round_dp(8).to_string());
}

/// The delivery of an order, as a caller would state it.
fn same_way(tx: &mut Tx<'_>, original: &Order) -> Result<DeliveryIn, Error> {
    let Some(first) = original.deliveries.first() else { return Ok(DeliveryIn::default()) };
    let location = first.location.map(|id| locations::get(tx, id)).transpose()?.flatten();
    let party = first.ship_to.map(|id| parties::get(tx, id)).transpose()?.flatten();
    let address = party.map(|party| AddressIn {
        name: Some(party.name),
        company: party.company,
        lines: party.address_lines,
        city: party.city,
        region: party.region,
        postcode: party.postcode,
        country: party.country,
        phone: party.phone,
        email: party.email,
        latitude_e6: party.coordinates.map(|at| at.latitude_e6),
        longitude_e6: party.coordinates.map(|at| at.longitude_e6),
    });
    Ok(DeliveryIn {
        method: Some(first.method.code().to_owned()),
        ship_to: address,
        location: location.map(|place| place.code),
        ..DeliveryIn::default()
    })
}

/// Reserves the value of what comes back for the replacement, as far as it asks for money. An order
/// on account is charged and credited there instead.
fn reserve(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (original, replacement): (&Order, &Order),
    number: &str,
    value: i64,
) -> Result<Option<Payment>, Error> {
    let amount = value.min(payable(replacement));
    if amount <= 0 || original.head.settlement == Settlement::Account {
        return Ok(None);
    }
    let stated = NewPayment {
        legal_entity: replacement.legal_entity,
        customer: replacement.head.customer,
        account: replacement.head.account,
        channel: Some(replacement.channel),
        provider: PROVIDER.into(),
        method: PROVIDER.into(),
        reference: Some(number.into()),
        currency: replacement.currency,
    };
    let opened = payment::open(&stated, ids, call.now)?;
    let purpose = Purpose { order: Some(replacement.id), refund: None };
    let after = opened.authorize(amount, purpose, ids, call.now)?;
    let after = done(&after, None, call, ids)?;
    let changed = Changed { before: None, after, kind: "payment.authorized" };
    save_payment(tx, call, ids, changed, Some(replacement)).map(Some)
}

/// Holds the replacement until the goods come.
fn wait(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    exchange: &Exchange,
) -> Result<(), Error> {
    let order = orders::load(tx, exchange.replacement)?;
    let new = NewHold {
        kind: PROVIDER.into(),
        scope: HoldScope::Order,
        scope_id: order.id.as_bytes(),
        blocks: vec![Step::Release, Step::Ship],
        reason: format!("{}: what it replaces is to come back first", exchange.number),
        owner: None,
        due_at: None,
    };
    let (decision, _) = hold::hold(&order, &new, call.now, ids)?;
    orders::apply(tx, call, ids, &order, decision, "order.held")?;
    Ok(())
}

/// Refuses a step by which more of a replacement would go than what it replaces came back for.
///
/// # Errors
/// `exchange_not_received` with what may go, overridden by the right to override holds.
pub(super) fn ensure_may_ship(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &Order,
    after: &Order,
) -> Result<(), Error> {
    let goes = after.lines.iter().any(|line| {
        let had = before.line(line.id).map(|old| old.quantities.shipped);
        line.origin.is_some() && had.is_ok_and(|had| line.quantities.shipped > had)
    });
    if !goes {
        return Ok(());
    }
    let Some(exchange) = exchanges::of_replacement(tx, after.id)? else { return Ok(()) };
    let gone = || Error::Internal(format!("a part of {} is gone", exchange.number));
    let original = tables::orders::get(tx, exchange.order, false)?.ok_or_else(gone)?;
    let returned = tables::returns::get(tx, exchange.returned, false)?.ok_or_else(gone)?;
    let judged = exchange::ensure_may_ship(&exchange, &original, &returned, (before, after));
    let Err(refusal) = judged else { return Ok(()) };
    let scope = Scope { channel: Some(after.channel), ..Scope::default() };
    call.unless_overridden(refusal, scope)
}

/// The exchange, its orders and its return, locked in their order.
struct Parts {
    exchange: Exchange,
    original: Order,
    replacement: Order,
    returned: Return,
}

fn parts(tx: &mut Tx<'_>, seen: &Exchange) -> Result<Parts, Error> {
    let original = orders::load(tx, seen.order)?;
    let replacement = orders::load(tx, seen.replacement)?;
    let returned = returns::load(tx, seen.returned)?;
    let exchange = exchanges::get(tx, seen.id, true)?;
    let exchange = exchange.ok_or_else(|| Error::not_found(format!("exchange {}", seen.id)))?;
    Ok(Parts { exchange, original, replacement, returned })
}

fn save(tx: &mut Tx<'_>, before: &Exchange, state: ExchangeState) -> Result<Exchange, Error> {
    let after = Exchange { state, version: before.version + 1, ..before.clone() };
    if exchanges::save(tx, before, &after)? {
        return Ok(after);
    }
    let detail = format!("exchange {} was changed meanwhile", before.number);
    Err(Refusal::new(Code::StaleVersion, detail).into())
}
