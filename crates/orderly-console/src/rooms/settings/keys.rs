//! Keys of programs: what each may do, made and shown once, revoked at any time.

use std::net::IpAddr;

use maud::{Markup, html};
use orderly_core::access::ApiKey;
use orderly_core::id::ApiKeyId;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::access::keys::{self, NewKey};

use super::{button, crumbs, done, rights, secret};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, field, send};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/settings/keys";
const NEW: &str = "/console/settings/keys/new";

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    Ok(listed(cx, &html! {})?.into())
}

fn listed(cx: &Cx, above: &Markup) -> Result<Page, Error> {
    let mut found = keys::list(&cx.app, &cx.call, ApiKeyId::NONE, 1_000)?;
    found.reverse();
    let row = |key: &ApiKey| {
        let revoke = format!("{LIST}/{}/revoke", key.id);
        let open = key.revoked_at.is_none();
        Line::new(vec![
            html! { (key.name) div.small.muted.id { (key.start) "…" } },
            html! { (rights::counted(&key.grants)) },
            show::time(cx, key.created_at),
            html! {
                @match key.used_at {
                    Some(at) => (show::time(cx, at)),
                    None => span.muted { (t("settings.never")) },
                }
            },
            standing(cx, key),
            html! { @if open { (button(cx, &revoke, t("settings.revoke"), None, true)) } },
        ])
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("customers.name")),
        column(t("settings.rights")).rank(2),
        column(t("settings.made")).rank(3),
        column(t("settings.used")).rank(2),
        column(t("orders.state")),
        column(""),
    ];
    let title = words::of("setting", "keys");
    let new = html! { a.button.main href=(NEW) data-key="n" { (t("settings.add_key")) } };
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &new))
        (done(cx))
        (above)
        @if rows.is_empty() {
            (parts::empty(t("settings.no_keys"), t("settings.no_keys_next"), &html! {}))
        } @else { (table(&title, &columns, &rows)) }
    };
    Ok(Page::full(title, body))
}

fn standing(cx: &Cx, key: &ApiKey) -> Markup {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => state(Meaning::Plain, t("settings.revoked")),
        (None, Some(end)) if end <= cx.now() => state(Meaning::Plain, t("settings.over")),
        (None, Some(end)) => {
            let day = show::day(end.day_in(&cx.zone), show::today(cx));
            state(Meaning::Good, &words::with("settings.good_until", &[("day", &day)]))
        }
        (None, None) => state(Meaning::Good, t("settings.good")),
    }
}

pub fn show_new(cx: &Cx) -> Result<Answer, Error> {
    // Who has not entered his password just now does so first, before the form is filled in.
    if cx.call.require_password_now().is_err() {
        return Ok(Answer::Goto(address("/console/confirm", &[("next", NEW)])));
    }
    Ok(new(cx, None)?.into())
}

fn new(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let title = t("settings.add_key");
    let one = |name, label, kind, hint| {
        field(&Field {
            name,
            label,
            kind,
            hint,
            value: cx.form.text(name),
            required: name == "name",
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    let body = html! {
        (crumbs(Some("keys")))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form.wide method="post" action=(LIST) {
            (form::key(cx))
            (one("name", t("settings.key_name"), "text", t("settings.key_name_hint")))
            (one("expires_on", t("settings.expires_on"), "date", t("settings.expires_hint")))
            (one("allowed_ips", t("settings.allowed_ips"), "text", t("settings.ips_hint")))
            (rights::boxes(&cx.form, &rights::places(cx)?))
            (send(title, Some(LIST)))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn read(cx: &Cx) -> Result<NewKey, Error> {
    let until = cx.form.get("expires_on").map(Day::parse).transpose()?;
    let texts = cx.form.text("allowed_ips").split([',', ' ']).filter(|text| !text.is_empty());
    let allowed_ips: Result<Vec<IpAddr>, _> = texts.map(str::parse).collect();
    let wrong = |_| {
        let detail = "these are no IP addresses with commas between";
        Error::from(Refusal::at(Code::InvalidField, "/allowed_ips", detail))
    };
    Ok(NewKey {
        name: cx.form.text("name").into(),
        grants: rights::read(&cx.form)?,
        expires_at: until.map(|day| day.plus_days(1).start_in(&cx.zone)),
        allowed_ips: allowed_ips.map_err(wrong)?,
    })
}

pub fn create(cx: &Cx) -> Result<Answer, Error> {
    let made = read(cx).and_then(|new| keys::create(&cx.app, &cx.command()?, &new));
    match made {
        Ok(made) => {
            let above = match &made.token {
                Some(token) => secret(
                    &words::with("settings.key_made", &[("name", &made.key.name)]),
                    token.expose(),
                ),
                // The form was sent twice: the key is there, and was shown.
                None => html! { div.notice { (t("settings.shown_before")) } },
            };
            Ok(listed(cx, &above)?.into())
        }
        Err(error) if error.refused() == Some(Code::StepUpRequired) => Err(error),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(new(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

pub fn revoke(cx: &Cx) -> Result<Answer, Error> {
    let id = cx.id("key")?;
    match cx.command().and_then(|call| keys::revoke(&cx.app, &call, id)) {
        Ok(_) => Ok(Answer::Goto(address(LIST, &[("done", "revoked")]))),
        Err(error @ Error::Refused(_)) => {
            Ok(listed(cx, &fault::notice(&error))?.with_status(fault::status(&error)).into())
        }
        Err(error) => Err(error),
    }
}
