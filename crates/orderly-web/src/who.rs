//! Who asks a program's interface: an API key, or the token of a session, in `Authorization`.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use orderly_ops::ops::access::{self, Credential, Secret, keys};
use orderly_ops::{App, Error};

use crate::{Asked, Caller};

/// Finds out who asks, from the request's headers.
pub type Authenticate =
    Arc<dyn Fn(&App, &Asked, &HeaderMap) -> Result<Option<Caller>, Error> + Send + Sync>;

/// Who shows an API key, or the token of a session, in `Authorization`.
///
/// # Errors
/// Where it cannot be found out.
pub fn bearer(app: &App, asked: &Asked, headers: &HeaderMap) -> Result<Option<Caller>, Error> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = value.and_then(|text| text.split_once(' '));
    let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some(token) = shown.map(|(_, token)| Secret::new(token.trim())) else { return Ok(None) };
    let credential = match token.expose().starts_with(keys::START) {
        true => Credential::Key(&token),
        false => Credential::Session(&token),
    };
    match access::authenticate(app, credential, Some(asked.ip), asked.now) {
        Ok(who) => Ok(Some(Caller::of(who, asked))),
        Err(Error::Unauthenticated(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
