//! The page of a quote or agreement: what is offered and what is left of it, and its next step.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::order::Order;
use orderly_core::quote::{Drawable, QuoteKind, QuoteState};
use orderly_docs::Paper;
use orderly_ops::Error;
use orderly_ops::ops::quotes;
use orderly_ops::ops::quotes::read::{self, Shown};
use orderly_ops::wire::quotes::{ConvertIn, DrawIn};

use super::{HERE, at, standing, words_of};
use crate::cx::wrong_at;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, field};
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::table::{Line, figures, table, words as column};
use crate::rooms::{customers, orders};
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show};

fn named(cx: &Cx) -> Result<Shown, Error> {
    let text = cx.name("quote");
    match read::show(&cx.app, &cx.call, QuoteKind::Quote, text) {
        Err(Error::NotFound { .. }) => read::show(&cx.app, &cx.call, QuoteKind::Agreement, text),
        found => found,
    }
}

pub fn pdf(cx: &Cx) -> Result<Answer, Error> {
    let shown = named(cx)?;
    let sheet = quotes::documents::sheet(&cx.app, &cx.call, &shown, Paper::A4)?;
    let bytes = sheet.to_pdf().map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Answer::File("application/pdf", format!("{}.pdf", shown.quote.number), bytes))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, &named(cx)?, None).into())
}

fn drawn(cx: &Cx, shown: &Shown, error: Option<&Error>) -> Page {
    let quote = &shown.quote;
    let title = format!("{} {}", words_of(quote.kind), quote.number);
    let mut facts = vec![standing(quote, shown.today)];
    facts.extend(quote.valid_until.map(|until| {
        html! { (t("quotes.valid_until")) " " (show::day(until, shown.today)) }
    }));
    if quote.revision > 0 {
        facts.push(html! { (words::with("quotes.revision", &[("n", &quote.revision)])) });
    }
    facts.extend(shown.customer.as_ref().map(|customer| {
        let name = shown.party.as_ref().filter(|_| cx.may_see_people());
        let name = name.map(|party| party.company.as_ref().unwrap_or(&party.name).clone());
        html! { a href=(customers::at(&customer.number)) {
            (name.unwrap_or_else(|| customer.number.clone()))
        } }
    }));
    facts.extend(quote.reference.as_ref().map(|text| html! { (text) }));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.quotes"))]))
        div #quote data-live {
            (parts::head(&html! { (title) }, &facts, &actions(cx, shown)))
            @if let Some(done) = cx.query.get("done") {
                div.notice.good role="status" { (words::of("quote_done", done)) }
            }
            @if let Some(error) = error { (fault::notice(error)) }
            @if quote.draft.is_some() { div.notice.attention { (t("quotes.has_draft")) } }
            (parts::section(t("invoices.lines"), &lines(shown)))
            (made_of_it(cx, &shown.orders))
        }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}

fn actions(cx: &Cx, shown: &Shown) -> Markup {
    let quote = &shown.quote;
    let act = |action: &str, is_next: bool| {
        html! {
            form method="post" action=(format!("{}/do/{action}", at(quote))) {
                (form::key(cx))
                (form::hidden("version", &quote.version.to_string()))
                button.main[is_next] type="submit" { (words::of("quote_act", action)) }
            }
        }
    };
    let sent = matches!(quote.state, QuoteState::Sent | QuoteState::Accepted);
    let left = quote.lines.iter().any(|one| !one.left().is_zero());
    html! {
        @if sent && left && cx.may(Permission::Place) {
            a.button.main href=(format!("{}/order", at(quote))) { (t("quotes.to_order")) }
        }
        @if cx.may(Permission::Quote) {
            @if quote.draft.is_some() { (act("send", !sent)) }
            @if quote.state == QuoteState::Sent { (act("accept", false)) (act("decline", false)) }
            @if sent { (act("close", false)) }
        }
        @if cx.may_see_people() && quote.revision > 0 {
            a.button href=(format!("{}/pdf", at(quote))) { (t("documents.pdf")) }
        }
    }
}

/// The lines in force with what was drawn, or those of the draft where none is sent yet.
fn lines(shown: &Shown) -> Markup {
    let quote = &shown.quote;
    let currency = quote.currency;
    let what = |line: &orderly_core::quote::QuoteLine| {
        html! {
            (line.description)
            @if let Some(sku) = &line.sku { div.small.muted.id { (sku) } }
        }
    };
    let row = |one: &Drawable| {
        let qty = |qty| html! { (one.show(qty)) " " span.muted.small { (one.line.unit) } };
        Line::new(vec![
            what(&one.line),
            qty(one.offered),
            qty(one.drawn),
            html! { strong { (one.show(one.left())) } },
            html! { (show::price(one.line.price, currency)) },
            html! { (show::figure(one.line.amount, currency)) },
        ])
    };
    let mut rows: Vec<Line> = quote.lines.iter().map(row).collect();
    if let Some(draft) = quote.draft.as_ref().filter(|_| rows.is_empty()) {
        rows.extend(draft.lines.iter().map(|line| {
            Line::new(vec![
                what(line),
                html! { (line.entered) " " span.muted.small { (line.unit) } },
                html! {},
                html! {},
                html! { (show::price(line.price, currency)) },
                html! { (show::figure(line.amount, currency)) },
            ])
        }));
    }
    let columns = [
        column(t("invoices.goods")),
        figures(t("quotes.offered")),
        figures(t("quotes.was_drawn")).rank(2),
        figures(t("quotes.left")).rank(2),
        figures(t("invoices.price")).rank(2),
        figures(t("orders.total")),
    ];
    table(t("invoices.lines"), &columns, &rows)
}

fn made_of_it(cx: &Cx, made: &[Order]) -> Markup {
    let row = |order: &Order| {
        Line::to(
            orders::at(&order.number),
            vec![
                html! { a href=(orders::at(&order.number)) { (order.number) } },
                show::time(cx, order.placed_at),
                show::cell(order.head.totals.total, order.currency),
            ],
        )
    };
    let rows: Vec<Line> = made.iter().map(row).collect();
    let columns =
        [column(t("orders.order")), column(t("orders.placed")), figures(t("orders.total"))];
    html! { @if !rows.is_empty() {
        (parts::section(t("room.orders"), &table(t("room.orders"), &columns, &rows)))
    } }
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let shown = named(cx)?;
    let (app, id) = (&cx.app, shown.quote.id);
    let action = cx.name("action");
    let ran = cx.command().and_then(|call| match action {
        "send" => quotes::send(app, &call, id),
        "accept" => quotes::accept(app, &call, id),
        "decline" => quotes::decline(app, &call, id),
        "close" => quotes::close(app, &call, id),
        _ => Err(Error::not_found("such action")),
    });
    match ran {
        Ok(after) => Ok(Answer::Goto(address(&at(&after), &[("done", action)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, &shown, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

// ---- Making an order of it -------------------------------------------------------------------

fn wanted(fields: &Fields) -> ConvertIn {
    let lines = fields.under("line.").filter_map(|(line, quantity)| {
        let line = line.parse().ok()?;
        Some(DrawIn { line, quantity: Some(quantity.to_owned()), delivery: None })
    });
    ConvertIn {
        lines: lines.collect(),
        reference: fields.owned("reference"),
        ..ConvertIn::default()
    }
}

pub fn show_order(cx: &Cx) -> Result<Answer, Error> {
    Ok(ordering(cx, &named(cx)?, &cx.query, None).into())
}

pub fn order(cx: &Cx) -> Result<Answer, Error> {
    let shown = named(cx)?;
    let ran = cx.command().and_then(|call| {
        quotes::convert::convert(&cx.app, &call, shown.quote.id, &wanted(&cx.form))
    });
    match ran {
        Ok(made) => Ok(Answer::Goto(address(&orders::at(&made.number), &[("done", "place")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(ordering(cx, &shown, &cx.form, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

fn ordering(cx: &Cx, shown: &Shown, given: &Fields, error: Option<&Error>) -> Page {
    let quote = &shown.quote;
    let title = t("quotes.to_order");
    let mut fields = given.clone();
    if fields.under("line.").next().is_none() {
        for one in quote.lines.iter().filter(|one| !one.left().is_zero()) {
            fields.0.push((format!("line.{}", one.line.position), one.show(one.left())));
        }
    }
    let app = cx.app.rehearsal();
    let tried = quotes::convert::convert(&app, &cx.call, quote.id, &wanted(&fields));
    let refused = tried.as_ref().err().or(error);
    let path = format!("{}/order", at(quote));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.quotes")), (&at(quote), &quote.number)]))
        (parts::head(&html! { (title) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        form.form action=(path) data-preview {
            @for one in quote.lines.iter().filter(|one| !one.left().is_zero()) {
                @let name = format!("line.{}", one.line.position);
                @let most = format!("{} {}", one.show(one.left()), one.line.unit);
                (field(&Field {
                    name: &name, label: &one.line.description, value: fields.text(&name),
                    hint: &words::with("field.most", &[("most", &most)]), is_short: true,
                    mode: "decimal", error: wrong_at(refused, &name), ..Field::default()
                }))
            }
            (field(&Field {
                name: "reference", label: t("entry.reference"), value: fields.text("reference"),
                ..Field::default()
            }))
            div.actions { button type="submit" data-preview-by { (t("sheet.look")) } }
        }
        @match &tried {
            Ok(made) => (sheet(cx, &Sheet {
                title: t("sheet.title"),
                effects: &effects(made),
                action: &path,
                fields: &fields,
                version: Some(quote.version),
                confirm: title,
                is_grave: false,
                back: &at(quote),
            })),
            Err(refusal) => div #sheet { @if error.is_none() { (fault::notice(refusal)) } },
        }
    };
    Page::new(format!("{title} · {}", quote.number), body)
        .with_status(error.map_or(200, fault::status))
}

fn effects(made: &Order) -> Vec<Effect> {
    let mut all = Vec::new();
    for line in made.lines.iter().filter(|line| line.parent.is_none()) {
        let figure = format!("{} {}", line.entered, line.unit);
        all.push(Effect::new('+', line.description.clone(), figure));
        let short = line.quantities.backordered;
        if !short.is_zero() {
            let figure = crate::effects::in_unit(short.get(), line);
            all.push(Effect::new('!', t("qty.backordered"), figure));
        }
    }
    let total = show::money(made.head.totals.total, made.currency);
    all.push(Effect::new('→', t("money.total"), total));
    all
}
