//! Messages: what was said about an order, a customer, a supplier or an account, by whom and how.

use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::id::{ChannelId, MessageId, TemplateId, UserId};
use crate::order::codes;
use crate::refusal::{Code, Refusal, ensure};
use crate::time::Instant;

codes! {
    /// What a message is about.
    AboutKind { Order "order", Customer "customer", Supplier "supplier", Account "account" }
}
codes! {
    /// How it was said.
    MessageKind { Note "note", Call "call", Email "email" }
}
codes! {
    /// Who spoke: they, we, or we among ourselves.
    Direction { In "in", Out "out", Internal "internal" }
}
codes! {
    /// How far it is. `Logged` is what happened outside: a note, a call, mail that came in.
    MessageState {
        Draft "draft", Queued "queued", Sent "sent", Failed "failed", Logged "logged",
        Canceled "canceled",
    }
}

/// A mail is tried this often.
pub const ATTEMPTS: i64 = 8;
/// The waits after a failed attempt, in seconds: more than a day in all.
pub const WAITS_S: [i64; 7] = [10, 60, 300, 1_800, 7_200, 21_600, 64_800];

/// When a mail that failed is tried again; `None` after the last attempt.
pub fn next_attempt(attempts: i64, now: Instant) -> Option<Instant> {
    let index = usize::try_from(attempts.max(1) - 1).ok()?;
    WAITS_S.get(index).map(|wait| now.plus_micros(wait * 1_000_000))
}

/// A document that goes with a mail, made when it is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Attachment {
    /// `invoice`, `statement` or `slip`.
    pub kind: String,
    /// The number of the invoice, account or order.
    pub of: String,
}

/// The kinds of documents that go with a mail.
pub const ATTACHMENTS: &[&str] = &["invoice", "statement", "slip"];

/// Something said about an order, a customer, a supplier or an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub id: MessageId,
    pub about_kind: AboutKind,
    pub about: [u8; 16],
    pub kind: MessageKind,
    pub direction: Direction,
    /// Addresses with commas between them, where it is a mail.
    pub recipient: Option<String>,
    pub subject: String,
    pub body: String,
    /// The code of the template it was made from.
    pub template: Option<String>,
    pub attachments: Vec<Attachment>,
    pub state: MessageState,
    /// Attempts begun.
    pub attempts: i64,
    pub next_at: Option<Instant>,
    pub last_error: Option<String>,
    pub actor_kind: ActorKind,
    pub actor: UserId,
    pub happened_at: Instant,
    pub created_at: Instant,
    pub sent_at: Option<Instant>,
    pub version: i64,
}

/// A text with blanks, for a channel and a language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    pub id: TemplateId,
    /// What it is for, such as `order_shipped`.
    pub code: String,
    /// `None` for every channel.
    pub channel: Option<ChannelId>,
    /// ISO 639-1, such as `en`.
    pub language: String,
    pub name: String,
    pub subject: String,
    pub body: String,
    pub active: bool,
    pub version: i64,
    pub updated_at: Instant,
}

/// Checks addresses with commas between them and returns them trimmed.
///
/// # Errors
/// `invalid_field` where one is no address, there is none, or there are more than twenty.
pub fn recipients(text: &str) -> Result<String, Refusal> {
    let all: Vec<&str> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    ensure((1..=20).contains(&all.len()), || {
        Refusal::at(Code::InvalidField, "/to", "name between one and twenty addresses")
    })?;
    for one in &all {
        ensure(is_address(one), || {
            let shown: String = one.chars().take(80).filter(|c| !c.is_control()).collect();
            let detail = format!("`{shown}` is no mail address");
            Refusal::at(Code::InvalidField, "/to", detail)
        })?;
    }
    Ok(all.join(", "))
}

/// Whether a text is a plain mail address: no names, no quotes, nothing a header would obey.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let in_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let in_domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(in_local)
        && !domain.is_empty()
        && domain.chars().all(in_domain)
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_ones() {
        assert_eq!(
            recipients(" ann@example.com,bo@example.org ").unwrap(),
            "ann@example.com, bo@example.org"
        );
        for bad in [
            "",
            "ann",
            "ann@",
            "@example.com",
            "a b@example.com",
            "a@b..c",
            ".a@b.c",
            "a@b.c\r\nBcc: x@y.z",
            "Ann <ann@example.com>",
            "a@-b.c",
        ] {
            assert_eq!(recipients(bad).unwrap_err().code(), Code::InvalidField, "{bad}");
        }
        let many = vec!["a@b.c"; 21].join(",");
        assert!(recipients(&many).is_err());
    }

    #[test]
    fn mail_is_tried_for_more_than_a_day_and_then_no_more() {
        let now = Instant::from_micros(0);
        assert_eq!(next_attempt(1, now), Some(now.plus_micros(10_000_000)));
        assert_eq!(next_attempt(ATTEMPTS, now), None);
        assert!(WAITS_S.iter().sum::<i64>() > 86_400);
    }
}
