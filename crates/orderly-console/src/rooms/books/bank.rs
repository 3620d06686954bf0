//! The bank: what came and went, what nothing explains yet, and what it may pay.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::bank::propose::Proposal;
use orderly_core::bank::{BankAccount, BankEntry};
use orderly_ops::Error;
use orderly_ops::ops::bank::{self, MatchIn, Matched};

use super::{HERE, tabs};
use crate::fields::address;
use crate::parts::form;
use crate::parts::sheet::{Effect, changes};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/books/bank";
/// The most entries that are shown.
const ROWS: i64 = 300;

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let accounts = bank::accounts(&cx.app, &cx.call)?;
    let all = cx.query.text("only") == "all";
    let found = bank::lines(&cx.app, &cx.call, cx.query.get("account"), !all, ROWS)?;
    let title = words::of("books", "bank");
    let other = match all {
        true => html! { a.button href=(LIST) { (t("bank.only_open")) } },
        false => html! { a.button href=(address(LIST, &[("only", "all")])) { (t("bank.all")) } },
    };
    let body = html! {
        (parts::head(&html! { (title) }, &[], &other))
        (tabs("bank"))
        @if let Some(done) = cx.query.get("done") {
            div.notice.good role="status" { (words::of("books_done", done)) }
        }
        @if accounts.is_empty() {
            (parts::empty(t("bank.no_account"), t("bank.no_account_next"), &html! {}))
        } @else if found.is_empty() {
            (parts::empty(t("bank.none"), t("bank.none_next"), &html! {}))
        } @else { (rows(cx, &found, &accounts)) }
    };
    Ok(Page::full(title, body).into())
}

fn at(entry: &BankEntry) -> String {
    format!("{LIST}/{}", entry.id)
}

fn rows(cx: &Cx, found: &[BankEntry], accounts: &[BankAccount]) -> Markup {
    let today = show::today(cx);
    let people = cx.may_see_people();
    let row = |entry: &BankEntry| {
        let own = accounts.iter().find(|one| one.id == entry.account);
        let payer = entry.line.payer.as_deref().filter(|_| people);
        let text = if people { entry.line.purpose.as_str() } else { t("people.hidden") };
        Line::to(
            at(entry),
            vec![
                html! { a.nowrap href=(at(entry)) { (show::day(entry.booked_on, today)) } },
                html! { (own.map_or("", |one| one.name.as_str())) },
                html! {
                    div.clip { (payer.unwrap_or_default()) }
                    div.clip.small.muted { (text) }
                },
                show::cell(entry.line.amount, entry.currency),
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("stock.day")),
        column(t("bank.account")).rank(2),
        column(t("bank.who")),
        figures(t("customers.amount")),
    ];
    table(t("books.bank"), &columns, &lines)
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let matched = bank::show(&cx.app, &cx.call, cx.id("entry")?)?;
    Ok(drawn(cx, &matched, None)?.into())
}

fn drawn(cx: &Cx, matched: &Matched, error: Option<&Error>) -> Result<Page, Error> {
    let entry = &matched.entry;
    let title = show::money(entry.line.amount, entry.currency);
    let mut facts = vec![html! { (show::day(entry.booked_on, show::today(cx))) }];
    facts.push(match &matched.found {
        Some(_) => state(Meaning::Good, t("bank.explained")),
        None => state(Meaning::Attention, t("bank.open")),
    });
    let mut known = Vec::new();
    if cx.may_see_people() {
        let line = &entry.line;
        for (label, value) in [
            (t("bank.who"), &line.payer),
            (t("bank.iban"), &line.payer_iban),
            (t("bank.reference"), &line.creditor_reference),
            (t("bank.own"), &line.reference),
        ] {
            known.extend(value.as_ref().map(|value| (label, html! { (value) })));
        }
        known.push((t("bank.purpose"), html! { (line.purpose) }));
    }
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.books")), (LIST, t("books.bank"))]))
        (parts::head(&html! { (title) }, &facts, &undo(cx, matched)))
        @if let Some(error) = error { (fault::notice(error)) }
        (parts::pairs(&known))
        @if let Some(payment) = &matched.payment {
            p.gap { (words::with("bank.became", &[
                ("amount", &show::money(payment.amounts.captured, payment.currency)),
            ])) }
        }
        @if matched.found.is_none() { (proposals(cx, entry)?) }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn undo(cx: &Cx, matched: &Matched) -> Markup {
    html! { @if matched.found.is_some() && cx.may(Permission::MatchBank) {
        form method="post" action=(format!("{}/unmatch", at(&matched.entry))) {
            (form::key(cx))
            button type="submit" { (t("bank.unmatch")) }
        }
    } }
}

fn proposals(cx: &Cx, entry: &BankEntry) -> Result<Markup, Error> {
    let found = bank::proposals(&cx.app, &cx.call, entry.id)?;
    let one = |index: usize, proposal: &Proposal| {
        let effects: Vec<Effect> = proposal
            .parts
            .iter()
            .map(|(candidate, part)| {
                let owner = candidate.owner.as_deref().filter(|_| cx.may_see_people());
                let text = format!("{} {}", candidate.name, owner.unwrap_or_default());
                Effect::new('→', text, show::money(*part, entry.currency))
            })
            .collect();
        html! {
            div.sheet {
                h2 {
                    @if proposal.is_exact() { (state(Meaning::Good, t("bank.exact"))) }
                    @else { (state(Meaning::Info, t("bank.maybe"))) }
                }
                div.body {
                    (changes(&effects))
                    p.small.muted { (proposal.why.join(" · ")) }
                }
                @if cx.may(Permission::MatchBank) {
                    form.confirm method="post" action=(format!("{}/match", at(entry))) {
                        (form::key(cx))
                        (form::hidden("proposal", &index.to_string()))
                        button.main[index == 1] type="submit" { (t("bank.match")) }
                    }
                }
            }
        }
    };
    let body = html! {
        @if found.is_empty() {
            (parts::empty(t("bank.no_proposal"), t("bank.no_proposal_next"), &html! {}))
        }
        @for (index, proposal) in found.iter().take(5).enumerate() { (one(index + 1, proposal)) }
    };
    Ok(parts::section(t("bank.proposals"), &body))
}

pub fn take(cx: &Cx) -> Result<Answer, Error> {
    let id = cx.id("entry")?;
    let proposal = cx.form.get("proposal").and_then(|text| text.parse().ok());
    let what = MatchIn { proposal, ..MatchIn::default() };
    let ran = cx.command().and_then(|call| bank::match_entry(&cx.app, &call, id, &what));
    finished(cx, ran, "matched")
}

pub fn unmatch(cx: &Cx) -> Result<Answer, Error> {
    let id = cx.id("entry")?;
    let ran = cx.command().and_then(|call| bank::unmatch(&cx.app, &call, id));
    finished(cx, ran, "unmatched")
}

fn finished(cx: &Cx, ran: Result<Matched, Error>, done: &str) -> Result<Answer, Error> {
    match ran {
        Ok(_) => Ok(Answer::Goto(address(LIST, &[("done", done)]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            let before = bank::show(&cx.app, &cx.call, cx.id("entry")?)?;
            Ok(drawn(cx, &before, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}
