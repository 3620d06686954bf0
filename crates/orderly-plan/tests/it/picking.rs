//! Pick paths against brute force, and carts that lose no order.

use orderly_plan::numeric::{Draws, mix};
use orderly_plan::pick::batch::{BatchError, Pick, first_come, group};
use orderly_plan::pick::block::{length, path};
use orderly_plan::pick::rules::{largest_gap, s_shape};
use orderly_plan::pick::tour::Floor;
use orderly_plan::pick::walk::sequence;
use orderly_plan::pick::{Block, Stop};

fn block(draws: &mut Draws) -> Block {
    Block {
        spacing: 1.0 + draws.below(5) as f64,
        length: 10.0 + draws.below(30) as f64,
        depot: draws.below(6) as u32,
    }
}

fn stops(draws: &mut Draws, block: &Block, count: usize, aisles: usize) -> Vec<Stop> {
    (0..count)
        .map(|_| Stop {
            aisle: draws.below(aisles) as u32,
            along: (draws.below(block.length as usize * 2) as f64) / 2.0,
        })
        .collect()
}

fn floor(block: &Block) -> Floor {
    let depot = Stop { aisle: block.depot, along: 0.0 };
    Floor { spacing: block.spacing, crossings: vec![0.0, block.length], depot }
}

#[test]
fn the_path_of_one_block_is_the_shortest_tour() {
    for seed in 0..3_000 {
        let mut draws = Draws::new(mix(&[41, seed]));
        let block = block(&mut draws);
        let count = draws.below(10);
        let stops = stops(&mut draws, &block, count, 6);
        let exact = floor(&block).improved(&stops);
        assert!(exact.is_exact);
        let found = length(&block, &stops);
        assert!((found - exact.length).abs() < 1e-9, "{seed}: {found} {}", exact.length);
        assert!(found <= s_shape(&block, &stops) + 1e-9);
        assert!(found <= largest_gap(&block, &stops) + 1e-9);
    }
}

#[test]
fn the_sequence_of_a_path_has_its_length() {
    for seed in 0..2_000 {
        let mut draws = Draws::new(mix(&[42, seed]));
        let block = block(&mut draws);
        let count = draws.below(30);
        let stops = stops(&mut draws, &block, count, 8);
        let path = path(&block, &stops);
        let order = sequence(&block, &stops, &path);
        let walked = walked(&floor(&block), &stops, &order);
        assert!((walked - path.length).abs() < 1e-6, "{seed}: {walked} {}", path.length);
    }
}

#[test]
fn the_path_of_several_blocks_is_the_shortest_tour() {
    for seed in 0..3_000 {
        let mut draws = Draws::new(mix(&[45, seed]));
        let block = block(&mut draws);
        let count = draws.below(9);
        let stops = stops(&mut draws, &block, count, 5);
        let mut floor = floor(&block);
        floor.depot.along = draws.below(block.length as usize + 1) as f64;
        floor.crossings = match draws.below(4) {
            0 => vec![block.length / 2.0],
            1 => vec![0.0, block.length / 3.0, block.length],
            2 => vec![2.0, block.length - 2.0],
            _ => vec![0.0, block.length / 4.0, block.length / 2.0, block.length],
        };
        let brute = floor.improved(&stops);
        assert!(brute.is_exact);
        let found = floor.tour(&stops);
        assert!(found.is_exact);
        let gap = (found.length - brute.length).abs();
        assert!(gap < 1e-9, "{seed}: {} {} {floor:?} {stops:?}", found.length, brute.length);
        assert!((walked(&floor, &stops, &found.sequence) - found.length).abs() < 1e-6, "{seed}");
    }
}

fn walked(floor: &Floor, stops: &[Stop], order: &[usize]) -> f64 {
    let mut seen = order.to_vec();
    seen.sort_unstable();
    assert_eq!(seen, (0..stops.len()).collect::<Vec<_>>());
    let (mut here, mut meters) = (floor.depot, 0.0);
    for stop in order {
        meters += floor.distance(&here, &stops[*stop]);
        here = stops[*stop];
    }
    meters + floor.distance(&here, &floor.depot)
}

#[test]
fn a_middle_cross_aisle_never_makes_the_walk_longer() {
    for seed in 0..200 {
        let mut draws = Draws::new(mix(&[43, seed]));
        let block = block(&mut draws);
        let stops = stops(&mut draws, &block, 9, 6);
        let mut wide = floor(&block);
        wide.crossings.insert(1, block.length / 2.0);
        assert!(wide.tour(&stops).length <= floor(&block).tour(&stops).length + 1e-9);
    }
}

#[test]
fn longer_tours_come_close_to_the_exact_path() {
    let mut above = 0.0;
    for seed in 0..40 {
        let mut draws = Draws::new(mix(&[44, seed]));
        let block = block(&mut draws);
        let stops = stops(&mut draws, &block, 25, 8);
        let (exact, found) = (length(&block, &stops), floor(&block).improved(&stops).length);
        assert!(found >= exact - 1e-9);
        above += found / exact - 1.0;
    }
    assert!(above / 40.0 < 0.06, "{}", above / 40.0);
}

#[test]
fn carts_hold_every_order_once_and_walk_less_than_first_come() {
    let block = Block { spacing: 3.0, length: 30.0, depot: 0 };
    let mut draws = Draws::new(7);
    let picks: Vec<Pick> = (0..150)
        .map(|_| {
            let count = 1 + draws.below(4);
            Pick { stops: stops(&mut draws, &block, count, 12), totes: 1 + draws.below(2) as u32 }
        })
        .collect();
    let grouped = group(&block, &picks, 12, 4).unwrap();
    let baseline = first_come(&block, &picks, 12).unwrap();
    let mut seen: Vec<usize> = grouped.carts.concat();
    seen.sort_unstable();
    assert_eq!(seen, (0..150).collect::<Vec<_>>());
    let totes = |cart: &Vec<usize>| cart.iter().map(|order| picks[*order].totes).sum::<u32>();
    assert!(grouped.carts.iter().all(|cart| totes(cart) <= 12));
    assert!(grouped.length < 0.85 * baseline.length, "{} {}", grouped.length, baseline.length);
    let told = group(&block, &picks, 1, 1).unwrap_err();
    assert!(matches!(told, BatchError::TooLarge { totes: 2, capacity: 1, .. }));
}
