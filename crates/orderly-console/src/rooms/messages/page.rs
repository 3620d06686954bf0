//! The page of a message: what was said, to whom, how far it is, and what can be done about it.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::message::{Message, MessageState};
use orderly_ops::Error;
use orderly_ops::ops::access;
use orderly_ops::ops::messages;
use orderly_ops::wire::messages::MessageEdit;

use super::{HERE, about, at, said, standing};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, area, field};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let message = messages::get(&cx.app, &cx.call, cx.id("message")?)?;
    Ok(drawn(cx, &message, None)?.into())
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let before = messages::get(&cx.app, &cx.call, cx.id("message")?)?;
    let action = cx.name("action");
    let done = cx.command().and_then(|call| match action {
        "send" => messages::send(&cx.app, &call, before.id),
        "cancel" => messages::cancel(&cx.app, &call, before.id),
        "edit" => {
            let new = MessageEdit {
                to: cx.form.owned("to"),
                subject: cx.form.owned("subject"),
                body: cx.form.get("body").map(|text| text.replace("\r\n", "\n")),
            };
            messages::edit(&cx.app, &call, before.id, &new)
        }
        _ => Err(Error::not_found("such action")),
    });
    match done {
        Ok(after) => Ok(Answer::Goto(address(&at(&after), &[("done", action)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, &before, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

fn drawn(cx: &Cx, message: &Message, error: Option<&Error>) -> Result<Page, Error> {
    let names = messages::names(&cx.app, &cx.call, std::slice::from_ref(message))?;
    let actors = [(message.actor_kind, message.actor)];
    let actors = access::names_of(&cx.app, &cx.call, &actors)?;
    let title = if message.subject.is_empty() { said(message) } else { message.subject.clone() };
    let mut facts = vec![html! { (said(message)) }, about(message, &names)];
    facts.extend(message.recipient.as_ref().map(|to| html! { (t("messages.to_whom")) " " (to) }));
    facts.push(show::time(cx, message.happened_at));
    facts.extend(actors.values().map(|name| html! { (name) }));
    let open = matches!(message.state, MessageState::Draft | MessageState::Failed);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.messages"))]))
        div #message data-live {
            (parts::head(&html! { (title) }, &facts, &actions(cx, message)))
            @if let Some(done) = cx.query.get("done") {
                div.notice.good role="status" { (words::of("message_done", done)) }
            }
            @if let Some(error) = error { (fault::notice(error)) }
            p.gap { (standing(message))
                @if message.attempts > 0 && message.state != MessageState::Sent {
                    " " span.muted.small {
                        (words::with("messages.attempts", &[("n", &message.attempts)]))
                    }
                }
            }
            @if let Some(why) = &message.last_error {
                div.notice.attention { (t("messages.why_not")) " " (why) }
            }
            @if !open || !cx.may(Permission::Message) { div.said { (message.body) } }
            @for one in &message.attachments {
                p.facts { span { (words::with("messages.with", &[
                    ("what", &words::of("attached", &one.kind)), ("of", &one.of),
                ])) } }
            }
        }
        @if open && cx.may(Permission::Message) { (edit(cx, message, error)) }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn actions(cx: &Cx, message: &Message) -> Markup {
    let button = |action: &str, is_next: bool| {
        html! {
            form method="post" action=(format!("{}/{action}", at(message))) {
                (form::key(cx))
                (form::hidden("version", &message.version.to_string()))
                button.main[is_next] type="submit" { (words::of("message_act", action)) }
            }
        }
    };
    let state = message.state;
    html! { @if cx.may(Permission::Message) {
        @if matches!(state, MessageState::Draft | MessageState::Failed) { (button("send", true)) }
        @if matches!(state, MessageState::Draft | MessageState::Queued | MessageState::Failed) {
            (button("cancel", false))
        }
    } }
}

fn edit(cx: &Cx, message: &Message, error: Option<&Error>) -> Markup {
    let text = |name, label, own: &str| {
        field(&Field {
            name,
            label,
            value: cx.form.get(name).unwrap_or(own),
            error: wrong_at(error, name),
            required: true,
            ..Field::default()
        })
    };
    html! {
        form.form.letter method="post" action=(format!("{}/edit", at(message))) {
            (form::key(cx))
            (form::hidden("version", &message.version.to_string()))
            (text("to", t("messages.to"), message.recipient.as_deref().unwrap_or_default()))
            (text("subject", t("messages.subject"), &message.subject))
            (area(
                "body", &words::of("letter", "email"),
                cx.form.get("body").unwrap_or(&message.body), 12,
            ))
            div.actions {
                button type="submit" data-main { (t("messages.save")) }
            }
        }
    }
}
