//! Tier 1 throughput (F11): series a second, a million series, and one day closed.

use std::error::Error;
use std::time::Instant;

use orderly_plan::forecast::panel::{Panel, Series};
use orderly_plan::forecast::tier_one::{Settings, fit};

use super::clock::Clock;
use super::sample::{HORIZON, Sample};

/// Prints rates on the sample's histories, repeated.
pub fn run(sample: &Sample) -> Result<(), Box<dyn Error>> {
    let settings = Settings::daily(HORIZON);
    let once = sample.panel(0);
    let repeated = |count: usize| -> Panel<'_> {
        let series: Vec<Series<'_>> = once.series.iter().copied().cycle().take(count).collect();
        Panel { series, parents: once.parents.clone() }
    };
    let panel = repeated(100_000);
    let clock = Clock::start();
    let mut fitted = fit(&panel, &settings, 1)?;
    let rate = 100_000.0 / clock.seconds();
    println!("Tier 1, fit of 100,000 series of up to 419 days: {rate:.0} series/CPU-s");
    let clock = Clock::start();
    for day in 0..7 {
        for state in &mut fitted.states {
            state.observe(f64::from(day % 3), 1.0, &settings);
        }
    }
    println!("  one day closed: {:.2} CPU-us a series", 1e6 * clock.seconds() / 700_000.0);
    drop(fitted);
    let (clock, wall) = (Clock::start(), Instant::now());
    let mut stock = 0.0;
    for _ in 0..10 {
        let fitted = fit(&panel, &settings, 1)?;
        for state in &fitted.states {
            for length in [7, 14, 28] {
                stock += state.window_quantile(0.95, length, &settings, &fitted.calibration);
            }
        }
    }
    println!(
        "  1,000,000 series in ten panels, fit and three quantiles: {:.1} CPU-s ({:.1} s)",
        clock.seconds(),
        wall.elapsed().as_secs_f64()
    );
    std::hint::black_box(stock);
    Ok(())
}
