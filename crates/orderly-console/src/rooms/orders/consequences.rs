//! The page of an action: what is chosen, what it will change, and the button that does it.

use maud::{Markup, html};
use orderly_core::order::{Order, Step};
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_ops::Error;
use orderly_ops::ops::read::desk::{self, Dossier};
use orderly_ops::wire::out::quantity;

use super::act::{self, Action};
use super::at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, field, select};
use crate::parts::list::{View, views};
use crate::parts::sheet::{Effect, Sheet, changes, sheet};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, effects, fault};

/// The address of an action on an order.
pub fn address_of(number: &str, action: Action, fields: &[(&str, &str)]) -> String {
    address(&format!("{}/do/{}", at(number), action.code()), fields)
}

fn asked(cx: &Cx) -> Result<(Action, Dossier), Error> {
    let action = Action::parse(cx.name("action"));
    let action = action.ok_or_else(|| Error::not_found("such action"))?;
    if !cx.may(action.needs()) {
        return Err(Error::Forbidden { permission: action.needs() });
    }
    Ok((action, desk::order(&cx.app, &cx.call, cx.name("order"), None)?))
}

/// Shows what an action will change.
pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let (action, dossier) = asked(cx)?;
    Ok(page(cx, action, &dossier, &cx.query, None).into())
}

/// Does what was shown, or says what changed meanwhile.
pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let (action, dossier) = asked(cx)?;
    let done = cx.command().and_then(|call| act::run(&cx.app, &call, action, &dossier, &cx.form));
    match done {
        Ok(after) => Ok(Answer::Goto(address(&at(&after.number), &[("done", action.code())]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(page(cx, action, &dossier, &cx.form, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

fn page(
    cx: &Cx,
    action: Action,
    dossier: &Dossier,
    fields: &Fields,
    error: Option<&Error>,
) -> Page {
    let order = &dossier.shown.order;
    let title = words::of("act", action.code());
    let fields = filled(action, order, fields);
    let tried = act::run(&cx.app.rehearsal(), &trial(cx, &fields), action, dossier, &fields);
    let refused = tried.as_ref().err().or(error);
    let number = words::with("order.title", &[("number", &order.number)]);
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders")), (&at(&order.number), &number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        (locations(action, dossier, &fields))
        @if let Some(error) = error { (fault::notice(error)) (meanwhile(cx, dossier, error)) }
        (inputs(action, dossier, &fields, refused))
        @match &tried {
            Ok(after) => {
                @let effects = told(order, after, dossier);
                (sheet(cx, &Sheet {
                    title: t("sheet.title"),
                    effects: &effects,
                    action: &address_of(&order.number, action, &[]),
                    fields: &fields,
                    version: Some(order.version),
                    confirm: &title,
                    is_grave: action.is_grave(),
                    back: &at(&order.number),
                }))
            }
            Err(refusal) => {
                @if error.is_none() { div #sheet { (fault::notice(refusal)) } }
                p { a.button href=(at(&order.number)) { (t("form.back")) } }
            }
        }
    };
    let status = error.map_or(200, fault::status);
    Page::new(format!("{title} · {}", order.number), body).with_status(status)
}

/// Which location's work it is, where several have some: a way to each.
fn locations(action: Action, dossier: &Dossier, fields: &Fields) -> Markup {
    let order = &dossier.shown.order;
    let places = act::places(action, order);
    let all = order.fulfillments.iter().filter(|one| places.contains(&one.id));
    let all = all.map(|one| {
        let id = one.id.to_string();
        let name = dossier.shown.locations.get(&one.location);
        View {
            href: address_of(&order.number, action, &[("at", &id)]),
            name: name.map_or("?", |location| location.name.as_str()).to_owned(),
            is_current: fields.text("at") == id,
        }
    });
    let all: Vec<View> = all.collect();
    html! { @if all.len() > 1 { (views(&all)) } }
}

/// A call for trying: with the reason of the form, without a key.
fn trial(cx: &Cx, fields: &Fields) -> orderly_ops::Call {
    let mut call = cx.call.clone();
    call.reason = fields.owned("reason").or_else(|| Some(t("sheet.trial").to_owned()));
    call
}

/// What will change, and who is told.
fn told(before: &Order, after: &Order, dossier: &Dossier) -> Vec<Effect> {
    let mut effects = effects::between(before, after, &dossier.shown);
    if after.sequence > before.sequence {
        let channel = dossier.shown.channel.as_ref().map_or("", |one| one.name.as_str());
        let text = words::with("effect.tells", &[("channel", &channel)]);
        effects.push(Effect::new('·', text, ""));
    }
    effects
}

/// What changed since the page was made.
fn meanwhile(_: &Cx, dossier: &Dossier, error: &Error) -> Markup {
    let Error::Refused(refusal) = error else { return html! {} };
    if refusal.code() != Code::StaleVersion {
        return html! {};
    }
    let order = &dossier.shown.order;
    let before = dossier.history.values().rev().find(|one| one.version < order.version);
    html! {
        @if let Some(before) = before {
            h2 { (t("sheet.meanwhile")) }
            (changes(&effects::between(before, order, &dossier.shown)))
        }
    }
}

/// The fields with what is taken where nothing was said: everything there is room for.
fn filled(action: Action, order: &Order, fields: &Fields) -> Fields {
    let mut out = fields.clone();
    let places = act::places(action, order);
    if let (Some(first), None) = (places.first(), fields.get("at")) {
        out.0.push(("at".into(), first.to_string()));
    }
    let at = act::fulfillment(order, &out).ok();
    let named = fields.under("line.").next().is_some();
    if !named && action != Action::Cancel {
        for line in &order.lines {
            if let Some(room) = action.room(line, at, order).filter(|room| !room.is_zero()) {
                let name = format!("line.{}", line.position);
                out.0.push((name, quantity(room, line.unit_ratio)));
            }
        }
    }
    if action == Action::Hold && fields.all("blocks").next().is_none() {
        for step in ["release", "ship"] {
            out.0.push(("blocks".into(), step.into()));
        }
    }
    out
}

/// What may be chosen. It is sent to look again; what is looked at is what is confirmed.
fn inputs(action: Action, dossier: &Dossier, fields: &Fields, error: Option<&Error>) -> Markup {
    let order = &dossier.shown.order;
    let own = match action {
        Action::Pick | Action::Pack => parts_of_lines(action, dossier, fields, error),
        Action::Ship => html! {
            (parts_of_lines(action, dossier, fields, error))
            (text("carrier", fields, error))
            (text("service", fields, error))
            (text("tracking", fields, error))
            (text("weight", fields, error))
        },
        Action::Cancel => html! {
            (parts_of_lines(action, dossier, fields, error))
            (text("reason", fields, error))
        },
        Action::Hold => hold(order, fields, error),
        Action::Capture => text("amount", fields, error),
        Action::Fail | Action::ReleaseHold | Action::Undo => text("reason", fields, error),
        Action::Release | Action::HandOver | Action::Deliver | Action::Close => return html! {},
    };
    html! {
        form.form action=(address_of(&order.number, action, &[])) data-preview {
            @for name in ["at", "shipment", "hold", "payment"] {
                @if let Some(value) = fields.get(name) { (form::hidden(name, value)) }
            }
            (own)
            div.actions {
                button type="submit" data-preview-by { (t("sheet.look")) }
            }
        }
    }
}

fn text(name: &'static str, fields: &Fields, error: Option<&Error>) -> Markup {
    field(&Field {
        name,
        label: &words::of("field", name),
        value: fields.text(name),
        error: crate::cx::wrong_at(error, name),
        is_short: name == "weight" || name == "amount",
        mode: if name == "weight" || name == "amount" { "decimal" } else { "" },
        ..Field::default()
    })
}

fn parts_of_lines(
    action: Action,
    dossier: &Dossier,
    fields: &Fields,
    error: Option<&Error>,
) -> Markup {
    let order = &dossier.shown.order;
    let at = act::fulfillment(order, fields).ok();
    let open: Vec<(&orderly_core::order::Line, Qty)> = order
        .lines
        .iter()
        .filter_map(|line| Some((line, action.room(line, at, order)?)))
        .filter(|(_, room)| !room.is_zero())
        .collect();
    html! {
        @for (line, room) in open {
            @let name = format!("line.{}", line.position);
            @let most = format!("{} {}", quantity(room, line.unit_ratio), line.unit);
            (field(&Field {
                name: &name,
                label: &line.description,
                value: fields.text(&name),
                hint: &words::with("field.most", &[("most", &most)]),
                error: crate::cx::wrong_at(error, &name),
                is_short: true,
                mode: "decimal",
                ..Field::default()
            }))
        }
    }
}

fn hold(order: &Order, fields: &Fields, error: Option<&Error>) -> Markup {
    let chosen: Vec<&str> = fields.all("blocks").collect();
    let kinds: Vec<(String, String)> = ["manual", "credit", "fraud", "address", "customer"]
        .iter()
        .map(|kind| ((*kind).to_owned(), words::of("hold", kind)))
        .collect();
    let mut lines = vec![(String::new(), t("hold.whole").to_owned())];
    let own = order.lines.iter().filter(|line| line.parent.is_none());
    lines.extend(own.map(|line| (line.position.to_string(), line.description.clone())));
    html! {
        (select("kind", &words::of("field", "kind"), fields.text("kind"), &kinds))
        (text("reason", fields, error))
        (select("on", &words::of("field", "on"), fields.text("on"), &lines))
        fieldset {
            legend { (t("hold.what")) }
            div.choices {
                @for step in Step::ALL {
                    label.check {
                        input type="checkbox" name="blocks" value=(step.code())
                            checked[chosen.contains(&step.code())];
                        (words::of("step", step.code()))
                    }
                }
            }
        }
        (text("owner", fields, error))
        (field(&Field {
            name: "until", label: &words::of("field", "until"), kind: "date",
            value: fields.text("until"), is_short: true,
            error: crate::cx::wrong_at(error, "until"), ..Field::default()
        }))
    }
}
