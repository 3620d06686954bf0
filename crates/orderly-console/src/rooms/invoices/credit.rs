//! Taking a document back, whole, with what that will change shown first.

use maud::html;
use orderly_core::invoice::Invoice;
use orderly_ops::Error;
use orderly_ops::ops::invoices;

use super::{HERE, at, named};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{Field, field};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show as shown};

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    Ok(page(cx, &named(cx)?, &cx.query, None).into())
}

pub fn credit(cx: &Cx) -> Result<Answer, Error> {
    let invoice = named(cx)?;
    match cx.command().and_then(|call| invoices::credit(&cx.app, &call, invoice.id, &[])) {
        Ok(note) => Ok(Answer::Goto(address(&at(&note.name()), &[("done", "credited")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(page(cx, &invoice, &cx.form, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

fn page(cx: &Cx, invoice: &Invoice, fields: &Fields, error: Option<&Error>) -> Page {
    let name = invoice.name();
    let title = words::with("invoices.credit_title", &[("name", &name)]);
    let mut call = cx.call.clone();
    call.reason = fields.owned("reason").or_else(|| Some(t("sheet.trial").to_owned()));
    let tried = invoices::credit(&cx.app.rehearsal(), &call, invoice.id, &[]);
    let path = format!("{}/credit", at(&name));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.invoices")), (&at(&name), &name)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form action=(path) data-preview {
            (field(&Field {
                name: "reason", label: t("stock.reason"), value: fields.text("reason"),
                error: wrong_at(error, "reason"), required: true, ..Field::default()
            }))
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
        @match &tried {
            Ok(note) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &effects(invoice, note),
                action: &path,
                fields,
                version: Some(invoice.version),
                confirm: t("invoices.credit"),
                is_grave: true,
                back: &at(&name),
            })),
            Err(refusal) => {
                div #sheet { @if error.is_none() { (fault::notice(refusal)) } }
            }
        }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}

fn effects(invoice: &Invoice, note: &Invoice) -> Vec<Effect> {
    let money = |minor: i64| shown::money(minor, note.currency);
    let used = note.settled;
    let mut all = vec![Effect::new('+', t("invoices.issues_note"), money(note.total))];
    if used != 0 {
        let text = words::with("invoices.settles", &[("name", &invoice.name())]);
        all.push(Effect::new('→', text, money(used)));
    }
    if note.open() != 0 {
        all.push(Effect::new('!', t("invoices.stays_open"), money(note.open())));
    }
    all.push(Effect::new('·', t("invoices.due_again"), ""));
    all
}
