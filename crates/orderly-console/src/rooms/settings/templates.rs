//! Templates of mail: what they say, checked before they are saved.

use maud::{Markup, html};
use orderly_core::message::Template;
use orderly_ops::Error;
use orderly_ops::ops::messages::templates;
use orderly_ops::ops::read::catalog;
use orderly_ops::wire::messages::TemplateIn;

use super::{crumbs, done};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, area, check, field, select, send};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault};

const HERE: &str = "/console/settings/templates";

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, None)?.into())
}

fn drawn(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let found = templates::list(&cx.app, &cx.call)?;
    let chosen = cx.query.get("template").and_then(|id| id.parse().ok());
    let chosen = found.iter().find(|one| Some(one.id) == chosen);
    let title = words::of("setting", "templates");
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("customers.name")),
        column(t("customers.code")).rank(2),
        column(t("messages.subject")).rank(2),
        column(t("orders.state")),
    ];
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &html! {}))
        (done(cx))
        @if found.is_empty() {
            (parts::empty(t("templates.none"), t("templates.none_next"), &html! {}))
        } @else { (table(&title, &columns, &rows)) }
        (parts::section(
            chosen.map_or(t("templates.new"), |one| one.name.as_str()),
            &edit(cx, chosen, error)?,
        ))
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn row(one: &Template) -> Line {
    let href = address(HERE, &[("template", &one.id.to_string())]);
    let standing = match one.active {
        true => state(Meaning::Good, t("templates.in_use")),
        false => state(Meaning::Plain, t("templates.out_of_use")),
    };
    Line::to(
        href.clone(),
        vec![
            html! { a href=(href) { (one.name) } " " span.small.muted { (one.language) } },
            html! { span.id { (one.code) } },
            html! { div.clip { (one.subject) } },
            standing,
        ],
    )
}

fn edit(cx: &Cx, own: Option<&Template>, error: Option<&Error>) -> Result<Markup, Error> {
    let channels = catalog::channels(&cx.app, &cx.call)?;
    let mut all = vec![(String::new(), t("orders.any_channel").to_owned())];
    all.extend(channels.iter().map(|one| (one.code.clone(), one.name.clone())));
    let channel =
        own.and_then(|one| channels.iter().find(|channel| Some(channel.id) == one.channel));
    let channel = channel.map_or("", |one| one.code.as_str());
    let text = |name, label, kept: &str, hint| {
        field(&Field {
            name,
            label,
            hint,
            value: cx.form.get(name).unwrap_or(kept),
            required: name != "name",
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    let kept = |of: fn(&Template) -> &str| own.map_or("", of);
    let active = own.is_none_or(|one| one.active);
    let language = own.map_or("en", |one| one.language.as_str());
    let chosen = cx.form.get("channel").unwrap_or(channel);
    let body = cx.form.get("body").unwrap_or(kept(|one| &one.body));
    Ok(html! {
        @if let Some(error) = error { (fault::notice(error)) }
        form.form.letter.gap method="post" action=(HERE) {
            (form::key(cx))
            div.form.row {
                (text("code", t("customers.code"), kept(|one| &one.code), t("templates.code_hint")))
                (text("language", t("templates.language"), language, ""))
                (select("channel", t("orders.channel"), chosen, &all))
            }
            (text("name", t("customers.name"), kept(|one| &one.name), ""))
            (text("subject", t("messages.subject"), kept(|one| &one.subject), ""))
            (area("body", t("letter.email"), body, 10))
            p.small.muted { (t("templates.blanks")) " "
                code { "{{ order.number }} {{ customer.name }} {{ merchant.name }}" }
            }
            (check("active", t("templates.in_use"), active))
            (send(t("messages.save"), None))
        }
    })
}

pub fn put(cx: &Cx) -> Result<Answer, Error> {
    let new = TemplateIn {
        code: cx.form.text("code").into(),
        channel: cx.form.owned("channel"),
        language: cx.form.owned("language"),
        name: cx.form.owned("name"),
        subject: cx.form.text("subject").into(),
        body: cx.form.text("body").replace("\r\n", "\n"),
        active: Some(cx.form.is_on("active")),
    };
    match cx.command().and_then(|call| templates::put(&cx.app, &call, &new)) {
        Ok(one) => {
            let id = one.id.to_string();
            Ok(Answer::Goto(address(HERE, &[("template", &id), ("done", "changed")])))
        }
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(drawn(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}
