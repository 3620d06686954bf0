//! The M5 sample with its groups: departments in stores, stores, everything.

use std::collections::BTreeMap;

use orderly_plan::forecast::panel::{Panel, Series};

use super::data::Named;

/// Days forecast.
pub const HORIZON: usize = 28;

/// Items in stores with their groups.
pub struct Sample {
    pub series: Named,
    pub groups: Vec<usize>,
    pub parents: Vec<Option<usize>>,
}

/// Returns the parts of `HOBBIES_1_001_CA_1_evaluation`: category, department, item, state, store.
pub fn parts(name: &str) -> [String; 5] {
    let words: Vec<&str> = name.split('_').collect();
    let join = |range: std::ops::Range<usize>| {
        words.get(range).map(|words| words.join("_")).unwrap_or_default()
    };
    [join(0..1), join(0..2), join(0..3), join(3..4), join(3..5)]
}

impl Sample {
    pub fn new(series: Named) -> Self {
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        let mut parents = vec![None];
        let (mut stores, mut groups) = (Vec::new(), Vec::new());
        for (name, _) in &series {
            let [_, _, _, _, store] = parts(name);
            stores.push(*index.entry(store).or_insert_with(|| {
                parents.push(Some(0));
                parents.len() - 1
            }));
        }
        for ((name, _), store) in series.iter().zip(&stores) {
            let [_, department, _, _, _] = parts(name);
            groups.push(*index.entry(format!("{store}/{department}")).or_insert_with(|| {
                parents.push(Some(*store));
                parents.len() - 1
            }));
        }
        Self { series, groups, parents }
    }

    /// Returns the panel as it was known `back` days before the last test window.
    pub fn panel(&self, back: usize) -> Panel<'_> {
        self.panel_until(self.days() - HORIZON - back)
    }

    /// Returns the panel of the first `end` days.
    pub fn panel_until(&self, end: usize) -> Panel<'_> {
        let known = self.series.iter().zip(&self.groups).map(|((_, units), group)| {
            // Day 0 is a Tuesday.
            Series { units: &units[..end], exposure: None, phase: 1, group: *group }
        });
        Panel { series: known.collect(), parents: self.parents.clone() }
    }

    /// Returns the number of days, test window included.
    pub fn days(&self) -> usize {
        self.series.first().map_or(0, |(_, units)| units.len())
    }

    /// Returns the history since the first sale and the 28 days after it, when usable.
    pub fn window(&self, index: usize, back: usize) -> Option<(&[f64], &[f64])> {
        let units = &self.series[index].1;
        let end = units.len() - HORIZON - back;
        let first = units[..end].iter().position(|y| *y > 0.0)?;
        (end - first > 1).then_some((&units[first..end], &units[end..end + HORIZON]))
    }
}
