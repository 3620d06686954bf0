//! `/v1/users` and `/v1/sessions`: who may sign in, and who has.

use orderly_core::access::User;
use orderly_core::actor::Permission;
use orderly_core::id::SessionId;
use orderly_ops::call::content_hash;
use orderly_ops::ops::access::Secret;
use orderly_ops::ops::access::sessions::{self, SignIn};
use orderly_ops::ops::access::users::{self, NewUser, UserChange};
use orderly_ops::wire::access::{GrantOut, SessionOut, UserOut};
use orderly_ops::{Call, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::items::ByName;
use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let manage = Permission::ManageUsers;
    vec![
        get("/v1/users", "users.list", "List users by e-mail address", manage, list),
        get("/v1/users/{user}", "users.get", "Show a user by id or e-mail address", manage, show),
        create("/v1/users", "users.create", "Let somebody in, with roles", manage, add),
        command(
            Verb::Patch,
            "/v1/users/{user}",
            "users.update",
            "Change a user's name or roles, stop him or let him in again",
            manage,
            update,
        ),
        command(
            Verb::Put,
            "/v1/users/{user}/password",
            "users.set_password",
            "Give a user another password; his sessions end",
            manage,
            set_password,
        )
        .unversioned(),
        get("/v1/users/{user}/sessions", "users.sessions", "List open sessions", manage, open),
        act("/v1/users/{user}/sign_out", "users.sign_out", "End all sessions", manage, sign_out)
            .unversioned(),
        create(
            "/v1/sessions",
            "sessions.create",
            "Sign in: the token stands where an API key does, for what asks for a person",
            Permission::Read,
            sign_in,
        )
        .open(),
        act(
            "/v1/sessions/{session}/end",
            "sessions.end",
            "End a session: one's own, or anybody's with the right to manage users",
            Permission::Read,
            end,
        )
        .unversioned(),
    ]
}

/// A user who is let in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserIn {
    email: String,
    name: String,
    /// The codes of his roles.
    #[serde(default)]
    roles: Vec<String>,
    /// 12 characters or more; kept as a hash only.
    password: String,
}

/// What is to be different of a user; what is absent stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct UserChangeIn {
    name: Option<String>,
    roles: Option<Vec<String>>,
    /// False stops him: his sessions end, and the API keys that he made.
    active: Option<bool>,
}

/// Another password.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordIn {
    password: String,
}

fn done(user: &User) -> Done<UserOut> {
    Done::of(UserOut::from(user)).version(user.version)
}

/// The call of a request that holds a password: what is kept of the request is made without it.
fn without_password(cx: &Cx, rest: &str) -> Call {
    let request_hash = content_hash(format!("{}\n{rest}", cx.text("user")).as_bytes());
    Call { request_hash, ..cx.call.clone() }
}

fn list(cx: &Cx, wanted: ByName) -> Result<Done<Page<UserOut>>, Error> {
    let (after, limit) = wanted.read();
    let found = users::list(&cx.app, &cx.call, after, limit + 1)?;
    Ok(Done::of(Page::cut(found, limit, |user| user.email.clone(), |user| UserOut::from(user))))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<UserOut>, Error> {
    Ok(done(&users::show(&cx.app, &cx.call, cx.text("user"))?))
}

fn add(cx: &Cx, body: UserIn) -> Result<Done<UserOut>, Error> {
    let UserIn { email, name, roles, password } = body;
    let call = without_password(cx, &format!("{email}\n{name}\n{roles:?}"));
    let new = NewUser { email, name, roles, password: Secret::new(password) };
    let user = users::create(&cx.app, &call, &new)?;
    Ok(done(&user).at(format!("/v1/users/{}", user.id)))
}

fn update(cx: &Cx, body: UserChangeIn) -> Result<Done<UserOut>, Error> {
    let UserChangeIn { name, roles, active } = body;
    let change = UserChange { name, roles, active };
    Ok(done(&users::update(&cx.app, &cx.call, cx.text("user"), &change)?))
}

fn set_password(cx: &Cx, body: PasswordIn) -> Result<Done<UserOut>, Error> {
    let call = without_password(cx, "password");
    let password = Secret::new(body.password);
    Ok(done(&users::set_password(&cx.app, &call, cx.text("user"), &password)?))
}

fn open(cx: &Cx, _: Nothing) -> Result<Done<Page<SessionOut>>, Error> {
    let user = users::show(&cx.app, &cx.call, cx.text("user"))?;
    let found = sessions::list(&cx.app, &cx.call, user.id)?;
    Ok(Done::of(Page::new(found.iter().map(SessionOut::from).collect(), None)))
}

fn sign_out(cx: &Cx, _: Nothing) -> Result<Done<UserOut>, Error> {
    let user = users::show(&cx.app, &cx.finding(), cx.text("user"))?;
    Ok(done(&sessions::revoke_all(&cx.app, &cx.call, user.id, SessionId::NONE)?))
}

/// Who comes in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInIn {
    email: String,
    password: String,
}

/// A session that has begun.
#[derive(Debug, Serialize, JsonSchema)]
struct SignedInOut {
    /// `signed_in`
    object: &'static str,
    /// The session; it ends after 30 minutes of quiet, or 12 hours.
    session: Option<String>,
    /// Shown once: send it as `Authorization: Bearer os_…`.
    token: String,
    name: String,
    email: Option<String>,
    /// Everything may be done, whatever the grants say.
    all: bool,
    grants: Vec<GrantOut>,
}

fn sign_in(cx: &Cx, body: SignInIn) -> Result<Done<SignedInOut>, Error> {
    let SignInIn { email, password } = body;
    let entered =
        SignIn { email, password: Secret::new(password), from: cx.from, user_agent: None };
    let begun = sessions::sign_in(&cx.app, &entered, cx.call.now, cx.call.seed)?;
    let (identity, token) = (begun.identity, begun.token.expose().to_owned());
    let actor = &identity.actor;
    let (all, grants) = (actor.all, actor.grants.iter().map(GrantOut::from).collect());
    Ok(Done::of(SignedInOut {
        object: "signed_in",
        session: identity.session.map(|id| id.to_string()),
        token,
        name: identity.name,
        email: identity.email,
        all,
        grants,
    }))
}

fn end(cx: &Cx, _: Nothing) -> Result<Done<SessionOut>, Error> {
    let ended = sessions::sign_out(&cx.app, &cx.call, cx.id("session")?)?;
    Ok(Done::of(SessionOut::from(&ended)))
}
