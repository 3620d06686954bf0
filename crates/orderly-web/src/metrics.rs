//! What the server counts of itself, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency classes, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Counts of answered requests by route and class of status.
#[derive(Debug, Default)]
pub struct Metrics {
    routes: Mutex<BTreeMap<(String, u16), Latency>>,
}

#[derive(Debug, Default, Clone)]
struct Latency {
    within: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Metrics {
    /// Counts one answer. `route` is the pattern, never the path: its values are few.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let latency = routes.entry((route.to_owned(), status)).or_default();
        let seconds = took.as_secs_f64();
        latency.count += 1;
        latency.seconds += seconds;
        for (within, bound) in latency.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(seconds <= bound);
        }
    }

    /// Everything counted, as text; `gauges` are the figures of the moment.
    pub fn text(&self, gauges: &[(&str, i64)]) -> String {
        let mut text = String::new();
        let name = "orderly_http_request_duration_seconds";
        let _ = writeln!(text, "# TYPE {name} histogram");
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ((route, status), latency) in &routes {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            for (within, bound) in latency.within.iter().zip(BOUNDS) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {within}");
            }
            let Latency { count, seconds, .. } = latency;
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {seconds:.6}");
            let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
        }
        for (name, value) in gauges {
            let _ = writeln!(text, "# TYPE {name} gauge\n{name} {value}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_latency_add_up() {
        let metrics = Metrics::default();
        metrics.answered("/v1/orders", 200, Duration::from_millis(3));
        metrics.answered("/v1/orders", 200, Duration::from_millis(30));
        let text = metrics.text(&[("orderly_operations_busy", 2)]);
        assert!(text.contains("le=\"0.005\"} 1\n"));
        assert!(text.contains("_count{route=\"/v1/orders\",status=\"200\"} 2\n"));
        assert!(text.contains("orderly_operations_busy 2\n"));
    }
}
