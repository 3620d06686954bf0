//! From what a caller states to terms: the lines are built as those of an order, so that units,
//! prices and taxes are what an order's would be.

use orderly_core::id::IdSource;
use orderly_core::item::Item;
use orderly_core::money::Currency;
use orderly_core::order::{Line, Order};
use orderly_core::qty::{Entered, Qty, Ratio, STANDARD_UNITS};
use orderly_core::quote::{Expected, Quote, QuoteLine, Terms};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{accounts, catalog, channels, parties};
use rust_decimal::Decimal;

use crate::ops::orders::keep_customers;
use crate::ops::orders::resolve::{Asked, Resolver};
use crate::ops::orders::trade::Trades;
use crate::ops::prices::rules::Rules;
use crate::wire::quotes::{ExpectedIn, QuoteIn, QuoteLineIn, TermsIn};
use crate::wire::{CustomerIn, LineIn, OrderIn, TaxIn};
use crate::{Call, Error};

/// The order that a new quote's head would be.
pub fn request(new: &QuoteIn) -> OrderIn {
    OrderIn {
        channel: new.channel.clone(),
        currency: new.currency.clone(),
        customer: new.customer.clone(),
        account: new.account.clone(),
        site: new.site.clone(),
        reference: new.reference.clone(),
        ..OrderIn::default()
    }
}

/// The order that a quote's head would be.
pub fn request_of(tx: &mut Tx<'_>, quote: &Quote) -> Result<OrderIn, Error> {
    let missing = || Error::Internal(format!("{} names what is not there", quote.name()));
    let channel = channels::get(tx, quote.channel)?.ok_or_else(missing)?;
    let account = quote.account.map(|id| accounts::get(tx, id)).transpose()?.flatten();
    let site = quote.site.map(|id| accounts::site(tx, id)).transpose()?.flatten();
    let customer = quote.customer.filter(|_| account.is_none());
    Ok(OrderIn {
        channel: channel.code,
        currency: Some(quote.currency.to_string()),
        customer: customer
            .map(|id| CustomerIn { id: Some(id.to_string()), ..CustomerIn::default() }),
        account: account.map(|account| account.number),
        site: site.map(|site| site.code),
        reference: quote.reference.clone(),
        ..OrderIn::default()
    })
}

/// Builds terms, and the order they would be. Customers who come along are kept.
pub fn build(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    head: &OrderIn,
    given: &TermsIn,
    before: Option<&Quote>,
) -> Result<(Order, Terms), Error> {
    let lines: Vec<LineIn> = given.lines.iter().map(QuoteLineIn::as_line).collect();
    let request = OrderIn { lines, ..head.clone() };
    let mut resolver = Resolver::new(tx)?;
    resolver.trades = Trades::read(tx, std::iter::once(&request))?;
    let channel = resolver.channel(tx, &request.channel)?;
    let skus: Vec<&str> = request.lines.iter().filter_map(|line| line.sku.as_deref()).collect();
    let catalog = catalog::load(tx, &skus)?;
    let asked = Asked { request: &request, channel: &channel, number: "", content_hash: [0; 16] };
    let new = resolver.order(tx, call, ids, &asked)?;
    let known = (&channel, &catalog);
    let built = Rules::load(tx, &catalog)?.build(tx, call, &new, known, &resolver.new_parties, ids);
    let (order, _) = built.map_err(|error| match error {
        Error::Refused(refusal) => refusal.under("/terms").into(),
        other => other,
    })?;
    parties::insert_many(tx, &resolver.new_parties)?;
    keep_customers(tx, &mut resolver)?;
    let day = |text: &str, pointer: &str| {
        Day::parse(text)
            .map_err(|error| Refusal::at(Code::InvalidField, pointer, error.to_string()))
    };
    let valid_until = day(&given.valid_until, "/terms/valid_until")?;
    let valid_from = given.valid_from.as_deref().map(|text| day(text, "/terms/valid_from"));
    let valid_from = valid_from.transpose()?;
    ensure(valid_from.is_none_or(|from| from <= valid_until), || {
        let detail = "the last day is before the first";
        Refusal::at(Code::InvalidField, "/terms/valid_until", detail)
    })?;
    let mut terms = Terms {
        valid_from,
        valid_until,
        message: given.message.as_deref().map(text::long).transpose()?,
        lines: Vec::with_capacity(given.lines.len()),
        totals: order.head.totals,
    };
    let built = order.lines.iter().filter(|line| line.parent.is_none());
    for (index, (line, one)) in built.zip(&given.lines).enumerate() {
        let item = line.item.and_then(|id| catalog.get(id)).map(AsRef::as_ref);
        let price = net_price(line, order.currency);
        let made = quote_line((line, price), item, one, before, &terms);
        let made = made.map_err(|refusal| refusal.under(&format!("/terms/lines/{index}")))?;
        terms.lines.push(made);
    }
    Ok((order, terms))
}

/// The price of a line with its discounts taken off: what the whole line comes to at it is what it
/// comes to with them.
fn net_price(line: &Line, currency: Currency) -> Decimal {
    if line.amounts.discount == 0 {
        return line.price;
    }
    let net = Decimal::new(line.amounts.gross - line.amounts.discount, currency.exponent());
    let ordered =
        Decimal::from(line.quantities.ordered.get()) * Decimal::from(line.price_ratio.den);
    let units = ordered / Decimal::from(line.price_ratio.num);
    net.checked_div(units).map_or(line.price, |price| price.round_dp(12).normalize())
}

fn quote_line(
    (line, price): (&Line, Decimal),
    item: Option<&Item>,
    given: &QuoteLineIn,
    before: Option<&Quote>,
    terms: &Terms,
) -> Result<QuoteLine, Refusal> {
    let position = i64::try_from(terms.lines.len()).unwrap_or(i64::MAX) + 1;
    let mut out = QuoteLine {
        id: line.id,
        position,
        kind: line.kind,
        item: line.item,
        sku: item.map(|item| item.sku.clone()),
        description: line.description.clone(),
        entered: line.entered.clone(),
        unit: line.unit.clone(),
        unit_ratio: line.unit_ratio,
        cut_length: given.cut_length.clone(),
        offered: line.quantities.ordered,
        price,
        price_unit: price_unit(line, item, given.cut_length.is_some()),
        price_ratio: line.price_ratio,
        cost: line.cost,
        // Taxes by the rules are those of the day of each order.
        taxes: if given.tax.is_empty() { Vec::new() } else { line.taxes.clone() },
        amount: line.amounts.due(),
        schedule: Vec::new(),
    };
    if let Some(old) = before.map(|quote| continued(quote, given, &out, terms)).transpose()? {
        out.id = old.unwrap_or(out.id);
    }
    out.schedule = schedule(&given.schedule, &out, terms)?;
    Ok(out)
}

/// The line of the quote that a line of its next revision goes on from.
fn continued(
    quote: &Quote,
    given: &QuoteLineIn,
    new: &QuoteLine,
    terms: &Terms,
) -> Result<Option<orderly_core::id::LineId>, Refusal> {
    let free = |id| !terms.lines.iter().any(|taken| taken.id == id);
    let last = quote.lines.iter().filter(|one| one.revision == quote.revision);
    let mut own = last.map(|one| &one.line).filter(|line| free(line.id));
    let Some(position) = given.line else {
        let same = own.find(|line| {
            line.item == new.item
                && line.unit == new.unit
                && line.cut_length == new.cut_length
                && (line.item.is_some() || line.description == new.description)
        });
        return Ok(same.map(|line| line.id));
    };
    let named = own.find(|line| line.position == position).ok_or_else(|| {
        let detail = format!("{} has no line {position} to go on from", quote.name());
        Refusal::at(Code::UnknownLine, "/line", detail)
    })?;
    ensure(named.item == new.item, || {
        let detail = format!("line {position} is of another item");
        Refusal::at(Code::InvalidField, "/sku", detail)
    })?;
    Ok(Some(named.id))
}

/// The unit that the price is of; `None` where it is one piece cut to length.
fn price_unit(line: &Line, item: Option<&Item>, cut: bool) -> Option<String> {
    let ratio = line.price_ratio;
    if ratio == line.unit_ratio {
        return (!cut).then(|| line.unit.clone());
    }
    let item = item?;
    if ratio == item.price_ratio {
        return Some(item.price_unit.clone());
    }
    let own = item.units.iter().find(|unit| unit.ratio == ratio).map(|unit| unit.code.clone());
    own.or_else(|| (ratio == Ratio::ONE).then(|| item.base_unit.code().to_owned())).or_else(|| {
        let standard = STANDARD_UNITS.iter();
        let mut fits = standard.filter(|(_, base, factor)| {
            *base == item.base_unit && Ratio::new(*factor, 1) == Some(ratio)
        });
        fits.next().map(|(code, _, _)| (*code).to_owned())
    })
}

fn schedule(
    given: &[ExpectedIn],
    line: &QuoteLine,
    terms: &Terms,
) -> Result<Vec<Expected>, Refusal> {
    let mut sum = Qty::ZERO;
    let mut out = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        let pointer = format!("/schedule/{index}");
        let wrong = |detail: String| Refusal::at(Code::InvalidField, pointer.clone(), detail);
        let on = Day::parse(&one.on).map_err(|error| wrong(error.to_string()))?;
        let within = on <= terms.valid_until && terms.valid_from.is_none_or(|from| from <= on);
        ensure(within, || wrong(format!("{on} is outside the period")))?;
        let read = Entered::parse(&one.quantity)
            .and_then(|entered| entered.to_base(line.unit_ratio, &line.unit));
        let qty = read.map_err(orderly_core::item::qty_refusal);
        let qty = qty.map_err(|refusal| refusal.under(&pointer))?;
        sum = sum.plus(qty).unwrap_or(sum);
        ensure(sum <= line.offered, || {
            wrong(format!("more is expected than {} {}", line.entered, line.unit))
        })?;
        out.push(Expected { on, quantity: one.quantity.trim().to_owned() });
    }
    Ok(out)
}

/// The terms of the latest revision sent, without the prices of its items.
pub fn again(quote: &Quote, valid_until: &str) -> TermsIn {
    let own = quote.lines.iter().filter(|one| one.revision == quote.revision);
    let line = |one: &QuoteLine| QuoteLineIn {
        line: Some(one.position),
        kind: Some(one.kind.code().to_owned()),
        sku: one.sku.clone(),
        description: Some(one.description.clone()),
        quantity: one.entered.clone(),
        unit: Some(one.unit.clone()),
        cut_length: one.cut_length.clone(),
        unit_price: one.item.is_none().then(|| one.price.to_string()),
        price_unit: None,
        cost: one.cost.map(|cost| cost.to_string()),
        tax: taxes(one),
        schedule: Vec::new(),
    };
    TermsIn {
        valid_from: None,
        valid_until: valid_until.to_owned(),
        message: quote.message.clone(),
        lines: own.map(|one| line(&one.line)).collect(),
    }
}

/// The taxes of a line as a caller would state them.
pub fn taxes(line: &QuoteLine) -> Vec<TaxIn> {
    let tax = |tax: &orderly_core::order::Tax| TaxIn {
        name: tax.name.clone(),
        rate: tax.rate.to_string(),
        included: tax.included,
    };
    line.taxes.iter().map(tax).collect()
}
