//! The merchant's restocking fees, from a setting.
//!
//! `refund.restocking_fees` is a JSON list of rules, the first that fits counts:
//! `[{"reason": "unwanted", "condition": "restocked", "percent": "15"}, {"amount": "5.00"}]`.
//! `reason` is what the return line says, `condition` what became of its goods; `percent` is of
//! what is refunded, `amount` is for each sale unit, tax included, in the order's currency.

use orderly_core::money::{Currency, parse_decimal};
use orderly_core::refund::fee::{FeeRule, Rate};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Fate;
use orderly_store::Tx;
use orderly_store::tables::settings;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::Error;
use crate::ops::payments::amount_in;

/// The setting.
pub const KEY: &str = "refund.restocking_fees";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleIn {
    reason: Option<String>,
    condition: Option<String>,
    percent: Option<String>,
    amount: Option<String>,
}

/// Refuses a setting that is no list of rules.
///
/// # Errors
/// `invalid_field`, `money_invalid`.
pub(in crate::ops) fn check(key: &str, value: &str) -> Result<(), Error> {
    if key != KEY {
        return Ok(());
    }
    let any = Currency::parse("EUR").ok_or_else(|| Error::Internal("no EUR".into()))?;
    read(value, any).map(|_| ())
}

/// The rules in force, with amounts in a currency.
pub(in crate::ops) fn rules(tx: &mut Tx<'_>, currency: Currency) -> Result<Vec<FeeRule>, Error> {
    match settings::get(tx, KEY)? {
        Some(text) => read(&text, currency),
        None => Ok(Vec::new()),
    }
}

fn read(text: &str, currency: Currency) -> Result<Vec<FeeRule>, Error> {
    let wrong = |detail: String| Refusal::at(Code::InvalidField, "/value", detail);
    let rules: Vec<RuleIn> = serde_json::from_str(text)
        .map_err(|error| wrong(format!("restocking fees are a JSON list of rules: {error}")))?;
    let mut out = Vec::with_capacity(rules.len());
    for (index, one) in rules.into_iter().enumerate() {
        let number = index + 1;
        let condition = match one.condition.as_deref() {
            None => None,
            Some(text) => Some(Fate::parse(text).ok_or_else(|| {
                wrong(format!("rule {number}: `{text}` is nothing that happens to goods"))
            })?),
        };
        let rate = match (one.percent.as_deref(), one.amount.as_deref()) {
            (Some(text), None) => {
                let percent = parse_decimal(text).ok().filter(|percent| {
                    (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent) && percent.scale() <= 6
                });
                let percent = percent.ok_or_else(|| {
                    wrong(format!("rule {number}: a percentage is between 0 and 100"))
                })?;
                Rate::Share((percent / Decimal::ONE_HUNDRED).normalize())
            }
            (None, Some(text)) => match amount_in(text, currency)? {
                minor if minor >= 0 => Rate::PerUnit(minor),
                _ => return Err(wrong(format!("rule {number}: a fee is not negative")).into()),
            },
            _ => {
                let detail = format!("rule {number} has either a percentage or an amount");
                return Err(wrong(detail).into());
            }
        };
        out.push(FeeRule { reason: one.reason, condition, rate });
    }
    Ok(out)
}
