//! The page of a return: what was announced, what came, what became of it, what was given back.

use maud::{Markup, html};
use orderly_core::returns::{Fate, Return, ReturnLine, ReturnState};
use orderly_ops::Error;
use orderly_ops::ops::read;

use super::steps::{self, Step};
use super::{at, standing};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::rooms::orders;
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let found = read::returns::one(&cx.app, &cx.call, cx.name("return"))?;
    let order = found.order.map(|id| read::orders::get(&cx.app, &cx.call, &id.to_string()));
    let order = order.transpose()?;
    let title = words::with("returns.title", &[("number", &found.number)]);
    let mut facts = vec![standing(&found)];
    facts.extend(order.as_ref().map(|order| {
        let name = words::with("order.title", &[("number", &order.number)]);
        html! { a href=(orders::at(&order.number)) { (name) } }
    }));
    facts.push(html! { (t("hold.since")) " " (show::time(cx, found.created_at)) });
    facts.extend(found.head.reason.as_ref().map(|reason| html! { "“" (reason) "”" }));
    let done = cx.query.get("done");
    let body = html! {
        (parts::crumbs(&[("/console/returns", t("room.returns"))]))
        (parts::head(&html! { (title) }, &facts, &actions(cx, &found, order.as_ref())))
        @if let Some(done) = done {
            div.notice.good role="status" { (words::of("returned", done)) }
        }
        (lines(cx, &found))
        (decisions(cx, &found))
    };
    Ok(Page::new(title, body).into())
}

fn actions(cx: &Cx, found: &Return, order: Option<&orderly_core::order::Order>) -> Markup {
    let open: Vec<Step> = Step::ALL
        .into_iter()
        .filter(|step| *step != Step::Inspect && step.is_open(found) && cx.may(step.needs()))
        .collect();
    let owed = found.lines.iter().any(|line| line.kept() > line.refunded);
    html! {
        @for (index, step) in open.iter().enumerate() {
            a.button.main[index == 0] href=(steps::address_of(&found.number, *step, &[])) {
                (words::of("step_return", step.code()))
            }
        }
        @if let Some(order) = order.filter(|_| owed) {
            @if cx.may(orderly_core::actor::Permission::Refund) {
                a.button.main[open.is_empty()]
                    href=(format!("{}/refund?return={}", orders::at(&order.number), found.number)) {
                    (t("refund.title"))
                }
            }
        }
    }
}

fn lines(cx: &Cx, found: &Return) -> Markup {
    let columns = [
        column(t("order.item")),
        figures(t("returns.announced")),
        figures(t("returns.came")),
        column(t("returns.became")),
        figures(t("returns.refunded")),
        column(""),
    ];
    let rows: Vec<Line> = found.lines.iter().map(|line| row(cx, found, line)).collect();
    parts::section(t("order.lines"), &table(t("order.lines"), &columns, &rows))
}

fn row(cx: &Cx, found: &Return, line: &ReturnLine) -> Line {
    let waits = !line.fates.awaiting_inspection.is_zero();
    let position = line.position.to_string();
    let inspect = steps::address_of(&found.number, Step::Inspect, &[("line", &position)]);
    let can = waits && found.head.state == ReturnState::Received && cx.may(Step::Inspect.needs());
    Line::new(vec![
        html! {
            (line.description)
            @if let Some(reason) = &line.reason { div.small.muted { "“" (reason) "”" } }
        },
        html! { (line.requested) },
        html! { (line.received) },
        html! {
            @for fate in Fate::ALL {
                @let qty = line.fates.of(*fate);
                @if !qty.is_zero() {
                    @let word = format!("{qty} {}", words::of("fate", fate.code()));
                    (state(meaning(*fate), &word)) " "
                }
            }
        },
        html! { @if line.amount != 0 { (show::cell(line.amount, found.currency)) } },
        html! { @if can { a.button href=(inspect) { (words::of("step_return", "inspect")) } } },
    ])
}

const fn meaning(fate: Fate) -> Meaning {
    match fate {
        Fate::AwaitingInspection => Meaning::Attention,
        Fate::Restocked | Fate::Repaired | Fate::Refurbished => Meaning::Good,
        Fate::Scrapped => Meaning::Bad,
        _ => Meaning::Plain,
    }
}

fn decisions(cx: &Cx, found: &Return) -> Markup {
    let rows: Vec<Line> = found
        .dispositions
        .iter()
        .rev()
        .map(|one| {
            let line = found.line(one.line).map_or("", |line| line.description.as_str());
            Line::new(vec![
                show::time(cx, one.decided_at),
                html! { (line) },
                html! { (one.qty) },
                html! {
                    (words::of("fate", one.from.code())) " → " (words::of("fate", one.to.code()))
                },
                html! { (one.note.as_deref().unwrap_or("")) },
            ])
        })
        .collect();
    let columns = [
        column(t("returns.when")),
        column(t("order.item")),
        figures(t("order.quantity")),
        column(t("returns.became")),
        column(t("returns.note")).rank(2),
    ];
    html! { @if !rows.is_empty() {
        (parts::section(t("order.timeline"), &table(t("order.timeline"), &columns, &rows)))
    } }
}

/// Where a return's page is after something was done.
pub fn done(number: &str, what: &str) -> String {
    crate::fields::address(&at(number), &[("done", what)])
}
