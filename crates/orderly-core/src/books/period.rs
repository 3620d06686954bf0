//! Accounting periods: the months of a legal entity's calendar.

use std::fmt;

use crate::time::{Day, TimeError};

/// A month of accounting days, shown as `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    /// 1 to 12.
    month: i32,
}

impl Period {
    /// The period a day is in.
    pub fn of(day: Day) -> Self {
        let text = day.to_string();
        Self::read(text.get(..7).unwrap_or_default()).unwrap_or(Self { year: 1970, month: 1 })
    }

    /// Reads `2026-11`.
    ///
    /// # Errors
    /// For any other form.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let wrong = || TimeError {
            text: text.chars().take(80).collect(),
            wanted: "a period such as 2026-11",
        };
        Self::read(text).ok_or_else(wrong)
    }

    fn read(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|_| text.len() == 7)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || !digits(year) || !digits(month) {
            return None;
        }
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    pub const fn year(self) -> i32 {
        self.year
    }

    /// 1 to 12.
    pub const fn month(self) -> i32 {
        self.month
    }

    pub fn first_day(self) -> Day {
        let text = format!("{:04}-{:02}-01", self.year, self.month);
        Day::parse(&text).expect("the first of a month is a day")
    }

    pub fn last_day(self) -> Day {
        self.next().first_day().plus_days(-1)
    }

    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    #[must_use]
    pub const fn before(self) -> Self {
        self.plus(-1)
    }

    /// The period so many months later.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        let all = self.year * 12 + self.month - 1 + months;
        Self { year: all.div_euclid(12), month: all.rem_euclid(12) + 1 }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_forms_are_no_period() {
        for text in ["2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "", "+026-11"] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn february_ends_as_its_year_says() {
        let end = |text| Period::parse(text).unwrap().last_day().to_string();
        assert_eq!(end("2027-02"), "2027-02-28");
        assert_eq!(end("2028-02"), "2028-02-29");
    }

    proptest! {
        #[test]
        fn periods_follow_each_other(number in 0_i32..60_000) {
            let day = Day::from_number(number);
            let period = Period::of(day);
            prop_assert!(period.first_day() <= day && day <= period.last_day());
            prop_assert_eq!(period.next().before(), period);
            prop_assert_eq!(period.last_day().plus_days(1), period.next().first_day());
            prop_assert_eq!(Period::parse(&period.to_string()).unwrap(), period);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,12}") {
            let _ = Period::parse(&text);
        }
    }
}
