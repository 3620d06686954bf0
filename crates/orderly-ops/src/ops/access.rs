//! People and keys: who is let in, with which rights, and who may let others in.

pub mod keys;
pub mod roles;
pub mod secret;
pub mod sessions;
pub mod set_up;
mod throttle;
pub mod users;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use orderly_core::access::{ApiKey, Role, Session, User, role};
use orderly_core::actor::{Actor, ActorKind};
use orderly_core::id::{ApiKeyId, SessionId, UserId};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::{api_keys, sessions as session_rows, users as user_rows};

use crate::{App, Call, Error};
pub use secret::Secret;

/// How long a known caller stays known without a look at the database, in microseconds: what is
/// revoked elsewhere ends here no later. Changes of this process are seen at once.
const CACHE_MICROS: i64 = 5_000_000;
/// Callers kept at once; beyond that the cache starts anew.
const CACHE_MOST: usize = 4_096;
/// How often the use of a session or key is written down, in microseconds.
const SEEN_MICROS: i64 = 60_000_000;

/// What a caller shows.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// The token of a session, from its cookie.
    Session(&'a Secret),
    /// The token of an API key, from the `Authorization` header.
    Key(&'a Secret),
}

/// Who a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub actor: Actor,
    pub name: String,
    /// Of users.
    pub email: Option<String>,
    pub session: Option<SessionId>,
    /// When a user entered his password last.
    pub confirmed_at: Option<Instant>,
}

impl Identity {
    /// A call of this caller, with idempotency keys of his own.
    pub fn call(&self, now: Instant, seed: u64) -> Call {
        let id = orderly_core::access::actor_text(self.actor.kind, self.actor.id);
        let source = id.unwrap_or_else(|| self.actor.kind.code().to_owned());
        let mut call = Call::new(self.actor.clone(), source, now, seed);
        call.confirmed_at = self.confirmed_at;
        call
    }
}

/// Callers that were known a moment ago, by the hash of what they showed.
#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<([u8; 32], Option<IpAddr>), Known>>);

#[derive(Debug, Clone)]
struct Known {
    identity: Identity,
    at: Instant,
    /// Until when the session or key itself is good.
    end: Option<Instant>,
}

impl Cache {
    fn get(&self, key: ([u8; 32], Option<IpAddr>), now: Instant) -> Option<Identity> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&key)?;
        let age = now.micros() - known.at.micros();
        let is_fresh = (0..CACHE_MICROS).contains(&age) && known.end.is_none_or(|end| now < end);
        is_fresh.then(|| known.identity.clone())
    }

    fn put(&self, key: ([u8; 32], Option<IpAddr>), known: Known) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CACHE_MOST {
            all.clear();
        }
        all.insert(key, known);
    }

    /// Forgets everybody: somebody's rights were changed.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Returns who shows a credential from an address.
///
/// # Errors
/// `Unauthenticated` where it is unknown, over, revoked or not good from there: the answer does not
/// say which.
pub fn authenticate(
    app: &App,
    credential: Credential<'_>,
    from: Option<IpAddr>,
    now: Instant,
) -> Result<Identity, Error> {
    let token = match credential {
        Credential::Session(token) | Credential::Key(token) => token,
    };
    let hash = token.hash();
    let cache_key = (hash, from);
    if let Some(identity) = app.access.get(cache_key, now) {
        return Ok(identity);
    }
    let known = match credential {
        Credential::Session(_) => by_session(app, hash, now)?,
        Credential::Key(_) => by_key(app, hash, from, now)?,
    };
    let identity = known.identity.clone();
    app.access.put(cache_key, known);
    Ok(identity)
}

fn unknown() -> Error {
    Error::Unauthenticated("the session or key is unknown, over or revoked: sign in again")
}

fn by_session(app: &App, hash: [u8; 32], now: Instant) -> Result<Known, Error> {
    let (session, user, roles) = app.store.read(|tx| {
        let session = session_rows::by_token(tx, hash)?.filter(|one| one.is_open(now));
        let session = session.ok_or_else(unknown)?;
        let user = user_rows::get(tx, session.user)?.filter(|user| user.active);
        let user = user.ok_or_else(unknown)?;
        let roles = roles::of(tx, &user)?;
        Ok::<_, Error>((session, user, roles))
    })?;
    if now.micros() - session.seen_at.micros() >= SEEN_MICROS {
        app.store.write(|tx| session_rows::see(tx, session.id, now))?;
    }
    let end = session.created_at.plus_micros(orderly_core::access::SESSION_MICROS);
    let identity = identity_of(&user, &roles, Some(&session));
    Ok(Known { identity, at: now, end: Some(end) })
}

fn by_key(app: &App, hash: [u8; 32], from: Option<IpAddr>, now: Instant) -> Result<Known, Error> {
    let key = app.store.read(|tx| api_keys::by_token(tx, hash))?;
    let key = key.filter(|key| key.is_usable(now, from)).ok_or_else(unknown)?;
    if key.used_at.is_none_or(|used| now.micros() - used.micros() >= SEEN_MICROS) {
        app.store.write(|tx| api_keys::use_now(tx, key.id, now))?;
    }
    let end = key.expires_at;
    Ok(Known { identity: identity_of_key(key), at: now, end })
}

fn identity_of(user: &User, roles: &[Role], session: Option<&Session>) -> Identity {
    Identity {
        actor: role::actor(user.id, roles),
        name: user.name.clone(),
        email: Some(user.email.clone()),
        session: session.map(|session| session.id),
        confirmed_at: session.map(|session| session.confirmed_at),
    }
}

fn identity_of_key(key: ApiKey) -> Identity {
    let id = UserId::from_bytes(key.id.as_bytes());
    Identity {
        actor: Actor { kind: ActorKind::ApiKey, id, all: false, grants: key.grants },
        name: key.name,
        email: None,
        session: None,
        confirmed_at: None,
    }
}

/// Returns the names of actors, for timelines and lists; those without one are left out.
pub fn names(
    tx: &mut Tx<'_>,
    actors: impl IntoIterator<Item = (ActorKind, UserId)>,
) -> Result<HashMap<(ActorKind, UserId), String>, Error> {
    let mut names = HashMap::new();
    for (kind, id) in actors {
        if id.is_none() || names.contains_key(&(kind, id)) {
            continue;
        }
        let name = match kind {
            ActorKind::User => user_rows::get(tx, id)?.map(|user| user.name),
            ActorKind::ApiKey => {
                api_keys::get(tx, ApiKeyId::from_bytes(id.as_bytes()))?.map(|key| key.name)
            }
            _ => None,
        };
        names.extend(name.map(|name| ((kind, id), name)));
    }
    Ok(names)
}

/// Returns the names of actors in a snapshot of its own.
///
/// # Errors
/// Where the right to read is missing.
pub fn names_of(
    app: &App,
    call: &Call,
    actors: &[(ActorKind, UserId)],
) -> Result<HashMap<(ActorKind, UserId), String>, Error> {
    call.require(orderly_core::actor::Permission::Read, orderly_core::actor::Scope::default())?;
    app.store.read(|tx| names(tx, actors.iter().copied()))
}
