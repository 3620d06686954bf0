//! Webhooks: who wants to know of which events, when a failed dispatch is tried again, and when an
//! endpoint that fails is left alone for a while.

use crate::id::{ChannelId, DispatchId, EventId, LocationId, WebhookId};
use crate::order::codes;
use crate::time::Instant;

codes! {
    /// Whether an endpoint takes part.
    WebhookState { Active "active", Inactive "inactive", Deleted "deleted" }
}
codes! {
    /// How far one event is on its way to one endpoint.
    DispatchState { Waiting "waiting", Done "done", Dead "dead", Skipped "skipped" }
}

/// The attempts of a dispatch. After the last it is dead.
pub const ATTEMPTS: i64 = 10;
/// The waits after the first, second … attempt, in seconds: about 75 hours in all.
pub const WAITS_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Failures in a row after which an endpoint is paused.
pub const FAILURES: i64 = 5;
/// The first pause; doubled with each further failure, up to [`LONGEST_PAUSE_S`].
pub const FIRST_PAUSE_S: i64 = 10;
pub const LONGEST_PAUSE_S: i64 = 900;
/// How long the secret before the last rotation still signs.
pub const OVERLAP_S: i64 = 24 * 3_600;
/// The most of an answer's body that is read and kept, in bytes.
pub const RESPONSE_BYTES: usize = 64 * 1_024;

/// An address of another system that wants to know of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    pub description: String,
    /// `order.placed`, `order.*`; empty for all.
    pub types: Vec<String>,
    /// Only orders of these channels, only what concerns these locations; empty for all.
    pub channels: Vec<ChannelId>,
    pub locations: Vec<LocationId>,
    /// Only ids: whoever wants to know more reads it.
    pub thin: bool,
    /// How many dispatches are on their way at once.
    pub lanes: i64,
    pub state: WebhookState,
    pub disabled_reason: Option<String>,
    /// Sealed. The one before signs too until `previous_until`.
    pub secret: Vec<u8>,
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<Instant>,
    /// Events after this position are dispatched.
    pub from_position: i64,
    /// When the endpoint answered a test with its challenge. Before that, events come thin.
    pub proven_at: Option<Instant>,
    /// Failures in a row.
    pub failures: i64,
    pub paused_until: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Webhook {
    /// Whether it wants events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|pattern| matches(pattern, kind))
    }

    /// How many dispatches may be on their way at once: one while it fails.
    pub fn width(&self) -> i64 {
        if self.failures > 0 { 1 } else { self.lanes }
    }
}

/// Whether a pattern such as `order.*` or `order.placed` covers a type.
pub fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => pattern == kind,
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispatch {
    pub id: DispatchId,
    pub webhook: WebhookId,
    /// The place in the feed; `None` for a test.
    pub position: Option<i64>,
    pub event: EventId,
    pub stream: [u8; 16],
    pub sequence: i64,
    pub kind: String,
    pub state: DispatchState,
    /// Attempts begun.
    pub attempts: i64,
    pub next_at: Instant,
    /// Counts the claims: what an earlier claimant says late is not believed.
    pub fence: i64,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    /// The start of the last answer's body.
    pub last_response: Option<String>,
    pub last_at: Option<Instant>,
    pub created_at: Instant,
    pub ended_at: Option<Instant>,
}

/// What came of one attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempted {
    /// `None` where there was no answer.
    pub status: Option<i64>,
    /// Why it failed; `None` where it arrived.
    pub error: Option<String>,
    pub response: Option<String>,
}

impl Attempted {
    pub fn arrived(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the endpoint says that it is gone for good.
    pub fn gone(&self) -> bool {
        self.status == Some(410)
    }
}

/// When an attempt that failed is made again; `None` after the last. Up to a tenth of the wait is
/// added, by `salt`, so that what failed together does not come back together.
pub fn next_attempt(attempts: i64, now: Instant, salt: u64) -> Option<Instant> {
    let index = usize::try_from(attempts.max(1) - 1).ok()?;
    let wait = WAITS_S.get(index)? * 1_000_000;
    Some(now.plus_micros(wait + part(wait / 10, salt)))
}

/// Until when an endpoint with this many failures in a row is left alone.
pub fn pause(failures: i64, now: Instant, salt: u64) -> Option<Instant> {
    let beyond = u32::try_from(failures - FAILURES).ok()?.min(20);
    let wait = (FIRST_PAUSE_S << beyond).min(LONGEST_PAUSE_S) * 1_000_000;
    Some(now.plus_micros(wait + part(wait / 10, salt)))
}

/// A part of `most` chosen by `salt`.
fn part(most: i64, salt: u64) -> i64 {
    let mixed = salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    most * i64::try_from(mixed).unwrap_or(0) / (1 << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Instant = Instant::from_micros(1_000_000_000);

    #[test]
    fn the_schedule_is_that_of_standard_webhooks() {
        let total: i64 = WAITS_S.iter().sum();
        assert_eq!(total / 3_600, 75);
        assert_eq!(next_attempt(1, NOW, 0), Some(NOW.plus_micros(5_000_000)));
        assert_eq!(next_attempt(9, NOW, 0), Some(NOW.plus_micros(86_400_000_000)));
        assert_eq!(next_attempt(ATTEMPTS, NOW, 0), None);
    }

    proptest! {
        #[test]
        fn a_wait_is_stretched_by_at_most_a_tenth(attempts in 1_i64..10, salt in any::<u64>()) {
            let wait = WAITS_S[usize::try_from(attempts - 1).unwrap()] * 1_000_000;
            let next = next_attempt(attempts, NOW, salt).unwrap().micros() - NOW.micros();
            prop_assert!((wait..=wait + wait / 10).contains(&next));
        }
    }

    #[test]
    fn a_failing_endpoint_is_left_alone_longer_and_longer() {
        assert_eq!(pause(4, NOW, 0), None);
        assert_eq!(pause(5, NOW, 0), Some(NOW.plus_micros(10_000_000)));
        assert_eq!(pause(6, NOW, 0), Some(NOW.plus_micros(20_000_000)));
        assert_eq!(pause(500, NOW, 0), Some(NOW.plus_micros(900_000_000)));
    }

    #[test]
    fn patterns_cover_a_type_or_all_of_a_noun() {
        assert!(matches("order.*", "order.placed"));
        assert!(!matches("order.*", "orders.placed"));
        assert!(matches("order.placed", "order.placed"));
        assert!(!matches("order.placed", "order.placed_again"));
    }
}
