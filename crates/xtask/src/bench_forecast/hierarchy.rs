//! Twelve levels of aggregation, weighted by units (F10): item forecasts summed up.

use std::collections::BTreeMap;

use orderly_plan::forecast::reconcile::rescale;
use orderly_plan::forecast::references::Reference;
use orderly_plan::forecast::score::rmsse;
use orderly_plan::forecast::state::State;
use orderly_plan::forecast::tier_one::Fitted;

use super::sample::{HORIZON, Sample, parts};

/// Returns a series' group at each of the twelve levels of the competition.
fn keys(name: &str) -> [String; 12] {
    let [category, department, item, state, store] = parts(name);
    [
        String::new(),
        state.clone(),
        store.clone(),
        category.clone(),
        department.clone(),
        format!("{state} {category}"),
        format!("{state} {department}"),
        format!("{store} {category}"),
        format!("{store} {department}"),
        item.clone(),
        format!("{state} {item}"),
        format!("{store} {item}"),
    ]
}

/// Sums by day: history, test, forecast.
#[derive(Clone)]
struct Total {
    history: Vec<f64>,
    test: Vec<f64>,
    forecast: Vec<f64>,
}

/// Returns the mean over the levels of the RMSSE weighted by the last 28 days' units.
fn score(sample: &Sample, back: usize, forecasts: &[Vec<f64>]) -> f64 {
    let mut levels: Vec<BTreeMap<String, Total>> = vec![BTreeMap::new(); 12];
    let end = sample.days() - HORIZON - back;
    for ((name, units), forecast) in sample.series.iter().zip(forecasts) {
        for (level, key) in levels.iter_mut().zip(keys(name)) {
            let total = level.entry(key).or_insert_with(|| Total {
                history: vec![0.0; end],
                test: vec![0.0; HORIZON],
                forecast: vec![0.0; HORIZON],
            });
            let add = |sums: &mut [f64], values: &[f64]| {
                for (sum, value) in sums.iter_mut().zip(values).filter(|(_, y)| y.is_finite()) {
                    *sum += value;
                }
            };
            add(&mut total.history, &units[..end]);
            add(&mut total.test, &units[end..]);
            add(&mut total.forecast, forecast);
        }
    }
    let mut sum = 0.0;
    for level in &levels {
        let (mut errors, mut weights) = (0.0, 0.0);
        for total in level.values() {
            let first = total.history.iter().position(|y| *y > 0.0).unwrap_or(0);
            let Some(error) = rmsse(&total.history[first..], &total.test, &total.forecast) else {
                continue;
            };
            let weight: f64 = total.history[end - HORIZON..].iter().sum();
            errors += weight * error;
            weights += weight;
        }
        sum += errors / weights.max(1e-9);
    }
    sum / 12.0
}

fn means(states: &[State]) -> Vec<Vec<f64>> {
    states.iter().map(|state| (0..HORIZON).map(|step| state.mean(step)).collect()).collect()
}

/// Prints the score of Tier 1 summed up, rescaled to its groups' last 28 days, and of references.
pub fn run(sample: &Sample, fitted: &Fitted, back: usize) {
    let reference = |method: Reference| -> Vec<Vec<f64>> {
        (0..sample.series.len())
            .map(|index| match sample.window(index, back) {
                Some((history, _)) => method.forecast(history, HORIZON),
                None => vec![0.0; HORIZON],
            })
            .collect()
    };
    let average =
        score(sample, back, &reference(Reference::SeasonalMean { season: 7, window: 28 }));
    let naive = score(sample, back, &reference(Reference::SeasonalNaive { season: 7 }));
    let plain = score(sample, back, &means(&fitted.states));
    let mut states = fitted.states.clone();
    rescale(&sample.panel(back), &mut states, HORIZON, 1.0);
    let rescaled = score(sample, back, &means(&states));
    println!(
        "  12 levels, unit weights: Tier 1 {plain:.4}, rescaled {rescaled:.4}, \
         4-week weekday average {average:.4}, seasonal naive {naive:.4}"
    );
}
