//! An exception: what only a person can decide, and saying that it is decided.

use maud::html;
use orderly_ops::Error;
use orderly_ops::ops::exceptions;
use orderly_ops::ops::read::catalog::{Raised, exceptions as open};

use crate::cx::wrong_at;
use crate::parts::form::{self, Field, field, send};
use crate::parts::{self, Meaning, state};
use crate::rooms::{orders, stock};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show as shown};

fn id(cx: &Cx) -> Result<[u8; 16], Error> {
    let parsed = uuid::Uuid::parse_str(cx.name("exception"));
    Ok(*parsed.map_err(|_| Error::not_found("such exception"))?.as_bytes())
}

fn named(cx: &Cx) -> Result<Raised, Error> {
    let id = id(cx)?;
    let found = open(&cx.app, &cx.call, 10_000)?;
    let found = found.into_iter().find(|one| one.exception.id == id);
    found.ok_or_else(|| Error::not_found("open exception"))
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    Ok(page(cx, &named(cx)?, None).into())
}

pub fn settle(cx: &Cx) -> Result<Answer, Error> {
    let id = id(cx)?;
    let done = cx.command().and_then(|call| exceptions::settle(&cx.app, &call, id));
    match done {
        Ok(_) => Ok(Answer::Goto("/console".into())),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => match named(cx) {
            Ok(raised) => Ok(page(cx, &raised, Some(&error)).into()),
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn page(cx: &Cx, raised: &Raised, error: Option<&Error>) -> Page {
    let exception = &raised.exception;
    let title = words::of("exception", &exception.kind);
    let facts =
        [state(Meaning::Bad, t("exception_page.open")), shown::time(cx, exception.raised_at)];
    let mut about = Vec::new();
    if let Some(number) = &raised.order {
        about.push((t("orders.order"), html! { a href=(orders::at(number)) { (number) } }));
    }
    if let Some(sku) = &raised.sku {
        about.push((t("stock.item"), html! { a.id href=(stock::at(sku)) { (sku) } }));
    }
    if let Some(location) = &raised.location {
        about.push((t("stock.location"), html! { (location) }));
    }
    let path = format!("/console/exceptions/{}/settle", cx.name("exception"));
    let body = html! {
        (parts::crumbs(&[("/console", t("room.home"))]))
        (parts::head(&html! { (title) }, &facts, &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        p.gap { (fault::capital(&exception.detail)) }
        (parts::pairs(&about))
        @if cx.may(exceptions::right(exception)) {
            section {
                div.title { h2 { (t("exception_page.settle")) } }
                p.muted.gap { (t("exception_page.settle_hint")) }
                form.form method="post" action=(path) {
                    (form::key(cx))
                    (field(&Field {
                        name: "reason", label: t("exception_page.what"), required: true,
                        value: cx.form.text("reason"), error: wrong_at(error, "reason"),
                        ..Field::default()
                    }))
                    (send(t("home.settle"), Some("/console")))
                }
            }
        }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}
