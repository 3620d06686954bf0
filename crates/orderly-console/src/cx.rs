//! What a page works with, and what it answers.

use std::collections::HashMap;
use std::str::FromStr;

use maud::Markup;
use orderly_core::actor::{Permission, Scope};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_ops::ops::access::{Identity, Secret};
use orderly_ops::{App, Call, Error};

use crate::Fields;

/// The surroundings of one request for a page.
pub struct Cx {
    pub app: App,
    /// Who asks, once he signed in.
    pub who: Identity,
    /// The token of his session.
    pub session: Secret,
    /// A call without a key: for reading.
    pub call: Call,
    /// The path as it was asked for.
    pub path: String,
    /// What stood in the path's braces, decoded.
    pub names: HashMap<String, String>,
    pub query: Fields,
    pub form: Fields,
    /// The look the browser asked to keep.
    pub look: Look,
    /// The zone in which times are shown, an IANA name.
    pub zone: String,
}

/// How a person wants pages to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// `light`, `dark`; `None` follows the system.
    pub theme: Option<&'static str>,
    /// Whether the rail shows icons only.
    pub narrow: bool,
}

/// One page.
pub struct Page {
    pub status: u16,
    pub title: String,
    pub body: Markup,
    /// Whether it takes the window's whole width: lists.
    pub full: bool,
}

impl Page {
    pub fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { status: 200, title: title.into(), body, full: false }
    }

    /// A page that takes the window's whole width.
    pub fn full(title: impl Into<String>, body: Markup) -> Self {
        Self { full: true, ..Self::new(title, body) }
    }

    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// What a page's function answers.
pub enum Answer {
    Page(Page),
    /// Go on there: after a form was taken.
    Goto(String),
    /// A file: its media type, its name, its bytes.
    File(&'static str, String, Vec<u8>),
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl Cx {
    pub fn now(&self) -> Instant {
        self.call.now
    }

    /// What stood in the path under this name.
    pub fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// The id that stood in the path.
    ///
    /// # Errors
    /// `not_found` where it is none.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        let text = self.name(name);
        let shown: String = text.chars().take(60).collect();
        text.parse().map_err(|_| Error::not_found(format!("object `{shown}`")))
    }

    /// Whether the caller has the right anywhere: what he may do there is checked by the operation.
    pub fn may(&self, permission: Permission) -> bool {
        let actor = &self.who.actor;
        actor.all || actor.grants.iter().any(|grant| grant.permission == permission)
    }

    /// Whether names and addresses of people are shown.
    pub fn may_see_people(&self) -> bool {
        self.who.actor.may(Permission::ReadPii, Scope::default())
    }

    /// The call of a form: its key, so that sending it twice does it once; the version that was
    /// seen; and the reason that was given.
    ///
    /// # Errors
    /// `invalid_field` where the form has no key or a version that is none.
    pub fn command(&self) -> Result<Call, Error> {
        let key = self.form.get("key").filter(|key| key.len() <= 255).ok_or_else(|| {
            Refusal::at(Code::InvalidField, "/key", "the form has no key: load its page again")
        })?;
        // Nothing of a secret is kept, not even a hash that could be guessed at.
        let secret = ["csrf", "password", "old", "server"];
        let kept = self.form.0.iter().filter(|(name, _)| !secret.contains(&name.as_str()));
        let content: String = kept.map(|(name, value)| format!("{name}={value}\n")).collect();
        let content = format!("{}\n{content}", self.path);
        let mut call = self.call.clone().with_key(key, content.as_bytes());
        if let Some(seen) = self.form.get("version") {
            let wrong = || Refusal::at(Code::InvalidField, "/version", "this is no version");
            call.expected_version = Some(seen.parse().map_err(|_| wrong())?);
        }
        call.reason = self.form.owned("reason");
        Ok(call)
    }

    /// The proof of the visitor's sign-in that stands in every form.
    pub fn csrf(&self) -> Secret {
        orderly_ops::ops::access::secret::csrf(&self.session)
    }
}

/// What was refused about a field of a form, for showing beside it.
pub fn wrong_at(error: Option<&Error>, name: &str) -> Option<String> {
    let Some(Error::Refused(refusal)) = error else { return None };
    let own = refusal.issues.iter().find(|issue| issue.pointer.trim_start_matches('/') == name);
    own.map(|issue| issue.detail.clone())
}
