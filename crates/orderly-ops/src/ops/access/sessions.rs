//! Signing in and out, and entering the password again.

use std::net::IpAddr;

use orderly_core::access::{Session, User};
use orderly_core::actor::{Actor, ActorKind, Permission, Scope};
use orderly_core::id::{AuditId, IdSource, SessionId, UserId};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::audit::{self, Entry};
use orderly_store::tables::{sessions, users};

use super::throttle::Subjects;
use super::{Identity, Secret, identity_of, roles, secret};
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// What somebody enters to come in.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub email: String,
    pub password: Secret,
    pub from: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// A new session, and the token that is shown to nobody but its browser.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub token: Secret,
    pub identity: Identity,
}

const WRONG: Error = Error::Unauthenticated("the e-mail address or the password is wrong");

/// Starts a session. The answer and its time are the same for addresses that nobody has.
///
/// # Errors
/// `Unauthenticated`; `Throttled` after too many failures.
pub fn sign_in(app: &App, entered: &SignIn, now: Instant, seed: u64) -> Result<SignedIn, Error> {
    let email = entered.email.trim().to_lowercase();
    let subjects = Subjects::new(&email, entered.from);
    subjects.attempt(app, now)?;
    let (user, stored) = app.store.read(|tx| {
        let user = users::by_email(tx, &email)?.filter(|user| user.active);
        let stored = match &user {
            Some(user) => users::secrets(tx, user.id)?,
            None => None,
        };
        Ok::<_, Error>((user, stored))
    })?;
    let hash = stored.as_ref().map(|stored| stored.password_hash.as_str());
    let is_right = secret::is_password(&entered.password, hash)?;
    let note = Note { verb: "access.sign_in", from: entered.from, now, seed };
    let tried = user.as_ref().map_or(UserId::NONE, |user| user.id);
    let (Some(user), Some(stored), true) = (user, stored, is_right) else {
        app.store.write(|tx| note.refused(tx, tried))?;
        return Err(WRONG);
    };
    let token = secret::token("os_")?;
    app.store.write(|tx| {
        // What was checked is still so: a password that was changed meanwhile does not count.
        let now_stored = users::secrets(tx, user.id)?;
        let is_same =
            now_stored.as_ref().is_some_and(|one| one.password_hash == stored.password_hash);
        let user = users::get(tx, user.id)?.filter(|user| user.active && is_same);
        let user = user.ok_or(WRONG)?;
        subjects.succeed(tx)?;
        let session = note.session(&user, entered);
        sessions::insert(tx, &session, token.hash())?;
        note.done(tx, user.id, Some(session.id))?;
        let roles = roles::of(tx, &user)?;
        let identity = identity_of(&user, &roles, Some(&session));
        Ok(SignedIn { token: token.clone(), identity })
    })
}

/// What is written down about an attempt.
struct Note {
    verb: &'static str,
    from: Option<IpAddr>,
    now: Instant,
    seed: u64,
}

impl Note {
    fn session(&self, user: &User, entered: &SignIn) -> Session {
        let mut ids = IdSource::new(self.now, self.seed);
        ids.draw::<AuditId>();
        let agent = entered
            .user_agent
            .as_deref()
            .map(|agent| agent.chars().filter(|c| !c.is_control()).take(200).collect::<String>());
        Session {
            id: ids.draw(),
            user: user.id,
            created_at: self.now,
            seen_at: self.now,
            confirmed_at: self.now,
            revoked_at: None,
            ip: entered.from.map(|ip| ip.to_canonical().to_string()),
            user_agent: agent,
        }
    }

    fn entry(&self, user: UserId) -> Entry {
        let mut ids = IdSource::new(self.now, self.seed);
        let from = self.from.map(|ip| format!("from {}", ip.to_canonical()));
        Entry {
            id: ids.draw(),
            at: self.now,
            actor_kind: ActorKind::User,
            actor: user,
            verb: self.verb.into(),
            object_kind: None,
            object: None,
            key: None,
            refused: None,
            reason: None,
            approved_by: None,
            detail: from,
        }
    }

    fn refused(&self, tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
        let refused = Some("unauthenticated".to_owned());
        Ok(audit::insert(tx, &[Entry { refused, ..self.entry(user) }])?)
    }

    fn done(&self, tx: &mut Tx<'_>, user: UserId, session: Option<SessionId>) -> Result<(), Error> {
        let entry = Entry {
            object_kind: session.map(|_| "session".to_owned()),
            object: session.map(|id| id.as_bytes()),
            ..self.entry(user)
        };
        Ok(audit::insert(tx, &[entry])?)
    }
}

/// Looks at a password that a user enters again: for what asks for it, and to change it.
///
/// # Errors
/// `Unauthenticated`, `Throttled`.
pub(super) fn check_password(
    app: &App,
    user: &User,
    password: &Secret,
    from: Option<IpAddr>,
    (now, seed): (Instant, u64),
) -> Result<(), Error> {
    let subjects = Subjects::new(&user.email, from);
    subjects.attempt(app, now)?;
    let stored = app.store.read(|tx| users::secrets(tx, user.id))?;
    let hash = stored.as_ref().map(|stored| stored.password_hash.as_str());
    if secret::is_password(password, hash)? {
        return app.store.write(|tx| subjects.succeed(tx));
    }
    let seed = seed ^ 0x5eed_0001;
    let note = Note { verb: "access.confirm", from, now, seed };
    app.store.write(|tx| note.refused(tx, user.id))?;
    Err(WRONG)
}

/// Enters the password again: the session may then do what asks for that, for ten minutes.
///
/// # Errors
/// `Unauthenticated`, `Throttled`.
pub fn confirm(
    app: &App,
    identity: &Identity,
    password: &Secret,
    from: Option<IpAddr>,
    (now, seed): (Instant, u64),
) -> Result<(), Error> {
    let session = identity.session.ok_or(WRONG)?;
    let user = app.store.read(|tx| users::get(tx, identity.actor.id))?.ok_or(WRONG)?;
    check_password(app, &user, password, from, (now, seed))?;
    let note = Note { verb: "access.confirm", from, now, seed };
    app.store.write(|tx| {
        sessions::confirm(tx, session, now)?;
        note.done(tx, user.id, Some(session))
    })?;
    app.access.clear();
    Ok(())
}

/// A session that was ended.
impl Object for Session {
    fn reference(&self) -> Reference {
        Reference { kind: "session", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let found = sessions::get(tx, SessionId::from_bytes(id))?;
        found.ok_or_else(|| Error::not_found("such session"))
    }
}

/// Ends a session: one's own, or anybody's with the right to manage users.
///
/// # Errors
/// Where it is somebody else's and the right is missing; `nothing_to_do` where it had ended.
pub fn sign_out(app: &App, call: &Call, id: SessionId) -> Result<Session, Error> {
    let done = command(app, call, "access.sign_out", |tx| {
        let session = sessions::get(tx, id)?;
        let session = session.ok_or_else(|| Error::not_found("such session"))?;
        require_self_or_manager(call, session.user)?;
        if !sessions::revoke(tx, id, call.now)? {
            return Err(Refusal::new(Code::NothingToDo, "the session has ended").into());
        }
        Ok(Session { revoked_at: Some(call.now), ..session })
    });
    app.access.clear();
    done
}

/// Returns the sessions of a user that have not ended, the newest first.
pub fn list(app: &App, call: &Call, user: UserId) -> Result<Vec<Session>, Error> {
    require_self_or_manager(call, user)?;
    let mut all = app.store.read(|tx| sessions::of_user(tx, user))?;
    all.retain(|session| session.is_open(call.now));
    Ok(all)
}

/// Ends every session of a user but, where given, the one he is in.
pub fn revoke_all(app: &App, call: &Call, user: UserId, but: SessionId) -> Result<User, Error> {
    let done = command(app, call, "access.revoke_sessions", |tx| {
        require_self_or_manager(call, user)?;
        let found = users::get(tx, user)?.ok_or_else(|| Error::not_found(user.to_string()))?;
        sessions::revoke_all(tx, user, but, call.now)?;
        Ok(found)
    });
    app.access.clear();
    done
}

pub(super) fn require_self_or_manager(call: &Call, user: UserId) -> Result<(), Error> {
    let Actor { kind, id, .. } = call.actor;
    if kind == ActorKind::User && id == user && !user.is_none() {
        return Ok(());
    }
    call.require(Permission::ManageUsers, Scope::default())
}

/// Deletes sessions that are long over and failures that are long quiet. Returns how many rows.
pub fn clean(app: &App, now: Instant) -> Result<u64, Error> {
    app.store.write(|tx| {
        let ended = sessions::delete_before(tx, now.plus_days(-90))?;
        let quiet = now.plus_micros(-super::throttle::QUIET_MICROS);
        let forgotten = orderly_store::tables::sign_ins::clear_before(tx, quiet)?;
        Ok(ended + forgotten)
    })
}
