//! Intermittent monthly counts (F5): Tier 1 beside the references on car parts.

use std::error::Error;
use std::path::Path;

use orderly_plan::forecast::panel::Panel;
use orderly_plan::forecast::references::Reference;
use orderly_plan::forecast::score::mean_squared_change;
use orderly_plan::forecast::tier_one::{Settings, fit};

use super::data::{self, Case};
use super::smooth::judge;

/// Prints RMSSE, MASE and bias of Tier 1 and of every reference.
pub fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let cases = data::counts(folder, "carparts", 12)?;
    println!("car parts, 12 months ahead: {} series", cases.len());
    println!("  {:<20} {:>7} {:>7} {:>12}", "method", "RMSSE", "MASE", "bias/scale");
    let units: Vec<Vec<f64>> = cases.iter().map(|case| case.train.clone()).collect();
    let fitted = fit(&Panel::of_one_group(&units, 0), &Settings::plain(12), 1)?;
    let tier_one: Vec<Vec<f64>> =
        fitted.states.iter().map(|state| (0..12).map(|step| state.mean(step)).collect()).collect();
    line("Tier 1", &cases, &tier_one);
    for method in [
        Reference::Zero,
        Reference::WindowMean { window: 12 },
        Reference::Adida,
        Reference::Ses,
        Reference::Tsb,
        Reference::SeasonalNaive { season: 12 },
    ] {
        let forecasts: Vec<Vec<f64>> =
            cases.iter().map(|case| method.forecast(&case.train, 12)).collect();
        line(method.name(), &cases, &forecasts);
    }
    Ok(())
}

fn line(name: &str, cases: &[Case], forecasts: &[Vec<f64>]) {
    let row = judge(cases, forecasts, 12);
    let (mut bias, mut count) = (0.0, 0.0);
    for (case, means) in cases.iter().zip(forecasts) {
        let scale = mean_squared_change(&case.train).sqrt();
        if scale > 0.0 {
            let error = means.iter().sum::<f64>() - case.test.iter().sum::<f64>();
            bias += error / case.test.len() as f64 / scale;
            count += 1.0;
        }
    }
    println!("  {name:<20} {:>7.4} {:>7.3} {:>+12.3}", row.rmsse, row.mase, bias / count);
}
