//! Webhooks: the addresses that are told of events, what arrived there and what did not.

use maud::{Markup, html};
use orderly_core::id::DispatchId;
use orderly_core::webhook::{Dispatch, DispatchState, Webhook, WebhookState};
use orderly_ops::Error;
use orderly_ops::ops::webhooks::dispatches::{self, Wanted};
use orderly_ops::ops::webhooks::{self, Shown};
use orderly_ops::wire::webhooks::WebhookIn;

use super::{button, crumbs, done, rights, secret};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, area, check, field, send};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/settings/webhooks";
const NEW: &str = "/console/settings/webhooks/new";
/// Dispatches of one page.
const ROWS: usize = 50;

fn at(webhook: &Webhook) -> String {
    format!("{LIST}/{}", webhook.id)
}

fn standing(cx: &Cx, webhook: &Webhook) -> Markup {
    let paused = webhook.paused_until.is_some_and(|until| until > cx.now());
    match webhook.state {
        WebhookState::Active if paused => state(Meaning::Bad, t("webhooks.paused")),
        WebhookState::Active if webhook.failures > 0 => {
            state(Meaning::Attention, &words::with("webhooks.fails", &[("n", &webhook.failures)]))
        }
        WebhookState::Active => state(Meaning::Good, t("webhooks.on")),
        WebhookState::Inactive => state(Meaning::Plain, t("webhooks.off")),
        WebhookState::Deleted => state(Meaning::Plain, t("webhooks.deleted")),
    }
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let mut found = webhooks::list(&cx.app, &cx.call)?;
    found.retain(|one| one.state != WebhookState::Deleted);
    let row = |one: &Webhook| {
        Line::to(
            at(one),
            vec![
                html! {
                    div.clip { a href=(at(one)) { (one.url) } }
                    @if !one.description.is_empty() {
                        div.small.muted.clip { (one.description) }
                    }
                },
                html! { div.clip { (kinds(one)) } },
                standing(cx, one),
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("webhooks.address")),
        column(t("webhooks.events")).rank(2),
        column(t("orders.state")),
    ];
    let title = words::of("setting", "webhooks");
    let new = html! { a.button.main href=(NEW) data-key="n" { (t("webhooks.add")) } };
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[], &new))
        (done(cx))
        @if rows.is_empty() {
            (parts::empty(t("webhooks.none"), t("webhooks.none_next"), &html! {}))
        } @else { (table(&title, &columns, &rows)) }
    };
    Ok(Page::full(title, body).into())
}

fn kinds(one: &Webhook) -> String {
    if one.types.is_empty() { t("webhooks.every").to_owned() } else { one.types.join(", ") }
}

pub fn show_new(cx: &Cx) -> Result<Answer, Error> {
    Ok(new(cx, None)?.into())
}

fn new(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let title = t("webhooks.add");
    let places = rights::places(cx)?;
    let channels = places.channels.iter().map(|one| (one.code.as_str(), one.name.as_str()));
    let locations = places.locations.iter().map(|one| (one.code.as_str(), one.name.as_str()));
    let body = html! {
        (crumbs(Some("webhooks")))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action=(LIST) {
            (form::key(cx))
            (field(&Field {
                name: "url", label: t("webhooks.address"), kind: "url", required: true,
                value: cx.form.text("url"), hint: t("webhooks.address_hint"), focus: true,
                error: wrong_at(error, "url"), ..Field::default()
            }))
            (field(&Field {
                name: "description", label: t("webhooks.description"),
                value: cx.form.text("description"), error: wrong_at(error, "description"),
                ..Field::default()
            }))
            (area("types", t("webhooks.events"), cx.form.text("types"), 3))
            p.small.muted { (t("webhooks.events_hint")) }
            (only(cx, "channel", t("settings.only_through"), channels))
            (only(cx, "location", t("settings.only_at"), locations))
            (check("thin", t("webhooks.thin"), cx.form.is_on("thin")))
            (send(title, Some(LIST)))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn only<'a>(
    cx: &Cx,
    name: &str,
    label: &str,
    all: impl Iterator<Item = (&'a str, &'a str)>,
) -> Markup {
    html! {
        fieldset {
            legend { (label) }
            div.choices { @for (code, text) in all {
                label.check {
                    input type="checkbox" name=(name) value=(code)
                        checked[cx.form.all(name).any(|own| own == code)];
                    (text)
                }
            } }
        }
    }
}

pub fn create(cx: &Cx) -> Result<Answer, Error> {
    let all = |name: &str| -> Vec<String> {
        cx.form.all(name).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    let types = cx.form.text("types").split([',', ' ', '\n', '\r']);
    let wanted = WebhookIn {
        url: cx.form.owned("url"),
        description: cx.form.owned("description"),
        types: Some(types.filter(|text| !text.is_empty()).map(str::to_owned).collect()),
        channels: Some(all("channel")),
        locations: Some(all("location")),
        thin: Some(cx.form.is_on("thin")),
        ..WebhookIn::default()
    };
    match cx.command().and_then(|call| webhooks::create(&cx.app, &call, &wanted)) {
        Ok(made) => shown(cx, &made),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(new(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

/// The page of a webhook with its secret, this once.
fn shown(cx: &Cx, made: &Shown) -> Result<Answer, Error> {
    let above = match &made.secret {
        Some(text) => secret(t("webhooks.secret"), text),
        None => html! { div.notice { (t("settings.shown_before")) } },
    };
    Ok(drawn(cx, &made.webhook, &above)?.into())
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let webhook = webhooks::get(&cx.app, &cx.call, cx.id("webhook")?)?;
    Ok(drawn(cx, &webhook, &html! {})?.into())
}

fn drawn(cx: &Cx, webhook: &Webhook, above: &Markup) -> Result<Page, Error> {
    let title = webhook.url.clone();
    let mut facts = vec![standing(cx, webhook), html! { (kinds(webhook)) }];
    if !webhook.description.is_empty() {
        facts.push(html! { (webhook.description) });
    }
    facts.push(match webhook.proven_at {
        Some(_) => html! { (t("webhooks.proven")) },
        None => html! { (t("webhooks.unproven")) },
    });
    let body = html! {
        (crumbs(Some("webhooks")))
        div #webhook data-live {
            (parts::head(&html! { span.wrap { (title) } }, &facts, &actions(cx, webhook)))
            (done(cx))
            (above)
            @if let Some(why) = &webhook.disabled_reason {
                div.notice.bad { (t("webhooks.disabled")) " " (why) }
            }
            (dispatched(cx, webhook)?)
        }
    };
    Ok(Page::full(title, body))
}

fn actions(cx: &Cx, webhook: &Webhook) -> Markup {
    let act = |action: &str, is_grave| {
        let path = format!("{}/do/{action}", at(webhook));
        let text = words::of("webhook_act", action);
        button(cx, &path, &text, Some(webhook.version), is_grave)
    };
    let on = webhook.state == WebhookState::Active;
    html! {
        @if on { (act("test", false)) (act("rotate", false)) (act("stop", false)) }
        @else { (act("start", false)) }
        (act("replay", false))
        (act("delete", true))
    }
}

fn dispatched(cx: &Cx, webhook: &Webhook) -> Result<Markup, Error> {
    let only = cx.query.get("state").and_then(DispatchState::parse);
    let before: Option<DispatchId> = cx.query.get("before").and_then(|text| text.parse().ok());
    let wanted = Wanted { webhook: Some(webhook.id), state: only, stream: None, before };
    let limit = i64::try_from(ROWS).unwrap_or(50);
    let found = dispatches::list(&cx.app, &cx.call, &wanted, limit)?;
    let counts = dispatches::counts(&cx.app, &cx.call, webhook.id)?;
    let here = at(webhook);
    let mut all = vec![View {
        href: here.clone(),
        name: t("orders.view.all").to_owned(),
        is_current: only.is_none(),
    }];
    all.extend(DispatchState::ALL.iter().map(|state| {
        let count = counts.iter().find(|(own, _)| own == state).map_or(0, |(_, count)| *count);
        View {
            href: address(&here, &[("state", state.code())]),
            name: format!(
                "{} {}",
                fault::capital(&words::of("dispatch", state.code())),
                show::count(count)
            ),
            is_current: only == Some(*state),
        }
    }));
    let next = found.last().filter(|_| found.len() == ROWS).map(|last| last.id.to_string());
    let body = html! {
        (views(&all))
        @if found.is_empty() {
            (parts::empty(t("webhooks.nothing"), t("webhooks.nothing_next"), &html! {}))
        } @else { (rows(cx, &found)) }
        (pager(
            before.map(|_| cx.query.but(&here, "before", None)).as_deref(),
            next.map(|id| cx.query.but(&here, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(parts::section(t("webhooks.dispatches"), &body))
}

fn rows(cx: &Cx, found: &[Dispatch]) -> Markup {
    let act = |one: &Dispatch, action: &str| {
        let path = format!("/console/settings/dispatches/{}/{action}", one.id);
        button(cx, &path, &words::of("dispatch_act", action), None, false)
    };
    let row = |one: &Dispatch| {
        let meaning = match one.state {
            DispatchState::Done => Meaning::Good,
            DispatchState::Dead => Meaning::Bad,
            DispatchState::Waiting if one.attempts > 0 => Meaning::Attention,
            DispatchState::Waiting => Meaning::Info,
            DispatchState::Skipped => Meaning::Plain,
        };
        let said = one.last_error.clone().or(one.last_status.map(|status| status.to_string()));
        Line::new(vec![
            html! { span.nowrap { (show::time(cx, one.created_at)) } },
            html! { span.id { (one.kind) } },
            state(meaning, &words::of("dispatch", one.state.code())),
            html! { (one.attempts) },
            html! { div.clip.small { (said.unwrap_or_default()) } },
            html! { div.actions {
                @if one.state != DispatchState::Waiting { (act(one, "replay")) }
                @if matches!(one.state, DispatchState::Dead | DispatchState::Waiting) {
                    (act(one, "skip"))
                }
            } },
        ])
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("messages.when")).rank(2),
        column(t("webhooks.event")),
        column(t("orders.state")),
        column(t("webhooks.attempts")).rank(3),
        column(t("webhooks.answer")).rank(2),
        column(""),
    ];
    table(t("webhooks.dispatches"), &columns, &lines)
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let id = cx.id("webhook")?;
    let before = webhooks::get(&cx.app, &cx.call, id)?;
    let action = cx.name("action");
    let ran = cx.command().and_then(|mut call| {
        let active = |on| WebhookIn { active: Some(on), ..WebhookIn::default() };
        match action {
            "start" => webhooks::update(&cx.app, &call, id, &active(true)).map(|_| None),
            "stop" => webhooks::update(&cx.app, &call, id, &active(false)).map(|_| None),
            "delete" => webhooks::delete(&cx.app, &call, id).map(|_| None),
            "rotate" => webhooks::rotate(&cx.app, &call, id).map(Some),
            "test" => {
                call.expected_version = None;
                dispatches::test(&cx.app, &call, id).map(|_| None)
            }
            "replay" => {
                call.expected_version = None;
                dispatches::replay_after(&cx.app, &call, id, 0, false).map(|_| None)
            }
            _ => Err(Error::not_found("such action")),
        }
    });
    match ran {
        Ok(Some(made)) => shown(cx, &made),
        Ok(None) if action == "delete" => Ok(Answer::Goto(address(LIST, &[("done", "removed")]))),
        Ok(None) => Ok(Answer::Goto(address(&at(&before), &[("done", action)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            let page = drawn(cx, &before, &fault::notice(&error))?;
            Ok(page.with_status(fault::status(&error)).into())
        }
        Err(error) => Err(error),
    }
}

pub fn dispatch(cx: &Cx) -> Result<Answer, Error> {
    let id: DispatchId = cx.id("dispatch")?;
    let before = dispatches::get(&cx.app, &cx.call, id)?;
    let webhook = webhooks::get(&cx.app, &cx.call, before.webhook)?;
    let action = cx.name("action");
    let ran = cx.command().and_then(|call| match action {
        "replay" => dispatches::replay(&cx.app, &call, id),
        "skip" => dispatches::skip(&cx.app, &call, id),
        _ => Err(Error::not_found("such action")),
    });
    match ran {
        Ok(_) => Ok(Answer::Goto(address(&at(&webhook), &[("done", action)]))),
        Err(error @ Error::Refused(_)) => {
            let page = drawn(cx, &webhook, &fault::notice(&error))?;
            Ok(page.with_status(fault::status(&error)).into())
        }
        Err(error) => Err(error),
    }
}
