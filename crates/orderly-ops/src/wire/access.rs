//! People, roles, keys, sessions and the audit as they are stated and answered.

use orderly_core::access::{ApiKey, Role, Session, User, actor_text};
use orderly_core::actor::Grant;
use orderly_core::time::Instant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ops::read::audit::Named;

/// A right that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantIn {
    /// Such as `order.place`.
    pub permission: String,
    /// Only at these, by code or id; everywhere where empty.
    #[serde(default)]
    pub locations: Vec<String>,
    /// Only in these, by code or id; in all where empty.
    #[serde(default)]
    pub channels: Vec<String>,
    /// Only up to so much, in minor units, where the right has an amount.
    #[serde(default)]
    pub limit_minor: Option<i64>,
}

/// A right that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantOut {
    pub permission: &'static str,
    /// Only at these; everywhere where empty.
    pub locations: Vec<String>,
    /// Only in these; in all where empty.
    pub channels: Vec<String>,
    /// Only up to so much, in minor units.
    pub limit_minor: Option<i64>,
}

impl From<&Grant> for GrantOut {
    fn from(one: &Grant) -> Self {
        Self {
            permission: one.permission.code(),
            locations: one.locations.iter().map(ToString::to_string).collect(),
            channels: one.channels.iter().map(ToString::to_string).collect(),
            limit_minor: one.limit_minor,
        }
    }
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserOut {
    /// `user`
    pub object: &'static str,
    pub id: String,
    pub email: String,
    pub name: String,
    pub active: bool,
    /// The codes of his roles.
    pub roles: Vec<String>,
    pub version: i64,
    pub created_at: String,
}

impl From<&User> for UserOut {
    fn from(one: &User) -> Self {
        Self {
            object: "user",
            id: one.id.to_string(),
            email: one.email.clone(),
            name: one.name.clone(),
            active: one.active,
            roles: one.roles.clone(),
            version: one.version,
            created_at: one.created_at.to_string(),
        }
    }
}

/// One sign-in, until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionOut {
    /// `session`
    pub object: &'static str,
    pub id: String,
    pub user: String,
    pub created_at: String,
    /// When it was used last, give or take a minute.
    pub seen_at: String,
    pub ended_at: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

impl From<&Session> for SessionOut {
    fn from(one: &Session) -> Self {
        Self {
            object: "session",
            id: one.id.to_string(),
            user: one.user.to_string(),
            created_at: one.created_at.to_string(),
            seen_at: one.seen_at.to_string(),
            ended_at: text(one.revoked_at),
            ip: one.ip.clone(),
            user_agent: one.user_agent.clone(),
        }
    }
}

/// A set of rights with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleOut {
    /// `role`
    pub object: &'static str,
    pub code: String,
    pub name: String,
    /// Everything, whatever the grants say.
    pub all: bool,
    pub built_in: bool,
    pub grants: Vec<GrantOut>,
    pub version: i64,
}

impl From<&Role> for RoleOut {
    fn from(one: &Role) -> Self {
        Self {
            object: "role",
            code: one.code.clone(),
            name: one.name.clone(),
            all: one.all,
            built_in: one.built_in,
            grants: one.grants.iter().map(GrantOut::from).collect(),
            version: one.version,
        }
    }
}

/// A program's way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApiKeyOut {
    /// `api_key`
    pub object: &'static str,
    pub id: String,
    pub name: String,
    /// The first letters of its token.
    pub start: String,
    pub grants: Vec<GrantOut>,
    pub created_at: String,
    pub expires_at: Option<String>,
    /// When it was used last, give or take a minute.
    pub used_at: Option<String>,
    pub revoked_at: Option<String>,
    /// The addresses it may be used from; any where empty.
    pub allowed_ips: Vec<String>,
    /// Shown once: when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl From<&ApiKey> for ApiKeyOut {
    fn from(one: &ApiKey) -> Self {
        Self {
            object: "api_key",
            id: one.id.to_string(),
            name: one.name.clone(),
            start: one.start.clone(),
            grants: one.grants.iter().map(GrantOut::from).collect(),
            created_at: one.created_at.to_string(),
            expires_at: text(one.expires_at),
            used_at: text(one.used_at),
            revoked_at: text(one.revoked_at),
            allowed_ips: one.allowed_ips.iter().map(ToString::to_string).collect(),
            token: None,
        }
    }
}

/// Who did or tried what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditOut {
    pub id: String,
    pub at: String,
    pub actor: AuditActorOut,
    /// The command, such as `order.place`.
    pub verb: String,
    /// The kind of what it was done to.
    pub object: Option<String>,
    /// The code of the refusal; null where it was done.
    pub refused: Option<String>,
    pub reason: Option<String>,
    pub approved_by: Option<String>,
    pub detail: Option<String>,
    pub idempotency_key: Option<String>,
}

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditActorOut {
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: Option<String>,
}

impl From<&Named> for AuditOut {
    fn from(one: &Named) -> Self {
        let entry = &one.entry;
        Self {
            id: entry.id.to_string(),
            at: entry.at.to_string(),
            actor: AuditActorOut {
                kind: entry.actor_kind.code(),
                id: actor_text(entry.actor_kind, entry.actor),
                name: one.actor.clone(),
            },
            verb: entry.verb.clone(),
            object: entry.object_kind.clone(),
            refused: entry.refused.clone(),
            reason: entry.reason.clone(),
            approved_by: one.approved_by.clone(),
            detail: entry.detail.clone(),
            idempotency_key: entry.key.clone(),
        }
    }
}

fn text(at: Option<Instant>) -> Option<String> {
    at.map(|at| at.to_string())
}
