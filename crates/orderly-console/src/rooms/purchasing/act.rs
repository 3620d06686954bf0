//! The steps of a purchase order, and taking in what arrives with a scan.

use maud::html;
use orderly_core::purchase::PurchaseOrder;
use orderly_ops::ops::purchases::{self, receive as receiving};
use orderly_ops::wire::out::quantity;
use orderly_ops::wire::purchases::{ArrivedIn, ArrivedLineIn, ConfirmIn};
use orderly_ops::{App, Call, Error};

use super::page::drawn;
use super::{HERE, at};
use crate::fields::address;
use crate::parts::form::{Field, field};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::{self, scan};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show as shown};

fn named(cx: &Cx) -> Result<PurchaseOrder, Error> {
    purchases::get(&cx.app, &cx.call, cx.name("purchase"))
}

/// Does a step with what the form says; on a rehearsal nothing of it stays.
fn run(
    (app, call): (&App, &Call),
    before: &PurchaseOrder,
    action: &str,
    fields: &Fields,
) -> Result<PurchaseOrder, Error> {
    match action {
        "send" => purchases::send(app, call, before.id),
        "confirm" => {
            let what = ConfirmIn {
                reference: fields.owned("reference"),
                expected_on: fields.owned("expected_on"),
                lines: Vec::new(),
            };
            purchases::confirm(app, call, before.id, &what)
        }
        "cancel" => purchases::cancel(app, call, before.id, &[]),
        "close" => purchases::close(app, call, before.id),
        "reopen" => purchases::reopen(app, call, before.id),
        _ => Err(Error::not_found("such action")),
    }
}

/// What a step will change, before it does.
pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let before = named(cx)?;
    let action = cx.name("action");
    let mut call = cx.call.clone();
    call.reason = Some(t("sheet.trial").to_owned());
    let tried = run((&cx.app.rehearsal(), &call), &before, action, &cx.query);
    if let Err(error @ Error::NotFound { .. }) = tried {
        return Err(error);
    }
    let title = words::of("purchase_act", action);
    let here = at(&before.number);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.purchasing")), (&here, &before.number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @match &tried {
            Ok(after) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &changes(&before, after),
                action: &format!("{here}/do/{action}"),
                fields: &cx.query,
                version: Some(before.version),
                confirm: &title,
                is_grave: action == "cancel",
                back: &here,
            })),
            Err(refusal) => {
                div #sheet { (fault::notice(refusal)) }
                p { a.button href=(here) { (t("form.back")) } }
            }
        }
    };
    Ok(Page::new(format!("{title} · {}", before.number), body).into())
}

fn changes(before: &PurchaseOrder, after: &PurchaseOrder) -> Vec<Effect> {
    let mut all = Vec::new();
    if before.state() != after.state() {
        let word = words::of("purchase", after.state().code());
        let text = words::with("purchasing.becomes", &[("state", &word)]);
        all.push(Effect::new('·', text, ""));
    }
    for line in &after.lines {
        let Some(old) = before.lines.iter().find(|old| old.id == line.id) else { continue };
        let less = old.open().less(line.open());
        let more = line.open().less(old.open());
        let figure = |qty| format!("{} {}", quantity(qty, line.unit_ratio), line.unit);
        if !less.is_zero() {
            let text = words::with("purchasing.no_longer", &[("what", &line.description)]);
            all.push(Effect::new('−', text, figure(less)));
        }
        if !more.is_zero() {
            let text = words::with("purchasing.again", &[("what", &line.description)]);
            all.push(Effect::new('+', text, figure(more)));
        }
    }
    if let (Ok(was), Ok(is)) = (before.total(), after.total())
        && was != is
    {
        let was = shown::figure(was, before.currency);
        let text = words::with("effect.total", &[("was", &was)]);
        all.push(Effect::new('→', text, shown::money(is, after.currency)));
    }
    all
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let before = named(cx)?;
    let action = cx.name("action");
    let done = cx.command().and_then(|call| run((&cx.app, &call), &before, action, &cx.form));
    match done {
        Ok(after) => Ok(Answer::Goto(address(&at(&after.number), &[("done", action)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, &before, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

pub fn show_receive(cx: &Cx) -> Result<Answer, Error> {
    let purchase = named(cx)?;
    Ok(bench(cx, &purchase, &cx.query, None).into())
}

pub fn receive(cx: &Cx) -> Result<Answer, Error> {
    let purchase = named(cx)?;
    let new = arrived(&cx.form);
    match cx.command().and_then(|call| receiving::receive(&cx.app, &call, purchase.id, &new)) {
        Ok(_) => Ok(Answer::Goto(address(&at(&purchase.number), &[("done", "receive")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(bench(cx, &purchase, &cx.form, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

/// What was typed for lines, and every scan: `code` once for each.
fn arrived(fields: &Fields) -> ArrivedIn {
    let typed = fields.under("line.").filter_map(|(line, quantity)| {
        let line = line.parse().ok()?;
        Some(ArrivedLineIn {
            line: Some(line),
            quantity: Some(quantity.to_owned()),
            lot: fields.owned(&format!("lot.{line}")),
            ..ArrivedLineIn::default()
        })
    });
    let scanned = fields.all("code").chain(fields.all("scan")).filter(|code| !code.is_empty());
    let scanned = scanned.map(|text| {
        let read = scan::read(text);
        ArrivedLineIn {
            code: read.codes().last().map(|code| (*code).to_owned()),
            quantity: read.count,
            lot: read.lot,
            expires_on: read.expires_on,
            serials: read.serial.into_iter().collect(),
            ..ArrivedLineIn::default()
        }
    });
    let mut lines: Vec<ArrivedLineIn> = typed.collect();
    lines.extend(scanned);
    ArrivedIn { reference: fields.owned("reference"), lines, ..ArrivedIn::default() }
}

fn bench(cx: &Cx, purchase: &PurchaseOrder, given: &Fields, error: Option<&Error>) -> Page {
    let mut fields = given.clone();
    for (name, _) in fields.0.iter_mut().filter(|(name, _)| name == "scan") {
        *name = "code".into();
    }
    let mut call = cx.call.clone();
    call.reason = Some(t("sheet.trial").to_owned());
    let new = arrived(&fields);
    let tried = (!new.lines.is_empty())
        .then(|| receiving::receive(&cx.app.rehearsal(), &call, purchase.id, &new));
    let said = given.get("scan").map(|text| match &tried {
        Some(Ok(arrived)) if arrived.unknown.iter().any(|one| one == text) => {
            (false, words::with("purchasing.unknown", &[("code", &text)]))
        }
        Some(Err(refusal)) => (false, fault::capital(&refusal.to_string())),
        _ => (true, text.to_owned()),
    });
    let path = format!("{}/receive", at(&purchase.number));
    let title = words::with("purchasing.receive", &[("number", &purchase.number)]);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.purchasing")), (&at(&purchase.number), &purchase.number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        div.bench {
            (scan::line(&path, &fields, said.as_ref()))
            @if let Some(error) = error { (fault::notice(error)) }
            form.form action=(path) data-preview {
                @for code in fields.all("code") { (parts::form::hidden("code", code)) }
                @for line in purchase.lines.iter().filter(|line| !line.receivable().is_zero()) {
                    @let name = format!("line.{}", line.position);
                    @let open = format!("{} {}", quantity(line.open(), line.unit_ratio), line.unit);
                    (field(&Field {
                        name: &name, label: &line.description, value: fields.text(&name),
                        hint: &words::with("purchasing.still", &[("open", &open)]),
                        is_short: true, mode: "decimal", ..Field::default()
                    }))
                }
                (field(&Field {
                    name: "reference", label: t("stock.note"), value: fields.text("reference"),
                    ..Field::default()
                }))
                div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
            }
            @match &tried {
                None => div #sheet {},
                Some(Ok(arrived)) => (sheet(cx, &Sheet {
                    title: t("sheet.title"),
                    effects: &effects(purchase, arrived),
                    action: &path,
                    fields: &fields,
                    version: Some(purchase.version),
                    confirm: &words::of("stock_act", "receive"),
                    is_grave: false,
                    back: &at(&purchase.number),
                })),
                Some(Err(refusal)) => div #sheet {
                    @if error.is_none() { (fault::notice(refusal)) }
                },
            }
        }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}

fn effects(before: &PurchaseOrder, arrived: &receiving::Arrived) -> Vec<Effect> {
    let mut all = Vec::new();
    for line in &arrived.purchase.lines {
        let Some(old) = before.lines.iter().find(|old| old.id == line.id) else { continue };
        let came = line.received.less(old.received);
        if !came.is_zero() {
            let figure = format!("{} {}", quantity(came, line.unit_ratio), line.unit);
            all.push(Effect::new('+', line.description.clone(), figure));
        }
    }
    for code in &arrived.unknown {
        all.push(Effect::new('!', words::with("purchasing.unknown", &[("code", code)]), ""));
    }
    all
}
