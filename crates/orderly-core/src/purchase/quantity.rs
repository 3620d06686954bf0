//! What a supplier sells: whole packs, and no less than his minimum.

use crate::qty::{MAX_QTY, Qty};
use crate::refusal::{Code, Refusal};

/// Returns the next quantity at or above `qty` that may be ordered: whole packs, at least the
/// minimum. `None` beyond the largest quantity.
pub fn next_allowed(qty: Qty, pack: Qty, minimum: Qty) -> Option<Qty> {
    let pack = pack.get().max(1);
    let wanted = qty.get().max(minimum.get()).max(1);
    let packs = wanted / pack + i64::from(wanted % pack != 0);
    let next = pack.checked_mul(packs).filter(|next| *next <= MAX_QTY)?;
    Qty::new(next).ok()
}

/// Refuses a quantity the supplier does not sell, and proposes the next one he does.
///
/// # Errors
/// `supplier_quantity` with the next quantity, in base units; `quantity_too_large`.
pub fn ensure_allowed(qty: Qty, pack: Qty, minimum: Qty) -> Result<(), Refusal> {
    let next = next_allowed(qty, pack, minimum).ok_or_else(|| {
        Refusal::new(Code::QuantityTooLarge, "no supplier delivers that many at once")
    })?;
    if next == qty {
        return Ok(());
    }
    let detail = if qty < minimum {
        format!("the supplier sells no less than {minimum} base units, in packs of {pack}")
    } else {
        format!("the supplier sells packs of {pack} base units")
    };
    Err(Refusal::new(Code::SupplierQuantity, detail).allowed(next.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qty(base: i64) -> Qty {
        Qty::new(base).unwrap()
    }

    #[test]
    fn the_next_pack_above_the_minimum_is_proposed() {
        let proposed = |wanted: i64, pack: i64, minimum: i64| {
            let refused = ensure_allowed(qty(wanted), qty(pack), qty(minimum)).err();
            refused.and_then(|refusal| refusal.issues[0].allowed.clone())
        };
        assert_eq!(proposed(24, 12, 0), None);
        assert_eq!(proposed(25, 12, 0).as_deref(), Some("36"));
        assert_eq!(proposed(12, 12, 50).as_deref(), Some("60"));
        let refusal = ensure_allowed(qty(1), qty(12), qty(0)).unwrap_err();
        assert_eq!(refusal.code(), Code::SupplierQuantity);
    }

    proptest! {
        /// The proposal is allowed, is the least above what was asked, and stays as it is.
        #[test]
        fn a_proposal_is_the_least_allowed(
            wanted in 1_i64..10_000, pack in 1_i64..300, minimum in 0_i64..2_000,
        ) {
            let next = next_allowed(qty(wanted), qty(pack), qty(minimum)).unwrap();
            prop_assert!(ensure_allowed(next, qty(pack), qty(minimum)).is_ok());
            prop_assert!(next.get() >= wanted && next.get() >= minimum);
            prop_assert!(next.get() - pack < wanted.max(minimum));
        }
    }
}
