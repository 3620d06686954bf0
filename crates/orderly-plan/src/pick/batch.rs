//! Which orders to pick together on one cart.
//!
//! Carts are seeded with the order that is farthest to walk and filled with the orders that add
//! least; then orders move between carts and change places while that shortens the walking. Every
//! length is exact.

use crate::pick::block::length;
use crate::pick::{Block, Stop};

/// An order to be picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    pub stops: Vec<Stop>,
    /// The room it takes on the cart.
    pub totes: u32,
}

/// Orders grouped onto carts.
#[derive(Debug, Clone, PartialEq)]
pub struct Carts {
    pub carts: Vec<Vec<usize>>,
    /// Meters walked for all carts.
    pub length: f64,
}

/// Why orders cannot be grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("order {order} needs {totes} totes, a cart holds {capacity}")]
    TooLarge { order: usize, totes: u32, capacity: u32 },
}

/// Orders looked at when a cart takes its next one.
const NEIGHBORS: usize = 60;
/// Carts looked at when an order moves or changes places.
const NEAR_CARTS: usize = 12;

fn walked(block: &Block, picks: &[Pick], cart: &[usize]) -> f64 {
    let stops: Vec<Stop> = cart.iter().flat_map(|order| picks[*order].stops.clone()).collect();
    if stops.is_empty() { 0.0 } else { length(block, &stops) }
}

/// Returns the mean aisle of an order.
fn center(pick: &Pick) -> f64 {
    let sum: f64 = pick.stops.iter().map(|stop| f64::from(stop.aisle)).sum();
    sum / pick.stops.len().max(1) as f64
}

fn check(picks: &[Pick], capacity: u32) -> Result<(), BatchError> {
    match picks.iter().position(|pick| pick.totes > capacity) {
        Some(order) => Err(BatchError::TooLarge { order, totes: picks[order].totes, capacity }),
        None => Ok(()),
    }
}

/// Returns carts filled in order of arrival: the baseline.
///
/// # Errors
/// [`BatchError`] when an order exceeds the cart.
pub fn first_come(block: &Block, picks: &[Pick], capacity: u32) -> Result<Carts, BatchError> {
    check(picks, capacity)?;
    let mut carts: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for (order, pick) in picks.iter().enumerate() {
        if let Some(cart) = carts.last_mut()
            && pick.totes <= room
        {
            cart.push(order);
            room -= pick.totes;
        } else {
            carts.push(vec![order]);
            room = capacity - pick.totes;
        }
    }
    let length = carts.iter().map(|cart| walked(block, picks, cart)).sum();
    Ok(Carts { carts, length })
}

/// Groups orders onto carts for little walking, with `sweeps` rounds of improvement.
///
/// # Errors
/// [`BatchError`] when an order exceeds the cart.
pub fn group(
    block: &Block,
    picks: &[Pick],
    capacity: u32,
    sweeps: usize,
) -> Result<Carts, BatchError> {
    check(picks, capacity)?;
    let mut board = Board::filled(block, picks, capacity);
    for _ in 0..sweeps {
        if board.move_orders() + board.exchange_orders() < 1e-9 {
            break;
        }
    }
    let length = board.lengths.iter().sum();
    let carts = board.carts.into_iter().filter(|cart| !cart.is_empty()).collect();
    Ok(Carts { carts, length })
}

struct Board<'a> {
    block: &'a Block,
    picks: &'a [Pick],
    capacity: u32,
    centers: Vec<f64>,
    carts: Vec<Vec<usize>>,
    lengths: Vec<f64>,
}

impl<'a> Board<'a> {
    fn filled(block: &'a Block, picks: &'a [Pick], capacity: u32) -> Self {
        let centers: Vec<f64> = picks.iter().map(center).collect();
        let mut board =
            Self { block, picks, capacity, centers, carts: Vec::new(), lengths: Vec::new() };
        let alone: Vec<f64> =
            (0..picks.len()).map(|order| walked(block, picks, &[order])).collect();
        let mut open: Vec<usize> = (0..picks.len()).collect();
        open.sort_by(|a, b| alone[*b].total_cmp(&alone[*a]).then(a.cmp(b)));
        while !open.is_empty() {
            let seed = open.remove(0);
            let mut cart = vec![seed];
            let mut walk = alone[seed];
            let mut room = capacity - picks[seed].totes;
            while let Some((at, wider)) = board.next(&cart, walk, room, &open) {
                let order = open.remove(at);
                room -= picks[order].totes;
                cart.push(order);
                walk = wider;
            }
            board.carts.push(cart);
            board.lengths.push(walk);
        }
        board
    }

    /// Returns the open order that adds least to a cart, and the cart's length with it.
    ///
    /// What an order adds is judged against half of what it would walk alone.
    fn next(&self, cart: &[usize], walk: f64, room: u32, open: &[usize]) -> Option<(usize, f64)> {
        let middle = cart.iter().map(|order| self.centers[*order]).sum::<f64>() / cart.len() as f64;
        let mut near: Vec<usize> =
            (0..open.len()).filter(|at| self.picks[open[*at]].totes <= room).collect();
        near.sort_by(|a, b| {
            let far = |at: usize| (self.centers[open[at]] - middle).abs();
            far(*a).total_cmp(&far(*b)).then(a.cmp(b))
        });
        let mut wider = cart.to_vec();
        let mut best: Option<(f64, usize, f64)> = None;
        for at in near.into_iter().take(NEIGHBORS) {
            wider.push(open[at]);
            let with = walked(self.block, self.picks, &wider);
            wider.pop();
            let merit = with - walk - 0.5 * walked(self.block, self.picks, &[open[at]]);
            if best.is_none_or(|(least, ..)| merit < least) {
                best = Some((merit, at, with));
            }
        }
        best.map(|(_, at, with)| (at, with))
    }

    fn totes(&self, cart: usize) -> u32 {
        self.carts[cart].iter().map(|order| self.picks[*order].totes).sum()
    }

    fn without(&self, cart: usize, order: usize) -> Vec<usize> {
        self.carts[cart].iter().copied().filter(|other| *other != order).collect()
    }

    /// Returns the carts whose orders lie nearest to an order, its own one excluded.
    fn near_carts(&self, order: usize, own: usize) -> Vec<usize> {
        let middle = |cart: usize| {
            let orders = &self.carts[cart];
            orders.iter().map(|order| self.centers[*order]).sum::<f64>() / orders.len() as f64
        };
        let mut near: Vec<(f64, usize)> = (0..self.carts.len())
            .filter(|cart| *cart != own && !self.carts[*cart].is_empty())
            .map(|cart| ((middle(cart) - self.centers[order]).abs(), cart))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.into_iter().take(NEAR_CARTS).map(|(_, cart)| cart).collect()
    }

    /// Moves orders to other carts with room; returns the meters saved.
    fn move_orders(&mut self) -> f64 {
        let mut saved = 0.0;
        for from in 0..self.carts.len() {
            for order in self.carts[from].clone() {
                let rest = self.without(from, order);
                let left = walked(self.block, self.picks, &rest);
                let mut best: Option<(f64, usize, f64)> = None;
                for to in self.near_carts(order, from) {
                    if self.totes(to) + self.picks[order].totes > self.capacity {
                        continue;
                    }
                    let mut wider = self.carts[to].clone();
                    wider.push(order);
                    let with = walked(self.block, self.picks, &wider);
                    let gain = self.lengths[from] + self.lengths[to] - left - with;
                    if gain > 1e-9 && best.is_none_or(|(most, ..)| gain > most) {
                        best = Some((gain, to, with));
                    }
                }
                if let Some((gain, to, with)) = best {
                    self.carts[from] = rest;
                    self.carts[to].push(order);
                    (self.lengths[from], self.lengths[to]) = (left, with);
                    saved += gain;
                }
            }
        }
        saved
    }

    /// Lets pairs of orders change carts; returns the meters saved.
    fn exchange_orders(&mut self) -> f64 {
        let mut saved = 0.0;
        for from in 0..self.carts.len() {
            for order in self.carts[from].clone() {
                for to in self.near_carts(order, from).into_iter().take(3) {
                    let gain = self.exchange(from, order, to);
                    saved += gain;
                    if gain > 0.0 {
                        break;
                    }
                }
            }
        }
        saved
    }

    fn exchange(&mut self, from: usize, order: usize, to: usize) -> f64 {
        for other in self.carts[to].clone() {
            let (own, their) = (self.picks[order].totes, self.picks[other].totes);
            let fits = self.totes(from) - own + their <= self.capacity
                && self.totes(to) - their + own <= self.capacity;
            if !fits {
                continue;
            }
            let (mut left, mut right) = (self.without(from, order), self.without(to, other));
            left.push(other);
            right.push(order);
            let lengths =
                [walked(self.block, self.picks, &left), walked(self.block, self.picks, &right)];
            let gain = self.lengths[from] + self.lengths[to] - lengths[0] - lengths[1];
            if gain > 1e-9 {
                self.carts[from] = left;
                self.carts[to] = right;
                [self.lengths[from], self.lengths[to]] = lengths;
                return gain;
            }
        }
        0.0
    }
}
