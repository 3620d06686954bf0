//! Fits units into one carton: extreme points (Crainic and others 2008), several orders of units.

use crate::numeric::Draws;
use crate::pack::{Carton, Placed, Size, Unit, volume};

/// The least part of a unit's base that must rest on something, in percent.
pub const SUPPORT_PERCENT: u64 = 60;

/// Random orders tried after the sorted ones.
const SHUFFLES: usize = 8;

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
    /// Five sorted orders of units, then eight shuffled ones, always the same for the same input.
    pub fn pack(&mut self, units: &[Unit], carton: &Carton) -> Option<Vec<Placed>> {
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
        for key in keys {
            self.order.clear();
            self.order.extend(0..units.len());
            // Fragile units last: nothing may stand on them.
            self.order.sort_by_key(|at| (units[*at].fragile, std::cmp::Reverse(key(&units[*at]))));
            if self.fill(units, carton) {
                return Some(self.placed.clone());
            }
        }
        if units.len() < 3 {
            return None;
        }
        let mut draws = Draws::new(units.len() as u64 ^ volume(carton.size));
        for _ in 0..SHUFFLES {
            let keys: Vec<f64> =
                units.iter().map(|unit| unit.volume() as f64 * (0.5 + draws.unit())).collect();
            self.order.sort_by(|a, b| {
                let fragile = units[*a].fragile.cmp(&units[*b].fragile);
                fragile.then(keys[*b].total_cmp(&keys[*a])).then(a.cmp(b))
            });
            if self.fill(units, carton) {
                return Some(self.placed.clone());
            }
        }
        None
    }

    /// Places the units in order; tells whether all found a place.
    fn fill(&mut self, units: &[Unit], carton: &Carton) -> bool {
        self.placed.clear();
        self.points.clear();
        self.points.push([0, 0, 0]);
        for index in 0..self.order.len() {
            let unit = self.order[index];
            let Some(placed) = self.best_place(unit, units, carton) else { return false };
            self.add(placed);
        }
        true
    }

    /// Returns the place of the best merit: low, then deep in the corner, wasting least.
    fn best_place(&self, unit: usize, units: &[Unit], carton: &Carton) -> Option<Placed> {
        let mut best: Option<([u64; 3], Placed)> = None;
        for size in units[unit].orientations() {
            for at in &self.points {
                let inside = (0..3).all(|axis| at[axis] + size[axis] <= carton.size[axis]);
                if !inside {
                    continue;
                }
                let placed = Placed { unit, at: *at, size };
                let top = u64::from(at[2]) + u64::from(size[2]);
                let reach = u64::from(at[0] + size[0]) + u64::from(at[1] + size[1]);
                let merit = [top, reach, u64::from(at[0])];
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
        self.points.retain(|point| *point != placed.at);
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
