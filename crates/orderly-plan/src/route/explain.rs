//! Why an order is sourced as it is: the second-best decision, and what every location would cost.

use crate::route::kernel::{Candidate, Decision, Kernel, Lines, RouteError, Tariff};

/// What shipping from one location would have meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub node: u32,
    /// The lines it would ship in the cheapest decision that uses it; none when it can ship none.
    pub lines: Lines,
    /// The cost of that decision above the best one; zero for locations in use.
    pub extra: f64,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub best: Decision,
    /// The cheapest different decision. `None` when there is no other.
    pub second: Option<Decision>,
    /// Every candidate, in the order given.
    pub alternatives: Vec<Alternative>,
}

/// Decides an order without a limit on shipments and explains the decision.
///
/// # Errors
/// [`RouteError`] as for [`Kernel::decide`].
pub fn explain(
    kernel: &mut Kernel,
    penalties: &[f64],
    candidates: &[Candidate],
    tariff: &impl Tariff,
) -> Result<Explanation, RouteError> {
    let best = kernel.decide(penalties, candidates, usize::MAX, tariff)?;
    let full = ((1_u64 << penalties.len()) - 1) as Lines;
    let mut second: Option<(f64, u32, Lines)> = None;
    let mut alternatives = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut own: Option<(f64, Lines)> = None;
        for set in subsets(candidate.lines & full) {
            let cost = shipment(candidate, set, tariff) + kernel.serve_cost(full ^ set);
            let in_use = best.shipments.contains(&(candidate.node, set));
            if own.is_none_or(|(least, _)| cost < least) {
                own = Some((cost, set));
            }
            let better = second.is_none_or(|(least, _, _)| cost < least);
            if !in_use && better && cost.is_finite() {
                second = Some((cost, candidate.node, set));
            }
        }
        let used = best.shipments.iter().find(|(node, _)| *node == candidate.node);
        alternatives.push(match (used, own) {
            (Some((node, lines)), _) => Alternative { node: *node, lines: *lines, extra: 0.0 },
            (None, Some((cost, lines))) => {
                Alternative { node: candidate.node, lines, extra: cost - best.cost }
            }
            (None, None) => Alternative { node: candidate.node, lines: 0, extra: f64::INFINITY },
        });
    }
    let second = second.map(|(cost, node, set)| {
        let mut decision = kernel.unfold(full ^ set);
        decision.shipments.push((node, set));
        decision.shipments.sort_by_key(|(_, set)| set.trailing_zeros());
        decision.cost = cost;
        decision
    });
    let second = [second, without_one(&best, penalties, candidates, tariff)]
        .into_iter()
        .flatten()
        .min_by(|a, b| a.cost.total_cmp(&b.cost));
    Ok(Explanation { best, second, alternatives })
}

/// Returns the best decision with one shipment left out, when that is possible.
fn without_one(
    best: &Decision,
    penalties: &[f64],
    candidates: &[Candidate],
    tariff: &impl Tariff,
) -> Option<Decision> {
    let left_out = |index: usize| {
        let (node, set) = best.shipments[index];
        let candidate = candidates.iter().find(|candidate| candidate.node == node)?;
        let lost: f64 = (0..penalties.len())
            .filter(|line| set & (1 << line) != 0)
            .map(|line| penalties[line])
            .sum();
        let mut decision = best.clone();
        decision.shipments.remove(index);
        decision.unfilled |= set;
        decision.cost += lost - shipment(candidate, set, tariff);
        Some(decision)
    };
    (0..best.shipments.len()).filter_map(left_out).min_by(|a, b| a.cost.total_cmp(&b.cost))
}

fn shipment(candidate: &Candidate, set: Lines, tariff: &impl Tariff) -> f64 {
    let lines = (0..Lines::BITS as usize).filter(|line| set & (1 << line) != 0);
    let prices: f64 = lines.map(|line| tariff.line(candidate.node, line)).sum();
    tariff.shipment(candidate.class, set) + candidate.fixed + prices
}

/// Returns every subset of `all` but the empty one.
pub(super) fn subsets(all: Lines) -> impl Iterator<Item = Lines> {
    let mut next = all & all.wrapping_neg();
    std::iter::from_fn(move || {
        let set = next;
        next = set.wrapping_sub(all) & all;
        (set != 0).then_some(set)
    })
}
