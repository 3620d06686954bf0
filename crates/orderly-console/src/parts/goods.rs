//! Quantities of an item as people read them: in its sale unit, the thousands apart.

use maud::{Markup, html};
use orderly_core::item::Item;
use orderly_core::qty::{Qty, Ratio};
use orderly_ops::wire::out::quantity;

use crate::show::count;

/// A base quantity in the item's sale unit, without the unit: `1,204.5`.
pub fn number(item: &Item, base: i64) -> String {
    let ratio = item.ratio(&item.sale_unit).unwrap_or(Ratio::ONE);
    let size = i64::try_from(base.unsigned_abs()).unwrap_or(i64::MAX);
    let text = quantity(Qty::new(size).unwrap_or(Qty::ZERO), ratio);
    let (whole, part) = text.split_once('.').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let sign = if base < 0 { "−" } else { "" };
    match part {
        None => format!("{sign}{whole}"),
        Some(part) => format!("{sign}{whole}.{part}"),
    }
}

/// A base quantity with its unit: `12 piece`.
pub fn text(item: &Item, base: i64) -> String {
    format!("{} {}", number(item, base), item.sale_unit)
}

/// The same for a cell: the unit muted.
pub fn units(item: &Item, base: i64) -> Markup {
    html! { (number(item, base)) " " span.muted.small { (item.sale_unit) } }
}

/// A change with its sign: `+5`, `−3`.
pub fn signed(item: &Item, delta: i64) -> String {
    let plus = if delta > 0 { "+" } else { "" };
    format!("{plus}{}", number(item, delta))
}
