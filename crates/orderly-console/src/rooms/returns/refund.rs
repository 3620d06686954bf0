//! Refunds: what is proposed for what came back, line by line, and giving it.

use maud::{Markup, html};
use orderly_core::order::Order;
use orderly_core::refund::propose::Proposal;
use orderly_core::refund::{Cause, Refund, RefundSettlement};
use orderly_core::returns::Return;
use orderly_ops::ops::payments::Settling;
use orderly_ops::ops::read::{orders, returns as read_returns};
use orderly_ops::ops::refunds::{self, How, RefundIn, RefundLineIn};
use orderly_ops::{App, Call, Error};

use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts::form::{self, Field, field, select};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::{self, Row};
use crate::rooms::orders::{act, at};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show as shown_as};

struct Asked {
    order: Order,
    returned: Option<Return>,
}

fn asked(cx: &Cx, fields: &Fields) -> Result<Asked, Error> {
    let order = orders::get(&cx.app, &cx.call, cx.name("order"))?;
    let returned = fields.get("return").map(|number| read_returns::one(&cx.app, &cx.call, number));
    let returned = returned.transpose()?.filter(|found| found.order == Some(order.id));
    Ok(Asked { order, returned })
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let asked = asked(cx, &cx.query)?;
    shown(cx, &asked, &cx.query, None)
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let asked = asked(cx, &cx.form)?;
    let done = cx.command().and_then(|call| {
        call.expect_version(asked.order.version)?;
        make(&cx.app, &call, &asked, &cx.form)
    });
    match done {
        Ok(_) => Ok(Answer::Goto(address(&at(&asked.order.number), &[("done", "refund")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            shown(cx, &asked, &cx.form, Some(&error))
        }
        Err(error) => Err(error),
    }
}

fn make(app: &App, call: &Call, asked: &Asked, fields: &Fields) -> Result<Refund, Error> {
    let how = How { waive_fee: fields.is_on("waive_fee"), await_approval: true };
    refunds::make_with(app, call, asked.order.id, &request(asked, fields)?, how)
}

/// What is asked for: the lines of the return that came, or the lines that the form names.
fn request(asked: &Asked, fields: &Fields) -> Result<RefundIn, Error> {
    let mut lines: Vec<RefundLineIn> = Vec::new();
    for line in asked.returned.iter().flat_map(|found| &found.lines) {
        let qty = line.kept().less(line.refunded);
        if let Some(own) = line.order_line.filter(|_| !qty.is_zero()) {
            lines.push(RefundLineIn {
                line: own,
                return_line: Some(line.id),
                cause: Cause::Returned,
                qty,
                amount: fields.owned(&format!("amount.{}", line.position)),
            });
        }
    }
    if asked.returned.is_none() {
        for (line, qty) in act::quantities(&asked.order, fields)? {
            let canceled = asked.order.line(line)?.quantities.canceled;
            let cause = if canceled.is_zero() { Cause::Goodwill } else { Cause::Canceled };
            lines.push(RefundLineIn { line, return_line: None, cause, qty, amount: None });
        }
    }
    let charges = asked
        .order
        .charges
        .iter()
        .filter(|charge| fields.is_on(&format!("charge.{}", charge.position)));
    let settlement = fields.get("settlement").and_then(RefundSettlement::parse);
    Ok(RefundIn {
        returned: asked.returned.as_ref().map(|found| found.id),
        lines,
        charges: charges.map(|charge| (charge.id, None)).collect(),
        settlement: settlement.unwrap_or(RefundSettlement::Refund),
        payment: None,
        reason: fields.text("reason").into(),
        settling: Settling::AtOnce,
    })
}

fn shown(cx: &Cx, asked: &Asked, fields: &Fields, error: Option<&Error>) -> Result<Answer, Error> {
    let order = &asked.order;
    let mut fields = fields.clone();
    if fields.get("reason").is_none() && asked.returned.is_some() {
        fields.0.retain(|(name, _)| name != "reason");
        fields.0.push(("reason".into(), t("refund.returned").into()));
    }
    let wanted = request(asked, &fields);
    let is_empty = matches!(&wanted, Ok(new) if new.lines.is_empty() && new.charges.is_empty());
    let proposal = wanted.and_then(|new| refunds::propose(&cx.app, &cx.call, order.id, &new));
    let mut call = cx.call.clone();
    call.reason = fields.owned("reason");
    let tried = (!is_empty).then(|| make(&cx.app.rehearsal(), &call, asked, &fields));
    let refused = tried.as_ref().and_then(|tried| tried.as_ref().err()).or(error);
    let path = format!("{}/refund", at(&order.number));
    let number = words::with("order.title", &[("number", &order.number)]);
    let title = t("refund.title");
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders")), (&at(&order.number), &number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        (inputs(asked, &fields, refused, &path))
        @if let (Ok(proposal), false) = (&proposal, is_empty) { (proposed(order, proposal)) }
        @match &tried {
            Some(Ok(refund)) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &told(order, refund),
                action: &path,
                fields: &fields,
                version: Some(order.version),
                confirm: title,
                is_grave: true,
                back: &at(&order.number),
            })),
            Some(Err(refusal)) if error.is_none() => div #sheet { (fault::notice(refusal)) },
            Some(Err(_)) => {}
            None => p.muted { (t("refund.choose")) },
        }
    };
    let status = error.map_or(200, fault::status);
    Ok(Page::new(format!("{title} · {}", order.number), body).with_status(status).into())
}

fn inputs(asked: &Asked, fields: &Fields, error: Option<&Error>, path: &str) -> Markup {
    let order = &asked.order;
    let ways = [RefundSettlement::Refund, RefundSettlement::StoreCredit]
        .into_iter()
        .chain(order.head.account.map(|_| RefundSettlement::AccountCredit));
    let ways: Vec<(String, String)> =
        ways.map(|way| (way.code().to_owned(), words::of("settlement", way.code()))).collect();
    html! {
        form.form action=(path) data-preview {
            @if let Some(found) = &asked.returned { (form::hidden("return", &found.number)) }
            @else { @for line in order.lines.iter().filter(|line| line.parent.is_none()) {
                @let name = format!("line.{}", line.position);
                (field(&Field {
                    name: &name, label: &line.description, value: fields.text(&name),
                    hint: &line.unit, error: wrong_at(error, &name), is_short: true,
                    mode: "decimal", ..Field::default()
                }))
            } }
            @for charge in &order.charges {
                (form::check(
                    &format!("charge.{}", charge.position),
                    &charge.description,
                    fields.is_on(&format!("charge.{}", charge.position)),
                ))
            }
            (select("settlement", t("refund.how"), fields.text("settlement"), &ways))
            (field(&Field {
                name: "reason", label: t("field.reason"), value: fields.text("reason"),
                error: wrong_at(error, "reason"), ..Field::default()
            }))
            (form::check("waive_fee", t("refund.waive_fee"), fields.is_on("waive_fee")))
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
    }
}

/// How the amount comes about: each line, what is kept, the sum, and the most there is.
fn proposed(order: &Order, proposal: &Proposal) -> Markup {
    let shown = |minor: i64| shown_as::figure(minor, order.currency);
    let mut rows = Vec::new();
    for line in &proposal.lines {
        let name = line.order_line.and_then(|id| order.line(id).ok());
        let name =
            name.map_or_else(|| t("refund.charge").to_owned(), |own| own.description.clone());
        rows.push((Row::Added, name, shown(line.goods + line.tax)));
    }
    for fee in &proposal.fees {
        rows.push((Row::Added, t("refund.fee").to_owned(), shown(-fee.amount)));
    }
    let sum = shown_as::money(proposal.amount, order.currency);
    rows.push((Row::Sum, t("refund.amount").to_owned(), sum));
    rows.push((Row::Part, t("refund.most").to_owned(), shown(proposal.maximum)));
    parts::section(t("refund.proposed"), &parts::money(&rows))
}

fn told(order: &Order, refund: &Refund) -> Vec<Effect> {
    let amount = shown_as::money(refund.amount, order.currency);
    let way = words::of("settlement", refund.settlement.code());
    let mut all = vec![Effect::new('−', words::with("refund.gives", &[("way", &way)]), amount)];
    if refund.awaits_approval {
        all.push(Effect::new('!', t("refund.must_wait"), ""));
    }
    all
}
