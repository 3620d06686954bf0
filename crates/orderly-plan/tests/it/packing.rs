//! Every packing passes the independent checker; what fits is found, what cannot fit is told.

use orderly_plan::numeric::{Draws, mix};
use orderly_plan::pack::check::{Fault, check};
use orderly_plan::pack::choose::{PackError, choose};
use orderly_plan::pack::place::Packer;
use orderly_plan::pack::suite::suites;
use orderly_plan::pack::{Carriage, Carton, Placed, Unit};

const CARRIAGE: Carriage = Carriage { base: 4.0, per_kg: 0.6, mm3_per_g: 5_000 };

fn cartons() -> Vec<Carton> {
    (1..=12)
        .map(|step| Carton {
            size: [100 + 45 * step, 80 + 35 * step, 60 + 25 * step],
            max_weight_g: 4_000 + 2_500 * step,
            tare_g: 60 + 40 * step,
            price: 0.2 + 0.12 * f64::from(step),
        })
        .collect()
}

fn units(seed: u64, most: usize) -> Vec<Unit> {
    let mut draws = Draws::new(mix(&[31, seed]));
    (0..1 + draws.below(most))
        .map(|_| {
            let mut side = || 20 + draws.below(220) as u32;
            let size = [side(), side(), side()];
            Unit {
                size,
                weight_g: 50 + draws.below(2_000) as u32,
                this_side_up: draws.below(5) == 0,
                fragile: draws.below(8) == 0,
            }
        })
        .collect()
}

#[test]
fn five_thousand_orders_are_packed_without_a_fault() {
    let (cartons, mut packer) = (cartons(), Packer::default());
    for seed in 0..5_000 {
        let units = units(seed, 14);
        let packed = choose(&units, &cartons, &CARRIAGE, &mut packer).unwrap();
        let mut seen: Vec<usize> = Vec::new();
        for carton in &packed {
            let named: Vec<usize> = carton.placed.iter().map(|place| place.unit).collect();
            check(&units, &named, &cartons[carton.carton], &carton.placed).unwrap();
            seen.extend(named);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..units.len()).collect::<Vec<_>>(), "order {seed}");
    }
}

#[test]
fn eight_equal_cubes_fill_a_cube() {
    let unit = Unit { size: [100, 100, 100], weight_g: 10, this_side_up: false, fragile: false };
    let carton = Carton { size: [200, 200, 200], max_weight_g: 999, tare_g: 0, price: 1.0 };
    let mut packer = Packer::default();
    let packed = choose(&[unit; 8], &[carton], &CARRIAGE, &mut packer).unwrap();
    assert_eq!(packed.len(), 1);
    assert!((packed[0].fill(&[unit; 8], &[carton]) - 1.0).abs() < 1e-12);
    let packed = choose(&[unit; 9], &[carton], &CARRIAGE, &mut packer).unwrap();
    assert_eq!(packed.len(), 2);
}

#[test]
fn what_fits_nowhere_is_told() {
    let (cartons, mut packer) = (cartons(), Packer::default());
    let mut units = units(1, 3);
    units.push(Unit { size: [5_000, 10, 10], weight_g: 1, this_side_up: false, fragile: false });
    let told = choose(&units, &cartons, &CARRIAGE, &mut packer);
    let last = units.len() - 1;
    assert_eq!(told, Err(PackError::NoCarton { unit: last, reason: "a unit is too large" }));
    units[last].size = [0, 1, 1];
    let told = choose(&units, &cartons, &CARRIAGE, &mut packer);
    assert_eq!(told, Err(PackError::BadSize { unit: last }));
    assert_eq!(choose(&units, &[], &CARRIAGE, &mut packer), Err(PackError::NoCartons));
}

#[test]
fn the_checker_finds_every_kind_of_fault() {
    let unit = |fragile| Unit { size: [10, 10, 20], weight_g: 5, this_side_up: true, fragile };
    let units = [unit(true), unit(false)];
    let carton = Carton { size: [20, 20, 40], max_weight_g: 9, tare_g: 0, price: 0.0 };
    let at = |unit, at| Placed { unit, at, size: [10, 10, 20] };
    let judge = |placed: &[Placed]| check(&units, &[0, 1], &carton, placed);
    assert_eq!(judge(&[at(0, [0, 0, 0])]), Err(Fault::Times { unit: 1, times: 0 }));
    let lying = Placed { unit: 1, at: [0, 0, 0], size: [20, 10, 10] };
    assert_eq!(judge(&[at(0, [0, 10, 0]), lying]), Err(Fault::Turned { unit: 1 }));
    let out = judge(&[at(0, [0, 0, 0]), at(1, [11, 0, 0])]);
    assert_eq!(out, Err(Fault::Outside { unit: 1 }));
    let both = judge(&[at(0, [0, 0, 0]), at(1, [5, 5, 5])]);
    assert_eq!(both, Err(Fault::Overlap { first: 0, second: 1 }));
    let hanging = judge(&[at(0, [0, 0, 0]), at(1, [10, 0, 5])]);
    assert_eq!(hanging, Err(Fault::Unsupported { unit: 1 }));
    let crushed = judge(&[at(0, [0, 0, 0]), at(1, [0, 0, 20])]);
    assert_eq!(crushed, Err(Fault::OnFragile { upper: 1, lower: 0 }));
    let heavy = judge(&[at(0, [0, 0, 0]), at(1, [10, 10, 0])]);
    assert_eq!(heavy, Err(Fault::TooHeavy { weight_g: 10, limit_g: 9 }));
}

#[test]
fn a_suite_of_cartons_is_the_best_of_its_size() {
    let (cartons, mut packer) = (cartons(), Packer::default());
    let orders: Vec<Vec<Unit>> = (0..60).map(|seed| units(seed, 6)).collect();
    let found = suites(&orders, &cartons, &CARRIAGE, 4, &mut packer);
    assert_eq!(found.iter().map(|suite| suite.cartons.len()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let key = |unserved: usize, cost: f64| unserved as f64 * 1e9 + cost;
    for pair in found.windows(2) {
        assert!(key(pair[1].unserved, pair[1].cost) <= key(pair[0].unserved, pair[0].cost));
    }
    // Every pair of kinds, tried in full.
    let mut least = f64::INFINITY;
    for (first, second) in (0..12).flat_map(|a| (0..a).map(move |b| (b, a))) {
        let own = [cartons[first], cartons[second]];
        let mut sum = 0.0;
        for units in &orders {
            let weight = units.iter().map(|unit| u64::from(unit.weight_g)).sum();
            let fits = own.iter().filter(|carton| packer.pack(units, carton).is_some());
            let costs = fits.map(|carton| carton.price + CARRIAGE.charge(carton, weight));
            sum += costs.min_by(f64::total_cmp).unwrap_or(1e9);
        }
        least = least.min(sum);
    }
    assert!((key(found[1].unserved, found[1].cost) - least).abs() < 1e-6);
    assert!(found.iter().all(|suite| suite.fill > 0.0 && suite.fill <= 1.0));
    assert!(suites(&[], &cartons, &CARRIAGE, 2, &mut packer)[0].cost.abs() < 1e-12);
}
