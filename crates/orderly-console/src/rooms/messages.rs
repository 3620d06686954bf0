//! Messages: calls and notes that are kept, mail that is sent, the thread of an order or customer.

mod new;
mod page;
mod shortage;

use std::collections::HashMap;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::message::{AboutKind, Direction, Message, MessageKind, MessageState};
use orderly_ops::Error;
use orderly_ops::ops::access;
use orderly_ops::ops::messages::{self, Wanted, outbox};
use orderly_ops::wire::messages::AboutIn;

use super::{Route, customers, get, orders, post};
use crate::fault::capital;
use crate::fields::address;
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, table, words as column};
use crate::parts::timeline::{Entry, timeline};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get("/console/messages", Permission::ReadPii, list),
    get("/console/messages/new", Permission::Message, new::show),
    post("/console/messages/new", Permission::Message, new::send),
    get("/console/messages/shortage", Permission::Message, shortage::show),
    post("/console/messages/shortage", Permission::Message, shortage::tell),
    get("/console/messages/{message}", Permission::ReadPii, page::page),
    post("/console/messages/{message}/{action}", Permission::Message, page::act),
];

const HERE: &str = "/console/messages";
/// Rows of one page, and of one thread.
const ROWS: usize = 50;

/// The address of a message's page.
fn at(message: &Message) -> String {
    format!("{HERE}/{}", message.id)
}

/// The address of the page on which a message is written.
pub fn write(kind: &str, about: (&str, &str), attach: &[&str]) -> String {
    let mut fields = vec![("kind", kind), ("about_kind", about.0), ("about", about.1)];
    fields.extend(attach.iter().map(|one| ("attach", *one)));
    address("/console/messages/new", &fields)
}

type Names = HashMap<[u8; 16], String>;

/// What a message is about, as a link.
fn about(message: &Message, names: &Names) -> Markup {
    let name = names.get(&message.about).map_or("?", String::as_str);
    let text = format!("{} {name}", words::of("about", message.about_kind.code()));
    html! {
        @match message.about_kind {
            AboutKind::Order => a.nowrap href=(orders::at(name)) { (text) },
            AboutKind::Customer | AboutKind::Account => {
                a.nowrap href=(customers::at(name)) { (text) }
            }
            AboutKind::Supplier => (text),
        }
    }
}

/// How a message was said: `E-mail`, `Call from them`, `Note`.
fn said(message: &Message) -> String {
    let way = match (message.kind, message.direction) {
        (MessageKind::Note, _) => "note",
        (MessageKind::Call, Direction::In) => "call_in",
        (MessageKind::Call, _) => "call_out",
        (MessageKind::Email, Direction::In) => "email_in",
        (MessageKind::Email, _) => "email_out",
    };
    words::of("said", way)
}

fn meaning(message: &Message) -> Meaning {
    match message.state {
        MessageState::Sent => Meaning::Good,
        MessageState::Queued => Meaning::Info,
        MessageState::Failed => Meaning::Bad,
        MessageState::Draft => Meaning::Attention,
        MessageState::Logged | MessageState::Canceled => Meaning::Plain,
    }
}

/// Where a message stands; what was only kept stands nowhere.
fn standing(message: &Message) -> Markup {
    html! { @if message.state != MessageState::Logged {
        (state(meaning(message), &words::of("message", message.state.code())))
    } }
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    let only = cx.query.owned("state");
    let before = cx.query.get("before").and_then(|text| text.parse().ok());
    let limit = i64::try_from(ROWS).unwrap_or(50);
    let wanted = Wanted { state: only, before, limit, ..Wanted::default() };
    let found = messages::list(&cx.app, &cx.call, &wanted)?;
    let names = messages::names(&cx.app, &cx.call, &found)?;
    let next = found.last().filter(|_| found.len() == ROWS).map(|last| last.id.to_string());
    let actions = html! {
        @if cx.may(Permission::Message) {
            a.button.main href="/console/messages/new" data-key="n" { (t("messages.new")) }
            a.button href="/console/messages/shortage" { (t("messages.shortage")) }
        }
    };
    let body = html! {
        (parts::head(&html! { (t("room.messages")) }, &[], &actions))
        (views(&saved(cx)))
        (not_set_up(cx)?)
        div #messages data-live {
            @if found.is_empty() {
                (parts::empty(t("messages.none"), t("messages.none_next"), &html! {}))
            } @else { (rows(cx, &found, &names)) }
        }
        (pager(
            cx.query.get("before").map(|_| cx.query.but(HERE, "before", None)).as_deref(),
            next.map(|id| cx.query.but(HERE, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.messages"), body).into())
}

fn saved(cx: &Cx) -> Vec<View> {
    let own = cx.query.text("state");
    let all = ["", "draft", "queued", "failed", "sent", "logged"];
    let one = |code: &str| {
        let fields: Vec<(&str, &str)> =
            [("state", code)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let name = match code {
            "" => t("orders.view.all").to_owned(),
            code => capital(&words::of("message", code)),
        };
        View { href: address(HERE, &fields), name, is_current: own == code }
    };
    all.into_iter().map(one).collect()
}

/// Mail waits while nobody said which server takes it.
fn not_set_up(cx: &Cx) -> Result<Markup, Error> {
    let missing = outbox::sender(&cx.app)?.is_none();
    Ok(html! { @if missing {
        div.notice.attention {
            (t("messages.no_server")) " "
            @if cx.may(Permission::Configure) {
                a href="/console/settings/mail" { (t("messages.set_up")) }
            }
        }
    } })
}

fn rows(cx: &Cx, found: &[Message], names: &Names) -> Markup {
    let row = |one: &Message| {
        let title = if one.subject.is_empty() { first_line(&one.body) } else { &one.subject };
        Line::to(
            at(one),
            vec![
                html! { span.nowrap { (show::time(cx, one.happened_at)) } },
                html! { (said(one)) },
                html! {
                    div.clip { a href=(at(one)) { (title) } }
                    @if let Some(to) = &one.recipient { div.clip.small.muted { (to) } }
                },
                about(one, names),
                standing(one),
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("messages.when")),
        column(t("messages.how")).rank(2),
        column(t("messages.what")),
        column(t("messages.about")).rank(2),
        column(t("orders.state")),
    ];
    table(t("room.messages"), &columns, &lines)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What was said about an order or customer, and the ways to say more; nothing to who may not see
/// people.
pub fn thread(cx: &Cx, kind: &str, name: &str) -> Result<Markup, Error> {
    if !cx.may_see_people() {
        return Ok(html! {});
    }
    let named = |own: &str| (kind == own).then(|| name.to_owned());
    let about =
        AboutIn { order: named("order"), customer: named("customer"), ..AboutIn::default() };
    let wanted = Wanted { about, with_orders: true, limit: 20, ..Wanted::default() };
    let found = messages::list(&cx.app, &cx.call, &wanted)?;
    let names = match kind {
        "order" => Names::new(),
        _ => messages::names(&cx.app, &cx.call, &found)?,
    };
    let actors: Vec<_> = found.iter().map(|one| (one.actor_kind, one.actor)).collect();
    let actors = access::names_of(&cx.app, &cx.call, &actors)?;
    let entry = |one: &Message| Entry {
        at: one.happened_at,
        meaning: meaning(one),
        sentence: sentence(one, &names),
        actor: actors.get(&(one.actor_kind, one.actor)).cloned().unwrap_or_default(),
        details: one
            .body
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(3)
            .map(str::to_owned)
            .collect(),
        reason: None,
        href: Some(at(one)),
        is_shown: false,
    };
    let entries: Vec<Entry> = found.iter().map(entry).collect();
    let body = html! {
        @if entries.is_empty() { p.muted.small.gap { (t("messages.silence")) } }
        @else { (timeline(cx, &entries)) }
    };
    Ok(parts::section_with(t("room.messages"), &ways(cx, kind, name), &body))
}

fn sentence(message: &Message, names: &Names) -> String {
    let mut parts = vec![said(message)];
    if !message.subject.is_empty() {
        parts.push(message.subject.clone());
    }
    if !matches!(message.state, MessageState::Logged | MessageState::Sent) {
        parts.push(words::of("message", message.state.code()));
    }
    if let (AboutKind::Order, Some(number)) = (message.about_kind, names.get(&message.about)) {
        parts.push(words::with("order.title", &[("number", number)]));
    }
    parts.join(" · ")
}

/// The ways to say more.
fn ways(cx: &Cx, kind: &str, name: &str) -> Markup {
    html! { div.actions { @if cx.may(Permission::Message) {
        a.button.plain href=(write("email", (kind, name), &[])) { (t("messages.write")) }
        a.button.plain href=(write("call", (kind, name), &[])) { (t("messages.call")) }
        a.button.plain href=(write("note", (kind, name), &[])) { (t("messages.note")) }
    } } }
}
