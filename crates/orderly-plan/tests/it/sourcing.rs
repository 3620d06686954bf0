//! The sourcing kernel against brute force over every assignment of lines to locations.

use orderly_plan::numeric::{Draws, mix};
use orderly_plan::route::kernel::{Candidate, Decision, Kernel, Lines, RouteError, Tariff};
use orderly_plan::route::network::{Line, NO_PRICE, Order, Stock};
use orderly_plan::route::rules::{Rule, Tiers};
use orderly_plan::route::{batch, branch, explain, generate, split};

/// A tariff without any structure: every set of lines of every class costs what a hash says.
struct Arbitrary {
    seed: u64,
    classes: usize,
    priced: bool,
}

impl Tariff for Arbitrary {
    fn classes(&self) -> usize {
        self.classes
    }

    fn shipment(&self, class: u32, lines: Lines) -> f64 {
        let draw = mix(&[self.seed, u64::from(class), u64::from(lines)]);
        if draw.is_multiple_of(17) { f64::INFINITY } else { (draw % 1_000) as f64 / 10.0 }
    }

    fn line(&self, node: u32, line: usize) -> f64 {
        if self.priced {
            (mix(&[self.seed, 7, u64::from(node), line as u64]) % 100) as f64 / 10.0
        } else {
            0.0
        }
    }

    fn prices_lines(&self) -> bool {
        self.priced
    }
}

struct Case {
    penalties: Vec<f64>,
    candidates: Vec<Candidate>,
    tariff: Arbitrary,
}

fn case(seed: u64) -> Case {
    let mut draws = Draws::new(seed);
    let lines = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5][draws.below(10)];
    let nodes = if lines == 5 { 1 + draws.below(4) } else { 1 + draws.below(6) };
    let classes = 1 + draws.below(3);
    let candidates = (0..nodes)
        .map(|node| Candidate {
            node: node as u32,
            class: draws.below(classes) as u32,
            lines: draws.below(1 << lines) as Lines,
            fixed: (draws.below(3) * 5) as f64,
        })
        .filter(|candidate| candidate.lines != 0)
        .collect();
    let penalties = (0..lines).map(|_| 20.0 + draws.below(600) as f64 / 10.0).collect();
    let priced = draws.below(2) == 0;
    Case { penalties, candidates, tariff: Arbitrary { seed, classes, priced } }
}

/// Returns the cost of giving each candidate its set.
fn cost_of(case: &Case, sets: &[Lines]) -> f64 {
    let mut cost = 0.0;
    let mut filled = 0;
    for (candidate, set) in case.candidates.iter().zip(sets) {
        if *set != 0 {
            cost += case.tariff.shipment(candidate.class, *set) + candidate.fixed;
            for line in 0..case.penalties.len() {
                if set & (1 << line) != 0 {
                    cost += case.tariff.line(candidate.node, line);
                }
            }
            filled |= set;
        }
    }
    let missing = (0..case.penalties.len()).filter(|line| filled & (1 << line) == 0);
    cost + missing.map(|line| case.penalties[line]).sum::<f64>()
}

/// Calls `visit` with every assignment of lines to candidates or to nobody.
fn assignments(case: &Case, line: usize, sets: &mut Vec<Lines>, visit: &mut impl FnMut(&[Lines])) {
    if line == case.penalties.len() {
        visit(sets);
        return;
    }
    assignments(case, line + 1, sets, visit);
    for at in 0..sets.len() {
        if case.candidates[at].lines & (1 << line) != 0 {
            sets[at] |= 1 << line;
            assignments(case, line + 1, sets, visit);
            sets[at] &= !(1 << line);
        }
    }
}

fn real_cost(case: &Case, decision: &Decision) -> f64 {
    let set_of = |candidate: &Candidate| {
        decision
            .shipments
            .iter()
            .filter(|(node, _)| *node == candidate.node)
            .map(|(_, set)| set)
            .sum()
    };
    let sets: Vec<Lines> = case.candidates.iter().map(set_of).collect();
    for (candidate, set) in case.candidates.iter().zip(&sets) {
        assert_eq!(set & !candidate.lines, 0, "a location ships only what it holds");
    }
    cost_of(case, &sets)
}

#[test]
fn the_kernel_equals_brute_force_on_a_hundred_thousand_orders() {
    let mut kernel = Kernel::default();
    for seed in 0..100_000 {
        let case = case(seed);
        let mut best = f64::INFINITY;
        let mut sets = vec![0; case.candidates.len()];
        assignments(&case, 0, &mut sets, &mut |sets| best = best.min(cost_of(&case, sets)));
        let decision =
            kernel.decide(&case.penalties, &case.candidates, usize::MAX, &case.tariff).unwrap();
        // One location may ship twice in a decision: arbitrary tariffs are not subadditive.
        let twice = decision.shipments.iter().any(|(node, set)| {
            decision.shipments.iter().any(|(other, rest)| other == node && rest != set)
        });
        assert!(decision.cost <= best + 1e-9, "order {seed}");
        if !twice {
            assert!((real_cost(&case, &decision) - decision.cost).abs() < 1e-9, "order {seed}");
            assert!((decision.cost - best).abs() < 1e-9, "order {seed}: {} {best}", decision.cost);
        }
    }
}

#[test]
fn a_shipment_limit_is_kept_and_costs_no_more_than_needed() {
    let mut kernel = Kernel::default();
    for seed in 0..5_000 {
        let case = case(seed);
        for most in 0..3 {
            let mut best = f64::INFINITY;
            let mut sets = vec![0; case.candidates.len()];
            assignments(&case, 0, &mut sets, &mut |sets: &[Lines]| {
                if sets.iter().filter(|set| **set != 0).count() <= most {
                    best = best.min(cost_of(&case, sets));
                }
            });
            let decision =
                kernel.decide(&case.penalties, &case.candidates, most, &case.tariff).unwrap();
            assert!(decision.shipments.len() <= most);
            assert!(decision.cost <= best + 1e-9, "order {seed}, {most} shipments");
        }
    }
}

#[test]
fn the_second_best_is_the_cheapest_different_decision() {
    let mut kernel = Kernel::default();
    for seed in 0..3_000 {
        let case = case(seed);
        let reasons =
            explain::explain(&mut kernel, &case.penalties, &case.candidates, &case.tariff).unwrap();
        let mut best_sets = vec![0; case.candidates.len()];
        for (node, set) in &reasons.best.shipments {
            let at = case.candidates.iter().position(|c| c.node == *node).unwrap();
            best_sets[at] |= set;
        }
        let mut second = f64::INFINITY;
        let mut sets = vec![0; case.candidates.len()];
        assignments(&case, 0, &mut sets, &mut |sets: &[Lines]| {
            if sets != best_sets.as_slice() {
                second = second.min(cost_of(&case, sets));
            }
        });
        match &reasons.second {
            Some(found) => assert!(found.cost <= second + 1e-9, "order {seed}"),
            None => assert!(second.is_infinite(), "order {seed}"),
        }
        assert!(reasons.alternatives.iter().all(|other| other.extra >= -1e-9));
    }
}

#[test]
fn rules_as_tiers_choose_what_the_rules_say() {
    let mut kernel = Kernel::default();
    for seed in 0..20_000 {
        let case = case(seed);
        let mut draws = Draws::new(seed ^ 0xABCD);
        let rank: Vec<u32> = (0..6).map(|_| draws.below(20) as u32).collect();
        let kilometers: Vec<u32> = (0..6).map(|_| draws.below(3_000) as u32).collect();
        let mut orders = vec![
            vec![Rule::FewestShipments, Rule::Smallest(kilometers.clone())],
            vec![Rule::Smallest(rank.clone()), Rule::FewestShipments],
            vec![Rule::FewestShipments, Rule::Smallest(rank), Rule::Smallest(kilometers)],
        ];
        let rules = orders.swap_remove(draws.below(3));
        let tiers = Tiers::new(&rules, 6, 5).unwrap();
        let mut candidates = case.candidates.clone();
        tiers.apply(&mut candidates);
        let penalties = vec![tiers.penalty(); case.penalties.len()];
        let decision = kernel.decide(&penalties, &candidates, usize::MAX, &tiers).unwrap();
        // What the rules compare, most important first: unfilled lines, then each rule's sum.
        let key = |shipments: &[u32], unfilled: u32| -> Vec<u64> {
            let mut key = vec![u64::from(unfilled)];
            for rule in &rules {
                key.push(match rule {
                    Rule::FewestShipments => shipments.len() as u64,
                    Rule::Smallest(values) => {
                        shipments.iter().map(|node| u64::from(values[*node as usize])).sum()
                    }
                });
            }
            key
        };
        let mut best: Option<Vec<u64>> = None;
        let mut sets = vec![0; case.candidates.len()];
        assignments(&case, 0, &mut sets, &mut |sets: &[Lines]| {
            let used: Vec<u32> = case
                .candidates
                .iter()
                .zip(sets)
                .filter(|(_, set)| **set != 0)
                .map(|(candidate, _)| candidate.node)
                .collect();
            let filled: u32 = sets.iter().map(|set| set.count_ones()).sum();
            let key = key(&used, case.penalties.len() as u32 - filled);
            if best.as_ref().is_none_or(|best| key < *best) {
                best = Some(key);
            }
        });
        let nodes: Vec<u32> = decision.shipments.iter().map(|(node, _)| *node).collect();
        assert_eq!(Some(key(&nodes, decision.unfilled.count_ones())), best, "order {seed}");
    }
}

fn world(orders: usize) -> generate::World {
    let shape = generate::Shape { seed: 3, nodes: 12, items: 40, orders, rho: 0.9 };
    generate::World::generate(shape)
}

#[test]
fn branch_and_bound_agrees_with_the_kernel() {
    let world = world(400);
    let mut kernel = Kernel::default();
    let mut candidates = Vec::new();
    for order in &world.orders {
        let penalties = vec![40.0; order.lines.len()];
        world.network.candidates(order, &world.stock, |_| true, &mut candidates);
        let tariff = world.network.tariff(order, NO_PRICE);
        let exact = kernel.decide(&penalties, &candidates, usize::MAX, &tariff).unwrap();
        let found = branch::decide(&penalties, &candidates, &tariff, 2_000_000).unwrap();
        assert!(found.is_proven);
        assert!((found.decision.cost - exact.cost).abs() < 1e-9);
    }
}

#[test]
fn an_order_of_thirty_lines_gets_a_bound_and_every_line_an_answer() {
    let world = world(400);
    let lines: Vec<Line> = (0..30).map(|item| Line { item, units: 1 }).collect();
    let order = Order { lines, region: 4 };
    let mut candidates = Vec::new();
    world.network.candidates(&order, &world.stock, |_| true, &mut candidates);
    let tariff = world.network.tariff(&order, NO_PRICE);
    let found = branch::decide(&[40.0; 30], &candidates, &tariff, 20_000).unwrap();
    assert!(found.bound <= found.decision.cost + 1e-9 && found.bound > 0.0);
    let filled: Lines = found.decision.shipments.iter().map(|(_, set)| set).sum();
    assert_eq!(filled ^ found.decision.unfilled, (1 << 30) - 1);
    assert!(branch::decide(&[40.0; 33], &candidates, &tariff, 10).is_err());
}

#[test]
fn a_quantity_that_nobody_holds_is_divided_within_stock() {
    let world = world(100);
    let mut stock = Stock::new(2, 12);
    stock.set(0, 1, 3);
    stock.set(0, 5, 2);
    stock.set(1, 5, 1);
    let lines = vec![Line { item: 0, units: 4 }, Line { item: 1, units: 1 }];
    let order = Order { lines, region: 0 };
    let mut kernel = Kernel::default();
    let decision = split::decide(&world.network, &stock, &order, &mut kernel).unwrap();
    assert!(decision.is_exact);
    assert_eq!(decision.missing, [0, 0]);
    for part in &decision.parts {
        let item = order.lines[part.line].item;
        assert!(part.units <= stock.units(item, part.node));
    }
    let mut big = order;
    big.lines[0].units = 500;
    let decision = split::decide(&world.network, &stock, &big, &mut kernel).unwrap();
    assert!(decision.missing[0] >= 495 && !decision.is_exact);
}

#[test]
fn a_batch_stays_within_stock_above_its_bound_and_below_one_by_one() {
    let world = world(1_500);
    let plan = batch::Plan { coarse_rounds: 40, fine_rounds: 300, sweeps: 4 };
    let batch = batch::decide(&world.network, &world.stock, &world.orders, plan);
    let mut stock = world.stock.clone();
    for (order, shipments) in world.orders.iter().zip(&batch.shipments) {
        for (node, set) in shipments {
            for (index, line) in order.lines.iter().enumerate() {
                if set & (1 << index) != 0 {
                    assert!(stock.take(line.item, *node, line.units));
                }
            }
        }
    }
    assert!(batch.bound <= batch.cost + 1e-6);
    assert!(batch.gap() < 0.08, "{}", batch.gap());
    let alone =
        orderly_plan::route::replay::replay(&world, orderly_plan::route::replay::Policy::Cheapest);
    assert!(batch.cost < alone.cost * 1_500.0);
}

#[test]
fn impossible_orders_are_told_why() {
    let mut kernel = Kernel::default();
    let tariff = Arbitrary { seed: 1, classes: 1, priced: false };
    let many = kernel.decide(&[1.0; 13], &[], 9, &tariff);
    assert_eq!(many, Err(RouteError::TooManyLines { lines: 13 }));
    let broken = kernel.decide(&[1.0, f64::NAN], &[], 9, &tariff);
    assert_eq!(broken, Err(RouteError::Penalty { line: 1 }));
    let nobody = kernel.decide(&[3.0, 4.0], &[], 9, &tariff).unwrap();
    assert_eq!((nobody.unfilled, nobody.shipments.len()), (3, 0));
    assert!((nobody.cost - 7.0).abs() < 1e-12);
    assert!(Tiers::new(&[Rule::Smallest(vec![1])], 2, 3).is_err());
    assert!(Tiers::new(&vec![Rule::Smallest(vec![u32::MAX]); 3], 1, 12).is_err());
}

#[test]
fn a_month_of_the_second_world_is_the_same_twice_and_foresight_pays() {
    use orderly_plan::route::second::{Second, Sight, month};
    let shape = generate::Shape { seed: 3, nodes: 12, items: 60, orders: 2_000, rho: 1.0 };
    let world = Second::generate(shape);
    let [rule, tariff, stores, ahead] = [Sight::Rule, Sight::Tariff, Sight::Stores, Sight::Ahead]
        .map(|sight| {
            let once = month(&world, sight);
            assert_eq!(once, month(&Second::generate(shape), sight));
            assert!(once.cost.is_finite() && once.not_found > 0.0 && once.walked_out < 1.0);
            once
        });
    assert!(tariff.cost < rule.cost && tariff.late <= rule.late);
    assert!(stores.walked_out <= tariff.walked_out);
    assert!(ahead.cost < rule.cost, "{} {}", ahead.cost, rule.cost);
}
