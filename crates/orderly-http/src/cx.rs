//! What a handler works with: the tenant, the call, and what stood in the path.

use std::collections::HashMap;
use std::net::IpAddr;
use std::str::FromStr;

use bytes::Bytes;
use orderly_core::actor::Actor;
use orderly_ops::{App, Call, Error};

/// The surroundings of one request.
pub struct Cx {
    pub app: App,
    pub call: Call,
    /// The address the request came from.
    pub from: Option<IpAddr>,
    /// What stood in the path's braces, decoded.
    pub path: HashMap<String, String>,
    /// The query string as it came.
    pub query: String,
    pub body: Bytes,
    /// The content type without its parameters, in lower case.
    pub media: String,
    /// The last event a reader of a stream has seen: `Last-Event-ID`.
    pub seen_event: Option<String>,
    /// Nothing is to happen: the answer says what would.
    pub dry_run: bool,
    /// How deep JSON may nest.
    pub depth: usize,
}

impl Cx {
    /// A call that finds what a command's path and body name, without asking for the right to read:
    /// the operation itself asks for the right it needs.
    pub fn finding(&self) -> Call {
        Call { actor: Actor::task(), key: None, expected_version: None, ..self.call.clone() }
    }

    /// What stood in the path under this name.
    pub fn text(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The id that stood in the path.
    ///
    /// # Errors
    /// `not_found` where it is none: nothing can have it.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        let text = self.text(name);
        let shown: String = text.chars().take(60).collect();
        text.parse().map_err(|_| Error::not_found(format!("object `{shown}`")))
    }
}
