//! The counters of a line and the identities that bind them.

use serde::{Deserialize, Serialize};

use super::{Line, LineKind, Order};
use crate::id::LineId;
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};

/// Where a line's quantity is, in base units (kits, for a kit's own line).
///
/// `ordered + over = canceled + closed_short + unallocated + backordered + allocated + shipped`;
/// `allocated ≥ released ≥ picked ≥ packed`; shipping subtracts from all four.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quantities {
    pub ordered: Qty,
    pub over: Qty,
    pub canceled: Qty,
    pub closed_short: Qty,
    pub unallocated: Qty,
    pub backordered: Qty,
    pub allocated: Qty,
    pub released: Qty,
    pub picked: Qty,
    pub packed: Qty,
    pub shipped: Qty,
    pub delivered: Qty,
    pub lost: Qty,
    pub brought_back: Qty,
    pub return_requested: Qty,
    pub returned: Qty,
    pub invoiced: Qty,
    pub credited: Qty,
    pub refunded: Qty,
}

impl Quantities {
    /// A new line: all of it open and unallocated.
    pub const fn new(ordered: Qty) -> Self {
        let none = Qty::ZERO;
        Self {
            ordered,
            over: none,
            canceled: none,
            closed_short: none,
            unallocated: ordered,
            backordered: none,
            allocated: none,
            released: none,
            picked: none,
            packed: none,
            shipped: none,
            delivered: none,
            lost: none,
            brought_back: none,
            return_requested: none,
            returned: none,
            invoiced: none,
            credited: none,
            refunded: none,
        }
    }

    /// What is still to be shipped.
    pub fn open(&self) -> Qty {
        let sum = [self.unallocated, self.backordered, self.allocated];
        Qty::sum(sum).expect("an open quantity is at most ordered + over")
    }
    pub fn in_transit(&self) -> Qty {
        self.shipped.less(self.delivered).less(self.lost).less(self.brought_back)
    }
    /// What the customer may still give back.
    pub fn returnable(&self) -> Qty {
        self.shipped.less(self.lost).less(self.brought_back).less(self.returned)
    }
    /// What may still be canceled: everything open that is not yet picked.
    pub fn cancelable(&self) -> Qty {
        self.open().less(self.picked)
    }

    /// Names the identity that does not hold, if any.
    pub fn broken(&self, max_over: Qty, max_short: Qty) -> Option<&'static str> {
        let out = [
            self.canceled,
            self.closed_short,
            self.unallocated,
            self.backordered,
            self.allocated,
            self.shipped,
        ];
        let came = self.ordered.plus(self.over);
        if came.is_none() || came != Qty::sum(out) {
            return Some("ordered + over = canceled + closed short + open + shipped");
        }
        let nested = [self.allocated, self.released, self.picked, self.packed];
        if nested.windows(2).any(|pair| pair[0] < pair[1]) {
            return Some("allocated ≥ released ≥ picked ≥ packed");
        }
        let gone = Qty::sum([self.delivered, self.lost, self.brought_back]);
        if gone.is_none_or(|gone| gone > self.shipped) {
            return Some("shipped = in transit + delivered + lost + brought back");
        }
        let back = self.return_requested.plus(self.returned);
        if back.is_none_or(|back| back > self.shipped) {
            return Some("return requested + returned ≤ shipped");
        }
        if self.over > max_over || self.closed_short > max_short {
            return Some("over and short within tolerance");
        }
        (self.credited > self.invoiced).then_some("credited ≤ invoiced")
    }
}

/// The counters whose values sum over kits: a kit's is the components' divided by the ratio.
const fn all_of(q: &Quantities) -> [Qty; 18] {
    [
        q.over,
        q.canceled,
        q.closed_short,
        q.unallocated,
        q.backordered,
        q.allocated,
        q.released,
        q.picked,
        q.packed,
        q.shipped,
        q.delivered,
        q.lost,
        q.brought_back,
        q.return_requested,
        q.returned,
        q.invoiced,
        q.credited,
        q.refunded,
    ]
}

impl Order {
    /// Recomputes a kit line's counters from its components: whole kits only.
    ///
    /// What partitions the kit (canceled, open, shipped) must be whole in every component;
    /// nested and later counters (picked, delivered, returned …) count the kits that are whole.
    ///
    /// # Errors
    /// `kit_incomplete` where the partition is not whole or differs between components.
    pub fn settle_kit(&mut self, kit: LineId) -> Result<(), Refusal> {
        let parent = self.line(kit)?;
        if parent.kind != LineKind::Kit {
            return Ok(());
        }
        let mut least: Option<[i64; 18]> = None;
        let mut whole = true;
        for child in self.components(kit) {
            let per = child.per_parent.map_or(1, Qty::get).max(1);
            let counters = all_of(&child.quantities).map(Qty::get);
            let kits = counters.map(|counter| counter / per);
            let parts = |index: usize| counters[index] % per != 0;
            whole &= !(1..6).any(parts) && !parts(9);
            least = Some(match least {
                None => kits,
                Some(before) => {
                    whole &= before[1..6] == kits[1..6] && before[9] == kits[9];
                    std::array::from_fn(|index| before[index].min(kits[index]))
                }
            });
        }
        let detail = || format!("the kit on line {} would be left in parts", parent.position);
        let kits = least.filter(|_| whole);
        let kits = kits.ok_or_else(|| Refusal::new(Code::KitIncomplete, detail()))?;
        let line = self.line_mut(kit)?;
        let qty = |index: usize| Qty::new(kits[index]).expect("a minimum of quantities");
        let (invoiced, credited, refunded) =
            (line.quantities.invoiced, line.quantities.credited, line.quantities.refunded);
        line.quantities = Quantities {
            ordered: line.quantities.ordered,
            over: qty(0),
            canceled: qty(1),
            closed_short: qty(2),
            unallocated: qty(3),
            backordered: qty(4),
            allocated: qty(5),
            released: qty(6),
            picked: qty(7),
            packed: qty(8),
            shipped: qty(9),
            delivered: qty(10),
            lost: qty(11),
            brought_back: qty(12),
            return_requested: qty(13),
            returned: qty(14),
            invoiced,
            credited,
            refunded,
        };
        Ok(())
    }

    /// Settles every kit, then checks every line's identities.
    ///
    /// # Errors
    /// `kit_incomplete`; `not_reversible` where more is invoiced than is left; a broken identity is
    /// `invalid_transition` and names it, so that a faulty decision is refused before it is saved.
    pub fn settle(&mut self) -> Result<(), Refusal> {
        let kits: Vec<LineId> =
            self.lines.iter().filter(|l| l.kind == LineKind::Kit).map(|l| l.id).collect();
        for kit in kits {
            self.settle_kit(kit)?;
        }
        self.lines.iter().try_for_each(check)?;
        self.ensure_invoiced()
    }
}

fn check(line: &Line) -> Result<(), Refusal> {
    match line.quantities.broken(line.max_over, line.max_short) {
        None => Ok(()),
        Some(identity) => {
            let detail = format!("line {} would break: {identity}", line.position);
            Err(Refusal::new(Code::InvalidTransition, detail))
        }
    }
}
