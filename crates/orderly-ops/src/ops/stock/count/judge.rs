//! What a count must say before it is believed: lots that are known, second looks, reasons.

use orderly_core::books::Books;
use orderly_core::catalog::Location;
use orderly_core::id::LotId;
use orderly_core::item::Item;
use orderly_core::money::Currency;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::CountLine;
use orderly_store::Tx;
use orderly_store::tables::{settings, units};
use rust_decimal::Decimal;

use super::super::Averages;
use super::super::read::{self, Known};
use crate::ops::payments::amount_in;
use crate::{Call, Error};

/// Refuses a lot, serial number or length that is not on record at the location.
///
/// # Errors
/// `unlisted_lot`; `lot_required`.
pub(super) fn listed(
    tx: &mut Tx<'_>,
    location: &Location,
    known: &Known,
    name: Option<&str>,
) -> Result<(), Error> {
    let lot = match read::lot(tx, known, name) {
        Ok(lot) if lot.is_none() => return Ok(()),
        Ok(lot) => lot,
        Err(Error::Refused(refusal)) if refusal.code() == Code::UnknownLot => LotId::NONE,
        Err(error) => return Err(error),
    };
    let held = units::holdings_of(tx, known.item.id, location.id)?;
    ensure(held.iter().any(|one| one.lot == lot && !lot.is_none()), || {
        let length = known.length.map(|length| known.item.show(length));
        let named: String = name.map_or_else(|| length.unwrap_or_default(), str::to_owned);
        let named: String = named.chars().take(60).collect();
        let detail = format!(
            "`{named}` of {} is not on record at {}: confirm that it was seen",
            known.item.sku, location.code
        );
        Refusal::at(Code::UnlistedLot, "/lot", detail).allowed("confirm")
    })?;
    Ok(())
}

/// From which difference on something is asked for; neither asks for nothing.
struct Limits {
    /// In base units.
    units: Option<i64>,
    /// In minor units.
    value: Option<i64>,
}

impl Limits {
    fn of(tx: &mut Tx<'_>, what: &str, currency: Currency) -> Result<Self, Error> {
        let units = settings::get(tx, &format!("count.{what}_units"))?;
        let value = settings::get(tx, &format!("count.{what}_value"))?;
        let value = value.map(|text| amount_in(text.trim(), currency)).transpose()?;
        Ok(Self { units: units.and_then(|text| text.trim().parse().ok()), value })
    }

    fn passed(&self, units: i64, value: i64) -> bool {
        self.units.is_some_and(|most| units > most) || self.value.is_some_and(|most| value > most)
    }
}

/// Refuses a value that a setting of counts cannot have.
///
/// # Errors
/// `invalid_field`.
pub fn check_setting(key: &str, value: &str) -> Result<(), Refusal> {
    let Some(name) = key.strip_prefix("count.") else { return Ok(()) };
    let text = value.trim();
    let (fits, what) = match name {
        "recount_units" | "reason_units" => {
            (text.parse::<i64>().is_ok_and(|units| units >= 0), "base units, 0 or more")
        }
        "recount_value" | "reason_value" => {
            let read = Decimal::from_str_exact(text);
            (read.is_ok_and(|value| !value.is_sign_negative()), "an amount, 0 or more")
        }
        "days_a" | "days_b" | "days_c" => {
            (text.parse::<i32>().is_ok_and(|days| (1..=3_650).contains(&days)), "days, 1 to 3,650")
        }
        _ => (false, "count.recount_units, recount_value, reason_units, reason_value, days_a …"),
    };
    ensure(fits, || {
        Refusal::at(Code::InvalidField, "/value", format!("{key} does not take that")).allowed(what)
    })
}

/// Returns the reason of each line, or refuses every line that is not believed yet. What was
/// expected is not told: whoever counts again does not know it.
///
/// # Errors
/// `recount_required`, `reason_required`; each line is an issue.
pub(super) fn judge<'a>(
    tx: &mut Tx<'_>,
    call: &Call,
    location: &Location,
    books: &Books,
    lines: &[CountLine],
    item: impl Fn(&CountLine) -> &'a Item,
) -> Result<Vec<Option<String>>, Error> {
    let recount = Limits::of(tx, "recount", books.currency)?;
    let reason = Limits::of(tx, "reason", books.currency)?;
    let key = |line: &CountLine| read::key_of(item(line), location.id, line.spot.lot);
    let keys: Vec<_> = lines.iter().map(key).collect();
    let averages = Averages::lock(tx, &keys)?;
    let given = call.reason.as_deref().map(read::reason).transpose()?;
    let (mut recounts, mut unexplained) = (Vec::new(), Vec::new());
    let mut reasons = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let off = line.difference.unwrap_or(0).abs();
        let why = line.reason.clone().or_else(|| given.clone().filter(|_| off != 0));
        if off != 0 {
            let qty = Qty::new(off).map_err(orderly_core::item::qty_refusal)?;
            let (worth, _) = averages.found(tx, key(line), item(line), qty, books)?;
            let sku = &item(line).sku;
            let pointer = format!("/lines/{index}");
            if recount.passed(off, worth) && line.rounds < 2 {
                let detail = format!("{sku} differs much: count it once more");
                recounts.extend(Refusal::at(Code::RecountRequired, pointer, detail).issues);
            } else if reason.passed(off, worth) && why.is_none() {
                let detail = format!("{sku} differs much: say why");
                let pointer = format!("{pointer}/reason");
                unexplained.extend(Refusal::at(Code::ReasonRequired, pointer, detail).issues);
            }
        }
        reasons.push(why);
    }
    recounts.append(&mut unexplained);
    if recounts.is_empty() { Ok(reasons) } else { Err(Refusal { issues: recounts }.into()) }
}
