//! Announcing goods of an order that come back.

use maud::{Markup, html};
use orderly_core::order::{Line, Order};
use orderly_core::returns::Return;
use orderly_ops::ops::read::{catalog, orders};
use orderly_ops::ops::returns::{self, ReturnIn, ReturnLineIn};
use orderly_ops::wire::out::quantity;
use orderly_ops::{App, Call, Error};

use super::page;
use crate::cx::wrong_at;
use crate::parts;
use crate::parts::form::{Field, field, select};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::rooms::orders::{act, at};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, effects, fault};

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let order = orders::get(&cx.app, &cx.call, cx.name("order"))?;
    shown(cx, &order, &cx.query, None)
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let order = orders::get(&cx.app, &cx.call, cx.name("order"))?;
    // The version that was seen is the order's; a return that is announced has none yet.
    let done = cx.command().and_then(|call| {
        call.expect_version(order.version)?;
        run(&cx.app, &Call { expected_version: None, ..call }, &order, &cx.form)
    });
    match done {
        Ok(made) => Ok(Answer::Goto(page::done(&made.number, "request"))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            shown(cx, &order, &cx.form, Some(&error))
        }
        Err(error) => Err(error),
    }
}

fn run(app: &App, call: &Call, order: &Order, fields: &Fields) -> Result<Return, Error> {
    let lines = act::quantities(order, fields)?;
    let location =
        fields.get("location").map(|code| catalog::location(app, call, code)).transpose()?;
    let new = ReturnIn {
        order: Some(order.id),
        location,
        reason: fields.owned("reason"),
        lines: lines
            .into_iter()
            .map(|(line, qty)| ReturnLineIn {
                line: Some(line),
                qty: qty.get(),
                reason: fields.owned("reason"),
                ..ReturnLineIn::default()
            })
            .collect(),
        ..ReturnIn::default()
    };
    returns::request(app, call, &new)
}

fn returnable(order: &Order) -> impl Iterator<Item = &Line> {
    let own = order.lines.iter().filter(|line| line.parent.is_none());
    own.filter(|line| {
        !line.quantities.returnable().less(line.quantities.return_requested).is_zero()
    })
}

fn shown(cx: &Cx, order: &Order, fields: &Fields, error: Option<&Error>) -> Result<Answer, Error> {
    let mut call = cx.call.clone();
    call.reason = fields.owned("reason");
    let asks = fields.under("line.").next().is_some();
    let tried = asks.then(|| run(&cx.app.rehearsal(), &call, order, fields));
    let refused = tried.as_ref().and_then(|tried| tried.as_ref().err()).or(error);
    let path = format!("{}/return", at(&order.number));
    let number = words::with("order.title", &[("number", &order.number)]);
    let title = t("returns.request");
    let none = returnable(order).next().is_none();
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders")), (&at(&order.number), &number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        @if none { (parts::empty(t("returns.nothing"), t("returns.nothing_next"), &html! {})) }
        @else { (inputs(cx, order, fields, refused, &path)?) }
        @match &tried {
            Some(Ok(made)) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &announced(order, made),
                action: &path,
                fields,
                version: Some(order.version),
                confirm: title,
                is_grave: false,
                back: &at(&order.number),
            })),
            Some(Err(refusal)) if error.is_none() => div #sheet { (fault::notice(refusal)) },
            Some(Err(_)) => {}
            None => {}
        }
    };
    let status = error.map_or(200, fault::status);
    Ok(Page::new(format!("{title} · {}", order.number), body).with_status(status).into())
}

fn inputs(
    cx: &Cx,
    order: &Order,
    fields: &Fields,
    error: Option<&Error>,
    path: &str,
) -> Result<Markup, Error> {
    let places = catalog::locations(&cx.app, &cx.call)?;
    let places: Vec<(String, String)> =
        places.into_iter().map(|one| (one.code, one.name)).collect();
    Ok(html! {
        form.form action=(path) data-preview {
            @for line in returnable(order) {
                @let name = format!("line.{}", line.position);
                @let q = &line.quantities;
                @let most = quantity(q.returnable().less(q.return_requested), line.unit_ratio);
                (field(&Field {
                    name: &name,
                    label: &line.description,
                    value: fields.text(&name),
                    hint: &words::with("field.most", &[("most", &format!("{most} {}", line.unit))]),
                    error: wrong_at(error, &name),
                    is_short: true,
                    mode: "decimal",
                    ..Field::default()
                }))
            }
            (field(&Field {
                name: "reason", label: t("field.reason"), value: fields.text("reason"),
                error: wrong_at(error, "reason"), ..Field::default()
            }))
            (select("location", t("returns.comes_to"), fields.text("location"), &places))
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
    })
}

fn announced(order: &Order, made: &Return) -> Vec<Effect> {
    let word = words::of("return", made.head.state.code());
    let mut all = vec![Effect::new('+', words::with("returns.is", &[("state", &word)]), "")];
    for line in &made.lines {
        let own = line.order_line.and_then(|id| order.line(id).ok());
        let figure = own.map_or_else(
            || line.requested.to_string(),
            |own| effects::in_unit(line.requested.get(), own),
        );
        let text = words::with("returns.awaits", &[("what", &line.description)]);
        all.push(Effect::new('·', text, figure));
    }
    all
}
