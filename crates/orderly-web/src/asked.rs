//! What is known of a request before anybody looks at what it asks for.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use orderly_core::actor::{Actor, ActorKind};
use orderly_core::id::UserId;
use orderly_core::time::Instant;
use orderly_ops::Call;
use orderly_ops::ops::access::Identity;

/// The header that carries a request's id, given by the caller or drawn here.
pub const REQUEST_ID: &str = "x-request-id";

/// The longest request id that is taken over from a caller.
const LONGEST_ID: usize = 64;

/// One request: its id, its time, its caller's address and fresh randomness.
#[derive(Debug, Clone)]
pub struct Asked {
    pub request_id: String,
    pub ip: IpAddr,
    pub now: Instant,
    pub seed: u64,
}

impl Asked {
    /// Reads the request id, and draws what is missing.
    pub fn read(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let given = given.filter(|id| is_id(id)).map(str::to_owned);
        let address = extensions.get::<ConnectInfo<SocketAddr>>();
        Self {
            request_id: given.unwrap_or_else(fresh_id),
            ip: address.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip()),
            now: now(),
            seed: seed(),
        }
    }

    /// The same caller a while later.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { now: now(), seed: seed(), ..self.clone() }
    }

    /// A call of an operation by this actor. `source` says whose idempotency keys these are.
    pub fn call(&self, actor: Actor, source: impl Into<String>) -> Call {
        Call::new(actor, source, self.now, self.seed)
    }
}

/// Who asks, once that is known.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
    /// Whose idempotency keys and requests these are, such as `key:…` or `user:…`.
    pub source: String,
    pub name: String,
    /// When he entered his password last: a person in a session.
    pub confirmed_at: Option<Instant>,
}

impl Caller {
    /// A caller without a password of his own.
    pub fn new(actor: Actor, source: impl Into<String>, name: impl Into<String>) -> Self {
        Self { actor, source: source.into(), name: name.into(), confirmed_at: None }
    }

    /// Who showed a key or the token of a session.
    pub fn of(who: Identity, asked: &Asked) -> Self {
        let source = who.call(asked.now, asked.seed).source;
        Self { actor: who.actor, source, name: who.name, confirmed_at: who.confirmed_at }
    }

    /// Somebody who showed nothing, and may do nothing.
    pub fn nobody(asked: &Asked) -> Self {
        let (kind, id, grants) = (ActorKind::User, UserId::NONE, Vec::new());
        let actor = Actor { kind, id, all: false, grants };
        Self::new(actor, format!("ip:{}", asked.ip), "nobody")
    }

    /// A call of this caller.
    pub fn call(self, asked: &Asked) -> Call {
        Call { confirmed_at: self.confirmed_at, ..asked.call(self.actor, self.source) }
    }
}

fn now() -> Instant {
    Instant::from_micros(jiff::Timestamp::now().as_microsecond())
}

fn seed() -> u64 {
    RandomState::new().hash_one(uuid::Uuid::now_v7())
}

fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=LONGEST_ID).contains(&text.len()) && text.chars().all(plain)
}

fn fresh_id() -> String {
    format!("req_{}", uuid::Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_the_caller_is_taken_over_if_it_is_plain() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, "trace-7.a_b".parse().unwrap());
        assert_eq!(Asked::read(&headers, &Extensions::new()).request_id, "trace-7.a_b");
        headers.insert(REQUEST_ID, "<script>".parse().unwrap());
        assert!(Asked::read(&headers, &Extensions::new()).request_id.starts_with("req_"));
    }
}
