//! Roles: the built-in ones to read, the merchant's own to change.

use maud::{Markup, html};
use orderly_core::access::Role;
use orderly_ops::Error;
use orderly_ops::ops::access::roles::{self, NewRole};

use super::{button, crumbs, done, rights};
use crate::cx::wrong_at;
use crate::fields::{address, segment};
use crate::parts::form::{self, Field, field, send};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault};

const LIST: &str = "/console/settings/roles";

fn at(role: &Role) -> String {
    format!("{LIST}/{}", segment(&role.code))
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let found = roles::list(&cx.app, &cx.call)?;
    let row = |role: &Role| {
        Line::to(
            at(role),
            vec![
                html! { a href=(at(role)) { (role.name) } },
                html! { span.id { (role.code) } },
                html! { (what(role)) },
                html! { @if role.built_in { (state(Meaning::Plain, t("settings.built_in"))) } },
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("settings.role")),
        column(t("customers.code")).rank(2),
        column(t("settings.rights")),
        column("").rank(2),
    ];
    let title = words::of("setting", "roles");
    let new = html! {
        a.button.main href="/console/settings/roles/new" data-key="n" { (t("settings.add_role")) }
    };
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &new))
        (done(cx))
        (table(&title, &columns, &rows))
    };
    Ok(Page::full(title, body).into())
}

fn what(role: &Role) -> String {
    if role.all { t("settings.everything").to_owned() } else { rights::counted(&role.grants) }
}

pub fn show_new(cx: &Cx) -> Result<Answer, Error> {
    Ok(new(cx, None)?.into())
}

fn new(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let title = t("settings.add_role");
    let body = html! {
        (crumbs(Some("roles")))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form.wide method="post" action=(LIST) {
            (form::key(cx))
            (text(
                "code", t("customers.code"), t("settings.code_hint"), cx.form.text("code"), error,
            ))
            (text("name", t("customers.name"), "", cx.form.text("name"), error))
            (rights::boxes(&cx.form, &rights::places(cx)?))
            (send(title, Some(LIST)))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn text(name: &str, label: &str, hint: &str, value: &str, error: Option<&Error>) -> Markup {
    field(&Field {
        name,
        label,
        hint,
        value,
        required: true,
        error: wrong_at(error, name),
        ..Field::default()
    })
}

pub fn create(cx: &Cx) -> Result<Answer, Error> {
    let wanted = |form: &Fields| {
        Ok::<_, Error>(NewRole {
            code: form.text("code").into(),
            name: form.text("name").into(),
            grants: rights::read(form)?,
        })
    };
    let made = wanted(&cx.form)
        .and_then(|new| cx.command().and_then(|call| roles::create(&cx.app, &call, &new)));
    match made {
        Ok(made) => Ok(Answer::Goto(address(&at(&made), &[("done", "added")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(new(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

fn named(cx: &Cx) -> Result<Role, Error> {
    let all = roles::list(&cx.app, &cx.call)?;
    let found = all.into_iter().find(|role| role.code == cx.name("role"));
    found.ok_or_else(|| Error::not_found("such role"))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, &named(cx)?, None)?.into())
}

fn drawn(cx: &Cx, role: &Role, error: Option<&Error>) -> Result<Page, Error> {
    let places = rights::places(cx)?;
    let facts = [html! { span.id { (role.code) } }, html! { (what(role)) }];
    let own = !role.built_in;
    let remove = html! { @if own {
        (button(
            cx, &format!("{}/remove", at(role)), t("settings.remove"), Some(role.version), true,
        ))
    } };
    let body = html! {
        (crumbs(Some("roles")))
        (parts::head(&html! { (role.name) }, &facts, &remove))
        (done(cx))
        @if let Some(error) = error { (fault::notice(error)) }
        @if own && rights::is_even(&role.grants) {
            @let kept = rights::fields(&role.grants, rights::limit);
            @let shown = if cx.form.0.is_empty() { &kept } else { &cx.form };
            form.form.wide method="post" action=(at(role)) {
                (form::key(cx))
                (form::hidden("version", &role.version.to_string()))
                (text("name", t("customers.name"), "",
                    cx.form.get("name").unwrap_or(&role.name), error))
                (rights::boxes(shown, &places))
                p.small.muted { (t("settings.role_hint")) }
                (send(t("messages.save"), Some(LIST)))
            }
        } @else {
            @if role.all { p.gap { (t("settings.all_hint")) } }
            @if own { p.muted.gap { (t("settings.uneven")) } }
            (rights::section(&rights::listed(&role.grants, &places)))
        }
    };
    Ok(Page::new(role.name.clone(), body).with_status(error.map_or(200, fault::status)))
}

pub fn update(cx: &Cx) -> Result<Answer, Error> {
    let role = named(cx)?;
    let ran = rights::read(&cx.form).and_then(|grants| {
        let name = cx.form.text("name").into();
        let new = NewRole { code: role.code.clone(), name, grants };
        roles::update(&cx.app, &cx.command()?, &new)
    });
    match ran {
        Ok(after) => Ok(Answer::Goto(address(&at(&after), &[("done", "changed")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, &role, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

pub fn remove(cx: &Cx) -> Result<Answer, Error> {
    let role = named(cx)?;
    match cx.command().and_then(|call| roles::remove(&cx.app, &call, &role.code)) {
        Ok(_) => Ok(Answer::Goto(address(LIST, &[("done", "removed")]))),
        Err(error @ Error::Refused(_)) => Ok(drawn(cx, &role, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}
