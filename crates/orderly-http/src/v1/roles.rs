//! `/v1/roles` and `/v1/api_keys`: sets of rights with a name, and programs' ways in.

use std::net::IpAddr;

use orderly_core::access::Role;
use orderly_core::actor::{Grant, Permission};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_ops::Error;
use orderly_ops::ops::access::keys::{self, NewKey};
use orderly_ops::ops::access::roles::{self, NewRole};
use orderly_ops::ops::read::catalog as read;
use orderly_ops::wire::access::{ApiKeyOut, GrantIn, RoleOut};
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (users, keys) = (Permission::ManageUsers, Permission::ManageKeys);
    vec![
        get("/v1/roles", "roles.list", "List the roles: the built-in ones first", users, list),
        get("/v1/roles/{role}", "roles.get", "Show a role by its code", users, show),
        create("/v1/roles", "roles.create", "Add a role of your own", users, add),
        command(
            Verb::Put,
            "/v1/roles/{role}",
            "roles.replace",
            "Replace the name and rights of a role of your own; its users sign in again",
            users,
            replace,
        ),
        command(
            Verb::Delete,
            "/v1/roles/{role}",
            "roles.remove",
            "Remove a role of your own that nobody has",
            users,
            remove,
        ),
        get("/v1/api_keys", "api_keys.list", "List API keys as they were made", keys, all_keys),
        create(
            "/v1/api_keys",
            "api_keys.create",
            "Make an API key within your rights; its token is shown once. Takes a session in which \
             the password was entered just now",
            keys,
            make_key,
        )
        .untried(),
        act(
            "/v1/api_keys/{api_key}/revoke",
            "api_keys.revoke",
            "Revoke an API key: it is refused within seconds everywhere",
            keys,
            revoke_key,
        )
        .unversioned(),
    ]
}

/// A role of one's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleIn {
    code: String,
    name: String,
    grants: Vec<GrantIn>,
}

/// What a role is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleChangeIn {
    name: String,
    grants: Vec<GrantIn>,
}

/// A program's way in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApiKeyIn {
    /// What uses it.
    name: String,
    grants: Vec<GrantIn>,
    /// When it ends (RFC 3339); never where absent.
    #[serde(default)]
    expires_at: Option<String>,
    /// The addresses it may be used from; any where empty.
    #[serde(default)]
    allowed_ips: Vec<String>,
}

/// Rights as they are kept: places by their ids.
fn grants(cx: &Cx, stated: &[GrantIn]) -> Result<Vec<Grant>, Error> {
    let finding = cx.finding();
    let locations = read::locations(&cx.app, &finding)?;
    let channels = read::channels(&cx.app, &finding)?;
    let mut all = Vec::with_capacity(stated.len());
    for (index, one) in stated.iter().enumerate() {
        let wrong = |field: &str, code: Code, text: &str| {
            let shown: String = text.chars().take(60).filter(|c| !c.is_control()).collect();
            let detail = format!("there is no `{shown}`");
            Refusal::at(code, format!("/grants/{index}/{field}"), detail)
        };
        let permission = Permission::parse(&one.permission).ok_or_else(|| {
            let known: Vec<&str> = Permission::ALL.iter().map(|one| one.code()).collect();
            wrong("permission", Code::InvalidField, &one.permission).allowed(known.join(", "))
        })?;
        let mut grant = Grant { limit_minor: one.limit_minor, ..Grant::everywhere(permission) };
        for text in &one.locations {
            let known = locations.iter().find(|at| at.code == *text || at.id.to_string() == *text);
            let known = known.ok_or_else(|| wrong("locations", Code::UnknownLocation, text))?;
            grant.locations.push(known.id);
        }
        for text in &one.channels {
            let known = channels.iter().find(|at| at.code == *text || at.id.to_string() == *text);
            let known = known.ok_or_else(|| wrong("channels", Code::UnknownChannel, text))?;
            grant.channels.push(known.id);
        }
        all.push(grant);
    }
    Ok(all)
}

fn done(role: &Role) -> Done<RoleOut> {
    Done::of(RoleOut::from(role)).version(role.version)
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<RoleOut>>, Error> {
    let found = roles::list(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(found.iter().map(RoleOut::from).collect(), None)))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<RoleOut>, Error> {
    let found = roles::list(&cx.app, &cx.call)?;
    let role = found.iter().find(|role| role.code == cx.text("role"));
    Ok(done(role.ok_or_else(|| Error::not_found("role"))?))
}

fn add(cx: &Cx, body: RoleIn) -> Result<Done<RoleOut>, Error> {
    let RoleIn { code, name, grants: stated } = body;
    let new = NewRole { code, name, grants: grants(cx, &stated)? };
    let role = roles::create(&cx.app, &cx.call, &new)?;
    Ok(done(&role).at(format!("/v1/roles/{}", role.code)))
}

/// The role in the path, or that there is none.
fn named(cx: &Cx) -> Result<String, Error> {
    let code = cx.text("role");
    let found = roles::list(&cx.app, &cx.finding())?;
    let known = found.iter().any(|role| role.code == code);
    if known { Ok(code.to_owned()) } else { Err(Error::not_found("role")) }
}

fn replace(cx: &Cx, body: RoleChangeIn) -> Result<Done<RoleOut>, Error> {
    let RoleChangeIn { name, grants: stated } = body;
    let new = NewRole { code: named(cx)?, name, grants: grants(cx, &stated)? };
    Ok(done(&roles::update(&cx.app, &cx.call, &new)?))
}

fn remove(cx: &Cx, _: Nothing) -> Result<Done<RoleOut>, Error> {
    Ok(Done::of(RoleOut::from(&roles::remove(&cx.app, &cx.call, &named(cx)?)?)))
}

/// A page of keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct KeysFrom {
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn all_keys(cx: &Cx, wanted: KeysFrom) -> Result<Done<Page<ApiKeyOut>>, Error> {
    let after = paging::cursor(wanted.after.as_deref())?;
    let limit = i64::from(paging::limit(wanted.limit));
    let after = after.unwrap_or(orderly_core::id::ApiKeyId::NONE);
    let found = keys::list(&cx.app, &cx.call, after, limit + 1)?;
    Ok(Done::of(Page::cut(found, limit, |key| key.id.to_string(), |key| ApiKeyOut::from(key))))
}

fn make_key(cx: &Cx, body: ApiKeyIn) -> Result<Done<ApiKeyOut>, Error> {
    let wrong = |pointer: String, what: &str| Refusal::at(Code::InvalidField, pointer, what);
    let ip = |(index, text): (usize, &String)| {
        let pointer = format!("/allowed_ips/{index}");
        text.parse::<IpAddr>().map_err(|_| wrong(pointer, "this is no address"))
    };
    let allowed_ips = body.allowed_ips.iter().enumerate().map(ip).collect::<Result<_, _>>()?;
    let expires_at = body.expires_at.as_deref().map(Instant::parse).transpose();
    let expires_at = expires_at
        .map_err(|_| wrong("/expires_at".into(), "an instant is written 2026-11-23T10:12:04Z"))?;
    let grants = grants(cx, &body.grants)?;
    let made = keys::create(
        &cx.app,
        &cx.call,
        &NewKey { name: body.name, grants, expires_at, allowed_ips },
    )?;
    let token = made.token.map(|token| token.expose().to_owned());
    Ok(Done::of(ApiKeyOut { token, ..ApiKeyOut::from(&made.key) }))
}

fn revoke_key(cx: &Cx, _: Nothing) -> Result<Done<ApiKeyOut>, Error> {
    Ok(Done::of(ApiKeyOut::from(&keys::revoke(&cx.app, &cx.call, cx.id("api_key")?)?)))
}
