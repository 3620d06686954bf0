//! The exact decision for one order: the cheapest partition of its lines among locations.
//!
//! A dynamic program over sets of lines. The cost of a shipment may be any function of its set:
//! weight steps, cartons, handling. Up to twelve lines are decided exactly in microseconds.

/// Most lines (or unit pseudo-lines) that the kernel takes.
pub const MAX_LINES: usize = 12;

/// A set of lines: bit *i* stands for line *i*.
pub type Lines = u32;

/// A location that passed every hard rule and can fill some lines whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The location's index.
    pub node: u32,
    /// Locations of one class share the tariff: carrier zone, handling, service.
    pub class: u32,
    /// The lines that the location can fill.
    pub lines: Lines,
    /// What using this very location costs beside the tariff (capacity, preference, lateness).
    pub fixed: f64,
}

/// What a shipment costs.
pub trait Tariff {
    /// Returns the number of classes.
    fn classes(&self) -> usize;

    /// Returns the cost of one shipment of `lines` from a location of `class`.
    ///
    /// Infinite when that shipment is impossible.
    fn shipment(&self, class: u32, lines: Lines) -> f64;

    /// Returns what line `line` costs beside the tariff when taken from `node` (stock prices).
    fn line(&self, node: u32, line: usize) -> f64;

    /// Tells whether [`Tariff::line`] is ever other than zero.
    fn prices_lines(&self) -> bool;

    /// Returns a lower bound of what any shipment of the class costs beyond its lines' floors.
    fn opening(&self, _class: u32) -> f64 {
        0.0
    }

    /// Returns a lower bound of what the line adds to any shipment of the class.
    fn floor(&self, _class: u32, _line: usize) -> f64 {
        0.0
    }
}

/// The decision for one order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Location and lines of each shipment, in the order of their lowest line.
    pub shipments: Vec<(u32, Lines)>,
    /// Lines that stay unfilled.
    pub unfilled: Lines,
    /// The whole cost, penalties included.
    pub cost: f64,
}

/// Why an order was not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("an order of {lines} lines is beyond the exact kernel's {MAX_LINES}")]
    TooManyLines { lines: usize },
    #[error("line {line} has a penalty that is not a number of at least zero")]
    Penalty { line: usize },
}

/// The kernel with its memory, reused from order to order.
#[derive(Debug, Clone, Default)]
pub struct Kernel {
    /// The cheapest shipment of each set, and who makes it.
    best: Vec<f64>,
    by: Vec<u32>,
    /// The shared cost of each class and set; not a number until asked.
    shared: Vec<f64>,
    /// The least fixed cost seen for each class and set.
    seen: Vec<f64>,
    /// The cheapest way to serve each set, with the set served first.
    total: Vec<f64>,
    first: Vec<Lines>,
    sums: Vec<f64>,
}

/// Beyond this many entries shared costs are computed again instead of remembered.
const MAX_MEMO: usize = 1 << 16;

impl Kernel {
    /// Returns the cheapest decision.
    ///
    /// `penalties` has one entry for each line: what leaving it unfilled costs. At most
    /// `max_shipments` shipments are made. Ties go to the candidate given first.
    ///
    /// # Errors
    /// [`RouteError`] when there are too many lines or a penalty is not a number.
    pub fn decide(
        &mut self,
        penalties: &[f64],
        candidates: &[Candidate],
        max_shipments: usize,
        tariff: &impl Tariff,
    ) -> Result<Decision, RouteError> {
        check(penalties)?;
        let lines = penalties.len();
        self.price_sets(lines, candidates, tariff);
        let mut decision = if max_shipments >= lines {
            self.partition(penalties)
        } else {
            self.partition_within(penalties, max_shipments)
        };
        decision.shipments.sort_by_key(|(_, set)| set.trailing_zeros());
        Ok(decision)
    }

    /// Returns the cheapest shipment of a set after [`Kernel::decide`].
    #[must_use]
    pub fn set_cost(&self, set: Lines) -> f64 {
        self.best[set as usize]
    }

    /// Returns the cheapest way to serve a set after [`Kernel::decide`] without a shipment limit.
    #[must_use]
    pub fn serve_cost(&self, set: Lines) -> f64 {
        self.total[set as usize]
    }

    /// Finds the cheapest location for every set of lines.
    fn price_sets(&mut self, lines: usize, candidates: &[Candidate], tariff: &impl Tariff) {
        let sets = 1_usize << lines;
        self.best.clear();
        self.best.resize(sets, f64::INFINITY);
        self.by.clear();
        self.by.resize(sets, u32::MAX);
        self.sums.clear();
        self.sums.resize(sets, 0.0);
        let remembers = tariff.classes() * sets <= MAX_MEMO;
        let priced = tariff.prices_lines();
        self.shared.clear();
        self.seen.clear();
        if remembers {
            self.shared.resize(tariff.classes() * sets, f64::NAN);
            if !priced {
                self.seen.resize(tariff.classes() * sets, f64::INFINITY);
            }
        }
        for candidate in candidates {
            let all = candidate.lines & (sets as Lines - 1);
            let row = candidate.class as usize * sets;
            if remembers && !priced {
                // The same class offered the same lines at no higher fixed cost: no better.
                let seen = &mut self.seen[row + all as usize];
                if *seen <= candidate.fixed {
                    continue;
                }
                *seen = candidate.fixed;
            }
            let mut set = all & all.wrapping_neg();
            if priced {
                self.sum_prices(candidate, all, tariff);
            }
            // Subsets in increasing order: the sums of smaller sets are ready.
            while set != 0 {
                let shared = if remembers {
                    let memo = &mut self.shared[row + set as usize];
                    if memo.is_nan() {
                        *memo = tariff.shipment(candidate.class, set);
                    }
                    *memo
                } else {
                    tariff.shipment(candidate.class, set)
                };
                let cost = shared + candidate.fixed + self.sums[set as usize];
                if cost < self.best[set as usize] {
                    self.best[set as usize] = cost;
                    self.by[set as usize] = candidate.node;
                }
                set = set.wrapping_sub(all) & all;
            }
        }
    }

    fn sum_prices(&mut self, candidate: &Candidate, all: Lines, tariff: &impl Tariff) {
        let mut prices = [0.0; MAX_LINES];
        let mut rest = all;
        while rest != 0 {
            let line = rest.trailing_zeros() as usize;
            prices[line] = tariff.line(candidate.node, line);
            rest &= rest - 1;
        }
        let mut set = all & all.wrapping_neg();
        while set != 0 {
            let below = set & (set - 1);
            self.sums[set as usize] =
                self.sums[below as usize] + prices[set.trailing_zeros() as usize];
            set = set.wrapping_sub(all) & all;
        }
    }

    /// The dynamic program without a limit on shipments.
    fn partition(&mut self, penalties: &[f64]) -> Decision {
        let sets = 1_usize << penalties.len();
        self.total.clear();
        self.total.resize(sets, 0.0);
        self.first.clear();
        self.first.resize(sets, 0);
        for set in 1..sets {
            let low = set & set.wrapping_neg();
            let rest = set ^ low;
            let mut best = penalties[low.trailing_zeros() as usize] + self.total[rest];
            let mut first = 0;
            let mut others = rest;
            loop {
                let part = others | low;
                let cost = self.best[part] + self.total[set ^ part];
                if cost < best {
                    (best, first) = (cost, part);
                }
                if others == 0 {
                    break;
                }
                others = (others - 1) & rest;
            }
            self.total[set] = best;
            self.first[set] = first as Lines;
        }
        self.unfold(sets as Lines - 1)
    }

    /// Returns the cheapest way to serve a set after [`Kernel::decide`] without a shipment limit.
    #[must_use]
    pub fn unfold(&self, set: Lines) -> Decision {
        let mut decision = Decision { cost: self.total[set as usize], ..Decision::default() };
        let mut left = set;
        while left != 0 {
            let part = self.first[left as usize];
            if part == 0 {
                decision.unfilled |= left & left.wrapping_neg();
                left &= left - 1;
            } else {
                decision.shipments.push((self.by[part as usize], part));
                left ^= part;
            }
        }
        decision
    }

    /// The dynamic program with at most `most` shipments: one layer for each.
    fn partition_within(&mut self, penalties: &[f64], most: usize) -> Decision {
        let sets = 1_usize << penalties.len();
        let mut layers: Vec<(Vec<f64>, Vec<Lines>)> = Vec::with_capacity(most + 1);
        let mut lost = vec![0.0; sets];
        for set in 1..sets {
            let below = set & (set - 1);
            lost[set] = lost[below] + penalties[set.trailing_zeros() as usize];
        }
        layers.push((lost, vec![0; sets]));
        for layer in 1..=most {
            let before = &layers[layer - 1].0;
            let (mut total, mut first) = (vec![0.0; sets], vec![0; sets]);
            for set in 1..sets {
                let low = set & set.wrapping_neg();
                let rest = set ^ low;
                let penalty = penalties[low.trailing_zeros() as usize];
                let (mut best, mut part) = (penalty + total[rest], 0);
                let mut others = rest;
                loop {
                    let own = others | low;
                    let cost = self.best[own] + before[set ^ own];
                    if cost < best {
                        (best, part) = (cost, own);
                    }
                    if others == 0 {
                        break;
                    }
                    others = (others - 1) & rest;
                }
                total[set] = best;
                first[set] = part as Lines;
            }
            layers.push((total, first));
        }
        let mut decision = Decision { cost: layers[most].0[sets - 1], ..Decision::default() };
        let (mut left, mut layer) = (sets as Lines - 1, most);
        while left != 0 {
            let part = layers[layer].1[left as usize];
            if part == 0 {
                decision.unfilled |= left & left.wrapping_neg();
                left &= left - 1;
            } else {
                decision.shipments.push((self.by[part as usize], part));
                left ^= part;
                layer -= 1;
            }
        }
        decision
    }
}

/// Checks the number of lines and their penalties.
fn check(penalties: &[f64]) -> Result<(), RouteError> {
    if penalties.len() > MAX_LINES {
        return Err(RouteError::TooManyLines { lines: penalties.len() });
    }
    match penalties.iter().position(|penalty| penalty.is_nan() || *penalty < 0.0) {
        Some(line) => Err(RouteError::Penalty { line }),
        None => Ok(()),
    }
}
