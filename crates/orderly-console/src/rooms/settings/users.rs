//! Users: who may come in, with which roles; their passwords and sessions.

use maud::{Markup, html};
use orderly_core::access::{Role, User};
use orderly_core::id::SessionId;
use orderly_ops::Error;
use orderly_ops::ops::access::users::{self, NewUser, UserChange};
use orderly_ops::ops::access::{Secret, roles, sessions};

use super::me::sessions_of;
use super::{button, crumbs, done, typed};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, field, send};
use crate::parts::list::pager;
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/settings/users";
/// Rows of one page.
const ROWS: i64 = 100;

fn at(user: &User) -> String {
    format!("{LIST}/{}", user.id)
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let found = users::list(&cx.app, &cx.call, cx.query.text("after"), ROWS)?;
    let all = roles::list(&cx.app, &cx.call)?;
    let full = i64::try_from(found.len()) == Ok(ROWS);
    let next = found.last().filter(|_| full).map(|last| last.email.clone());
    let row = |user: &User| {
        Line::to(
            at(user),
            vec![
                html! { a href=(at(user)) { (user.name) } },
                html! { div.clip { (user.email) } },
                html! { (names(user, &all)) },
                html! {
                    @if user.active { (state(Meaning::Good, t("settings.active"))) }
                    @else { (state(Meaning::Plain, t("settings.stopped"))) }
                },
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("customers.name")),
        column(t("customers.email")).rank(2),
        column(t("settings.roles")),
        column(t("orders.state")),
    ];
    let title = words::of("setting", "users");
    let new = html! {
        a.button.main href="/console/settings/users/new" data-key="n" { (t("settings.add_user")) }
    };
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &new))
        (done(cx))
        (table(&title, &columns, &rows))
        (pager(
            cx.query.get("after").map(|_| LIST),
            next.map(|next| address(LIST, &[("after", &next)])).as_deref(),
        ))
    };
    Ok(Page::full(title, body).into())
}

fn names(user: &User, all: &[Role]) -> String {
    let name = |code: &String| {
        let own = all.iter().find(|role| role.code == *code);
        own.map_or_else(|| code.clone(), |role| role.name.clone())
    };
    user.roles.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn role_boxes(all: &[Role], chosen: &[String]) -> Markup {
    html! {
        fieldset {
            legend { (t("settings.roles")) }
            div.choices {
                @for role in all {
                    label.check {
                        input type="checkbox" name="role" value=(role.code)
                            checked[chosen.contains(&role.code)];
                        (role.name)
                    }
                }
            }
        }
    }
}

fn chosen(cx: &Cx) -> Vec<String> {
    cx.form.all("role").filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

pub fn show_new(cx: &Cx) -> Result<Answer, Error> {
    Ok(new(cx, None)?.into())
}

fn new(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let all = roles::list(&cx.app, &cx.call)?;
    let text = |name, label, kind, hint| {
        field(&Field {
            name,
            label,
            kind,
            hint,
            value: if kind == "password" { "" } else { cx.form.text(name) },
            autocomplete: if kind == "password" { "new-password" } else { "off" },
            required: true,
            focus: name == "name",
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    let title = t("settings.add_user");
    let body = html! {
        (crumbs(Some("users")))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action=(LIST) data-plain {
            (form::key(cx))
            (text("name", t("customers.name"), "text", ""))
            (text("email", t("customers.email"), "email", ""))
            (role_boxes(&all, &chosen(cx)))
            (text("password", t("door.password"), "password", t("settings.first_password")))
            (send(title, Some(LIST)))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

pub fn create(cx: &Cx) -> Result<Answer, Error> {
    let wanted = NewUser {
        email: cx.form.text("email").into(),
        name: cx.form.text("name").into(),
        roles: chosen(cx),
        password: Secret::new(typed(cx, "password")),
    };
    match cx.command().and_then(|call| users::create(&cx.app, &call, &wanted)) {
        Ok(made) => Ok(Answer::Goto(address(&at(&made), &[("done", "added")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(new(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

fn named(cx: &Cx) -> Result<User, Error> {
    users::show(&cx.app, &cx.call, cx.name("user"))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, &named(cx)?, None)?.into())
}

fn drawn(cx: &Cx, user: &User, error: Option<&Error>) -> Result<Page, Error> {
    let all = roles::list(&cx.app, &cx.call)?;
    let open = sessions::list(&cx.app, &cx.call, user.id)?;
    let standing = match user.active {
        true => state(Meaning::Good, t("settings.active")),
        false => state(Meaning::Plain, t("settings.stopped")),
    };
    let facts = [
        standing,
        html! { (user.email) },
        html! {
            (t("settings.since")) " " (show::time(cx, user.created_at))
        },
    ];
    let log = address("/console/settings/audit", &[("actor", &user.id.to_string())]);
    let actions = html! { a.button href=(log) { (t("settings.what_he_did")) } };
    let end = format!("{}/sessions/end", at(user));
    let all_ended = html! { @if !open.is_empty() {
        div.actions { (button(cx, &end, t("settings.end_all"), None, false)) }
    } };
    let sessions = html! {
        @if open.is_empty() { p.muted.gap { (t("settings.no_sessions")) } }
        @else { (sessions_of(cx, &open, &|session| {
            format!("/console/settings/me/sessions/{}/end", session.id)
        })) }
    };
    let body = html! {
        (crumbs(Some("users")))
        (parts::head(&html! { (user.name) }, &facts, &actions))
        (done(cx))
        @if let Some(error) = error { (fault::notice(error)) }
        (change(cx, user, &all, error))
        (parts::section_with(t("settings.sessions"), &all_ended, &sessions))
        (parts::section(t("door.password"), &password_form(cx, user, error)))
    };
    Ok(Page::new(user.name.clone(), body).with_status(error.map_or(200, fault::status)))
}

fn change(cx: &Cx, user: &User, all: &[Role], error: Option<&Error>) -> Markup {
    html! {
        form.form method="post" action=(at(user)) {
            (form::key(cx))
            (form::hidden("version", &user.version.to_string()))
            (field(&Field {
                name: "name", label: t("customers.name"), required: true,
                value: cx.form.get("name").unwrap_or(&user.name), error: wrong_at(error, "name"),
                ..Field::default()
            }))
            (role_boxes(all, &user.roles))
            (form::check("active", t("settings.may_come_in"), user.active))
            p.small.muted { (t("settings.change_hint")) }
            (send(t("messages.save"), None))
        }
    }
}

fn password_form(cx: &Cx, user: &User, error: Option<&Error>) -> Markup {
    html! {
        form.form.gap method="post" action=(format!("{}/password", at(user))) data-plain {
            (form::key(cx))
            (field(&Field {
                name: "password", label: t("settings.new_password"), kind: "password",
                hint: t("settings.set_password_hint"), autocomplete: "new-password",
                required: true, error: wrong_at(error, "password"), ..Field::default()
            }))
            (send(t("settings.set_password"), None))
        }
    }
}

fn finished(cx: &Cx, user: &User, done: &str, ran: Result<User, Error>) -> Result<Answer, Error> {
    match ran {
        Ok(after) => Ok(Answer::Goto(address(&at(&after), &[("done", done)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, user, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

pub fn update(cx: &Cx) -> Result<Answer, Error> {
    let user = named(cx)?;
    let change = UserChange {
        name: cx.form.owned("name"),
        roles: Some(chosen(cx)),
        active: Some(cx.form.is_on("active")),
    };
    let id = user.id.to_string();
    let ran = cx.command().and_then(|call| users::update(&cx.app, &call, &id, &change));
    finished(cx, &user, "changed", ran)
}

pub fn password(cx: &Cx) -> Result<Answer, Error> {
    let user = named(cx)?;
    let new = Secret::new(typed(cx, "password"));
    let mut call = cx.call.clone();
    call.reason = None;
    let ran = users::set_password(&cx.app, &call, &user.id.to_string(), &new);
    finished(cx, &user, "password", ran)
}

pub fn end_all(cx: &Cx) -> Result<Answer, Error> {
    let user = named(cx)?;
    let own = cx.who.session.unwrap_or(SessionId::NONE);
    let ran = cx.command().and_then(|call| sessions::revoke_all(&cx.app, &call, user.id, own));
    finished(cx, &user, "ended_all", ran)
}
