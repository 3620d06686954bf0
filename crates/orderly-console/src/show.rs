//! How figures, instants and days are written on pages.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};
use orderly_ops::wire::out::amount;

use crate::Cx;
use crate::words::{self, t};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A number with its thousands apart: `12,408`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount of minor units, its thousands apart, without its currency: `1,184.20`.
pub fn figure(minor: i64, currency: Currency) -> String {
    let text = amount(minor, currency);
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, cents) = text.split_once('.').map_or((text, ""), |(whole, cents)| (whole, cents));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    match cents {
        "" => format!("{sign}{whole}"),
        cents => format!("{sign}{whole}.{cents}"),
    }
}

/// An amount with its currency: `1,184.20 EUR`.
pub fn money(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", figure(minor, currency))
}

/// An amount for a column of figures: the currency muted.
pub fn cell(minor: i64, currency: Currency) -> Markup {
    html! { (figure(minor, currency)) " " span.muted.small { (currency.code()) } }
}

/// A price, which may have more places than its currency, but never fewer.
pub fn price(price: rust_decimal::Decimal, currency: Currency) -> String {
    let mut price = price.normalize();
    price.rescale(price.scale().max(currency.exponent()));
    price.to_string()
}

fn zoned(at: Instant, zone: &str) -> jiff::ZonedDateTime {
    let stamp = jiff::Timestamp::from_microsecond(at.micros());
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    stamp.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned_datetime(zone)
}

/// An instant in full: `23 Nov 2026 10:12`.
pub fn full(at: Instant, zone: &str) -> String {
    zoned(at, zone).strftime("%-d %b %Y %H:%M").to_string()
}

/// Hours and minutes.
pub fn clock(at: Instant, zone: &str) -> String {
    zoned(at, zone).strftime("%H:%M").to_string()
}

/// How long ago an instant is, short: `2 h`; far ones are days.
pub fn ago(at: Instant, now: Instant, zone: &str) -> String {
    let past = now.micros() - at.micros();
    match past {
        past if past < -MINUTE => full(at, zone),
        past if past < MINUTE => t("time.now").to_owned(),
        past if past < HOUR => words::with("time.minutes", &[("n", &(past / MINUTE))]),
        past if past < DAY => words::with("time.hours", &[("n", &(past / HOUR))]),
        past if past < 7 * DAY => words::with("time.days", &[("n", &(past / DAY))]),
        _ => {
            let (then, now) = (zoned(at, zone), zoned(now, zone));
            let form = if then.year() == now.year() { "%-d %b" } else { "%-d %b %Y" };
            then.strftime(form).to_string()
        }
    }
}

/// An instant as it is read at a glance, the whole of it on hover.
pub fn time(cx: &Cx, at: Instant) -> Markup {
    html! {
        time datetime=(at.to_string()) title=(format!("{} ({})", full(at, &cx.zone), cx.zone)) {
            (ago(at, cx.now(), &cx.zone))
        }
    }
}

/// A day: `26 Nov`, with its year where it is another one.
pub fn day(day: Day, today: Day) -> String {
    let midnight = |day: Day| Instant::from_micros(i64::from(day.number()) * DAY);
    let (own, now) = (zoned(midnight(day), "UTC"), zoned(midnight(today), "UTC"));
    let form = if own.year() == now.year() { "%-d %b" } else { "%-d %b %Y" };
    own.strftime(form).to_string()
}

/// A day as a heading: `Today`, `Yesterday`, else `Monday 23 November`.
pub fn heading(day: Day, today: Day) -> String {
    match today.number() - day.number() {
        0 => t("time.today").to_owned(),
        1 => t("time.yesterday").to_owned(),
        _ => {
            let at = Instant::from_micros(i64::from(day.number()) * DAY);
            zoned(at, "UTC").strftime("%A %-d %B %Y").to_string()
        }
    }
}

/// Today in the zone in which times are shown.
pub fn today(cx: &Cx) -> Day {
    cx.now().day_in(&cx.zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_line_up() {
        let eur = Currency::parse("EUR").unwrap();
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(-123_456), "−123,456");
        assert_eq!(figure(118_420, eur), "1,184.20");
        assert_eq!(figure(-5, eur), "−0.05");
        let exact = |text: &str| price(text.parse().unwrap(), eur);
        assert_eq!(
            (exact("0.1"), exact("0.4125"), exact("420")),
            ("0.10".into(), "0.4125".into(), "420.00".into(),)
        );
        assert_eq!(money(100_000_000, eur), "1,000,000.00 EUR");
        assert_eq!(figure(1_500, Currency::parse("JPY").unwrap()), "1,500");
    }

    #[test]
    fn time_is_told_in_the_zone() {
        let now = Instant::parse("2026-11-23T23:30:00Z").unwrap();
        let ago = |micros: i64| ago(now.plus_micros(-micros), now, "Europe/Berlin");
        assert_eq!(ago(10), "now");
        assert_eq!(ago(5 * MINUTE), "5 min");
        assert_eq!(ago(2 * HOUR + MINUTE), "2 h");
        assert_eq!(ago(3 * DAY), "3 d");
        assert_eq!(ago(30 * DAY), "25 Oct");
        assert_eq!(ago(400 * DAY), "20 Oct 2025");
        assert_eq!(full(now, "Europe/Berlin"), "24 Nov 2026 00:30");
        let today = now.day_in("Europe/Berlin");
        assert_eq!(heading(today, today), "Today");
        assert_eq!(day(today.plus_days(-1), today), "23 Nov");
    }
}
