//! Every part of the pages in one place, to be looked at in light and dark.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::order::Quantities;
use orderly_core::qty::{Qty, Ratio};
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;

use super::{Route, get};
use crate::parts::chart::{Series, lines};
use crate::parts::form::{self, Field, check, field, select};
use crate::parts::list::{View, pager, views};
use crate::parts::sheet::{Effect, Sheet, sheet, undo};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::timeline::{Entry, timeline};
use crate::parts::{self, Meaning, Row, bar, state};
use crate::words::t;
use crate::{Answer, Cx, Fields, Page, fault, show};

pub const ROUTES: &[Route] = &[get("/console/style", Permission::Read, style)];

fn style(cx: &Cx) -> Result<Answer, Error> {
    let actions = html! {
        a.button.main href="#parts" { "Main" }
        a.button href="#parts" { "Other" }
        a.button.grave href="#parts" { "Grave" }
    };
    let facts = [html! { "a fact" }, html! { "another" }, parts::channel("WEB", 0)];
    let body = html! {
        (parts::crumbs(&[("/console", "Above")]))
        (parts::head(&html! { (t("room.style")) }, &facts, &actions))
        (tokens())
        (said(cx))
        div.columns.even { (tables()) (forms()) }
        (sheets(cx))
        div.columns.even { (happened(cx)) (charts()) }
    };
    Ok(Page::new(t("room.style"), body).into())
}

fn tokens() -> Markup {
    let steps = ["canceled", "backordered", "allocated", "released", "picked", "packed"];
    let steps = steps.iter().chain(&["shipped", "delivered", "returned"]).enumerate();
    let all = html! {
        ul.tokens { @for (index, word) in steps { li class=(format!("q{index}")) { (word) } } }
        ul.tokens { @for hue in 0..8 { li class=(format!("h{hue}")) { "channel " (hue) } } }
        p.actions {
            (state(Meaning::Plain, "plain")) (state(Meaning::Info, "under way"))
            (state(Meaning::Good, "good")) (state(Meaning::Attention, "attention"))
            (state(Meaning::Bad, "bad"))
        }
    };
    parts::section("Colors carry meaning", &all)
}

fn said(cx: &Cx) -> Markup {
    let refusal =
        Refusal::at(Code::InsufficientStock, "/lines/0", "5 are wanted of NAIL").available("3");
    let body = html! {
        div.notice { "A notice tells what is so." }
        div.notice.good { "A good one tells what went well." }
        div.notice.attention { "One that wants attention." }
        (fault::notice(&Error::Refused(refusal)))
        (undo(cx, "Picked 3 lines at Leeds.", "/console/style", 1))
        (parts::empty("Nothing here yet", "An empty state teaches the next step.", &html! {
            a.button href="#parts" { "The next step" }
        }))
    };
    parts::section("What is said", &body)
}

fn tables() -> Markup {
    let eur = orderly_core::money::Currency::parse("EUR");
    let money = |minor: i64| eur.map_or_else(|| html! {}, |eur| show::cell(minor, eur));
    let row = |number: &str, minor: i64, meaning, word: &str| {
        Line::to("/console/style", vec![html! { (number) }, state(meaning, word), money(minor)])
    };
    let rows = [
        row("10234", 118_420, Meaning::Good, "delivered"),
        row("10235", 999, Meaning::Info, "under way"),
        row("10236", 1_250_000, Meaning::Attention, "held"),
    ];
    let columns = [column("Order"), column("State"), figures("Total")];
    let sums = [
        (Row::Added, "Lines".to_owned(), "1,190.00".to_owned()),
        (Row::Added, "Discounts".into(), "−5.80".into()),
        (Row::Sum, "Total".into(), "1,184.20 EUR".into()),
        (Row::Part, "of which tax".into(), "189.08".into()),
    ];
    let body = html! {
        (views(&["All", "Open", "Late"].map(|name| View {
            href: "/console/style".into(), name: name.into(), is_current: name == "Open",
        })))
        (table("Sample", &columns, &rows))
        (pager(None, Some("/console/style")))
        (quantities())
        (parts::money(&sums))
        (parts::pairs(&[
            ("Placed", html! { "23 Nov 10:12" }), ("Id", html! { span.id { "EXT-1" } }),
        ]))
    };
    parts::section("Tables and figures", &body)
}

fn quantities() -> Markup {
    let qty = |n: i64| Qty::new(n).unwrap_or(Qty::ZERO);
    let q = Quantities {
        canceled: qty(1),
        unallocated: qty(0),
        backordered: qty(2),
        allocated: qty(9),
        released: qty(7),
        picked: qty(4),
        packed: qty(3),
        shipped: qty(8),
        delivered: qty(5),
        returned: qty(2),
        ..Quantities::new(qty(20))
    };
    bar::bar(&q, Ratio::ONE)
}

fn forms() -> Markup {
    let options = ["WEB", "STORE"].map(|code| (code.to_owned(), code.to_owned()));
    let body = html! {
        form.form action="/console/style" {
            (field(&Field {
                name: "a", label: "A field", hint: "A hint below it.", ..Field::default()
            }))
            (field(&Field {
                name: "b", label: "A field that was refused", value: "12,5",
                error: Some("A quantity is a number such as 12.5".into()), ..Field::default()
            }))
            (select("c", "A choice", "WEB", &options))
            (check("d", "A box to tick", true))
            (form::area("e", "Some lines", "", 3))
            (form::send("Send", Some("/console/style")))
        }
    };
    parts::section("Forms", &body)
}

fn sheets(cx: &Cx) -> Markup {
    let effects = [
        Effect::new('→', "Oak board 18 mm: allocated → released", "3 pcs"),
        Effect::new('−', "Frees Oak board 18 mm at LEEDS", "2 pcs"),
        Effect::new('→', "Refunded (was 0.00)", "12.40 EUR"),
        Effect::new('!', "Holds the order: release, ship", ""),
        Effect::new('·', "Tells whoever listens to Web shop", ""),
    ];
    let shown = Sheet {
        title: t("sheet.title"),
        effects: &effects,
        action: "/console/style",
        fields: &Fields::default(),
        version: Some(1),
        confirm: "Do exactly that",
        is_grave: false,
        back: "/console/style",
    };
    parts::section("The consequence sheet", &sheet(cx, &shown))
}

fn happened(cx: &Cx) -> Markup {
    let entry = |minutes: i64, meaning, sentence: &str| Entry {
        at: cx.now().plus_micros(-minutes * 60_000_000),
        meaning,
        sentence: sentence.into(),
        actor: "Ann Field".into(),
        details: vec!["Oak board: picked → packed 3 pcs".into()],
        reason: None,
        href: Some("/console/style".into()),
        is_shown: false,
    };
    let entries = [
        entry(4, Meaning::Good, "Shipped"),
        entry(50, Meaning::Attention, "Put on hold"),
        entry(3_000, Meaning::Info, "Placed"),
    ];
    parts::section("The timeline", &timeline(cx, &entries))
}

fn charts() -> Markup {
    let days: Vec<String> = (1..=14).map(|day| format!("{day} Nov")).collect();
    let web = [4, 6, 5, 8, 12, 10, 9, 11, 14, 13, 15, 12, 17, 19];
    let before = [3, 4, 6, 6, 7, 9, 8, 8, 9, 10, 9, 11, 12, 12];
    let store = [9, 8, 9, 7, 8, 8, 9, 7, 6, 8, 7, 8, 7, 9];
    let series = [
        Series { name: "WEB", hue: 0, values: &web, before: Some(&before) },
        Series { name: "STORE", hue: 1, values: &store, before: None },
    ];
    parts::section("Charts", &lines("Orders a day", &days, &series, None, &show::count))
}
