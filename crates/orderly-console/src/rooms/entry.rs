//! Order entry at the phone or the counter, by keyboard: while it is typed, a trial says what the
//! order would be; placing does exactly that.

mod ask;
mod form;

use maud::html;
use orderly_core::actor::Permission;
use orderly_core::order::Order;
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::ops::orders::place;
use orderly_ops::wire::PaymentIn;
use orderly_ops::{App, Call, Error};

use self::ask::Asked;
use super::orders::at;
use super::{Route, get, post};
use crate::fields::address;
use crate::words::t;
use crate::{Answer, Cx, Fields, Page, fault, parts};

pub const ROUTES: &[Route] = &[
    get("/console/orders/new", Permission::Place, blank),
    post("/console/orders/new", Permission::Place, entered),
];

fn blank(cx: &Cx) -> Result<Answer, Error> {
    shown(cx, &cx.query, None)
}

/// Takes the form: looks again, or places what was looked at.
fn entered(cx: &Cx) -> Result<Answer, Error> {
    let fields = taken(&cx.form);
    if cx.form.get("do") != Some("place") {
        return shown(cx, &fields, None);
    }
    match placed(cx, &fields) {
        Ok(order) => Ok(Answer::Goto(address(&at(&order.number), &[("done", "place")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_) | Error::NotFound { .. })) => {
            shown(cx, &fields, Some(&error))
        }
        Err(error) => Err(error),
    }
}

/// The fields after a proposal was taken: `take` names a field and its value.
fn taken(form: &Fields) -> Fields {
    let mut fields = form.clone();
    if let Some((name, value)) = form.get("take").and_then(|text| text.split_once('=')) {
        match fields.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => fields.0.push((name.to_owned(), value.to_owned())),
        }
    }
    fields.0.retain(|(name, _)| !matches!(name.as_str(), "take" | "do"));
    fields
}

/// Places the order if it still comes to what was looked at.
fn placed(cx: &Cx, fields: &Fields) -> Result<Order, Error> {
    let asked = Asked::read(cx, fields)?;
    let call = cx.command()?;
    let tried = trial(&cx.app, &cx.call, &asked)?;
    let total = tried.head.totals.total;
    if fields.get("total").is_some_and(|seen| seen != total.to_string()) {
        let detail = t("entry.total_changed");
        return Err(Refusal::at(Code::StaleVersion, "/total", detail).into());
    }
    let mut order = asked.order.clone();
    order.payments.extend(payment(&asked, &tried));
    let call = Call { drawer: asked.drawer.as_ref().map(|drawer| drawer.id), ..call };
    place::place(&cx.app, &call, &order)
}

/// What the order would be; nothing of it stays.
fn trial(app: &App, call: &Call, asked: &Asked) -> Result<Order, Error> {
    let call = Call { drawer: asked.drawer.as_ref().map(|drawer| drawer.id), ..call.clone() };
    place::place(&app.rehearsal(), &call, &asked.order)
}

/// The payment that is taken with the order: all of it.
fn payment(asked: &Asked, tried: &Order) -> Option<PaymentIn> {
    let total = orderly_ops::wire::out::amount(tried.head.totals.total, tried.currency);
    let (provider, method) = match asked.pay {
        ask::Pay::Cash => ("cash", "cash"),
        ask::Pay::Card => ("manual", "card"),
        ask::Pay::Later | ask::Pay::Account => return None,
    };
    (tried.head.totals.total > 0).then(|| PaymentIn {
        provider: provider.into(),
        reference: asked.payment_reference.clone(),
        method: Some(method.into()),
        authorized: None,
        captured: Some(total),
        tendered: asked.tendered.clone(),
    })
}

fn shown(cx: &Cx, fields: &Fields, error: Option<&Error>) -> Result<Answer, Error> {
    let asked = match Asked::read(cx, fields) {
        Ok(asked) => asked,
        Err(error @ (Error::Refused(_) | Error::NotFound { .. })) => {
            let bare = Asked::bare(cx, fields)?;
            return Ok(page(cx, fields, &bare, None, Some(&error)));
        }
        Err(error) => return Err(error),
    };
    if asked.order.lines.is_empty() {
        return Ok(page(cx, fields, &asked, None, error));
    }
    match trial(&cx.app, &cx.call, &asked) {
        Ok(order) => Ok(page(cx, fields, &asked, Some(&order), error)),
        Err(refused @ (Error::Refused(_) | Error::Invalid(_) | Error::NotFound { .. })) => {
            Ok(page(cx, fields, &asked, None, error.or(Some(&refused))))
        }
        Err(other) => Err(other),
    }
}

fn page(
    cx: &Cx,
    fields: &Fields,
    asked: &Asked,
    tried: Option<&Order>,
    error: Option<&Error>,
) -> Answer {
    let beside = error.is_some_and(form::stands_beside);
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders"))]))
        (parts::head(&html! { (t("entry.title")) }, &[html! { (t("entry.hint")) }], &html! {}))
        @if let Some(error) = error.filter(|_| !beside) { (fault::notice(error)) }
        (form::form(cx, fields, asked, tried, error))
    };
    let failed = error.filter(|_| cx.form.get("do") == Some("place"));
    Page::new(t("entry.title"), body).with_status(failed.map_or(200, fault::status)).into()
}
