//! Orders beyond twelve lines: branch and bound over the location of each line.
//!
//! Needs a tariff in which adding a line never makes a shipment cheaper. Lines with the fewest
//! holders are decided first. The bound adds, for every open line, the cheapest floor of any
//! holder, with the cost of opening a location spread over the lines that it could still take.

use crate::route::kernel::{Candidate, Decision, Lines, Tariff};

/// Most lines that can be decided.
pub const MAX_LINES: usize = 32;

/// A decision with its certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounded {
    pub decision: Decision,
    /// No decision costs less. Equal to the cost when the search was completed.
    pub bound: f64,
    pub is_proven: bool,
}

/// Why an order was not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BranchError {
    #[error("an order of {lines} lines is beyond {MAX_LINES}: split it into several")]
    TooManyLines { lines: usize },
}

/// Decides an order within `budget` search steps (100,000 take some milliseconds).
///
/// # Errors
/// [`BranchError`] when there are more than 32 lines.
pub fn decide(
    penalties: &[f64],
    candidates: &[Candidate],
    tariff: &impl Tariff,
    budget: usize,
) -> Result<Bounded, BranchError> {
    let lines = penalties.len();
    if lines > MAX_LINES {
        return Err(BranchError::TooManyLines { lines });
    }
    let mut sequence: Vec<usize> = (0..lines).collect();
    let holders = |line: &usize| {
        candidates.iter().filter(|candidate| candidate.lines & (1 << line) != 0).count()
    };
    sequence.sort_by_key(|line| (holders(line), *line));
    let mut search = Search {
        penalties,
        candidates,
        tariff,
        sequence,
        sets: vec![0; candidates.len()],
        costs: vec![0.0; candidates.len()],
        best: (f64::INFINITY, vec![0; candidates.len()]),
        steps: budget.max(1),
    };
    search.greedy();
    let full = ((1_u64 << lines) - 1) as Lines;
    let root = search.bound(full);
    search.descend(0, 0.0, full);
    let is_proven = search.steps > 0;
    let (cost, sets) = search.best;
    let mut decision = Decision { cost, ..Decision::default() };
    let mut filled = 0;
    for (candidate, set) in candidates.iter().zip(sets) {
        if set != 0 {
            decision.shipments.push((candidate.node, set));
            filled |= set;
        }
    }
    decision.unfilled = full & !filled;
    decision.shipments.sort_by_key(|(_, set)| set.trailing_zeros());
    let bound = if is_proven { cost } else { root.min(cost) };
    Ok(Bounded { decision, bound, is_proven })
}

struct Search<'a, T> {
    penalties: &'a [f64],
    candidates: &'a [Candidate],
    tariff: &'a T,
    sequence: Vec<usize>,
    sets: Vec<Lines>,
    costs: Vec<f64>,
    best: (f64, Vec<Lines>),
    /// Steps that are left; zero when the search was cut short.
    steps: usize,
}

impl<T: Tariff> Search<'_, T> {
    fn shipment(&self, at: usize, set: Lines) -> f64 {
        let candidate = &self.candidates[at];
        let mut cost = self.tariff.shipment(candidate.class, set) + candidate.fixed;
        let mut rest = set;
        while rest != 0 {
            cost += self.tariff.line(candidate.node, rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
        cost
    }

    /// Returns a lower bound on what the open lines add.
    fn bound(&self, open: Lines) -> f64 {
        let mut least = [f64::INFINITY; MAX_LINES];
        for (candidate, set) in self.candidates.iter().zip(&self.sets) {
            let able = candidate.lines & open;
            if able == 0 {
                continue;
            }
            let opening = if *set == 0 {
                let whole = self.tariff.opening(candidate.class) + candidate.fixed;
                whole.max(0.0) / f64::from(able.count_ones())
            } else {
                0.0
            };
            let mut rest = able;
            while rest != 0 {
                let line = rest.trailing_zeros() as usize;
                let floor = self.tariff.floor(candidate.class, line);
                let cost = opening + floor + self.tariff.line(candidate.node, line);
                least[line] = least[line].min(cost);
                rest &= rest - 1;
            }
        }
        let open = (0..self.penalties.len()).filter(|line| open & (1 << line) != 0);
        open.map(|line| least[line].min(self.penalties[line])).sum()
    }

    /// Finds a first decision: always the shipment that is cheapest for each line it takes.
    fn greedy(&mut self) {
        let mut open = ((1_u64 << self.penalties.len()) - 1) as Lines;
        let mut sets = vec![0; self.candidates.len()];
        let mut cost = 0.0;
        while open != 0 {
            let mut choice: Option<(f64, f64, usize, Lines)> = None;
            for (at, candidate) in self.candidates.iter().enumerate() {
                let able = candidate.lines & open;
                // Whole sets first; single lines where a set is impossible.
                for set in [able, able & able.wrapping_neg()] {
                    if set == 0 || sets[at] != 0 {
                        continue;
                    }
                    let whole = self.shipment(at, set);
                    let each = whole / f64::from(set.count_ones());
                    if whole.is_finite() && choice.is_none_or(|(least, ..)| each < least) {
                        choice = Some((each, whole, at, set));
                    }
                }
            }
            let lost = |set: Lines| -> f64 {
                (0..self.penalties.len())
                    .filter(|line| set & (1 << line) != 0)
                    .map(|line| self.penalties[line])
                    .sum()
            };
            match choice {
                Some((_, whole, at, set)) if whole < lost(set) => {
                    sets[at] = set;
                    cost += whole;
                    open &= !set;
                }
                _ => {
                    cost += lost(open);
                    open = 0;
                }
            }
        }
        self.best = (cost, sets);
    }

    /// Decides the lines of the sequence from `depth` on, having spent `spent`.
    fn descend(&mut self, depth: usize, spent: f64, open: Lines) {
        if self.steps == 0 {
            return;
        }
        self.steps -= 1;
        if depth == self.sequence.len() {
            if spent < self.best.0 - 1e-12 {
                self.best = (spent, self.sets.clone());
            }
            return;
        }
        if spent + self.bound(open) >= self.best.0 - 1e-12 {
            return;
        }
        let line = self.sequence[depth];
        let rest = open & !(1 << line);
        let mut choices: Vec<(f64, usize)> = (0..self.candidates.len())
            .filter(|at| self.candidates[*at].lines & (1 << line) != 0)
            .map(|at| (self.shipment(at, self.sets[at] | 1 << line) - self.costs[at], at))
            .filter(|(added, _)| added.is_finite())
            .collect();
        choices.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (added, at) in choices {
            if self.is_repeated(at, line) {
                continue;
            }
            self.sets[at] |= 1 << line;
            self.costs[at] += added;
            self.descend(depth + 1, spent + added, rest);
            self.sets[at] &= !(1 << line);
            self.costs[at] -= added;
            if self.sets[at] == 0 {
                self.costs[at] = 0.0;
            }
        }
        self.descend(depth + 1, spent + self.penalties[line], rest);
    }

    /// Tells whether an unopened location equals an earlier unopened one in every respect.
    fn is_repeated(&self, at: usize, line: usize) -> bool {
        if self.sets[at] != 0 || self.tariff.prices_lines() {
            return false;
        }
        let own = &self.candidates[at];
        self.candidates[..at].iter().zip(&self.sets).any(|(other, set)| {
            *set == 0
                && other.class == own.class
                && other.fixed <= own.fixed
                && own.lines & !other.lines == 0
                && other.lines & (1 << line) != 0
        })
    }
}
