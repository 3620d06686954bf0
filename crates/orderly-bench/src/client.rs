//! Callers of the API: each connection may speak for any of them, as a load balancer's does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orderly_core::actor::{Grant, Permission};
use orderly_ops::App;
use orderly_ops::ops::access::keys::{self, NewKey};
use serde_json::Value;

use crate::merchant::call;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    /// Who may be spoken for: the headers that show their keys.
    callers: Arc<[String]>,
}

/// What came back, and how long it took.
#[derive(Debug, Clone)]
pub struct Came {
    pub status: u16,
    pub tag: String,
    /// Null where it is no JSON.
    pub body: Value,
    pub took: Duration,
}

impl Came {
    /// What a caller who asks again must be told again: an order's id and number, or the refusal.
    pub fn gist(&self) -> String {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        format!("{} {} {} {}", self.status, text("id"), text("number"), text("code"))
    }
}

impl Client {
    /// So many connections to a server, which speak for the callers with these tokens.
    pub fn connect(base: &str, tokens: &[String], count: usize) -> Vec<Self> {
        let callers: Arc<[String]> = tokens.iter().map(|token| format!("Bearer {token}")).collect();
        (0..count).map(|_| Self::new(base, Arc::clone(&callers))).collect()
    }

    fn new(base: &str, callers: Arc<[String]>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self { agent: config.into(), base: base.to_owned(), callers }
    }

    /// What caller number `who` shows; they go round.
    fn key_of(&self, who: usize) -> &str {
        &self.callers[who % self.callers.len()]
    }

    /// Posts a command of caller number `who` under an idempotency key.
    ///
    /// # Errors
    /// Where no answer came: what became of the command is not known.
    pub fn post(
        &self,
        who: usize,
        path: &str,
        key: &str,
        seen: Option<&str>,
        body: &[u8],
    ) -> Result<Came, String> {
        let begun = Instant::now();
        let mut request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", self.key_of(who))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        if let Some(tag) = seen {
            request = request.header("if-match", tag);
        }
        read(request.send(body), begun)
    }

    /// Gets an object for caller number `who`.
    ///
    /// # Errors
    /// Where no answer came.
    pub fn get(&self, who: usize, path: &str) -> Result<Came, String> {
        let begun = Instant::now();
        let request = self.agent.get(format!("{}{path}", self.base));
        read(request.header("authorization", self.key_of(who)).call(), begun)
    }
}

fn read(
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    begun: Instant,
) -> Result<Came, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok());
    let tag = tag.unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    let bytes = answer.body_mut().read_to_vec().map_err(|error| error.to_string())?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Came { status, tag, body, took: begun.elapsed() })
}

/// Makes so many keys with every right that the scenarios need, and returns their tokens.
///
/// # Errors
/// What the operation says.
pub fn keys(app: &App, count: usize) -> Result<Vec<String>, String> {
    let rights = [Permission::Place, Permission::Read, Permission::Edit, Permission::Cancel];
    let grant = |permission| Grant {
        permission,
        locations: Vec::new(),
        channels: Vec::new(),
        limit_minor: None,
    };
    let grants: Vec<Grant> = rights.into_iter().map(grant).collect();
    let one = |number: usize| {
        let new = NewKey {
            name: format!("Client {number}"),
            grants: grants.clone(),
            expires_at: None,
            allowed_ips: Vec::new(),
        };
        let made = keys::create(app, &call(900_000 + number as u64), &new);
        let made = made.map_err(|error| error.to_string())?;
        made.token.map(|token| token.expose().to_owned()).ok_or_else(|| "a key was known".into())
    };
    (0..count).map(one).collect()
}
