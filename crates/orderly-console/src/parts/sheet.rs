//! The consequence sheet: what an action will change, in words and figures, before it happens; and
//! the bar that takes it back afterwards.

use maud::{Markup, html};

use super::form;
use crate::words::t;
use crate::{Cx, Fields};

/// One thing that will change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// `+` comes, `−` goes, `→` moves, `!` beware, `·` is told.
    pub sign: char,
    pub text: String,
    /// The figure, with its unit.
    pub figure: String,
}

impl Effect {
    pub fn new(sign: char, text: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { sign, text: text.into(), figure: figure.into() }
    }
}

/// What will change, and the button that does exactly that.
pub struct Sheet<'a> {
    pub title: &'a str,
    pub effects: &'a [Effect],
    /// Where the form is sent.
    pub action: &'a str,
    /// What was chosen, sent along as it was shown.
    pub fields: &'a Fields,
    /// The version of the object that was looked at.
    pub version: Option<i64>,
    pub confirm: &'a str,
    /// Whether what it does is hard to take back.
    pub is_grave: bool,
    pub back: &'a str,
}

/// The sheet. It sends what was shown, under a key, with the version that was seen.
pub fn sheet(cx: &Cx, sheet: &Sheet<'_>) -> Markup {
    html! {
        div.sheet #sheet {
            h2 { (sheet.title) }
            div.body { (changes(sheet.effects)) }
            form.confirm method="post" action=(sheet.action) {
                (form::key(cx))
                @if let Some(version) = sheet.version {
                    (form::hidden("version", &version.to_string()))
                }
                @for (name, value) in kept(sheet.fields) { (form::hidden(name, value)) }
                button.main.grave[sheet.is_grave] type="submit" data-main { (sheet.confirm) }
                a.button.plain href=(sheet.back) { (t("sheet.leave")) }
            }
        }
    }
}

fn kept(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    let ours = ["csrf", "key", "version"];
    let all = fields.0.iter().filter(move |(name, _)| !ours.contains(&name.as_str()));
    all.map(|(name, value)| (name.as_str(), value.as_str()))
}

/// What changes, one to a line.
pub fn changes(effects: &[Effect]) -> Markup {
    html! {
        @if effects.is_empty() { p.muted { (t("sheet.nothing")) } }
        ul.changes {
            @for effect in effects {
                li {
                    span.sign aria-hidden="true" { (effect.sign) }
                    span { (effect.text) }
                    span.figure { (effect.figure) }
                }
            }
        }
    }
}

/// The bar after an action: what was done, and the button that takes it back.
pub fn undo(cx: &Cx, done: &str, action: &str, version: i64) -> Markup {
    html! {
        div.undo role="status" {
            span { (done) }
            form method="post" action=(action) {
                (form::key(cx))
                (form::hidden("version", &version.to_string()))
                button type="submit" data-key="u" { (t("undo.button")) " " kbd { "u" } }
            }
        }
    }
}
