//! Where to keep safety stock in a network: guaranteed service times (Graves and Willems 2000).
//!
//! Every stage promises its customers a service time and is promised one by its suppliers; it holds
//! stock for the days in between. A dynamic program over the tree of stages finds the promises of
//! the least holding cost, exactly.

/// One stage of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Days that the stage itself takes.
    pub days: usize,
    /// The longest time it may promise its customers; 0 where customers will not wait.
    pub most_promised: usize,
    /// The time that suppliers outside the network promise it.
    pub outside_supply: usize,
    /// Holding cost of the stock that covers 0, 1, 2 … days of demand.
    ///
    /// Quantile less mean of the demand over so many days, times cost. Longer windows than listed
    /// cost as much as the last one.
    pub cost: Vec<f64>,
}

/// What each stage promises, is promised, and covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub promised: Vec<usize>,
    pub supplied: Vec<usize>,
    pub covered_days: Vec<usize>,
    pub cost: f64,
}

/// Why a network cannot be solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EchelonError {
    #[error("link {link} names a stage that does not exist")]
    UnknownStage { link: usize },
    #[error("the stages and links do not form one tree")]
    NotATree,
    #[error("stage {stage} has no costs")]
    NoCost { stage: usize },
}

/// A subtree's neighbor: the stage, and whether it supplies the one it hangs on.
type Branch = (usize, bool);

struct Solver<'a> {
    stages: &'a [Stage],
    /// The longest service time that is considered anywhere.
    longest: usize,
    below: Vec<Vec<Branch>>,
    /// The cheapest cost of each subtree by the time on its link to the rest.
    value: Vec<Vec<f64>>,
    /// The promised and supplied time behind each value.
    choice: Vec<Vec<(usize, usize)>>,
}

/// Finds the placement of the least cost. `links` are (supplier, customer) pairs of stages.
///
/// # Errors
/// [`EchelonError`] when the links are not a tree over all stages.
pub fn place(stages: &[Stage], links: &[(usize, usize)]) -> Result<Placement, EchelonError> {
    let count = stages.len();
    if let Some(link) = links.iter().position(|(a, b)| *a >= count || *b >= count) {
        return Err(EchelonError::UnknownStage { link });
    }
    if let Some(stage) = stages.iter().position(|stage| stage.cost.is_empty()) {
        return Err(EchelonError::NoCost { stage });
    }
    if count == 0 || links.len() + 1 != count {
        return Err(EchelonError::NotATree);
    }
    // Root the tree at stage 0; `true` marks a neighbor that supplies its parent.
    let mut below: Vec<Vec<Branch>> = vec![Vec::new(); count];
    let mut order = vec![(0, None)];
    let mut seen = vec![false; count];
    seen[0] = true;
    let mut at = 0;
    while at < order.len() {
        let (stage, _) = order[at];
        for (supplier, customer) in links {
            let (other, supplies) = if *customer == stage {
                (*supplier, true)
            } else if *supplier == stage {
                (*customer, false)
            } else {
                continue;
            };
            if !seen[other] {
                seen[other] = true;
                below[stage].push((other, supplies));
                order.push((other, Some(supplies)));
            }
        }
        at += 1;
    }
    if order.len() != count {
        return Err(EchelonError::NotATree);
    }
    let outside = stages.iter().map(|stage| stage.outside_supply).max().unwrap_or(0);
    let longest = outside + stages.iter().map(|stage| stage.days).sum::<usize>();
    let empty = vec![Vec::new(); count];
    let mut solver =
        Solver { stages, longest, below, value: empty, choice: vec![Vec::new(); count] };
    for (stage, supplies) in order.iter().rev() {
        solver.solve(*stage, *supplies);
    }
    Ok(solver.unfold())
}

impl Solver<'_> {
    fn own_cost(&self, stage: usize, promised: usize, supplied: usize) -> f64 {
        let stage = &self.stages[stage];
        let covered = (supplied + stage.days).saturating_sub(promised);
        stage.cost[covered.min(stage.cost.len() - 1)]
    }

    /// Returns what the subtrees below cost when the stage promises and is supplied so.
    fn subtrees(&self, stage: usize, promised: usize, supplied: usize) -> f64 {
        let cost = |(other, supplies): &Branch| {
            let values = &self.value[*other];
            // A supplier may promise less than the stage waits; a customer may wait longer.
            let range = if *supplies { &values[..=supplied] } else { &values[promised..] };
            range.iter().copied().fold(f64::INFINITY, f64::min)
        };
        self.below[stage].iter().map(cost).sum()
    }

    fn feasible(&self, stage: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let Stage { days, most_promised, outside_supply, .. } = self.stages[stage];
        let longest = self.longest;
        (outside_supply..=longest.max(outside_supply)).flat_map(move |supplied| {
            (0..=(supplied + days).min(most_promised).min(longest))
                .map(move |promised| (promised, supplied))
        })
    }

    /// Fills the stage's values by promised time (when it supplies its parent) or supplied time.
    fn solve(&mut self, stage: usize, supplies_parent: Option<bool>) {
        let mut value = vec![f64::INFINITY; self.longest + 1];
        let mut choice = vec![(0, 0); self.longest + 1];
        for (promised, supplied) in self.feasible(stage) {
            let at = match supplies_parent {
                Some(true) => promised,
                Some(false) => supplied,
                None => 0,
            };
            let cost =
                self.own_cost(stage, promised, supplied) + self.subtrees(stage, promised, supplied);
            if cost < value[at] {
                value[at] = cost;
                choice[at] = (promised, supplied);
            }
        }
        self.value[stage] = value;
        self.choice[stage] = choice;
    }

    fn unfold(&self) -> Placement {
        let count = self.stages.len();
        let mut placement = Placement {
            promised: vec![0; count],
            supplied: vec![0; count],
            covered_days: vec![0; count],
            cost: self.value[0][0],
        };
        let mut open = vec![(0, 0)];
        while let Some((stage, at)) = open.pop() {
            let (promised, supplied) = self.choice[stage][at];
            placement.promised[stage] = promised;
            placement.supplied[stage] = supplied;
            placement.covered_days[stage] =
                (supplied + self.stages[stage].days).saturating_sub(promised);
            for (other, supplies) in &self.below[stage] {
                let range = if *supplies { 0..=supplied } else { promised..=self.longest };
                let values = &self.value[*other];
                let best = range.min_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
                open.push((*other, best));
            }
        }
        placement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Draws;

    fn stage(draws: &mut Draws, customer: bool) -> Stage {
        let value = 1.0 + draws.below(9) as f64;
        Stage {
            days: 1 + draws.below(3),
            most_promised: if customer { 0 } else { 20 },
            outside_supply: 0,
            cost: (0..20).map(|days| value * f64::from(days).sqrt()).collect(),
        }
    }

    #[test]
    fn the_program_equals_brute_force_on_small_trees() {
        for seed in 0..60 {
            let mut draws = Draws::new(seed);
            // 0 supplies 1 and 2; 1 supplies 3.
            let stages: Vec<Stage> =
                [false, false, true, true].map(|customer| stage(&mut draws, customer)).to_vec();
            let links = [(0, 1), (0, 2), (1, 3)];
            let found = place(&stages, &links).unwrap();
            let mut best = f64::INFINITY;
            for first in 0..=stages[0].days {
                for second in 0..=first + stages[1].days {
                    let cost = |stage: usize, promised: usize, supplied: usize| {
                        stages[stage].cost[supplied + stages[stage].days - promised]
                    };
                    let total = cost(0, first, 0)
                        + cost(1, second, first)
                        + cost(2, 0, first)
                        + cost(3, 0, second);
                    best = best.min(total);
                }
            }
            assert!((found.cost - best).abs() < 1e-9, "{seed}: {} {best}", found.cost);
            assert!(found.supplied[1] >= found.promised[0]);
        }
    }

    #[test]
    fn cycles_and_islands_are_refused() {
        let mut draws = Draws::new(1);
        let stages: Vec<Stage> = (0..3).map(|_| stage(&mut draws, false)).collect();
        assert_eq!(place(&stages, &[(0, 1)]), Err(EchelonError::NotATree));
        assert_eq!(place(&stages, &[(0, 1), (1, 0)]), Err(EchelonError::NotATree));
        assert_eq!(place(&stages, &[(0, 9), (1, 2)]), Err(EchelonError::UnknownStage { link: 0 }));
    }
}
