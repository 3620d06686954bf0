//! Instants and days. The domain never reads a clock: instants are arguments.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(i64);

/// Why a text is not an instant or a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct TimeError {
    pub text: String,
    pub wanted: &'static str,
}

impl Instant {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Saturates at the ends of the representable range.
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_micros(days.saturating_mul(86_400_000_000))
    }
    /// Reads RFC 3339, such as `2026-11-23T10:12:04Z`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| TimeError {
            text: text.chars().take(80).collect(),
            wanted: "an instant such as 2026-11-23T10:12:04Z",
        })?;
        Ok(Self(stamp.as_microsecond()))
    }
    /// The day this instant falls on in `zone`; UTC where the zone is unknown to the machine.
    pub fn day_in(self, zone: &str) -> Day {
        let stamp =
            jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let date = zone.to_datetime(stamp).date();
        Day::from_date(date)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A calendar day, as days since 1970-01-01. Business dates and promises are days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i32);

impl Day {
    pub const fn from_number(days: i32) -> Self {
        Self(days)
    }
    pub const fn number(self) -> i32 {
        self.0
    }
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
    /// The first day of this day's month.
    pub fn start_of_month(self) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().days(i64::from(self.0)));
        date.map_or(self, |date| Self::from_date(date.first_of_month()))
    }
    /// The last day of this day's month.
    pub fn end_of_month(self) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch.checked_add(jiff::Span::new().days(i64::from(self.0)));
        date.map_or(self, |date| Self::from_date(date.last_of_month()))
    }
    /// Reads `2026-11-23`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let date: jiff::civil::Date = text.parse().map_err(|_| TimeError {
            text: text.chars().take(80).collect(),
            wanted: "a day such as 2026-11-23",
        })?;
        Ok(Self::from_date(date))
    }
    /// The first instant of the day in `zone`; UTC where the zone is unknown to the machine.
    pub fn start_in(self, zone: &str) -> Instant {
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let span = jiff::Span::new().days(i64::from(self.0));
        let date = jiff::civil::date(1970, 1, 1).checked_add(span);
        let start = date.and_then(|date| zone.to_timestamp(date.at(0, 0, 0, 0)));
        let plain = i64::from(self.0) * 86_400_000_000;
        Instant(start.map_or(plain, jiff::Timestamp::as_microsecond))
    }
    fn from_date(date: jiff::civil::Date) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        let span = date.since(epoch).map_or(0, |span| span.get_days());
        Self(span)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = jiff::civil::date(1970, 1, 1);
        match epoch.checked_add(jiff::Span::new().days(i64::from(self.0))) {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}
impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_computed_in_the_zone() {
        let late = Instant::parse("2026-11-23T23:30:00Z").unwrap();
        assert_eq!(late.day_in("UTC").to_string(), "2026-11-23");
        assert_eq!(late.day_in("Europe/Berlin").to_string(), "2026-11-24");
    }

    #[test]
    fn a_day_starts_when_its_zone_says() {
        let start = |day: &str, zone| Day::parse(day).unwrap().start_in(zone).to_string();
        assert_eq!(start("2026-11-23", "UTC"), "2026-11-23T00:00:00Z");
        assert_eq!(start("2026-11-23", "Europe/Berlin"), "2026-11-22T23:00:00Z");
        // The clock goes from 0:00 to 1:00 there: the day starts at 1:00.
        assert_eq!(start("2026-03-29", "Atlantic/Azores"), "2026-03-29T01:00:00Z");
    }

    #[test]
    fn days_before_the_epoch_read_back() {
        for text in ["1969-12-31", "2026-02-28", "1970-01-01"] {
            assert_eq!(Day::parse(text).unwrap().to_string(), text);
        }
        assert!(Day::parse("2026-02-30").is_err());
    }
}
