//! Fits units into one carton: extreme points (Crainic and others 2008), several orders of units.

use crate::numeric::Draws;
use crate::pack::{Carton, Placed, Size, Unit, volume};

/// The least part of a unit's base that must rest on something, in percent.
pub const SUPPORT_PERCENT: u64 = 60;

/// Changed orders of ten units tried after the sorted ones; fewer where an order has more units.
pub const TRIES: usize = 160;
/// As many where thousands of sets of units are looked at.
pub const FEW_TRIES: usize = 8;

/// Beyond this part of the carton, in percent, what the sorted orders do not fit hardly ever fits.
const HOPELESS_PERCENT: u64 = 78;
/// So few units may fill any carton to the brim.
const FEW_UNITS: usize = 6;

/// How a place is judged: the smallest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Low, then deep in the corner.
    Low,
    /// In walls across the carton's length, or its width.
    Walls(usize),
    /// Low and deep at once.
    Corner,
}

const RULES: [Rule; 4] = [Rule::Low, Rule::Walls(0), Rule::Walls(1), Rule::Corner];

/// Returns why the units certainly cannot share the carton; `None` when they might.
#[must_use]
pub fn misfit(units: &[Unit], carton: &Carton) -> Option<&'static str> {
    let weight: u64 = units.iter().map(|unit| u64::from(unit.weight_g)).sum();
    if weight > u64::from(carton.max_weight_g) {
        return Some("too heavy");
    }
    let inside = volume(carton.size);
    if units.iter().map(Unit::volume).sum::<u64>() > inside {
        return Some("too much volume");
    }
    let fits = |unit: &Unit| {
        unit.orientations().any(|size| size.iter().zip(carton.size).all(|(a, b)| *a <= b))
    };
    if !units.iter().all(fits) {
        return Some("a unit is too large");
    }
    // A dual feasible function: units over half of every side exclude each other.
    let bulky = |unit: &&Unit| {
        unit.orientations().all(|size| size.iter().zip(carton.size).all(|(a, b)| 2 * *a > b))
    };
    if units.iter().filter(bulky).count() > 1 {
        return Some("two units are each over half of the carton");
    }
    None
}

/// The memory of packing, reused from carton to carton.
#[derive(Debug, Clone, Default)]
pub struct Packer {
    placed: Vec<Placed>,
    points: Vec<Size>,
    order: Vec<usize>,
}

impl Packer {
    /// Returns places for all units, or `None` when no tried order fits.
    ///
    /// Five sorted orders of units; then the best of them is changed, units that found no place
    /// earlier, as long as that places more. Always the same for the same input.
    pub fn pack(&mut self, units: &[Unit], carton: &Carton) -> Option<Vec<Placed>> {
        self.pack_within(units, carton, TRIES)
    }

    /// As [`Packer::pack`], with so many changed orders.
    pub fn pack_within(
        &mut self,
        units: &[Unit],
        carton: &Carton,
        tries: usize,
    ) -> Option<Vec<Placed>> {
        if misfit(units, carton).is_some() {
            return None;
        }
        let keys: [fn(&Unit) -> [u64; 3]; 5] = [
            |unit| [unit.volume(), longest(unit), 0],
            |unit| [longest(unit), unit.volume(), 0],
            |unit| [base(unit), u64::from(unit.size[2]), 0],
            |unit| [u64::from(unit.size[2]), base(unit), 0],
            |unit| [u64::from(unit.weight_g), unit.volume(), 0],
        ];
        let mut best = (0, Vec::new(), 0);
        let needed: u64 = units.iter().map(Unit::volume).sum();
        let is_hopeless =
            units.len() > FEW_UNITS && 100 * needed > HOPELESS_PERCENT * volume(carton.size);
        let (sorted, rules) = if is_hopeless { (2, 1) } else { (keys.len(), RULES.len()) };
        let first_rules = keys[..sorted].iter().map(|key| (key, RULES[0]));
        let other_rules = RULES[1..rules].iter().map(|rule| (&keys[0], *rule));
        for (key, rule) in first_rules.chain(other_rules) {
            self.order.clear();
            self.order.extend(0..units.len());
            // Fragile units last: nothing may stand on them.
            self.order.sort_by_key(|at| (units[*at].fragile, std::cmp::Reverse(key(&units[*at]))));
            let (placed, left) = self.fill(units, carton, rule);
            if placed == needed {
                return Some(self.placed.clone());
            }
            if best.1.is_empty() || placed > best.0 {
                best = (placed, self.order.clone(), left);
            }
        }
        if is_hopeless {
            return None;
        }
        if units.len() < 3 {
            return None;
        }
        self.search(units, carton, needed, best, 10 * tries / units.len().max(10))
    }

    /// Changes the order that placed most as long as all tries are not used up.
    fn search(
        &mut self,
        units: &[Unit],
        carton: &Carton,
        needed: u64,
        (mut most, mut best, mut left): (u64, Vec<usize>, usize),
        tries: usize,
    ) -> Option<Vec<Placed>> {
        let mut draws = Draws::new(units.len() as u64 ^ volume(carton.size));
        for _ in 0..tries {
            self.order.clear();
            self.order.extend(&best);
            // The first unit without a place comes earlier, and two others change places.
            let at = self.order.iter().position(|unit| *unit == left).unwrap_or(0);
            let unit = self.order.remove(at);
            self.order.insert(draws.below(at + 1), unit);
            if draws.below(2) == 0 {
                let (a, b) = (draws.below(units.len()), draws.below(units.len()));
                self.order.swap(a, b);
            }
            let rule = RULES[draws.below(RULES.len())];
            let (placed, without) = self.fill(units, carton, rule);
            if placed == needed {
                return Some(self.placed.clone());
            }
            if placed >= most {
                (most, left) = (placed, without);
                best.clone_from(&self.order);
            }
        }
        None
    }

    /// Places the units in order; returns the volume that found a place, and the first unit that
    /// did not.
    fn fill(&mut self, units: &[Unit], carton: &Carton, rule: Rule) -> (u64, usize) {
        self.placed.clear();
        self.points.clear();
        self.points.push([0, 0, 0]);
        let (mut volume, mut left) = (0, usize::MAX);
        for index in 0..self.order.len() {
            let unit = self.order[index];
            match self.best_place(unit, units, carton, rule) {
                Some(placed) => {
                    volume += units[unit].volume();
                    self.add(placed);
                }
                None if left == usize::MAX => left = unit,
                None => {}
            }
        }
        (volume, left)
    }

    /// Returns the place that is best by the rule.
    fn best_place(
        &self,
        unit: usize,
        units: &[Unit],
        carton: &Carton,
        rule: Rule,
    ) -> Option<Placed> {
        let mut best: Option<([u64; 3], Placed)> = None;
        for size in units[unit].orientations() {
            for at in &self.points {
                let inside = (0..3).all(|axis| at[axis] + size[axis] <= carton.size[axis]);
                if !inside {
                    continue;
                }
                let placed = Placed { unit, at: *at, size };
                let end = [0, 1, 2].map(|axis| u64::from(at[axis] + size[axis]));
                let merit = match rule {
                    Rule::Low => [end[2], end[0] + end[1], u64::from(at[0])],
                    Rule::Walls(axis) => [end[axis], end[2], end[1 - axis]],
                    Rule::Corner => [end[0] + end[1] + end[2], end[2], end[0]],
                };
                if best.as_ref().is_some_and(|(least, _)| merit >= *least) {
                    continue;
                }
                if self.placed.iter().all(|other| !overlaps(&placed, other))
                    && self.is_supported(&placed, units)
                {
                    best = Some((merit, placed));
                }
            }
        }
        best.map(|(_, placed)| placed)
    }

    fn is_supported(&self, placed: &Placed, units: &[Unit]) -> bool {
        let top = placed.at[2] + placed.size[2];
        let carries = |other: &Placed| other.at[2] == top && shared_base(placed, other) > 0;
        if units[placed.unit].fragile && self.placed.iter().any(carries) {
            return false;
        }
        if placed.at[2] == 0 {
            return true;
        }
        let mut rests = 0;
        for other in &self.placed {
            if other.at[2] + other.size[2] == placed.at[2] {
                let area = shared_base(placed, other);
                if area > 0 && units[other.unit].fragile {
                    return false;
                }
                rests += area;
            }
        }
        let own = u64::from(placed.size[0]) * u64::from(placed.size[1]);
        100 * rests >= SUPPORT_PERCENT * own
    }

    /// Adds a unit and the extreme points that its corners make.
    fn add(&mut self, placed: Placed) {
        let [x, y, z] = placed.at;
        let [dx, dy, dz] = placed.size;
        // Each corner slides along two axes until it meets a unit or a wall.
        let corners =
            [([x + dx, y, z], [1, 2]), ([x, y + dy, z], [0, 2]), ([x, y, z + dz], [0, 1])];
        self.points.retain(|point| {
            !(0..3).all(|axis| {
                placed.at[axis] <= point[axis] && point[axis] < placed.at[axis] + placed.size[axis]
            })
        });
        for (corner, axes) in corners {
            for axis in axes {
                let mut point = corner;
                point[axis] = self.wall(corner, axis);
                if !self.points.contains(&point) {
                    self.points.push(point);
                }
            }
            if !self.points.contains(&corner) {
                self.points.push(corner);
            }
        }
        self.placed.push(placed);
    }

    /// Returns the nearest face below a point along an axis, 0 at the carton's wall.
    fn wall(&self, point: Size, axis: usize) -> u32 {
        let mut wall = 0;
        for other in &self.placed {
            let face = other.at[axis] + other.size[axis];
            let shades = (0..3).filter(|side| *side != axis).all(|side| {
                other.at[side] <= point[side] && point[side] < other.at[side] + other.size[side]
            });
            if face <= point[axis] && face > wall && shades {
                wall = face;
            }
        }
        wall
    }
}

fn longest(unit: &Unit) -> u64 {
    u64::from(unit.size.into_iter().max().unwrap_or(0))
}

fn base(unit: &Unit) -> u64 {
    u64::from(unit.size[0]) * u64::from(unit.size[1])
}

fn overlaps(a: &Placed, b: &Placed) -> bool {
    (0..3).all(|axis| {
        a.at[axis] < b.at[axis] + b.size[axis] && b.at[axis] < a.at[axis] + a.size[axis]
    })
}

fn shared_base(a: &Placed, b: &Placed) -> u64 {
    let side = |axis: usize| {
        let start = a.at[axis].max(b.at[axis]);
        let end = (a.at[axis] + a.size[axis]).min(b.at[axis] + b.size[axis]);
        u64::from(end.saturating_sub(start))
    };
    side(0) * side(1)
}
