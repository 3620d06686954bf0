//! Months of the books: what is closed, what is open, closing the next and opening the last.

use maud::html;
use orderly_core::actor::Permission;
use orderly_core::books::period::Period;
use orderly_ops::Error;
use orderly_ops::ops::books::{periods, ready};

use super::{HERE, tabs};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, field, send};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault};

const LIST: &str = "/console/books/periods";

fn named(cx: &Cx) -> Result<Period, Error> {
    Period::parse(cx.name("period")).map_err(|_| Error::not_found("such month"))
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let mut found = periods::list(&cx.app, &cx.call, None)?;
    let next = found.iter().find(|one| !one.closed).map(|one| one.period.clone());
    let last = found.iter().rfind(|one| one.closed).map(|one| one.period.clone());
    found.reverse();
    let row = |one: &periods::Listed| {
        let at = |step: &str| format!("{LIST}/{}/{step}", one.period);
        let is_next = next.as_ref() == Some(&one.period);
        let is_last = last.as_ref() == Some(&one.period);
        let report = address(HERE, &[("from", &one.period), ("to", &one.period)]);
        Line::new(vec![
            html! { a href=(report) { (one.period) } },
            html! {
                @if one.closed { (state(Meaning::Good, t("books.closed"))) }
                @else { (state(Meaning::Info, t("books.is_open"))) }
                @if let Some(reason) = &one.reason { div.small.muted { (reason) } }
            },
            html! { @if let Some(number) = one.last_number {
                (words::with("books.up_to", &[("number", &number)]))
            } },
            html! {
                @if is_next && cx.may(Permission::ClosePeriod) {
                    a.button href=(at("close")) { (t("books.close")) }
                }
                @if is_last && cx.may(Permission::ReopenPeriod) {
                    a.button.plain href=(at("reopen")) { (t("books.reopen")) }
                }
            },
        ])
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("books.month")),
        column(t("orders.state")),
        column(t("books.journals")).rank(2),
        column(""),
    ];
    let title = words::of("books", "periods");
    let body = html! {
        (parts::head(&html! { (title) }, &[], &html! {}))
        (tabs("periods"))
        @if let Some(done) = cx.query.get("done") {
            div.notice.good role="status" { (words::of("books_done", done)) }
        }
        div.report { (table(&title, &columns, &rows)) }
    };
    Ok(Page::full(title, body).into())
}

pub fn show_close(cx: &Cx) -> Result<Answer, Error> {
    Ok(closing(cx, named(cx)?, None)?.into())
}

/// What closing does, and what is not settled: said, never in the way.
fn closing(cx: &Cx, period: Period, error: Option<&Error>) -> Result<Page, Error> {
    let title = words::with("books.close_title", &[("period", &period)]);
    let warnings = ready::preview(&cx.app, &cx.call, None, period)?;
    let mut effects =
        vec![Effect::new('·', words::with("books.closes", &[("last", &period.last_day())]), "")];
    let first = period.next().first_day();
    effects.push(Effect::new('→', t("books.opens"), first.to_string()));
    effects.extend(warnings.iter().map(|one| Effect::new('!', fault::capital(&one.detail), "")));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.books")), (LIST, &words::of("books", "periods"))]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        (sheet(cx, &Sheet {
            title: t("sheet.title"),
            effects: &effects,
            action: &format!("{LIST}/{period}/close"),
            fields: &Fields::default(),
            version: None,
            confirm: t("books.close"),
            is_grave: true,
            back: LIST,
        }))
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

pub fn close(cx: &Cx) -> Result<Answer, Error> {
    let period = named(cx)?;
    match cx.command().and_then(|call| periods::close(&cx.app, &call, None, Some(period))) {
        Ok(_) => Ok(Answer::Goto(address(LIST, &[("done", "close")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(closing(cx, period, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

pub fn show_reopen(cx: &Cx) -> Result<Answer, Error> {
    Ok(reopening(cx, named(cx)?, None).into())
}

fn reopening(cx: &Cx, period: Period, error: Option<&Error>) -> Page {
    let title = words::with("books.reopen_title", &[("period", &period)]);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.books")), (LIST, &words::of("books", "periods"))]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        p.gap { (t("books.reopen_hint")) }
        form.form.gap method="post" action=(format!("{LIST}/{period}/reopen")) {
            (form::key(cx))
            (field(&Field {
                name: "reason", label: t("field.reason"), required: true,
                value: cx.form.text("reason"), error: wrong_at(error, "reason"),
                ..Field::default()
            }))
            (send(t("books.reopen"), Some(LIST)))
        }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}

pub fn reopen(cx: &Cx) -> Result<Answer, Error> {
    let period = named(cx)?;
    match cx.command().and_then(|call| periods::reopen(&cx.app, &call, None, period)) {
        Ok(_) => Ok(Answer::Goto(address(LIST, &[("done", "reopen")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(reopening(cx, period, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}
