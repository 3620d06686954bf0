//! The shortest walk through several blocks: exact for any number of stops and up to four cross
//! aisles.
//!
//! Roodbergen and de Koster (2001) gave the program for two blocks, Pansart, Catusse and Cambazard
//! (2018) for more. Aisle by aisle it keeps the cheapest set of passages for every way in which it
//! meets the crossings of that aisle: how often (never, odd, even) and which of them are joined. A
//! set whose crossings are all even and which hangs together is a closed walk.

use std::collections::BTreeMap;

use crate::pick::Stop;
use crate::pick::circuit::{Graph, circuit};
use crate::pick::tour::{Floor, Tour};

/// Most cross aisles that are solved exactly.
pub const MAX_CROSSINGS: usize = 4;

/// How the walk so far meets one crossing: 0 not at all, 1 odd, 2 even; and the smallest crossing
/// that it is joined to.
type Ends = [(u8, u8); MAX_CROSSINGS];

const UNTOUCHED: Ends = [(0, u8::MAX); MAX_CROSSINGS];

/// How one stretch of an aisle between two crossings is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Skip,
    Once,
    Twice,
    /// In from the lower crossing as far as the farthest stop, and back.
    FromLow,
    FromHigh,
    /// In from both, leaving the largest gap out.
    BothEnds,
}

/// A stretch of an aisle with its stops, by distance from the front.
#[derive(Debug, Clone, Default)]
struct Stretch {
    /// The crossings at its ends; `None` where it ends at a wall.
    low: Option<usize>,
    high: Option<usize>,
    from: f64,
    to: f64,
    /// Places to visit, increasing, with the vertex of each.
    stops: Vec<(f64, usize)>,
}

impl Stretch {
    /// The largest part between two stops: the stop before it, and its meters.
    fn gap(&self) -> Option<(usize, f64)> {
        let gaps = self.stops.windows(2).map(|pair| pair[1].0 - pair[0].0).enumerate();
        gaps.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The meters of a way; `None` where it is not possible or leaves a stop out.
    fn length(&self, way: Way) -> Option<f64> {
        let whole = self.to - self.from;
        let (first, last) = (self.stops.first(), self.stops.last());
        match way {
            Way::Skip => self.stops.is_empty().then_some(0.0),
            Way::Once | Way::Twice if self.low.is_none() || self.high.is_none() => None,
            Way::Once => Some(whole),
            Way::Twice => Some(2.0 * whole),
            Way::FromLow => self.low.and(last).map(|last| 2.0 * (last.0 - self.from)),
            Way::FromHigh => self.high.and(first).map(|first| 2.0 * (self.to - first.0)),
            Way::BothEnds => {
                let gap = self.low.and(self.high).and(self.gap());
                gap.map(|(_, meters)| 2.0 * (whole - meters))
            }
        }
    }
}

const WAYS: [Way; 6] =
    [Way::Skip, Way::Once, Way::Twice, Way::FromLow, Way::FromHigh, Way::BothEnds];

/// One more passage at a crossing: `2` keeps odd and even, `1` changes them.
fn touch(ends: &mut Ends, at: usize, passages: u8) {
    if passages == 0 {
        return;
    }
    let (parity, root) = ends[at];
    let odd = (parity % 2 + passages) % 2 == 1;
    ends[at] = (if odd { 1 } else { 2 }, if root == u8::MAX { at as u8 } else { root });
}

/// The walk's parts at two crossings are one from now on.
fn join(ends: &mut Ends, a: usize, b: usize) {
    let (keep, drop) = (ends[a].1.min(ends[b].1), ends[a].1.max(ends[b].1));
    for end in ends.iter_mut().filter(|end| end.1 == drop) {
        end.1 = keep;
    }
}

fn walked(before: &Ends, stretch: &Stretch, way: Way) -> Ends {
    let mut ends = *before;
    let mut at = |crossing: Option<usize>, passages| {
        if let Some(crossing) = crossing {
            touch(&mut ends, crossing, passages);
        }
    };
    match way {
        Way::Skip => {}
        Way::Once | Way::Twice => {
            let passages = if way == Way::Once { 1 } else { 2 };
            at(stretch.low, passages);
            at(stretch.high, passages);
            if let (Some(low), Some(high)) = (stretch.low, stretch.high) {
                join(&mut ends, low, high);
            }
        }
        Way::FromLow => at(stretch.low, 2),
        Way::FromHigh => at(stretch.high, 2),
        Way::BothEnds => {
            at(stretch.low, 2);
            at(stretch.high, 2);
        }
    }
    ends
}

/// The ends at the next aisle, when each cross aisle is passed so often; `None` where a crossing
/// stays odd or a part of the walk is cut off.
fn crossed(before: &Ends, passages: &[u8; MAX_CROSSINGS]) -> Option<Ends> {
    let mut after = UNTOUCHED;
    for (at, (end, passages)) in before.iter().zip(passages).enumerate() {
        if (end.0 + passages) % 2 == 1 {
            return None;
        }
        // A cross aisle that is passed there and back from a crossing nothing else meets would
        // start a new part in mid-air: it may, later aisles may need it.
        let root = if end.1 == u8::MAX { MAX_CROSSINGS as u8 + at as u8 } else { end.1 };
        if *passages > 0 {
            after[at] = (if *passages == 1 { 1 } else { 2 }, root);
        }
    }
    let goes_on = |root: u8| after.iter().any(|end| end.1 == root);
    if before.iter().any(|end| end.1 != u8::MAX && !goes_on(end.1)) {
        return None;
    }
    Some(named(after))
}

/// Names each part by its first crossing, so that equal states compare equal.
fn named(ends: Ends) -> Ends {
    let mut named = ends;
    for (at, end) in ends.iter().enumerate() {
        if end.1 != u8::MAX {
            let first = ends.iter().position(|other| other.1 == end.1).unwrap_or(at);
            named[at].1 = first as u8;
        }
    }
    named
}

/// The cheapest way to a state, and how it was come by.
#[derive(Debug, Clone, Copy)]
struct Reached {
    cost: f64,
    before: Ends,
    ways: [Way; MAX_CROSSINGS + 1],
    passages: [u8; MAX_CROSSINGS],
}

type Layer = BTreeMap<Ends, Reached>;

fn offer(layer: &mut Layer, ends: Ends, reached: Reached) {
    let entry = layer.entry(ends).or_insert(reached);
    if reached.cost < entry.cost {
        *entry = reached;
    }
}

/// Every way to walk one aisle.
fn along(before: &Layer, stretches: &[Stretch]) -> Layer {
    let start = |(ends, reached): (&Ends, &Reached)| {
        let fresh = Reached {
            cost: reached.cost,
            before: *ends,
            ways: [Way::Skip; MAX_CROSSINGS + 1],
            passages: [0; MAX_CROSSINGS],
        };
        (*ends, fresh)
    };
    let mut layer: Layer = before.iter().map(start).collect();
    for (at, stretch) in stretches.iter().enumerate() {
        let possible: Vec<(Way, f64)> =
            WAYS.iter().filter_map(|way| Some((*way, stretch.length(*way)?))).collect();
        // Within one aisle two states that differ in where they came from must stay apart only by
        // their cost: the cheaper one keeps its origin.
        let mut next = Layer::new();
        for (ends, reached) in &layer {
            for (way, length) in &possible {
                let mut after = *reached;
                after.cost += length;
                after.ways[at] = *way;
                offer(&mut next, named(walked(ends, stretch, *way)), after);
            }
        }
        layer = next;
    }
    layer
}

/// Every way to pass to the next aisle.
fn across(before: &Layer, crossings: usize, spacing: f64) -> Layer {
    let mut layer = Layer::new();
    for (ends, reached) in before {
        for choice in 0..3_usize.pow(crossings as u32) {
            let mut passages = [0; MAX_CROSSINGS];
            let mut rest = choice;
            for own in passages.iter_mut().take(crossings) {
                *own = (rest % 3) as u8;
                rest /= 3;
            }
            if let Some(after) = crossed(ends, &passages) {
                let meters = spacing * f64::from(passages.iter().sum::<u8>());
                let ways = [Way::Skip; MAX_CROSSINGS + 1];
                let cost = reached.cost + meters;
                offer(&mut layer, after, Reached { cost, before: *ends, ways, passages });
            }
        }
    }
    layer
}

/// Whether the passages are one closed walk.
fn is_closed(ends: &Ends) -> bool {
    let met = || ends.iter().filter(|end| end.1 != u8::MAX);
    let first = met().next().map(|end| end.1);
    met().all(|end| end.0 == 2 && Some(end.1) == first)
}

/// Returns the shortest tour through all stops; `None` where the floor has no cross aisle, or more
/// than [`MAX_CROSSINGS`], or a place is not a number.
#[must_use]
pub fn shortest(floor: &Floor, stops: &[Stop]) -> Option<Tour> {
    let crossings = floor.crossings.len();
    let places = || stops.iter().chain(std::iter::once(&floor.depot));
    let sound = places().all(|stop| stop.along.is_finite())
        && floor.crossings.windows(2).all(|pair| pair[0] < pair[1]);
    if crossings == 0 || crossings > MAX_CROSSINGS || !sound {
        return None;
    }
    if stops.is_empty() {
        return Some(Tour { sequence: Vec::new(), length: 0.0, is_exact: true });
    }
    let first = places().map(|stop| stop.aisle).min()?;
    let last = places().map(|stop| stop.aisle).max()?;
    let aisles: Vec<Vec<Stretch>> =
        (first..=last).map(|aisle| stretches(floor, stops, aisle)).collect();
    let mut layers: Vec<Layer> = Vec::with_capacity(2 * aisles.len());
    let nothing = Reached {
        cost: 0.0,
        before: UNTOUCHED,
        ways: [Way::Skip; MAX_CROSSINGS + 1],
        passages: [0; MAX_CROSSINGS],
    };
    let mut layer = Layer::from([(UNTOUCHED, nothing)]);
    for (index, aisle) in aisles.iter().enumerate() {
        if index > 0 {
            layer = across(&layer, crossings, floor.spacing);
            layers.push(layer.clone());
        }
        layer = along(&layer, aisle);
        layers.push(layer.clone());
    }
    let closed = layer.iter().filter(|(ends, _)| is_closed(ends));
    let (ends, best) = closed.min_by(|a, b| a.1.cost.total_cmp(&b.1.cost))?;
    // A single aisle may be walked without meeting any crossing at all.
    let (length, mut ends) = (best.cost, *ends);
    if let Some(tour) = within_one_aisle(floor, stops, first == last, length) {
        return Some(tour);
    }
    let mut graph = Graph::new(aisles.len() * crossings + stops.len() + 1);
    for (index, layer) in layers.iter().enumerate().rev() {
        let reached = layer.get(&ends)?;
        let aisle = index / 2;
        if index.is_multiple_of(2) {
            for (stretch, way) in aisles[aisle].iter().zip(reached.ways) {
                link(&mut graph, stretch, way, aisle * crossings, aisles.len() * crossings);
            }
        } else {
            for (at, passages) in reached.passages.iter().enumerate() {
                for _ in 0..*passages {
                    graph.link(aisle * crossings + at, (aisle + 1) * crossings + at);
                }
            }
        }
        ends = reached.before;
    }
    let base = aisles.len() * crossings;
    let mut sequence: Vec<usize> = Vec::with_capacity(stops.len());
    let mut seen = vec![false; stops.len() + 1];
    for vertex in circuit(&mut graph, base + stops.len()) {
        if vertex >= base && !std::mem::replace(&mut seen[vertex - base], true) {
            sequence.push(vertex - base);
        }
    }
    sequence.retain(|stop| *stop < stops.len());
    Some(Tour { sequence, length, is_exact: true })
}

/// Everything lies in the depot's aisle: there and back, where that is shorter.
fn within_one_aisle(floor: &Floor, stops: &[Stop], one: bool, than: f64) -> Option<Tour> {
    if !one {
        return None;
    }
    let depot = floor.depot.along;
    let low = stops.iter().map(|stop| stop.along).fold(depot, f64::min);
    let high = stops.iter().map(|stop| stop.along).fold(depot, f64::max);
    let length = 2.0 * (high - low);
    if length > than {
        return None;
    }
    let mut sequence: Vec<usize> = (0..stops.len()).collect();
    // Up to the end first, then down past the depot.
    let turn = |stop: &usize| {
        let along = stops[*stop].along;
        if along >= depot { (0, along) } else { (1, -along) }
    };
    sequence.sort_by(|a, b| turn(a).0.cmp(&turn(b).0).then(turn(a).1.total_cmp(&turn(b).1)));
    Some(Tour { sequence, length, is_exact: true })
}

/// The stretches of an aisle from the front to the back, walls included.
fn stretches(floor: &Floor, stops: &[Stop], aisle: u32) -> Vec<Stretch> {
    let count = floor.crossings.len();
    let mut here: Vec<(f64, usize)> = stops
        .iter()
        .chain(std::iter::once(&floor.depot))
        .enumerate()
        .filter(|(_, stop)| stop.aisle == aisle)
        .map(|(vertex, stop)| (stop.along, vertex))
        .collect();
    here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let lowest = here.first().map_or(0.0, |stop| stop.0).min(floor.crossings[0]);
    let highest = here.last().map_or(0.0, |stop| stop.0).max(floor.crossings[count - 1]);
    (0..=count)
        .map(|at| {
            let low = at.checked_sub(1);
            let high = (at < count).then_some(at);
            let from = low.map_or(lowest, |low| floor.crossings[low]);
            let to = high.map_or(highest, |high| floor.crossings[high]);
            // A stop at a crossing belongs to the stretch behind it.
            let own = |stop: &&(f64, usize)| {
                (low.is_none() || stop.0 >= from) && (high.is_none() || stop.0 < to)
            };
            Stretch { low, high, from, to, stops: here.iter().filter(own).copied().collect() }
        })
        .collect()
}

/// Adds the passages of one stretch: its stops hang between its ends.
fn link(graph: &mut Graph, stretch: &Stretch, way: Way, ends: usize, stops: usize) {
    let low = stretch.low.map(|at| ends + at);
    let high = stretch.high.map(|at| ends + at);
    let inner = stretch.stops.iter().map(|(_, vertex)| stops + vertex);
    let chain: Vec<usize> = low.into_iter().chain(inner).chain(high).collect();
    let last = chain.len().saturating_sub(2);
    let gap = stretch.gap().map(|(stop, _)| stop + low.iter().count());
    for (at, pair) in chain.windows(2).enumerate() {
        let left_out = match way {
            Way::Skip => true,
            Way::Once | Way::Twice => false,
            Way::FromLow => high.is_some() && at == last,
            Way::FromHigh => low.is_some() && at == 0,
            Way::BothEnds => Some(at) == gap,
        };
        if left_out {
            continue;
        }
        let (a, b) = (pair[0], pair[1]);
        graph.link(a, b);
        if way != Way::Once {
            graph.link(a, b);
        }
    }
}
