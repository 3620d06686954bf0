//! What verify answers: as values, as a text for people, as JSON for programs.

use std::fmt;
use std::time::Instant;

use serde::Serialize;

/// The outcome of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing at all was found.
    pub clean: bool,
    pub checks: Vec<Checked>,
    pub violations: Vec<Violation>,
    #[serde(skip)]
    limit: usize,
    #[serde(skip)]
    since: Instant,
}

/// One check and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The invariant, such as `S1`.
    pub id: &'static str,
    pub title: String,
    pub rows_checked: u64,
    /// All violations, also those that are not told in detail.
    pub violations: u64,
    /// How long it took; checks of one scan are timed on the first of them.
    pub millis: u64,
}

/// One thing that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub invariant: &'static str,
    /// What should hold, or what of the object differs.
    pub what: String,
    /// The objects, from the large to the small: `item` with `SKU (itm_…)`.
    pub keys: Vec<(String, String)>,
    pub expected: String,
    pub actual: String,
    pub cause: Option<Cause>,
    /// What a person does about it.
    pub remedy: String,
}

/// The first row that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The kind of row: `movement`, `event`, `claim` …
    pub row: String,
    /// Its id, or `ord_…#7` for the seventh event of an order.
    pub id: String,
    pub kind: Option<String>,
    pub actor: Option<String>,
    /// RFC 3339, UTC.
    pub at: Option<String>,
}

/// A check begun in a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(usize);

impl Report {
    pub(super) fn new(limit: usize) -> Self {
        let since = Instant::now();
        Self { clean: true, checks: Vec::new(), violations: Vec::new(), limit, since }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn check(&mut self, id: &'static str, title: &str, rows: u64) -> Begun {
        let title = title.to_owned();
        let now = Instant::now();
        let took = now.duration_since(std::mem::replace(&mut self.since, now));
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.checks.push(Checked { id, title, rows_checked: rows, violations: 0, millis });
        Begun(self.checks.len() - 1)
    }

    /// Adds a violation in detail, if there is room; it is counted either way.
    pub(super) fn add(&mut self, check: Begun, violation: Violation) {
        let checked = &mut self.checks[check.0];
        checked.violations += 1;
        self.clean = false;
        if checked.violations <= self.limit as u64 {
            self.violations.push(violation);
        }
    }

    /// Corrects the count of a check that found more than it told.
    pub(super) fn more(&mut self, check: Begun, count: u64) {
        let checked = &mut self.checks[check.0];
        checked.violations = checked.violations.max(count);
        self.clean &= checked.violations == 0;
    }

    /// How many violations all checks found.
    pub fn found(&self) -> u64 {
        self.checks.iter().map(|check| check.violations).sum()
    }

    /// 0 where nothing was found, 1 where something was. (2: the checks could not be run.)
    pub const fn exit_code(&self) -> u8 {
        if self.clean { 0 } else { 1 }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("reports have text keys only")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let mark = if check.violations == 0 { "ok" } else { "WRONG" };
            write!(f, "{mark:>5}  {:<3} {} ({} rows)", check.id, check.title, check.rows_checked)?;
            match check.violations {
                0 => writeln!(f)?,
                1 => writeln!(f, ": 1 violation")?,
                many => writeln!(f, ": {many} violations")?,
            }
        }
        for violation in &self.violations {
            write!(f, "\n{violation}")?;
        }
        let total: u64 = self.checks.iter().map(|check| check.violations).sum();
        match total {
            0 => writeln!(f, "\nEverything adds up: {} checks, nothing found.", self.checks.len()),
            _ => writeln!(f, "\n{total} violations; {} are told above.", self.violations.len()),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.invariant, self.what)?;
        for (name, value) in &self.keys {
            writeln!(f, "    {name}: {value}")?;
        }
        writeln!(f, "    should be: {}", self.expected)?;
        writeln!(f, "    is:        {}", self.actual)?;
        if let Some(cause) = &self.cause {
            writeln!(f, "    first seen in {cause}")?;
        }
        writeln!(f, "    to do: {}", self.remedy)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.row, self.id)?;
        if let Some(kind) = &self.kind {
            write!(f, " ({kind})")?;
        }
        if let Some(actor) = &self.actor {
            write!(f, " by {actor}")?;
        }
        match &self.at {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}
