//! Tills: drawers and their sessions: opened with a float, counted blind, closed.

mod count;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::till::{Drawer, EntryKind, Session, SessionState};
use orderly_ops::Error;
use orderly_ops::ops::tills::{self, DrawerIn, MoveIn, Report};

use super::{Route, get, post};
use crate::cx::wrong_at;
use crate::fields::{address, segment};
use crate::parts::form::{self, Field, field, select, send};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, Row, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

pub const ROUTES: &[Route] = &[
    get(HERE, Permission::WorkTill, list),
    post(HERE, Permission::Configure, create),
    get("/console/tills/{drawer}", Permission::WorkTill, page),
    post("/console/tills/{drawer}/{action}", Permission::WorkTill, act),
];

const HERE: &str = "/console/tills";

fn at(drawer: &Drawer) -> String {
    format!("{HERE}/{}", segment(&drawer.code))
}

fn standing(session: Option<&Session>) -> Markup {
    match session.map(|session| session.state) {
        Some(SessionState::Open) => state(Meaning::Good, t("tills.open")),
        Some(SessionState::Counted) => state(Meaning::Attention, t("tills.counted")),
        Some(SessionState::Closed) | None => state(Meaning::Plain, t("tills.closed")),
    }
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    Ok(listed(cx, None)?.into())
}

fn listed(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let found = tills::list(&cx.app, &cx.call)?;
    let today = show::today(cx);
    let row = |(drawer, session): &(Drawer, Option<Session>)| {
        let last = session.as_ref();
        Line::to(
            at(drawer),
            vec![
                html! { a href=(at(drawer)) { (drawer.name) } },
                html! { span.id { (drawer.code) } },
                standing(last),
                html! { @if let Some(one) = last { (show::day(one.business_on, today)) } },
                html! { @if let Some(difference) = last.and_then(|one| one.difference) {
                    (show::cell(difference, drawer.currency))
                } },
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("tills.drawer")),
        column(t("customers.code")).rank(2),
        column(t("orders.state")),
        column(t("tills.day")).rank(2),
        figures(t("tills.difference")),
    ];
    let body = html! {
        (parts::head(&html! { (t("room.tills")) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        @if rows.is_empty() {
            (parts::empty(t("tills.none"), t("tills.none_next"), &html! {}))
        } @else { (table(t("room.tills"), &columns, &rows)) }
        @if cx.may(Permission::Configure) { (new(cx, error)?) }
    };
    Ok(Page::new(t("room.tills"), body).with_status(error.map_or(200, fault::status)))
}

fn new(cx: &Cx, error: Option<&Error>) -> Result<Markup, Error> {
    let places = orderly_ops::ops::read::catalog::locations(&cx.app, &cx.call)?;
    let places: Vec<(String, String)> =
        places.into_iter().map(|one| (one.code, one.name)).collect();
    let text = |name, label| {
        field(&Field {
            name,
            label,
            value: cx.form.text(name),
            error: wrong_at(error, name),
            required: true,
            ..Field::default()
        })
    };
    let body = html! {
        form.form.row.gap method="post" action=(HERE) {
            (form::key(cx))
            (text("code", t("customers.code")))
            (text("name", t("customers.name")))
            (select("location", t("stock.location"), cx.form.text("location"), &places))
            button type="submit" { (t("tills.add")) }
        }
    };
    Ok(parts::section(t("tills.add"), &body))
}

fn create(cx: &Cx) -> Result<Answer, Error> {
    let wanted = DrawerIn {
        code: cx.form.text("code").into(),
        name: cx.form.text("name").into(),
        location: cx.form.text("location").into(),
        currency: None,
    };
    match cx.command().and_then(|call| tills::create_drawer(&cx.app, &call, &wanted)) {
        Ok(made) => Ok(Answer::Goto(at(&made))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(listed(cx, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, None)?.into())
}

/// The report of the drawer's last session, where it has one.
fn report(cx: &Cx, drawer: &Drawer) -> Result<Option<Report>, Error> {
    match tills::report(&cx.app, &cx.call, &drawer.code, None) {
        Ok(report) => Ok(Some(report)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn drawn(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let drawer = tills::drawer(&cx.app, &cx.call, cx.name("drawer"))?;
    let report = report(cx, &drawer)?;
    let session = report.as_ref().map(|report| &report.session);
    let mut facts = vec![standing(session), html! { span.id { (drawer.code) } }];
    facts.extend(session.map(|one| {
        html! { (words::with("tills.session", &[("number", &one.number)])) ", "
        (show::day(one.business_on, show::today(cx))) }
    }));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.tills"))]))
        (parts::head(&html! { (drawer.name) }, &facts, &html! {}))
        @if let Some(done) = cx.query.get("done") {
            div.notice.good role="status" { (words::of("till_done", done)) }
        }
        @if let Some(error) = error { (fault::notice(error)) }
        @match session.map(|one| one.state) {
            Some(SessionState::Open) => {
                @if let Some(one) = session { (at_work(cx, &drawer, one, error)) }
            }
            Some(SessionState::Counted) => {
                @if let Some(report) = &report { (counted(cx, &drawer, report, error)) }
            }
            _ => {
                (open(cx, &drawer, error))
                @if let Some(report) = &report { (what_was(cx, report)) }
            }
        }
    };
    Ok(Page::new(drawer.name.clone(), body).with_status(error.map_or(200, fault::status)))
}

fn amount(cx: &Cx, name: &'static str, label: &str, error: Option<&Error>) -> Markup {
    field(&Field {
        name,
        label,
        value: cx.form.text(name),
        error: wrong_at(error, name),
        is_short: true,
        mode: "decimal",
        required: true,
        ..Field::default()
    })
}

fn open(cx: &Cx, drawer: &Drawer, error: Option<&Error>) -> Markup {
    let body = html! {
        form.form.gap method="post" action=(format!("{}/open", at(drawer))) {
            (form::key(cx))
            (amount(cx, "float", &words::with("tills.float", &[("currency", &drawer.currency)]),
                error))
            (send(t("tills.open_it"), Some(HERE)))
        }
    };
    parts::section(t("tills.open_it"), &body)
}

/// An open session: cash by hand, and the blind count. Nobody sees what should be there.
fn at_work(cx: &Cx, drawer: &Drawer, session: &Session, error: Option<&Error>) -> Markup {
    let kinds =
        ["drop", "pay_out", "pay_in"].map(|kind| (kind.into(), words::of("till_move", kind)));
    let version = session.version.to_string();
    let by_hand = html! {
        form.form.gap method="post" action=(format!("{}/move", at(drawer))) {
            (form::key(cx))
            (form::hidden("version", &version))
            (select("kind", t("field.kind"), cx.form.text("kind"), &kinds))
            (amount(cx, "amount", t("field.amount"), error))
            (field(&Field {
                name: "reason", label: t("field.reason"), value: cx.form.text("reason"),
                error: wrong_at(error, "reason"), ..Field::default()
            }))
            (send(t("tills.note"), None))
        }
    };
    html! {
        div.columns.even {
            div { (parts::section(t("tills.count"), &count::form(cx, drawer, &version))) }
            div { @if cx.may(Permission::MoveCash) {
                (parts::section(t("tills.by_hand"), &by_hand))
            } }
        }
    }
}

/// A counted session: what was there, what should have been, and closing.
fn counted(cx: &Cx, drawer: &Drawer, report: &Report, error: Option<&Error>) -> Markup {
    let session = &report.session;
    let version = session.version.to_string();
    html! {
        div.narrow { (parts::section(t("tills.result"), &sums(report))) }
        div.actions.gap {
            form method="post" action=(format!("{}/resume", at(drawer))) {
                (form::key(cx))
                button type="submit" { (t("tills.resume")) }
            }
        }
        section {
            div.title { h2 { (t("tills.close")) } }
            form.form.gap method="post" action=(format!("{}/close", at(drawer))) {
                (form::key(cx))
                (form::hidden("version", &version))
                (field(&Field {
                    name: "reason", label: t("tills.why_differs"), value: cx.form.text("reason"),
                    hint: t("tills.why_hint"), error: wrong_at(error, "reason"), ..Field::default()
                }))
                (send(t("tills.close"), None))
            }
        }
    }
}

fn sums(report: &Report) -> Markup {
    let session = &report.session;
    let money = |minor: i64| show::money(minor, session.currency);
    let mut rows: Vec<(Row, String, String)> = Vec::new();
    // What ended the session is no part of what should have been there.
    for kind in ["float", "sale", "refund", "pay_in", "pay_out", "drop"] {
        if let Some((_, sum)) = report.sums.get(kind) {
            rows.push((Row::Added, words::of("till_entry", kind), money(*sum)));
        }
    }
    if let Some(expected) = report.expected {
        rows.push((Row::Sum, t("tills.expected").into(), money(expected)));
    }
    if let Some(counted) = session.counted {
        rows.push((Row::Added, t("tills.was_counted").into(), money(counted)));
    }
    let differs = session.counted.zip(report.expected).map(|(counted, due)| counted - due);
    if let Some(difference) = session.difference.or(differs) {
        rows.push((Row::Sum, t("tills.difference").into(), money(difference)));
    }
    parts::money(&rows)
}

/// What the last session came to.
fn what_was(cx: &Cx, report: &Report) -> Markup {
    let row = |one: &orderly_core::till::Entry| {
        Line::new(vec![
            show::time(cx, one.recorded_at),
            html! { (words::of("till_entry", one.kind.code()))
            @if let Some(reason) = &one.reason { div.small.muted { (reason) } } },
            show::cell(one.amount, report.session.currency),
        ])
    };
    let rows: Vec<Line> = report.entries.iter().map(row).collect();
    let columns =
        [column(t("messages.when")), column(t("messages.what")), figures(t("customers.amount"))];
    let title = words::with("tills.last", &[("number", &report.session.number)]);
    html! {
        div.columns {
            div { (parts::section(&title, &table(&title, &columns, &rows))) }
            div { (parts::section(t("tills.result"), &sums(report))) }
        }
    }
}

fn act(cx: &Cx) -> Result<Answer, Error> {
    let drawer = tills::drawer(&cx.app, &cx.call, cx.name("drawer"))?;
    let (app, code) = (&cx.app, drawer.code.as_str());
    let action = cx.name("action");
    let ran = cx.command().and_then(|call| match action {
        "open" => tills::open(app, &call, code, cx.form.text("float")),
        "move" => {
            let kind = EntryKind::parse(cx.form.text("kind")).unwrap_or(EntryKind::Drop);
            let new = MoveIn { kind, amount: cx.form.text("amount").into(), account: None };
            tills::move_cash(app, &call, code, &new)
        }
        "count" => tills::count(app, &call, code, &count::read(&cx.form)?),
        "resume" => tills::resume(app, &call, code),
        "close" => tills::close(app, &call, code),
        _ => Err(Error::not_found("such action")),
    });
    match ran {
        Ok(_) => Ok(Answer::Goto(address(&at(&drawer), &[("done", action)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(drawn(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}
