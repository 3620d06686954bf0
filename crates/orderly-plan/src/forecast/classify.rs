//! What kind of demand a series has: for routing and explanation, not for accuracy.

use crate::forecast::decompose::is_seasonal;

/// The shape of demand (Syntetos and Boylan): how often and how evenly it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Often, in even sizes.
    Smooth,
    /// Often, in uneven sizes.
    Erratic,
    /// Seldom, in even sizes.
    Intermittent,
    /// Seldom, in uneven sizes.
    Lumpy,
    /// First sold less than 28 periods ago.
    New,
    /// Nothing sold for as long as to be nearly sure that nothing will be.
    Dead,
    /// Never sold.
    Unsold,
}

/// A series' class with the figures behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    pub shape: Shape,
    /// Periods per period with a sale; from 1.32 on demand is seldom.
    pub interval: f64,
    /// The squared coefficient of variation of the sizes; from 0.49 on they are uneven.
    pub variation: f64,
    pub is_seasonal: bool,
}

const SELDOM: f64 = 1.32;
const UNEVEN: f64 = 0.49;
const NEW_PERIODS: usize = 28;

/// Classifies a series; gaps and negative values count as periods without a sale.
#[must_use]
pub fn classify(units: &[f64], season: usize) -> Class {
    let sold = |y: &f64| y.is_finite() && *y > 0.0;
    let none = Class { shape: Shape::Unsold, interval: 0.0, variation: 0.0, is_seasonal: false };
    let Some(first) = units.iter().position(sold) else { return none };
    let history = &units[first..];
    let sizes: Vec<f64> = history.iter().copied().filter(sold).collect();
    let count = sizes.len() as f64;
    let mean = sizes.iter().sum::<f64>() / count;
    let variance = sizes.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / count;
    let interval = history.len() as f64 / count;
    let variation = variance / (mean * mean);
    let quiet = history.iter().rev().take_while(|y| !sold(y)).count() as f64;
    // The chance of so long a silence if the item still sold at its old pace.
    let silence = (1.0 - 1.0 / interval.max(1.0)).powf(quiet);
    let shape = if quiet > 0.0 && silence < 0.001 {
        Shape::Dead
    } else if history.len() < NEW_PERIODS {
        Shape::New
    } else {
        match (interval >= SELDOM, variation >= UNEVEN) {
            (false, false) => Shape::Smooth,
            (false, true) => Shape::Erratic,
            (true, false) => Shape::Intermittent,
            (true, true) => Shape::Lumpy,
        }
    };
    let filled: Vec<f64> = history.iter().map(|y| if sold(y) { *y } else { 0.0 }).collect();
    Class { shape, interval, variation, is_seasonal: is_seasonal(&filled, season) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_shapes_and_the_three_edges_are_told_apart() {
        let repeat =
            |pattern: &[f64]| -> Vec<f64> { pattern.iter().copied().cycle().take(60).collect() };
        let shape = |units: &[f64]| classify(units, 7).shape;
        assert_eq!(shape(&repeat(&[4.0, 5.0, 4.0])), Shape::Smooth);
        assert_eq!(shape(&repeat(&[1.0, 20.0, 1.0])), Shape::Erratic);
        assert_eq!(shape(&repeat(&[0.0, 2.0, 0.0])), Shape::Intermittent);
        assert_eq!(shape(&repeat(&[0.0, 1.0, 0.0, 30.0])), Shape::Lumpy);
        assert_eq!(shape(&[0.0, 1.0, 2.0]), Shape::New);
        assert_eq!(shape(&[0.0; 9]), Shape::Unsold);
        let mut dead = repeat(&[4.0, 5.0]);
        dead.extend([0.0; 40]);
        assert_eq!(shape(&dead), Shape::Dead);
        assert!(classify(&repeat(&[1.0, 1.0, 1.0, 1.0, 1.0, 9.0, 9.0]), 7).is_seasonal);
    }
}
