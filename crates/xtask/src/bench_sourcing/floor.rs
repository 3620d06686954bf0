//! Cartons (C1), pick paths (P1) and carts (P2).

use std::time::Instant;

use orderly_plan::numeric::{Draws, mix};
use orderly_plan::pack::check::check;
use orderly_plan::pack::choose::choose;
use orderly_plan::pack::place::{Packer, misfit};
use orderly_plan::pack::{Carriage, Carton, Unit, volume};
use orderly_plan::pick::batch::{Pick, first_come, group};
use orderly_plan::pick::tour::Floor;
use orderly_plan::pick::{Block, Stop, block};

use crate::bench_forecast::clock::Clock;
use crate::run::Outcome;

/// Prints the value below which a share of the sorted values lies.
fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

fn micros(count: u64, mut work: impl FnMut(u64)) -> Vec<f64> {
    let mut micros: Vec<f64> = (0..count)
        .map(|index| {
            let start = Instant::now();
            work(index);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    micros
}

/// Packs orders of ten units into the cheapest of twelve cartons.
pub fn cartons() -> Outcome {
    let cartons: Vec<Carton> = (1..=12)
        .map(|step| Carton {
            size: [100 + 45 * step, 80 + 35 * step, 60 + 25 * step],
            max_weight_g: 4_000 + 2_500 * step,
            tare_g: 60 + 40 * step,
            price: 0.2 + 0.12 * f64::from(step),
        })
        .collect();
    let carriage = Carriage { base: 4.0, per_kg: 0.6, mm3_per_g: 5_000 };
    let orders: Vec<Vec<Unit>> = (0..5_000).map(ten_units).collect();
    let mut packer = Packer::default();
    let (mut faults, mut boxes, mut fill, mut refused) = (0, 0, 0.0, 0);
    let times = micros(5_000, |index| {
        let units = &orders[index as usize];
        let Ok(packed) = choose(units, &cartons, &carriage, &mut packer) else {
            refused += 1;
            return;
        };
        for one in &packed {
            boxes += 1;
            fill += one.fill(units, &cartons);
            let named: Vec<usize> = one.placed.iter().map(|place| place.unit).collect();
            let judged = check(units, &named, &cartons[one.carton], &one.placed);
            faults += u32::from(judged.is_err());
        }
    });
    println!(
        "cartons, 5,000 orders of 10 units, 12 kinds: p50 {:.0} us, p99 {:.2} ms; fill {:.1} %, \
         {:.2} cartons an order, {faults} faults, {refused} refused; no packing fills more than \
         {:.1} %",
        at(&times, 0.5),
        at(&times, 0.99) / 1e3,
        100.0 * fill / f64::from(boxes.max(1)),
        f64::from(boxes) / 5_000.0,
        100.0 * most_fill(&orders, &cartons),
    );
    Ok(())
}

/// Returns the mean fill if every order lay in the smallest carton that it is not too much for.
fn most_fill(orders: &[Vec<Unit>], cartons: &[Carton]) -> f64 {
    let fill = |units: &Vec<Unit>| {
        let used: u64 = units.iter().map(Unit::volume).sum();
        let fits = cartons.iter().filter(|carton| misfit(units, carton).is_none());
        let inside = fits.map(|carton| volume(carton.size)).min();
        inside.map_or(0.0, |inside| used as f64 / inside.max(1) as f64)
    };
    orders.iter().map(fill).sum::<f64>() / orders.len().max(1) as f64
}

fn ten_units(seed: u64) -> Vec<Unit> {
    let mut draws = Draws::new(mix(&[71, seed]));
    (0..10)
        .map(|_| {
            let mut side = || 30 + draws.below(150) as u32;
            let size = [side(), side(), side()];
            let weight_g = 50 + draws.below(900) as u32;
            Unit {
                size,
                weight_g,
                this_side_up: draws.below(6) == 0,
                fragile: draws.below(10) == 0,
            }
        })
        .collect()
}

fn stops(draws: &mut Draws, count: usize, aisles: usize, length: f64) -> Vec<Stop> {
    let stop = |draws: &mut Draws| Stop {
        aisle: draws.below(aisles) as u32,
        along: length * draws.unit(),
    };
    (0..count).map(|_| stop(draws)).collect()
}

/// Walks sixty picks in forty aisles of one block and of two.
pub fn paths() -> Outcome {
    let one = Block { spacing: 3.0, length: 30.0, depot: 0 };
    let mut draws = Draws::new(72);
    let walks: Vec<Vec<Stop>> = (0..2_000).map(|_| stops(&mut draws, 60, 40, 30.0)).collect();
    let single = micros(2_000, |index| {
        std::hint::black_box(block::length(&one, &walks[index as usize]));
    });
    let depot = Stop { aisle: 0, along: 0.0 };
    let floor = Floor { spacing: 3.0, crossings: vec![0.0, 15.0, 30.0], depot };
    let mut shorter = 0.0;
    let double = micros(2_000, |index| {
        shorter += floor.tour(&walks[index as usize]).length;
    });
    let longer: f64 = walks.iter().map(|walk| block::length(&one, walk)).sum();
    println!(
        "pick paths, 60 picks in 40 aisles, exact: one block p50 {:.0} us, p99 {:.0} us; two \
         blocks with the sequence p50 {:.0} us, p99 {:.0} us ({:+.1} % meters)",
        at(&single, 0.5),
        at(&single, 0.99),
        at(&double, 0.5),
        at(&double, 0.99),
        100.0 * (shorter / longer - 1.0),
    );
    Ok(())
}

/// Groups a thousand orders onto carts.
pub fn carts() -> Outcome {
    let block = Block { spacing: 3.0, length: 30.0, depot: 0 };
    let mut draws = Draws::new(73);
    let picks: Vec<Pick> = (0..1_000)
        .map(|_| {
            let count = 1 + draws.below(4);
            let stops = stops(&mut draws, count, 20, 30.0);
            Pick { stops, totes: 1 + draws.below(2) as u32 }
        })
        .collect();
    let baseline = first_come(&block, &picks, 12).map_err(|error| error.to_string())?;
    for sweeps in [0, 1, 2, 4] {
        let clock = Clock::start();
        let grouped = group(&block, &picks, 12, sweeps).map_err(|error| error.to_string())?;
        println!(
            "carts, 1,000 orders, 12 totes, {sweeps} rounds: {:+.1} % meters against first come in \
             {:.2} CPU-s",
            100.0 * (grouped.length / baseline.length - 1.0),
            clock.seconds()
        );
    }
    Ok(())
}
