//! ABC by margin and XYZ by forecast error, with hysteresis.

/// How much an item matters: A makes 80 % of the margin, B the next 15 %, C the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    A,
    B,
    C,
}

/// How well an item is forecast: X below 0.5, Y below 1, Z from 1 (error over mean, weekly).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    X,
    Y,
    Z,
}

/// Both letters of an item.
pub type Class = (Value, Certainty);

/// Returns the value class of every item from its margin (negative margins count as zero).
///
/// Items are ranked by margin, ties by position; an item belongs to the class in which it begins.
#[must_use]
pub fn by_margin(margins: &[f64]) -> Vec<Value> {
    let margin = |index: usize| if margins[index] > 0.0 { margins[index] } else { 0.0 };
    let mut ranked: Vec<usize> = (0..margins.len()).collect();
    ranked.sort_by(|a, b| margin(*b).total_cmp(&margin(*a)).then(a.cmp(b)));
    let total: f64 = (0..margins.len()).map(margin).sum();
    let mut classes = vec![Value::C; margins.len()];
    let mut sum = 0.0;
    for index in ranked {
        if margin(index) <= 0.0 {
            break;
        }
        classes[index] = match sum / total {
            share if share < 0.8 => Value::A,
            share if share < 0.95 => Value::B,
            _ => Value::C,
        };
        sum += margin(index);
    }
    classes
}

/// Returns the certainty class from weekly demands and their forecasts.
///
/// The root mean squared *forecast error* over the mean demand: a season that is foreseen is
/// certain, however much it swings. Without demand the item is Z.
#[must_use]
pub fn by_error(demands: &[f64], forecasts: &[f64]) -> Certainty {
    let count = demands.len().min(forecasts.len());
    let mean = demands[..count].iter().sum::<f64>() / count.max(1) as f64;
    if mean <= 0.0 || !mean.is_finite() {
        return Certainty::Z;
    }
    let errors = demands.iter().zip(forecasts).map(|(y, f)| (y - f) * (y - f));
    match (errors.sum::<f64>() / count as f64).sqrt() / mean {
        ratio if ratio < 0.5 => Certainty::X,
        ratio if ratio < 1.0 => Certainty::Y,
        _ => Certainty::Z,
    }
}

/// A class that changes only when two weekly reviews in a row agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    class: Class,
    proposed: Option<Class>,
}

impl Settled {
    /// Starts with a class.
    #[must_use]
    pub fn new(class: Class) -> Self {
        Self { class, proposed: None }
    }

    /// Returns the class in force.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Takes in a weekly review's class; tells whether the class in force changed.
    pub fn review(&mut self, seen: Class) -> bool {
        if seen == self.class {
            self.proposed = None;
            return false;
        }
        if self.proposed == Some(seen) {
            *self = Self::new(seen);
            return true;
        }
        self.proposed = Some(seen);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_split_at_eighty_and_ninety_five() {
        let classes = by_margin(&[5.0, 70.0, 15.0, 10.0, -3.0]);
        assert_eq!(classes, [Value::C, Value::A, Value::A, Value::B, Value::C]);
        assert_eq!(by_margin(&[0.0, 0.0]), [Value::C, Value::C]);
    }

    #[test]
    fn a_foreseen_season_is_certain() {
        let demands = [10.0, 100.0, 10.0, 100.0];
        assert_eq!(by_error(&demands, &demands), Certainty::X);
        assert_eq!(by_error(&demands, &[55.0; 4]), Certainty::Y);
        assert_eq!(by_error(&[0.0; 4], &[0.0; 4]), Certainty::Z);
    }

    #[test]
    fn a_class_changes_after_two_equal_reviews() {
        let (first, other) = ((Value::A, Certainty::X), (Value::B, Certainty::X));
        let mut settled = Settled::new(first);
        assert!(!settled.review(other) && !settled.review(first) && !settled.review(other));
        assert!(settled.review(other));
        assert_eq!(settled.class(), other);
    }
}
