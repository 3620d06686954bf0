//! How many requests a caller may make: a bucket for each, told in `RateLimit` headers.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

type Limiter =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// One bucket for each caller.
pub struct Throttle {
    limiter: Limiter,
    per_minute: NonZeroU32,
    clock: DefaultClock,
}

/// What is left of a caller's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub left: u32,
    /// How long until another request is allowed; zero where one is.
    pub wait: Duration,
}

impl Throttle {
    /// A bucket that holds a sixth of a minute's requests and fills evenly.
    pub fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(per_minute.get() / 6).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(per_minute).allow_burst(burst);
        let limiter = RateLimiter::dashmap(quota).with_middleware();
        Self { limiter, per_minute, clock: DefaultClock::default() }
    }

    /// Takes one request out of the caller's bucket.
    ///
    /// # Errors
    /// The allowance with the time to wait, where the bucket is empty.
    pub fn take(&self, caller: &str) -> Result<Allowance, Allowance> {
        let limit = self.per_minute.get();
        match self.limiter.check_key(&caller.to_owned()) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                Ok(Allowance { limit, left, wait: Duration::ZERO })
            }
            Err(until) => {
                Err(Allowance { limit, left: 0, wait: until.wait_time_from(self.clock.now()) })
            }
        }
    }
}

impl Allowance {
    /// Writes the headers of the draft standard.
    pub fn write(&self, headers: &mut HeaderMap) {
        let wait = self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0);
        let policy = format!("\"caller\";q={};w=60", self.limit);
        let state = format!("\"caller\";r={};t={wait}", self.left);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_who_asks_too_often_waits_and_others_do_not() {
        let throttle = Throttle::new(12);
        assert_eq!(throttle.take("a").map(|left| left.left), Ok(1));
        assert!(throttle.take("a").is_ok());
        let wait = throttle.take("a").unwrap_err().wait;
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(5));
        assert!(throttle.take("b").is_ok());
    }
}
