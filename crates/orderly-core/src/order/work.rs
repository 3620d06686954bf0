//! What the work of an order adds up to: line counters and fulfillment states follow from it.

use super::goods::Moves;
use super::*;
use crate::refusal::ensure;

/// Lines that go together: a plain line, a line of pieces, or a kit with its components.
///
/// One of the group is `per` base units of each part: one base unit, one piece, or one kit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The line the customer ordered.
    pub line: LineId,
    pub parts: Vec<(LineId, Qty)>,
}

impl Group {
    /// How many whole ones of the group a quantity of its line is; `None` where it is not whole.
    pub fn count(&self, order: &Order, qty: Qty) -> Option<i64> {
        let line = order.line(self.line).ok()?;
        let per = if line.kind == LineKind::Kit { 1 } else { self.parts.first()?.1.get() };
        (qty.get() % per == 0).then(|| qty.get() / per)
    }
    /// The quantity of the ordered line that `count` of the group are.
    pub fn qty(&self, order: &Order, count: i64) -> Qty {
        let kit = order.line(self.line).is_ok_and(|line| line.kind == LineKind::Kit);
        let per = self.parts.first().map_or(1, |(_, per)| if kit { 1 } else { per.get() });
        times(per, count)
    }
    /// What all parts can give: the least of them, in whole ones.
    pub fn least(&self, mut of: impl FnMut(LineId) -> Qty) -> i64 {
        self.parts.iter().map(|(line, per)| of(*line).get() / per.get().max(1)).min().unwrap_or(0)
    }
}

/// A product of quantities that the caller has bounded by an existing quantity.
pub(crate) fn times(per: i64, count: i64) -> Qty {
    Qty::new(per).ok().and_then(|per| per.times(count)).expect("bounded by the order's quantities")
}

/// Adds a quantity that comes from another counter of the same line, so it cannot overflow.
pub(crate) fn raise(counter: &mut Qty, by: Qty) {
    *counter = counter.plus(by).expect("bounded by ordered + over");
}

/// Takes from a counter what is known to be in it.
///
/// # Errors
/// `above_open` where it holds less: the caller asked for more than there is.
pub(crate) fn lower(counter: &mut Qty, by: Qty) -> Result<(), Refusal> {
    let left = counter.minus(by).ok_or_else(|| {
        let detail = format!("only {counter} base units are there, not {by}");
        Refusal::new(Code::AboveOpen, detail).allowed(counter.to_string())
    })?;
    *counter = left;
    Ok(())
}

impl Order {
    /// The group a line belongs to; a component belongs to its kit's.
    pub fn group(&self, line: LineId) -> Result<Group, Refusal> {
        let line = self.line(line)?;
        let line = match line.parent {
            Some(kit) => self.line(kit)?,
            None => line,
        };
        let one = Qty::new(1).expect("one");
        let parts = if line.kind == LineKind::Kit {
            self.components(line.id).map(|c| (c.id, c.per_parent.unwrap_or(one))).collect()
        } else {
            vec![(line.id, line.piece.unwrap_or(one))]
        };
        Ok(Group { line: line.id, parts })
    }

    /// The group a caller may address by its own line.
    ///
    /// # Errors
    /// `unknown_line`; `kit_component` for a part of a kit.
    pub fn addressed(&self, line: LineId) -> Result<Group, Refusal> {
        let found = self.line(line)?;
        if found.parent.is_some() {
            let detail = format!("line {} is part of a kit: name the kit's line", found.position);
            return Err(Refusal::new(Code::KitComponent, detail));
        }
        self.group(line)
    }

    /// The live work of a line at one fulfillment.
    pub fn work_at(&self, fulfillment: FulfillmentId, line: LineId) -> impl Iterator<Item = &Work> {
        self.work.iter().filter(move |w| w.fulfillment == fulfillment && w.line == line)
    }

    /// What a hold on the fulfillment, its delivery or any of the lines would be put on.
    pub(crate) fn scopes(
        &self,
        fulfillment: &Fulfillment,
        lines: impl IntoIterator<Item = LineId>,
    ) -> Vec<[u8; 16]> {
        let mut scopes = vec![fulfillment.id.as_bytes(), fulfillment.delivery.as_bytes()];
        for id in lines {
            scopes.push(id.as_bytes());
            if let Some(kit) = self.line(id).ok().and_then(|line| line.parent) {
                scopes.push(kit.as_bytes());
            }
        }
        scopes
    }

    /// Recomputes what follows from the work: every line's backordered, allocated, released,
    /// picked and packed, and every fulfillment's state.
    pub(crate) fn tally(&mut self) {
        let mut sums = std::collections::HashMap::<LineId, [Qty; 5]>::new();
        let mut states = std::collections::HashMap::<FulfillmentId, [Qty; 3]>::new();
        for work in &self.work {
            let sum = sums.entry(work.line).or_default();
            for (slot, qty) in
                sum.iter_mut().zip([work.qty, work.released, work.picked, work.packed])
            {
                raise(slot, qty);
            }
            let state = states.entry(work.fulfillment).or_default();
            for (slot, qty) in state.iter_mut().zip([work.qty, work.released, work.shipped]) {
                raise(slot, qty);
            }
        }
        for backorder in &self.backorders {
            raise(&mut sums.entry(backorder.line).or_default()[4], backorder.qty);
        }
        for line in self.lines.iter_mut().filter(|line| line.has_work()) {
            let [allocated, released, picked, packed, backordered] =
                sums.get(&line.id).copied().unwrap_or_default();
            let held = Quantities { allocated, released, picked, packed, ..line.quantities };
            line.quantities = Quantities { backordered, ..held };
        }
        for fulfillment in &mut self.fulfillments {
            let [open, released, shipped] =
                states.get(&fulfillment.id).copied().unwrap_or_default();
            fulfillment.state = match (open.is_zero(), released.is_zero(), shipped.is_zero()) {
                (false, true, _) => FulfillmentState::Open,
                (false, false, _) => FulfillmentState::Released,
                (true, _, false) => FulfillmentState::Closed,
                (true, _, true) => FulfillmentState::Canceled,
            };
        }
    }

    /// Ends a decision: tallies the work, settles the kits, checks every identity.
    pub(crate) fn finish(mut self, moves: Moves<'_>) -> Settled {
        self.tally();
        self.settle()?;
        self.updated_at = self.updated_at.max(moves.now);
        Ok(Decision { order: self, movements: moves.list, event: moves.event })
    }

    /// Refuses what can only be done to a placed order.
    pub(crate) fn ensure_placed(&self) -> Result<(), Refusal> {
        ensure(self.head.state == OrderState::Placed, || {
            let detail = format!("order {} is {}", self.number, self.head.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })
    }
}

/// When a decision is taken, and which refusals a second actor's approval lets pass.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub now: Instant,
    pub overridden: &'a [Code],
}

impl At<'_> {
    /// Without any override.
    pub const fn plain(now: Instant) -> Self {
        Self { now, overridden: &[] }
    }
    pub(crate) fn passes(&self, code: Code) -> bool {
        self.overridden.contains(&code)
    }
    /// Refuses a step that is on hold, unless that is overridden.
    pub(crate) fn ensure_free(
        &self,
        order: &Order,
        step: Step,
        scopes: &[[u8; 16]],
    ) -> Result<(), Refusal> {
        if self.passes(Code::OnHold) {
            return Ok(());
        }
        order.ensure_not_held(step, scopes)
    }
}

/// A decision, or why there is none.
pub type Settled = Result<Decision, Refusal>;

impl Work {
    /// What of the claim is still on the shelf.
    pub fn unpicked(&self) -> Qty {
        self.qty.less(self.picked)
    }
    /// What the claim takes of its level to serve `qty` of its line.
    pub(crate) fn takes_for(&self, qty: Qty) -> Qty {
        match &self.cut {
            None => qty,
            Some(cut) => {
                let wanted = qty.get() / cut.into.get();
                let each = yields(cut.from, cut.into, cut.kerf).max(1);
                times(cut.from.get(), wanted / each + i64::from(wanted % each != 0))
            }
        }
    }
    /// Gives back `qty` that is not picked: unreleased first. The caller has checked that it is
    /// there and, for lengths, whole pieces.
    pub(crate) fn give_back(&mut self, qty: Qty) {
        debug_assert!(qty <= self.unpicked());
        self.qty = self.qty.less(qty);
        self.takes = self.takes_for(self.qty);
        self.released = self.released.min(self.qty);
        if let Some(cut) = &mut self.cut {
            cut.wanted = self.qty.get() / cut.into.get();
        }
    }
}
