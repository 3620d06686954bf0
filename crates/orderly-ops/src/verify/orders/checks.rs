//! What must hold for each order as it stands: pure checks of values.

mod parts;
mod sums;

use std::collections::HashMap;

use orderly_core::id::{ClaimId, OrderId};
use orderly_core::order::{Order, OrderState};
use orderly_store::tables::claims::Claimed;
use orderly_store::tables::events::Event;
use orderly_store::verify::Batch;

use super::super::fold::{self, Folded};

/// One thing that must hold of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    Counters,
    Kits,
    Whole,
    State,
    Versions,
    Parts,
    Totals,
    Prices,
    Traces,
    Claims,
    Work,
    Shipments,
    History,
    Sequence,
    Fold,
}

impl Rule {
    pub const ALL: [Self; 15] = [
        Self::Counters,
        Self::Kits,
        Self::Whole,
        Self::State,
        Self::Versions,
        Self::Parts,
        Self::Totals,
        Self::Prices,
        Self::Traces,
        Self::Claims,
        Self::Work,
        Self::Shipments,
        Self::History,
        Self::Sequence,
        Self::Fold,
    ];

    pub const fn invariant(self) -> &'static str {
        match self {
            Self::Counters | Self::Kits => "O1",
            Self::Whole => "O2",
            Self::State => "O3",
            Self::Versions => "O4",
            Self::Parts => "O5",
            Self::Totals | Self::Prices | Self::Traces => "O6",
            Self::Claims | Self::Work => "S2",
            Self::Shipments => "S6",
            Self::History => "H1",
            Self::Sequence | Self::Fold => "E1",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Counters => "the counters of a line add up to what was ordered",
            Self::Kits => "a kit counts the whole kits its components make",
            Self::Whole => "an order has lines and a delivery",
            Self::State => "an order is closed or canceled only when nothing is open",
            Self::Versions => "version and sequence of an order count its events",
            Self::Parts => "what hangs from an order belongs to it",
            Self::Totals => "the totals are the sums of every line, charge, discount and tax",
            Self::Prices => "amounts and taxes recompute from prices and rates",
            Self::Traces => "a line costs what the reasons of its price say",
            Self::Claims => "an order's claims are those of its lines",
            Self::Work => "the counters of a line are the sums of its work",
            Self::Shipments => "shipped, delivered and lost of a line sum over its shipments",
            Self::History => "imported orders hold no stock",
            Self::Sequence => "the events of an order begin with its placement and have no gap",
            Self::Fold => "an order folded from its events is the stored one",
        }
    }

    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Totals | Self::Prices | Self::Traces => {
                "orderly orders show the order; edit the line again"
            }
            Self::Claims | Self::Work => "orderly orders cancel the line and place it again",
            Self::Shipments => "orderly orders show the order; void the shipment or ship again",
            Self::Sequence | Self::Fold | Self::Versions => {
                "restore a backup beside this database and compare the order"
            }
            _ => "orderly orders show the order, then cancel or edit the line",
        }
    }

    /// Whether events are needed, or everything is computed again.
    pub const fn is_deep(self) -> bool {
        matches!(self, Self::Versions | Self::Prices | Self::Traces | Self::Sequence | Self::Fold)
    }

    pub const fn is_of_lines(self) -> bool {
        matches!(self, Self::Counters | Self::Work | Self::Shipments)
    }
}

/// Where the cause is to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blame {
    /// The last event that names this part; the last of all without one.
    Part(Option<String>),
    Claim(ClaimId),
    Event(i64),
}

/// One thing that does not hold.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub rule: Rule,
    pub order: OrderId,
    /// The word for the part and its id.
    pub part: Option<(&'static str, String)>,
    pub what: String,
    pub expected: String,
    pub actual: String,
    pub blame: Blame,
}

/// Collects what is found about one order.
pub(super) struct Sink<'a> {
    order: OrderId,
    found: &'a mut Vec<Found>,
}

impl Sink<'_> {
    /// Something of a part, blamed on the last event that names it.
    pub fn part(
        &mut self,
        rule: Rule,
        part: (&'static str, String),
        what: impl Into<String>,
        values: [String; 2],
    ) {
        let blame = Blame::Part(Some(part.1.clone()));
        self.push(rule, Some(part), what.into(), values, blame);
    }

    /// Something of the order itself, blamed on the last event that changed its head.
    pub fn whole(&mut self, rule: Rule, what: impl Into<String>, values: [String; 2]) {
        self.push(rule, None, what.into(), values, head());
    }

    pub fn push(
        &mut self,
        rule: Rule,
        part: Option<(&'static str, String)>,
        what: String,
        [expected, actual]: [String; 2],
        blame: Blame,
    ) {
        let order = self.order;
        self.found.push(Found { rule, order, part, what, expected, actual, blame });
    }

    /// Two values that must be the same.
    pub fn same(
        &mut self,
        rule: Rule,
        part: Option<(&'static str, String)>,
        what: &str,
        [expected, actual]: [i64; 2],
    ) {
        if expected != actual {
            let blame = match &part {
                Some((_, id)) => Blame::Part(Some(id.clone())),
                None if rule == Rule::Versions => Blame::Part(None),
                None => head(),
            };
            let values = [expected.to_string(), actual.to_string()];
            self.push(rule, part, what.to_owned(), values, blame);
        }
    }
}

/// Events carry what changes of an order's head under this name.
fn head() -> Blame {
    Blame::Part(Some("\"head\"".into()))
}

/// Checks every order of a batch.
pub(super) fn batch(batch: Batch, deep: bool, found: &mut Vec<Found>) {
    let mut claims: HashMap<OrderId, Vec<Claimed>> = HashMap::new();
    for claimed in batch.claims {
        claims.entry(claimed.order).or_default().push(claimed);
    }
    let traces: HashMap<OrderId, String> = batch.traces.into_iter().collect();
    let mut events = batch.events.as_slice();
    for mut order in batch.orders {
        let id = order.id.as_bytes();
        let skipped = events.partition_point(|event| event.stream < id);
        events = &events[skipped..];
        let own = events.partition_point(|event| event.stream == id);
        let mut sink = Sink { order: order.id, found };
        let claims = claims.remove(&order.id).unwrap_or_default();
        parts::check(&order, &claims, &mut sink);
        sums::check(&order, deep, &mut sink);
        state(&order, &mut sink);
        if let Some(trace) = traces.get(&order.id) {
            sums::traces(&order, trace, &mut sink);
        }
        if deep {
            history_of(&mut order, &events[..own], &mut sink);
        }
        events = &events[own..];
    }
}

/// O3: a commercial state is allowed only by the lines.
fn state(order: &Order, sink: &mut Sink<'_>) {
    let open: i64 = order.lines.iter().map(|line| line.quantities.open().get()).sum();
    let shipped: i64 = order.lines.iter().map(|line| line.quantities.shipped.get()).sum();
    let claimed: i64 = order.lines.iter().map(|line| line.quantities.allocated.get()).sum();
    let wrong = match order.head.state {
        OrderState::Canceled => (open != 0 || shipped != 0).then_some("nothing open or shipped"),
        OrderState::Closed => (open != 0).then_some("nothing open"),
        OrderState::Draft | OrderState::Quoted => (claimed != 0).then_some("nothing allocated"),
        OrderState::Placed => None,
    };
    if let Some(expected) = wrong {
        let actual = format!("{open} open, {claimed} allocated, {shipped} shipped");
        sink.whole(Rule::State, order.head.state.code(), [expected.into(), actual]);
    }
}

/// E1 and O4: the events against the stored order.
fn history_of(order: &mut Order, events: &[Event], sink: &mut Sink<'_>) {
    for (expected, event) in (1..).zip(events) {
        if event.sequence != expected {
            let values = [expected.to_string(), event.sequence.to_string()];
            let blame = Blame::Event(event.sequence);
            sink.push(Rule::Sequence, None, "sequence".into(), values, blame);
            return;
        }
    }
    let last = events.last().map_or(0, |event| event.sequence);
    sink.same(Rule::Versions, None, "sequence", [last, order.sequence]);
    if let Some(first) = events.first()
        && !["order.placed", "order.imported"].contains(&first.kind.as_str())
    {
        let values = ["order.placed or order.imported".to_owned(), first.kind.clone()];
        sink.push(Rule::Sequence, None, "first event".into(), values, Blame::Event(1));
    }
    let mut folded = match fold::folded(events) {
        Folded::Order(folded) => folded,
        Folded::Broken { sequence, reason } => {
            let values = ["a readable event".to_owned(), reason];
            let what = format!("event {sequence}");
            return sink.push(Rule::Fold, None, what, values, Blame::Event(sequence));
        }
    };
    sink.same(Rule::Versions, None, "version", [folded.version, order.version]);
    // Said above already.
    folded.version = order.version;
    folded.sequence = order.sequence;
    fold::sort(&mut folded);
    fold::sort(order);
    if *folded != *order
        && let Some(difference) = fold::difference(&folded, order)
    {
        let blame = difference.part.clone().map_or_else(head, |part| Blame::Part(Some(part)));
        let part = difference.part.map(|id| ("part", id));
        let values = [difference.expected, difference.actual];
        sink.push(Rule::Fold, part, difference.path, values, blame);
    }
}
