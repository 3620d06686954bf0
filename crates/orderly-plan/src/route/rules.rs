//! Ranked rules as tiers of cost: a merchant who only wants rules gets exactly their rules.
//!
//! "Never split unless …, then prefer …, then the nearest" is a lexicographic order. Each rule's
//! unit outweighs everything that all later rules can add up to, so the kernel's cheapest decision
//! is the first one in that order.

use crate::route::kernel::{Candidate, Lines, MAX_LINES, Tariff};

/// One rule; earlier rules outrank later ones. Filling lines always comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// As few shipments as possible.
    FewestShipments,
    /// The smallest sum over the shipments of a whole number per location: its rank, its distance
    /// in kilometers, 0 or 1 for preferred or not.
    Smallest(Vec<u32>),
}

/// Rules turned into costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiers {
    /// The cost of one shipment from each location.
    fixed: Vec<f64>,
    penalty: f64,
}

/// Why rules cannot be turned into exact costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    #[error("rule {rule} has values for {values} locations, not {nodes}")]
    Length { rule: usize, values: usize, nodes: usize },
    #[error("the rules need numbers beyond 2^53: use fewer rules or smaller values")]
    TooFine,
}

impl Tiers {
    /// Returns the costs of the rules for orders of at most `lines` lines.
    ///
    /// # Errors
    /// [`TierError`] when a rule does not cover every location or the tiers are too fine.
    pub fn new(rules: &[Rule], nodes: usize, lines: usize) -> Result<Self, TierError> {
        let shipments = lines.clamp(1, MAX_LINES) as u128;
        let mut fixed = vec![0_u128; nodes];
        let mut unit = 1_u128;
        for (index, rule) in rules.iter().enumerate().rev() {
            let most = match rule {
                Rule::FewestShipments => {
                    for cost in &mut fixed {
                        *cost += unit;
                    }
                    1
                }
                Rule::Smallest(values) => {
                    if values.len() != nodes {
                        let values = values.len();
                        return Err(TierError::Length { rule: index, values, nodes });
                    }
                    for (cost, value) in fixed.iter_mut().zip(values) {
                        *cost += unit * u128::from(*value);
                    }
                    u128::from(values.iter().copied().max().unwrap_or(0))
                }
            };
            // One more than everything this rule and the later ones can add up to.
            unit = unit.saturating_mul(most * shipments + 1);
        }
        if unit.saturating_mul(shipments + 1) > 1 << 53 {
            return Err(TierError::TooFine);
        }
        let fixed = fixed.iter().map(|cost| *cost as f64).collect();
        Ok(Self { fixed, penalty: unit as f64 })
    }

    /// Returns the penalty of an unfilled line: above every sum of rules.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Puts the rules' costs onto candidates.
    pub fn apply(&self, candidates: &mut [Candidate]) {
        for candidate in candidates {
            candidate.class = 0;
            candidate.fixed = self.fixed[candidate.node as usize];
        }
    }
}

impl Tariff for Tiers {
    fn classes(&self) -> usize {
        1
    }

    fn shipment(&self, _class: u32, _lines: Lines) -> f64 {
        0.0
    }

    fn line(&self, _node: u32, _line: usize) -> f64 {
        0.0
    }

    fn prices_lines(&self) -> bool {
        false
    }
}

/// Sends every line from the first candidate, in the order of `rank`, that can fill it.
///
/// The plain rule of many shops, kept as a baseline. Returns shipments by location.
#[must_use]
pub fn each_line_nearest(
    lines: usize,
    candidates: &[Candidate],
    rank: impl Fn(u32) -> f64,
) -> Vec<(u32, Lines)> {
    let mut shipments: Vec<(u32, Lines)> = Vec::new();
    for line in 0..lines {
        let able = candidates.iter().filter(|candidate| candidate.lines & (1 << line) != 0);
        let first = able.min_by(|a, b| rank(a.node).total_cmp(&rank(b.node)));
        let Some(first) = first else { continue };
        match shipments.iter_mut().find(|(node, _)| *node == first.node) {
            Some((_, set)) => *set |= 1 << line,
            None => shipments.push((first.node, 1 << line)),
        }
    }
    shipments
}
