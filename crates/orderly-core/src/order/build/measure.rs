//! The quantity of a line in all its forms, and the price that comes with it.

use super::*;
use crate::item::{Goods, Item};

/// The quantity of a line in all its forms.
pub(super) struct Measure {
    pub entered: String,
    pub unit: String,
    pub ratio: Ratio,
    pub qty: Qty,
    pub piece: Option<Qty>,
    pub measured: Option<Qty>,
}

impl Measure {
    pub fn of(new: &NewLine, item: Option<&Item>) -> Result<Self, Refusal> {
        let Some(item) = item else { return Self::without_item(new) };
        let unit = new.unit.clone().unwrap_or_else(|| item.sale_unit.clone());
        if let Some(length) = &new.cut_length {
            return Self::cut(new, item, &unit, length);
        }
        if item.goods == Goods::Lengths {
            let detail = format!("{} is sold by the piece: say how long each piece is", item.sku);
            return Err(Refusal::at(Code::CutLengthRequired, "/cut_length", detail));
        }
        let (qty, ratio) = at(item.quantity(&new.quantity, &unit), || "/quantity".into())?;
        let measured = match &new.measured {
            Some(text) if item.goods == Goods::CatchWeight => {
                let read = item.quantity(text, item.base_unit.code());
                Some(at(read, || "/measured".into())?.0)
            }
            _ => None,
        };
        let entered = new.quantity.trim().to_owned();
        Ok(Self { entered, unit, ratio, qty, piece: None, measured })
    }

    /// `7 cut` of `2.4 m`: pieces of one length.
    fn cut(new: &NewLine, item: &Item, unit: &str, length: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let detail = "write a cut length with its unit, such as `2.4 m`";
            Refusal::at(Code::InvalidField, "/cut_length", detail)
        };
        let (number, length_unit) = length.trim().split_once(' ').ok_or_else(wrong)?;
        let ratio = at(item.ratio(length_unit.trim()), || "/cut_length".into())?;
        let read = crate::qty::Entered::parse(number);
        let piece = read.and_then(|number| number.to_base(ratio, length_unit.trim()));
        let piece = at(piece.map_err(crate::item::qty_refusal), || "/cut_length".into())?;
        if piece.is_zero() {
            return Err(wrong());
        }
        let ratio = Ratio::new(piece.get(), 1).ok_or_else(wrong)?;
        let read = crate::qty::Entered::parse(&new.quantity);
        let qty = read.and_then(|pieces| pieces.to_base(Ratio::ONE, unit));
        let pieces = at(qty.map_err(crate::item::qty_refusal), || "/quantity".into())?;
        let qty = pieces.times(piece.get()).filter(|qty| qty.get() <= crate::qty::MAX_QTY);
        let qty = qty.ok_or_else(|| {
            Refusal::at(Code::QuantityTooLarge, "/quantity", "the quantity is too large")
        })?;
        let whole = item.goods == Goods::Lengths;
        Ok(Self {
            entered: new.quantity.trim().to_owned(),
            unit: unit.to_owned(),
            ratio,
            qty,
            piece: whole.then_some(piece),
            measured: None,
        })
    }

    fn without_item(new: &NewLine) -> Result<Self, Refusal> {
        let entered = crate::qty::Entered::parse(&new.quantity);
        let unit = new.unit.clone().unwrap_or_else(|| "each".into());
        let qty = entered.and_then(|entered| entered.to_base(Ratio::ONE, &unit));
        let qty = at(qty.map_err(crate::item::qty_refusal), || "/quantity".into())?;
        let unit = at(crate::text::short(&unit), || "/unit".into())?;
        let entered = new.quantity.trim().to_owned();
        Ok(Self { entered, unit, ratio: Ratio::ONE, qty, piece: None, measured: None })
    }
}

/// The price that came with the line, else the item's own. With `later` what is missing is chosen
/// afterwards, by the rules.
pub(super) fn price_of(
    new: &NewLine,
    item: Option<&Item>,
    measure: &Measure,
    kind: LineKind,
    currency: Currency,
    later: bool,
) -> Result<(Decimal, Ratio), Refusal> {
    if let Some(text) = &new.unit_price {
        let price = at(unit_price(text), || "/unit_price".into())?;
        let ratio = match (&new.price_unit, item) {
            (Some(unit), Some(item)) => at(item.ratio(unit), || "/price_unit".into())?,
            _ => measure.ratio,
        };
        return Ok((price, ratio));
    }
    if kind == LineKind::Text {
        return Ok((Decimal::ZERO, Ratio::ONE));
    }
    let listed = item.filter(|item| item.price_currency.is_none_or(|own| own == currency));
    match listed.and_then(|item| item.price.map(|price| (price, item.price_ratio))) {
        Some(listed) => Ok(listed),
        None if later => Ok((Decimal::ZERO, Ratio::ONE)),
        None => {
            let detail = format!("there is no {currency} list price: state the unit price");
            Err(Refusal::at(Code::NoPrice, "/unit_price", detail))
        }
    }
}
