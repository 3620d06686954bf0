//! Telling partners what is missing: a supplier who sells it, or whoever runs the channel.

use maud::html;
use orderly_core::message::Message;
use orderly_ops::Error;
use orderly_ops::ops::messages::shortage::{self, Tell};
use orderly_ops::ops::suppliers;

use super::{HERE, at, not_set_up};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{Field, field, select};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault};

const PATH: &str = "/console/messages/shortage";

fn read(fields: &Fields) -> Tell {
    Tell {
        order: fields.text("order").to_owned(),
        supplier: fields.owned("supplier"),
        to: fields.owned("to"),
        ..Tell::default()
    }
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    Ok(page(cx, &cx.query, None)?.into())
}

pub fn tell(cx: &Cx) -> Result<Answer, Error> {
    match cx.command().and_then(|call| shortage::tell(&cx.app, &call, &read(&cx.form))) {
        Ok(made) => Ok(Answer::Goto(address(&at(&made), &[("done", "send")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_) | Error::NotFound { .. })) => {
            Ok(page(cx, &cx.form, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

fn page(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Page, Error> {
    let mut partners = vec![(String::new(), t("messages.channel").to_owned())];
    let known = suppliers::list(&cx.app, &cx.call, "", 1_000)?;
    partners.extend(known.into_iter().map(|one| (one.code, one.name)));
    let asked = fields.get("order").is_some();
    let tried = asked.then(|| shortage::tell(&cx.app.rehearsal(), &cx.call, &read(fields)));
    let refused = tried.as_ref().and_then(|tried| tried.as_ref().err()).or(error);
    let text = |name, label, hint| {
        field(&Field {
            name,
            label,
            hint,
            value: fields.text(name),
            error: wrong_at(refused, name),
            ..Field::default()
        })
    };
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.messages"))]))
        (parts::head(&html! { (t("messages.shortage")) }, &[], &html! {}))
        (not_set_up(cx)?)
        @if let Some(error) = error { (fault::notice(error)) }
        form.form action=(PATH) data-preview {
            (text("order", t("orders.order"), ""))
            (select("supplier", t("messages.partner"), fields.text("supplier"), &partners))
            (text("to", t("messages.to"), t("messages.partner_hint")))
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
        @match &tried {
            Some(Ok(message)) => {
                (sheet(cx, &Sheet {
                    title: t("sheet.title"),
                    effects: &effects(message),
                    action: PATH,
                    fields,
                    version: None,
                    confirm: t("messages.send"),
                    is_grave: false,
                    back: HERE,
                }))
                (parts::section(&message.subject, &html! { div.said { (message.body) } }))
            }
            Some(Err(refusal)) if error.is_none() => div #sheet { (fault::notice(refusal)) },
            _ => div #sheet {},
        }
    };
    Ok(Page::new(t("messages.shortage"), body).with_status(error.map_or(200, fault::status)))
}

fn effects(message: &Message) -> Vec<Effect> {
    let to = message.recipient.as_deref().unwrap_or_default();
    vec![Effect::new('→', words::with("messages.sends", &[("to", &to)]), "")]
}
