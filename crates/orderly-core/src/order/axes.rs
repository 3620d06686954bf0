//! The axes of an order: computed from its parts, never stored.

use super::{Line, LineKind, Order, Settlement, codes};
use crate::qty::Qty;

codes! {
    /// How much of a whole.
    Extent { None "none", Partial "partial", Full "full", Over "over" }
}

/// The axes of one order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Axes {
    pub authorized: Extent,
    pub captured: Extent,
    pub on_account: bool,
    pub allocated: Extent,
    pub shipped: Extent,
    pub delivered: Extent,
    pub invoiced: Extent,
    pub returned: Extent,
    pub held: bool,
    pub short: bool,
}

fn extent(part: i64, whole: i64) -> Extent {
    match part {
        0 if whole != 0 => Extent::None,
        part if part < whole => Extent::Partial,
        part if part > whole => Extent::Over,
        _ => Extent::Full,
    }
}

/// How much of what the customer ordered is on documents; a kit counts by its own line.
fn invoiced(order: &Order) -> Extent {
    let own = order.lines.iter().filter(|line| line.parent.is_none());
    let sums = own.fold((0, 0), |(part, whole), line| {
        let q = &line.quantities;
        let wanted = q.ordered.less(q.canceled).less(q.closed_short).get() + q.over.get();
        (part + line.documented().get(), whole + wanted)
    });
    extent(sums.0, sums.1)
}

/// Returns the axes of an order: sums over its goods lines, kits by their components.
pub fn axes(order: &Order) -> Axes {
    let goods: Vec<&Line> =
        order.lines.iter().filter(|l| l.is_goods() && l.kind != LineKind::Kit).collect();
    let sum = |of: fn(&Line) -> Qty| goods.iter().map(|line| of(line).get()).sum::<i64>();
    let wanted = sum(|l| l.quantities.ordered.less(l.quantities.canceled))
        + sum(|l| l.quantities.over)
        - sum(|l| l.quantities.closed_short);
    let shipped = sum(|l| l.quantities.shipped);
    let paid = order.head.paid;
    Axes {
        authorized: extent(paid.authorized, order.head.totals.total),
        captured: extent(paid.captured, order.head.totals.total),
        on_account: order.head.settlement == Settlement::Account,
        allocated: extent(sum(|l| l.quantities.allocated) + shipped, wanted),
        shipped: extent(shipped, wanted),
        delivered: extent(sum(|l| l.quantities.delivered), wanted),
        invoiced: invoiced(order),
        returned: match sum(|l| l.quantities.returned) {
            0 => Extent::None,
            returned => extent(returned, shipped),
        },
        held: order.holds.iter().any(|hold| hold.released_at.is_none()),
        short: goods.iter().any(|line| !line.quantities.backordered.is_zero()),
    }
}
