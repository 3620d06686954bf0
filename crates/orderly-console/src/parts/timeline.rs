//! The timeline: what happened, by day, who did it, why; an entry leads to the object as it was.

use maud::{Markup, html};
use orderly_core::time::{Day, Instant};

use super::Meaning;
use crate::{Cx, show};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Instant,
    pub meaning: Meaning,
    pub sentence: String,
    pub actor: String,
    /// What it changed, line by line.
    pub details: Vec<String>,
    pub reason: Option<String>,
    /// Where the object is seen as it was then.
    pub href: Option<String>,
    pub is_shown: bool,
}

/// The entries, the newest first.
pub fn timeline(cx: &Cx, entries: &[Entry]) -> Markup {
    let mut days: Vec<(Day, Vec<&Entry>)> = Vec::new();
    for entry in entries {
        let day = entry.at.day_in(&cx.zone);
        match days.last_mut() {
            Some((last, own)) if *last == day => own.push(entry),
            _ => days.push((day, vec![entry])),
        }
    }
    let today = show::today(cx);
    html! {
        div.timeline {
            @for (day, own) in &days {
                h3 { (show::heading(*day, today)) }
                ol { @for one in own { (item(cx, one)) } }
            }
        }
    }
}

fn item(cx: &Cx, entry: &Entry) -> Markup {
    let clock = show::clock(entry.at, &cx.zone);
    html! {
        li aria-current=[entry.is_shown.then_some("step")] {
            time datetime=(entry.at.to_string()) title=(show::full(entry.at, &cx.zone)) {
                @match &entry.href {
                    Some(href) => a href=(href) { (clock) },
                    None => (clock),
                }
            }
            span class=(format!("mark {}", entry.meaning.class())) {}
            div {
                (entry.sentence) " " span.muted.small { (entry.actor) }
                @for detail in &entry.details { span.why { (detail) } }
                @if let Some(reason) = &entry.reason { span.why { "“" (reason) "”" } }
            }
        }
    }
}
