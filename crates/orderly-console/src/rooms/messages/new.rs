//! Writing a message: what it says is shown as it will be, blanks of a template filled in.

use maud::{Markup, html};
use orderly_core::message::{Attachment, Message, MessageState};
use orderly_ops::Error;
use orderly_ops::ops::messages::{self, templates};
use orderly_ops::wire::messages::{AboutIn, MessageIn};

use super::{HERE, at, not_set_up};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, area, field, select};
use crate::parts::list::{View, views};
use crate::parts::sheet::{Effect, changes};
use crate::rooms::{customers, orders};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault};

const NEW: &str = "/console/messages/new";
const KINDS: [&str; 3] = ["email", "call", "note"];

fn kind(fields: &Fields) -> &'static str {
    let own = fields.text("kind");
    KINDS.into_iter().find(|kind| *kind == own).unwrap_or("email")
}

/// The message that the form says.
fn read(fields: &Fields) -> MessageIn {
    let kind = kind(fields);
    let about = |own: &str| match fields.get("about_kind").unwrap_or("order") {
        chosen if chosen == own => Some(fields.text("about").to_owned()),
        _ => None,
    };
    let attach = fields.all("attach").filter_map(|text| {
        let (kind, of) = text.split_once('.')?;
        Some(Attachment { kind: kind.to_owned(), of: of.to_owned() })
    });
    let is_mail = kind == "email";
    MessageIn {
        about: AboutIn {
            order: about("order"),
            customer: about("customer"),
            supplier: about("supplier"),
            account: about("account"),
        },
        kind: kind.into(),
        direction: (kind == "call").then(|| fields.get("direction").unwrap_or("in").into()),
        to: fields.owned("to").filter(|_| is_mail),
        subject: fields.owned("subject"),
        body: fields.get("body").map(|text| text.replace("\r\n", "\n")),
        template: fields.owned("template").filter(|_| is_mail),
        attachments: if is_mail { attach.collect() } else { Vec::new() },
        draft: fields.text("do") == "draft",
        ..MessageIn::default()
    }
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    Ok(page(cx, &cx.query, None)?.into())
}

pub fn send(cx: &Cx) -> Result<Answer, Error> {
    let wanted = cx.form.text("do");
    if wanted != "send" && wanted != "draft" {
        return Ok(page(cx, &cx.form, None)?.into());
    }
    match cx.command().and_then(|call| messages::add(&cx.app, &call, &read(&cx.form))) {
        Ok(made) => Ok(Answer::Goto(after(&cx.form, &made))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_) | Error::NotFound { .. })) => {
            Ok(page(cx, &cx.form, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

/// Where it goes on: to what the message is about.
fn after(fields: &Fields, made: &Message) -> String {
    let done = match made.state {
        MessageState::Draft => "drafted",
        MessageState::Queued => "mailed",
        _ => "kept",
    };
    let name = fields.text("about");
    let to = match fields.text("about_kind") {
        "order" => orders::at(name),
        "customer" => customers::at(name),
        _ => at(made),
    };
    address(&to, &[("done", done)])
}

/// The fields with the blanks of a template filled in, once for each template that is chosen.
fn filled(cx: &Cx, fields: &Fields) -> (Fields, Option<Error>) {
    let mut out = fields.clone();
    let chosen = fields.text("template").to_owned();
    if kind(fields) != "email" || chosen.is_empty() || chosen == fields.text("filled") {
        return (out, None);
    }
    let blank = MessageIn { subject: None, body: None, ..read(fields) };
    match messages::preview(&cx.app, &cx.call, &blank) {
        Ok(message) => {
            out.0.retain(|(name, _)| !matches!(name.as_str(), "subject" | "body" | "filled"));
            out.0.push(("subject".into(), message.subject));
            out.0.push(("body".into(), message.body));
            out.0.push(("filled".into(), chosen));
            (out, None)
        }
        Err(error) => (out, Some(error)),
    }
}

fn page(cx: &Cx, given: &Fields, error: Option<&Error>) -> Result<Page, Error> {
    let (fields, unfilled) = filled(cx, given);
    let error = error.or(unfilled.as_ref());
    let kind = kind(&fields);
    let title = words::of("write", kind);
    let is_said = fields.get("body").is_some() && fields.get("about").is_some();
    let tried = is_said.then(|| messages::preview(&cx.app, &cx.call, &read(&fields)));
    let refused = tried.as_ref().and_then(|tried| tried.as_ref().err()).or(error);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.messages"))]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if fields.get("attach").is_none() { (views(&kinds(&fields, kind))) }
        @if kind == "email" { (not_set_up(cx)?) }
        @if let Some(error) = error { (fault::notice(error)) }
        form.form.letter method="post" action=(NEW) data-preview[kind == "email"] {
            (form::key(cx))
            (form::hidden("kind", kind))
            (form::hidden("filled", fields.text("filled")))
            button.hidden type="submit" tabindex="-1" data-preview-by { (t("sheet.look")) }
            (about(cx, &fields, refused))
            @match kind {
                "email" => (mail(cx, &fields, refused)?),
                "call" => (call(&fields)),
                _ => {}
            }
            (area("body", &words::of("letter", kind), fields.text("body"), 10))
            @if let Some(text) = wrong_at(refused, "body") { span.bad { "✕ " (text) } }
            div #sheet {
                @if let Some(Ok(message)) = &tried { (changes(&effects(message))) }
                @if let (Some(Err(refusal)), None) = (&tried, error) { (fault::notice(refusal)) }
            }
            (buttons(kind))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn kinds(fields: &Fields, own: &str) -> Vec<View> {
    let about = [("about_kind", fields.text("about_kind")), ("about", fields.text("about"))];
    let one = |kind: &'static str| {
        let mut all = vec![("kind", kind)];
        all.extend(about.into_iter().filter(|(_, value)| !value.is_empty()));
        View { href: address(NEW, &all), name: words::of("write", kind), is_current: kind == own }
    };
    KINDS.into_iter().map(one).collect()
}

fn about(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Markup {
    let kinds: Vec<(String, String)> = ["order", "customer", "supplier", "account"]
        .into_iter()
        .map(|kind| (kind.to_owned(), words::of("about", kind)))
        .collect();
    let chosen = fields.get("about_kind").unwrap_or("order");
    html! {
        div.form.row {
            (select("about_kind", t("messages.about"), chosen, &kinds))
            (field(&Field {
                name: "about", label: t("messages.which"), value: fields.text("about"),
                required: true, focus: cx.query.get("about").is_none() && cx.form.0.is_empty(),
                error: wrong_at(error, "about"), ..Field::default()
            }))
        }
    }
}

fn call(fields: &Fields) -> Markup {
    let ways = ["in", "out"].map(|way| (way.to_owned(), words::of("call", way)));
    select("direction", t("messages.who_called"), fields.text("direction"), &ways)
}

fn mail(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Markup, Error> {
    let mut known = vec![(String::new(), t("messages.own_words").to_owned())];
    let mut all = templates::list(&cx.app, &cx.call)?;
    all.retain(|one| one.active);
    all.dedup_by(|a, b| a.code == b.code);
    known.extend(all.into_iter().map(|one| (one.code, one.name)));
    let text = |name, label, hint| {
        field(&Field {
            name,
            label,
            hint,
            value: fields.text(name),
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    Ok(html! {
        (text("to", t("messages.to"), t("messages.to_hint")))
        @if known.len() > 1 {
            (select("template", t("messages.template"), fields.text("template"), &known))
        }
        (text("subject", t("messages.subject"), ""))
        @for attach in fields.all("attach").filter(|one| !one.is_empty()) {
            @if let Some((kind, of)) = attach.split_once('.') {
                label.check {
                    input type="checkbox" name="attach" value=(attach) checked;
                    (words::with("messages.with", &[
                        ("what", &words::of("attached", kind)), ("of", &of),
                    ]))
                }
            }
        }
        @if fields.get("attach").is_none() && fields.text("about_kind") == "order" {
            @let slip = format!("slip.{}", fields.text("about"));
            @if fields.get("about").is_some() {
                label.check {
                    input type="checkbox" name="attach" value=(slip);
                    (t("messages.with_slip"))
                }
            }
        }
    })
}

/// What sending it will do.
fn effects(message: &Message) -> Vec<Effect> {
    let mut all = Vec::new();
    match &message.recipient {
        Some(to) if message.state != MessageState::Logged => {
            all.push(Effect::new('→', words::with("messages.sends", &[("to", to)]), ""));
        }
        _ => all.push(Effect::new('+', t("messages.keeps"), "")),
    }
    for one in &message.attachments {
        let text = words::with(
            "messages.with",
            &[("what", &words::of("attached", &one.kind)), ("of", &one.of)],
        );
        all.push(Effect::new('+', text, "PDF"));
    }
    all
}

fn buttons(kind: &str) -> Markup {
    html! {
        div.actions {
            @if kind == "email" {
                button.main type="submit" name="do" value="send" data-main {
                    (t("messages.send")) " " kbd { "Ctrl ⏎" }
                }
                button type="submit" name="do" value="draft" { (t("messages.draft")) }
            } @else {
                button.main type="submit" name="do" value="send" data-main {
                    (t("messages.keep")) " " kbd { "Ctrl ⏎" }
                }
            }
        }
    }
}
