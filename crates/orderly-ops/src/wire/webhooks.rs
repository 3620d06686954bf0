//! Webhooks and dispatches as they are answered.

use orderly_core::webhook::{Dispatch, Webhook};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::EventOut;
use crate::ops::events::feed::{prefix_of, stream_kind_of};

/// A webhook as a caller states it. What is absent stays as it is, or takes its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookIn {
    pub url: Option<String>,
    pub description: Option<String>,
    /// `order.placed`, `order.*`; empty for all.
    pub types: Option<Vec<String>>,
    /// The codes of channels and locations; empty for all.
    pub channels: Option<Vec<String>>,
    pub locations: Option<Vec<String>>,
    /// Only ids: whoever wants to know more reads it.
    pub thin: Option<bool>,
    /// How many dispatches are on their way at once: 1 to 16, 2 where absent.
    pub lanes: Option<i64>,
    pub active: Option<bool>,
    /// Events after this position; what comes from now on where absent. Only at creation.
    pub after: Option<i64>,
}

/// An address that is told of events.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WebhookOut {
    /// Always `webhook`.
    pub object: &'static str,
    pub id: String,
    pub url: String,
    pub description: String,
    pub types: Vec<String>,
    pub channels: Vec<String>,
    pub locations: Vec<String>,
    pub thin: bool,
    pub lanes: i64,
    pub state: &'static str,
    pub disabled_reason: Option<String>,
    /// When it answered a test with its challenge. Before that, events come thin.
    pub proven_at: Option<String>,
    /// Failures in a row, and until when it is left alone.
    pub failures: i64,
    pub paused_until: Option<String>,
    /// Until when the secret before the last rotation signs too.
    pub previous_until: Option<String>,
    pub after: i64,
    pub version: i64,
    pub created_at: String,
    pub updated_at: String,
    /// Shown once: when it is created or rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl From<&Webhook> for WebhookOut {
    fn from(one: &Webhook) -> Self {
        Self {
            object: "webhook",
            id: one.id.to_string(),
            url: one.url.clone(),
            description: one.description.clone(),
            types: one.types.clone(),
            channels: one.channels.iter().map(ToString::to_string).collect(),
            locations: one.locations.iter().map(ToString::to_string).collect(),
            thin: one.thin,
            lanes: one.lanes,
            state: one.state.code(),
            disabled_reason: one.disabled_reason.clone(),
            proven_at: one.proven_at.map(|at| at.to_string()),
            failures: one.failures,
            paused_until: one.paused_until.map(|at| at.to_string()),
            previous_until: one.previous_until.map(|at| at.to_string()),
            after: one.from_position,
            version: one.version,
            created_at: one.created_at.to_string(),
            updated_at: one.updated_at.to_string(),
            secret: None,
        }
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DispatchOut {
    /// Always `dispatch`.
    pub object: &'static str,
    pub id: String,
    pub webhook: String,
    pub event: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// What the event happened to.
    pub subject: String,
    pub sequence: i64,
    pub position: Option<i64>,
    pub state: &'static str,
    pub attempts: i64,
    pub next_at: Option<String>,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    pub last_response: Option<String>,
    pub last_at: Option<String>,
    pub created_at: String,
    pub ended_at: Option<String>,
}

impl From<&Dispatch> for DispatchOut {
    fn from(one: &Dispatch) -> Self {
        let stream_kind = stream_kind_of(&one.kind);
        let waiting = one.state == orderly_core::webhook::DispatchState::Waiting;
        Self {
            object: "dispatch",
            id: one.id.to_string(),
            webhook: one.webhook.to_string(),
            event: one.event.to_string(),
            kind: one.kind.clone(),
            subject: orderly_core::id::text_of(prefix_of(stream_kind), one.stream),
            sequence: one.sequence,
            position: one.position,
            state: one.state.code(),
            attempts: one.attempts,
            next_at: waiting.then(|| one.next_at.to_string()),
            last_status: one.last_status,
            last_error: one.last_error.clone(),
            last_response: one.last_response.clone(),
            last_at: one.last_at.map(|at| at.to_string()),
            created_at: one.created_at.to_string(),
            ended_at: one.ended_at.map(|at| at.to_string()),
        }
    }
}

/// What is posted to an endpoint: the event in the envelope of Standard Webhooks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Delivered {
    #[serde(rename = "type")]
    pub kind: String,
    pub timestamp: String,
    /// The event as the feed shows it.
    pub data: EventOut,
}

/// What a test posts. An endpoint that answers with the challenge in the body proves that it knows
/// what it is asked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tested {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub timestamp: String,
    pub challenge: String,
}
