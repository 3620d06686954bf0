//! Moving-average value: what issued goods take with them.

use crate::money::div_half_even;
use crate::qty::Qty;

/// Returns the value that `qty` of `held` goods worth `value` takes along, in minor units.
///
/// Moving average: value × qty / held, half to even; the last unit takes the rest. Goods issued
/// from nothing carry nothing.
pub fn issue(value: i64, held: Qty, qty: Qty) -> i64 {
    if qty >= held {
        return value;
    }
    let product = i128::from(value) * i128::from(qty.get());
    i64::try_from(div_half_even(product, i128::from(held.get())))
        .expect("a share is within its whole")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Issuing everything, in any steps, takes all the value and nothing more.
        #[test]
        fn issues_empty_the_value(
            value in 0_i64..10_000_000, steps in proptest::collection::vec(1_i64..100, 1..30),
        ) {
            let mut held = steps.iter().sum::<i64>();
            let mut left = value;
            for step in steps {
                let taken = issue(left, Qty::new(held).unwrap(), Qty::new(step).unwrap());
                prop_assert!(taken >= 0 && taken <= left);
                left -= taken;
                held -= step;
            }
            prop_assert_eq!(left, 0);
        }
    }
}
