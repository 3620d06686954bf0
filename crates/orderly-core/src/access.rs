//! People and keys: who may sign in, with which rights, and the rules that keep it so.

pub mod password;
pub mod role;

use core::net::IpAddr;

use crate::actor::{ActorKind, Grant};
use crate::id::{ApiKeyId, SessionId, UserId};
use crate::refusal::{Code, Refusal};
use crate::time::Instant;

pub use role::Role;

const SECOND: i64 = 1_000_000;
/// A session that nobody used this long is over, in microseconds.
pub const IDLE_MICROS: i64 = 30 * 60 * SECOND;
/// The longest a session lasts, however much it is used.
pub const SESSION_MICROS: i64 = 12 * 3_600 * SECOND;
/// How long an entered password counts as entered just now.
pub const STEP_UP_MICROS: i64 = 10 * 60 * SECOND;
/// How long the token of the first set-up is good for.
pub const SET_UP_MICROS: i64 = 24 * 3_600 * SECOND;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// In lower case; unique.
    pub email: String,
    pub name: String,
    pub active: bool,
    /// The codes of his roles, in order.
    pub roles: Vec<String>,
    /// Whether signing in takes a code of an authenticator too.
    pub second_factor: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// One sign-in of a user, until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub created_at: Instant,
    pub seen_at: Instant,
    /// When the password was entered last.
    pub confirmed_at: Instant,
    pub revoked_at: Option<Instant>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

impl Session {
    /// Whether it is neither revoked nor over.
    pub fn is_open(&self, now: Instant) -> bool {
        self.revoked_at.is_none()
            && now < self.created_at.plus_micros(SESSION_MICROS)
            && now < self.seen_at.plus_micros(IDLE_MICROS)
    }
}

/// A program's way in: what it may do, until when and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// The first letters of the token, by which people know it.
    pub start: String,
    pub grants: Vec<Grant>,
    /// Who made it; none on the command line.
    pub created_by: UserId,
    pub created_at: Instant,
    pub expires_at: Option<Instant>,
    pub used_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    /// Addresses it may be used from; empty means anywhere.
    pub allowed_ips: Vec<IpAddr>,
    pub version: i64,
}

impl ApiKey {
    /// Whether it may be used now, from there. A key with an allow-list needs a known address.
    pub fn is_usable(&self, now: Instant, from: Option<IpAddr>) -> bool {
        self.revoked_at.is_none()
            && self.expires_at.is_none_or(|end| now < end)
            && (self.allowed_ips.is_empty()
                || from.is_some_and(|ip| self.allowed_ips.contains(&ip.to_canonical())))
    }
}

/// Reads an e-mail address to sign in with: trimmed, in lower case.
///
/// # Errors
/// `invalid_field`.
pub fn email(text: &str) -> Result<String, Refusal> {
    let email = text.trim().to_lowercase();
    let parts = email.split_once('@');
    let is_part = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@')
    };
    let is_good = email.len() <= 254
        && parts.is_some_and(|(user, host)| is_part(user) && is_part(host) && host.len() > 1);
    if is_good {
        return Ok(email);
    }
    Err(Refusal::new(Code::InvalidField, "an e-mail address looks like ann@example.com"))
}

/// How long attempts wait after so many failures in a row, in microseconds: nothing up to `free`
/// of them, then 30 s and twice as long after each, at most 15 min.
pub fn wait_micros(failures: i64, free: i64) -> i64 {
    let above = failures - free;
    if above < 0 {
        return 0;
    }
    (30 * SECOND).saturating_mul(1 << above.min(10)).min(15 * 60 * SECOND)
}

/// The text of an actor's id: a user's or an API key's; `None` for actors without one.
pub fn actor_text(kind: ActorKind, id: UserId) -> Option<String> {
    match kind {
        _ if id.is_none() => None,
        ActorKind::ApiKey => Some(ApiKeyId::from_bytes(id.as_bytes()).to_string()),
        _ => Some(id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_lower_case_or_refused() {
        assert_eq!(email(" Ann@Example.COM ").unwrap(), "ann@example.com");
        for text in ["", "ann", "@b.org", "a@", "a b@c.org", "a@b@c", "a\n@b.org", "a@"] {
            assert_eq!(email(text).unwrap_err().code(), Code::InvalidField, "{text}");
        }
    }

    #[test]
    fn attempts_wait_longer_after_each_failure_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (4..12).map(|n| wait_micros(n, 5) / SECOND).collect();
        assert_eq!(waits, [0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(wait_micros(i64::MAX, 5), 900 * SECOND);
    }

    #[test]
    fn a_session_ends_when_idle_and_at_its_end() {
        let at = |micros| Instant::from_micros(micros);
        let session = Session {
            id: SessionId::NONE,
            user: UserId::NONE,
            created_at: at(0),
            seen_at: at(0),
            confirmed_at: at(0),
            revoked_at: None,
            ip: None,
            user_agent: None,
        };
        assert!(session.is_open(at(IDLE_MICROS - 1)) && !session.is_open(at(IDLE_MICROS)));
        let used = Session { seen_at: at(SESSION_MICROS - 1), ..session.clone() };
        assert!(used.is_open(at(SESSION_MICROS - 1)) && !used.is_open(at(SESSION_MICROS)));
        assert!(!Session { revoked_at: Some(at(1)), ..session }.is_open(at(2)));
    }
}
