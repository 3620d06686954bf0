//! Messages and templates as callers state them and as they are answered.

use orderly_core::id::text_of;
use orderly_core::message::{AboutKind, Attachment, Message, Template};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a message is about: one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AboutIn {
    /// Anything that names an order: its number, an external id, a tracking number.
    pub order: Option<String>,
    /// A customer's number, id or mail address.
    pub customer: Option<String>,
    /// A supplier's code.
    pub supplier: Option<String>,
    /// An account's number.
    pub account: Option<String>,
}

/// A message as a caller states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageIn {
    pub about: AboutIn,
    /// `note`, `call` or `email`.
    pub kind: String,
    /// `in` or `out`, for calls and mail; mail goes out where absent.
    pub direction: Option<String>,
    /// Mail addresses with commas between; whom it is about where absent.
    pub to: Option<String>,
    pub subject: Option<String>,
    pub body: Option<String>,
    /// The code of a template that says whatever is absent.
    pub template: Option<String>,
    /// The language of the template; `en` where absent.
    pub language: Option<String>,
    pub attachments: Vec<Attachment>,
    /// Keep a mail instead of sending it.
    pub draft: bool,
    /// RFC 3339: when it was said; now where absent.
    pub happened_at: Option<String>,
}

/// What is changed of a draft, or of a mail that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageEdit {
    pub to: Option<String>,
    pub subject: Option<String>,
    pub body: Option<String>,
}

/// A template as a caller states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateIn {
    pub code: String,
    /// A channel's code; every channel where absent.
    pub channel: Option<String>,
    /// `en` where absent.
    pub language: Option<String>,
    pub name: Option<String>,
    pub subject: String,
    pub body: String,
    pub active: Option<bool>,
}

/// What was said.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MessageOut {
    /// Always `message`.
    pub object: &'static str,
    pub id: String,
    pub about: AboutOut,
    pub kind: &'static str,
    pub direction: &'static str,
    pub to: Option<String>,
    pub subject: String,
    pub body: String,
    pub template: Option<String>,
    pub attachments: Vec<Attachment>,
    pub state: &'static str,
    pub attempts: i64,
    pub next_at: Option<String>,
    pub last_error: Option<String>,
    pub actor: &'static str,
    pub happened_at: String,
    pub created_at: String,
    pub sent_at: Option<String>,
    pub version: i64,
}

/// What a message is about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AboutOut {
    pub kind: &'static str,
    pub id: String,
}

impl From<&Message> for MessageOut {
    fn from(one: &Message) -> Self {
        let prefix = match one.about_kind {
            AboutKind::Order => "ord",
            AboutKind::Customer => "cus",
            AboutKind::Supplier => "sup",
            AboutKind::Account => "acc",
        };
        Self {
            object: "message",
            id: one.id.to_string(),
            about: AboutOut { kind: one.about_kind.code(), id: text_of(prefix, one.about) },
            kind: one.kind.code(),
            direction: one.direction.code(),
            to: one.recipient.clone(),
            subject: one.subject.clone(),
            body: one.body.clone(),
            template: one.template.clone(),
            attachments: one.attachments.clone(),
            state: one.state.code(),
            attempts: one.attempts,
            next_at: one.next_at.map(|at| at.to_string()),
            last_error: one.last_error.clone(),
            actor: one.actor_kind.code(),
            happened_at: one.happened_at.to_string(),
            created_at: one.created_at.to_string(),
            sent_at: one.sent_at.map(|at| at.to_string()),
            version: one.version,
        }
    }
}

/// A text with blanks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TemplateOut {
    /// Always `template`.
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub channel: Option<String>,
    pub language: String,
    pub name: String,
    pub subject: String,
    pub body: String,
    pub active: bool,
    pub version: i64,
    pub updated_at: String,
}

impl From<&Template> for TemplateOut {
    fn from(one: &Template) -> Self {
        Self {
            object: "template",
            id: one.id.to_string(),
            code: one.code.clone(),
            channel: one.channel.map(|channel| channel.to_string()),
            language: one.language.clone(),
            name: one.name.clone(),
            subject: one.subject.clone(),
            body: one.body.clone(),
            active: one.active,
            version: one.version,
            updated_at: one.updated_at.to_string(),
        }
    }
}
