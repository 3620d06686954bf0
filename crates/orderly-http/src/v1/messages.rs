//! `/v1/messages` and `/v1/templates`: what was said about orders, customers, suppliers and
//! accounts, and the texts with blanks that mail is made from.

use orderly_core::actor::Permission;
use orderly_core::message::Message;
use orderly_ops::Error;
use orderly_ops::ops::messages::shortage::{Tell, tell};
use orderly_ops::ops::messages::{self as ops, Wanted, templates};
use orderly_ops::wire::messages::{
    AboutIn, MessageEdit, MessageIn, MessageOut, TemplateIn, TemplateOut,
};
use orderly_ops::wire::view::View;
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let (read, send) = (Permission::Read, Permission::Message);
    vec![
        get("/v1/messages", "messages.list", "List messages, the latest first", read, list),
        get("/v1/messages/{message}", "messages.get", "Show a message", read, show),
        create(
            "/v1/messages",
            "messages.create",
            "Write a note, log a call, or send a mail by words of your own or by a template",
            send,
            add,
        ),
        create(
            "/v1/messages/shortage",
            "messages.tell_shortage",
            "Tell a supplier, or who runs the channel, what is missing of an order",
            send,
            tell_shortage,
        ),
        command(
            Verb::Patch,
            "/v1/messages/{message}",
            "messages.update",
            "Change a draft, or a mail that failed",
            send,
            edit,
        ),
        act(
            "/v1/messages/{message}/send",
            "messages.send",
            "Send a draft, or a mail that failed once more",
            send,
            send_it,
        ),
        act(
            "/v1/messages/{message}/cancel",
            "messages.cancel",
            "Give up a mail that is not sent yet",
            send,
            cancel,
        ),
        get("/v1/templates", "templates.list", "List the templates", read, all_templates),
        command(
            Verb::Put,
            "/v1/templates",
            "templates.put",
            "Add a template, or replace the one of its code, channel and language",
            Permission::Configure,
            put,
        )
        .unversioned(),
    ]
}

/// What a message says is a person's: it is hidden from who may not see people.
fn shown(cx: &Cx, message: &Message) -> MessageOut {
    let whole = MessageOut::from(message);
    if View::of(&cx.call.actor).pii {
        return whole;
    }
    let hidden = || "•••".to_owned();
    let to = whole.to.map(|_| hidden());
    MessageOut { to, subject: hidden(), body: hidden(), ..whole }
}

fn done(cx: &Cx, message: &Message) -> Done<MessageOut> {
    Done::of(shown(cx, message)).version(message.version)
}

/// Which messages.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Said {
    /// Only about this order: anything that names one.
    order: Option<String>,
    /// Only about this customer, by number, id or e-mail address.
    customer: Option<String>,
    /// Only about this supplier, by code.
    supplier: Option<String>,
    /// Only about this account, by number.
    account: Option<String>,
    /// `logged`, `draft`, `queued`, `sent`, `failed` or `canceled`.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn list(cx: &Cx, said: Said) -> Result<Done<Page<MessageOut>>, Error> {
    let Said { order, customer, supplier, account, state, after, limit } = said;
    let limit = i64::from(paging::limit(limit));
    let about = AboutIn { order, customer, supplier, account };
    let before = paging::cursor(after.as_deref())?;
    let wanted = Wanted { about, with_orders: false, state, before, limit: limit + 1 };
    let found = ops::list(&cx.app, &cx.call, &wanted)?;
    Ok(Done::of(Page::cut(found, limit, |one| one.id.to_string(), |one| shown(cx, one))))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<MessageOut>, Error> {
    Ok(done(cx, &ops::get(&cx.app, &cx.call, cx.id("message")?)?))
}

fn add(cx: &Cx, body: MessageIn) -> Result<Done<MessageOut>, Error> {
    let message = ops::add(&cx.app, &cx.call, &body)?;
    let at = format!("/v1/messages/{}", message.id);
    Ok(done(cx, &message).at(at))
}

/// What is missing of an order, and whom to tell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShortageIn {
    /// Anything that names an order.
    order: String,
    /// A supplier's code: only what he sells is told. The channel's own contact where absent.
    supplier: Option<String>,
    /// A mail address instead of the partner's own.
    to: Option<String>,
    /// A template instead of Orderly's own words.
    template: Option<String>,
    /// Of the template; `en` where absent.
    language: Option<String>,
}

fn tell_shortage(cx: &Cx, body: ShortageIn) -> Result<Done<MessageOut>, Error> {
    let ShortageIn { order, supplier, to, template, language } = body;
    let message = tell(&cx.app, &cx.call, &Tell { order, supplier, to, template, language })?;
    let at = format!("/v1/messages/{}", message.id);
    Ok(done(cx, &message).at(at))
}

fn edit(cx: &Cx, body: MessageEdit) -> Result<Done<MessageOut>, Error> {
    Ok(done(cx, &ops::edit(&cx.app, &cx.call, cx.id("message")?, &body)?))
}

fn send_it(cx: &Cx, _: Nothing) -> Result<Done<MessageOut>, Error> {
    Ok(done(cx, &ops::send(&cx.app, &cx.call, cx.id("message")?)?))
}

fn cancel(cx: &Cx, _: Nothing) -> Result<Done<MessageOut>, Error> {
    Ok(done(cx, &ops::cancel(&cx.app, &cx.call, cx.id("message")?)?))
}

fn all_templates(cx: &Cx, _: Nothing) -> Result<Done<Page<TemplateOut>>, Error> {
    let found = templates::list(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(found.iter().map(TemplateOut::from).collect(), None)))
}

fn put(cx: &Cx, body: TemplateIn) -> Result<Done<TemplateOut>, Error> {
    Ok(Done::of(TemplateOut::from(&templates::put(&cx.app, &cx.call, &body)?)))
}
