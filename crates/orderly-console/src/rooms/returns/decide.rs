//! A refund that waits for another person: what giving it would do, giving it, or withdrawing it.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::refund::Refund;
use orderly_ops::Error;
use orderly_ops::ops::access;
use orderly_ops::ops::payments::Settling;
use orderly_ops::ops::read::{orders, returns};
use orderly_ops::ops::refunds;

use crate::fields::address;
use crate::parts::form;
use crate::parts::sheet::{Effect, Sheet, sheet};
use crate::parts::{self, Meaning, state};
use crate::rooms::orders::at;
use crate::words::{self, t};
use crate::{Answer, Cx, Fields, Page, fault, show as shown};

/// The address of a refund's page.
pub fn page_of(refund: &Refund) -> String {
    format!("/console/refunds/{}", refund.number)
}

pub fn show(cx: &Cx) -> Result<Answer, Error> {
    let found = returns::refund(&cx.app, &cx.call, cx.name("refund"))?;
    Ok(page(cx, &found, None)?.into())
}

pub fn approve(cx: &Cx) -> Result<Answer, Error> {
    let found = returns::refund(&cx.app, &cx.call, cx.name("refund"))?;
    let give = |call| refunds::approve(&cx.app, &call, found.id, None, &Settling::AtOnce);
    done(cx, &found, cx.command().and_then(give))
}

pub fn withdraw(cx: &Cx) -> Result<Answer, Error> {
    let found = returns::refund(&cx.app, &cx.call, cx.name("refund"))?;
    done(cx, &found, cx.command().and_then(|call| refunds::cancel(&cx.app, &call, found.id)))
}

fn done(cx: &Cx, found: &Refund, ran: Result<Refund, Error>) -> Result<Answer, Error> {
    match ran {
        Ok(after) => Ok(Answer::Goto(match order(cx, &after) {
            Some(number) if after.state.code() == "canceled" => at(&number),
            Some(number) => address(&at(&number), &[("done", "refund")]),
            None => page_of(&after),
        })),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(page(cx, found, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

/// The number of the order that a refund is for.
fn order(cx: &Cx, refund: &Refund) -> Option<String> {
    let found = orders::get(&cx.app, &cx.call, &refund.order?.to_string()).ok()?;
    Some(found.number)
}

fn page(cx: &Cx, refund: &Refund, error: Option<&Error>) -> Result<Page, Error> {
    let title = words::with("money.refund", &[("number", &refund.number)]);
    let order = order(cx, refund);
    let who = refund.requested_by.iter().chain(&refund.approved_by).copied().collect::<Vec<_>>();
    let names = access::names_of(&cx.app, &cx.call, &who)?;
    let named = |who: Option<_>| who.and_then(|who| names.get(&who)).cloned();
    let mut facts = vec![html! { strong { (shown::money(refund.amount, refund.currency)) } }];
    facts.push(if refund.awaits_approval {
        state(Meaning::Attention, t("money.awaits"))
    } else {
        state(Meaning::Plain, &words::of("refund", refund.state.code()))
    });
    facts.push(html! { "“" (refund.reason) "”" });
    facts.push(shown::time(cx, refund.created_at));
    facts.extend(named(refund.requested_by).map(|name| {
        html! { (words::with("refund.asked_by", &[("name", &name)])) }
    }));
    facts.extend(named(refund.approved_by).map(|name| {
        html! { (words::with("refund.approved_by", &[("name", &name)])) }
    }));
    let back = order.as_deref().map_or_else(|| "/console".to_owned(), at);
    let actions = html! {
        @if order.is_some() { a.button href=(back) { (t("invoices.order")) } }
        @if refund.awaits_approval && cx.may(Permission::Refund) {
            form method="post" action=(format!("{}/withdraw", page_of(refund))) {
                (form::key(cx))
                button type="submit" { (t("refund.withdraw")) }
            }
        }
    };
    let body = html! {
        (parts::crumbs(&[("/console", t("room.home"))]))
        (parts::head(&html! { (title) }, &facts, &actions))
        @if let Some(error) = error { (fault::notice(error)) }
        @if refund.awaits_approval && cx.may(Permission::Approve) {
            (giving(cx, refund, error, &back))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

/// What giving it would do, tried on a rehearsal.
fn giving(cx: &Cx, refund: &Refund, error: Option<&Error>, back: &str) -> Markup {
    let app = cx.app.rehearsal();
    let tried = refunds::approve(&app, &cx.call, refund.id, None, &Settling::AtOnce);
    match tried {
        Err(refusal) => html! {
            div #sheet { @if error.is_none() { (fault::notice(&refusal)) } }
        },
        Ok(after) => {
            let way = words::of("settlement", after.settlement.code());
            let text = words::with("refund.gives", &[("way", &way)]);
            let money = shown::money(after.amount, after.currency);
            let state = words::of("refund", after.state.code());
            let told = words::with("refund.becomes", &[("state", &state)]);
            sheet(
                cx,
                &Sheet {
                    title: t("sheet.title"),
                    effects: &[Effect::new('−', text, money), Effect::new('·', told, "")],
                    action: &format!("{}/approve", page_of(refund)),
                    fields: &Fields::default(),
                    version: None,
                    confirm: t("refund.approve"),
                    is_grave: true,
                    back,
                },
            )
        }
    }
}
