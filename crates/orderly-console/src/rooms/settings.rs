//! Settings: who comes in with which rights, programs' keys, webhooks, mail, and who did what.

mod audit;
mod keys;
mod mail;
mod me;
mod rights;
mod roles;
mod templates;
mod users;
mod webhooks;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_ops::Error;

use super::{Route, get, post};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, parts};

const P_USERS: Permission = Permission::ManageUsers;
const P_KEYS: Permission = Permission::ManageKeys;
const P_CONFIGURE: Permission = Permission::Configure;

pub const ROUTES: &[Route] = &[
    get(HERE, Permission::Read, index),
    get("/console/settings/me", Permission::Read, me::page),
    post("/console/settings/me/password", Permission::Read, me::password),
    post("/console/settings/me/sessions/{session}/end", Permission::Read, me::end),
    get("/console/settings/users", P_USERS, users::list),
    post("/console/settings/users", P_USERS, users::create),
    get("/console/settings/users/new", P_USERS, users::show_new),
    get("/console/settings/users/{user}", P_USERS, users::page),
    post("/console/settings/users/{user}", P_USERS, users::update),
    post("/console/settings/users/{user}/password", P_USERS, users::password),
    post("/console/settings/users/{user}/sessions/end", P_USERS, users::end_all),
    get("/console/settings/roles", P_USERS, roles::list),
    post("/console/settings/roles", P_USERS, roles::create),
    get("/console/settings/roles/new", P_USERS, roles::show_new),
    get("/console/settings/roles/{role}", P_USERS, roles::page),
    post("/console/settings/roles/{role}", P_USERS, roles::update),
    post("/console/settings/roles/{role}/remove", P_USERS, roles::remove),
    get("/console/settings/keys", P_KEYS, keys::list),
    post("/console/settings/keys", P_KEYS, keys::create),
    get("/console/settings/keys/new", P_KEYS, keys::show_new),
    post("/console/settings/keys/{key}/revoke", P_KEYS, keys::revoke),
    get("/console/settings/webhooks", P_CONFIGURE, webhooks::list),
    post("/console/settings/webhooks", P_CONFIGURE, webhooks::create),
    get("/console/settings/webhooks/new", P_CONFIGURE, webhooks::show_new),
    get("/console/settings/webhooks/{webhook}", P_CONFIGURE, webhooks::page),
    post("/console/settings/webhooks/{webhook}/do/{action}", P_CONFIGURE, webhooks::act),
    post("/console/settings/dispatches/{dispatch}/{action}", P_CONFIGURE, webhooks::dispatch),
    get("/console/settings/mail", P_CONFIGURE, mail::page),
    post("/console/settings/mail", P_CONFIGURE, mail::set),
    get("/console/settings/templates", P_CONFIGURE, templates::page),
    post("/console/settings/templates", P_CONFIGURE, templates::put),
    get("/console/settings/audit", Permission::ReadAudit, audit::page),
];

const HERE: &str = "/console/settings";

/// What there is to set, as far as one may.
const ROOMS: [(&str, &str, Permission); 8] = [
    ("me", "/console/settings/me", Permission::Read),
    ("users", "/console/settings/users", P_USERS),
    ("roles", "/console/settings/roles", P_USERS),
    ("keys", "/console/settings/keys", P_KEYS),
    ("webhooks", "/console/settings/webhooks", P_CONFIGURE),
    ("mail", "/console/settings/mail", P_CONFIGURE),
    ("templates", "/console/settings/templates", P_CONFIGURE),
    ("audit", "/console/settings/audit", Permission::ReadAudit),
];

fn index(cx: &Cx) -> Result<Answer, Error> {
    let body = html! {
        (parts::head(&html! { (t("room.settings")) }, &[], &html! {}))
        ul.needs data-rows {
            @for (name, href, _) in ROOMS.iter().filter(|(.., right)| cx.may(*right)) {
                li data-href=(href) {
                    div.what {
                        a href=(href) { strong { (words::of("setting", name)) } }
                        span.small { (words::of("setting_hint", name)) }
                    }
                }
            }
        }
    };
    Ok(Page::new(t("room.settings"), body).into())
}

/// The way back to the settings, and to one of them.
fn crumbs(of: Option<&str>) -> Markup {
    let own = of.and_then(|name| ROOMS.iter().find(|(own, ..)| *own == name));
    match own {
        None => parts::crumbs(&[(HERE, t("room.settings"))]),
        Some((name, href, _)) => {
            parts::crumbs(&[(HERE, t("room.settings")), (href, &words::of("setting", name))])
        }
    }
}

/// What was just done, as the address says.
fn done(cx: &Cx) -> Markup {
    html! { @if let Some(done) = cx.query.get("done") {
        div.notice.good role="status" { (words::of("setting_done", done)) }
    } }
}

/// A secret that is shown this once.
fn secret(label: &str, value: &str) -> Markup {
    html! {
        div.notice.attention role="status" {
            strong { (label) }
            p { (t("settings.once")) }
            p { code.secret { (value) } }
        }
    }
}

/// A password as it was typed: not trimmed.
fn typed(cx: &Cx, name: &str) -> String {
    let found = cx.form.0.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// A form of one button.
fn button(cx: &Cx, action: &str, text: &str, version: Option<i64>, is_grave: bool) -> Markup {
    html! {
        form method="post" action=(action) {
            (parts::form::key(cx))
            @if let Some(version) = version {
                (parts::form::hidden("version", &version.to_string()))
            }
            button.grave[is_grave] type="submit" { (text) }
        }
    }
}
