//! The parts pages are made of. `/console/style` shows each of them.

pub mod bar;
pub mod chart;
pub mod form;
pub mod goods;
pub mod list;
pub mod scan;
pub mod sheet;
pub mod table;
pub mod timeline;

use maud::{Markup, html};

/// A link back and where we are.
pub fn crumbs(above: &[(&str, &str)]) -> Markup {
    html! {
        nav.crumbs aria-label="Breadcrumb" {
            @for (index, (at, text)) in above.iter().enumerate() {
                @if index > 0 { span aria-hidden="true" { "/" } }
                a href=(at) { (text) }
            }
        }
    }
}

/// The head of a page: its title, its line of facts, its actions.
pub fn head(title: &Markup, facts: &[Markup], actions: &Markup) -> Markup {
    html! {
        div.head {
            div {
                h1 { (title) }
                @if !facts.is_empty() {
                    p.facts { @for fact in facts { span { (fact) } } }
                }
            }
            div.actions { (actions) }
        }
    }
}

/// A section with its title.
pub fn section(title: &str, body: &Markup) -> Markup {
    section_with(title, &html! {}, body)
}

/// A section with something beside its title: a count, actions.
pub fn section_with(title: &str, beside: &Markup, body: &Markup) -> Markup {
    html! {
        section { div.title { h2 { (title) } (beside) } (body) }
    }
}

/// What a state means for whoever looks: a shape and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Plain,
    Good,
    Attention,
    Bad,
    Info,
}

impl Meaning {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Attention => "attention",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }
}

/// A state: its shape and its word.
pub fn state(meaning: Meaning, word: &str) -> Markup {
    html! { span class=(format!("state {}", meaning.class())) { (word) } }
}

/// A channel with its hue, the same everywhere: the first eight by code have one each.
pub fn channel(code: &str, position: usize) -> Markup {
    html! { span class=(format!("channel h{}", position % 8)) { (code) } }
}

/// Facts by name.
pub fn pairs(all: &[(&str, Markup)]) -> Markup {
    html! { dl.pairs { @for (name, value) in all { dt { (name) } dd { (value) } } } }
}

/// What to say where there is nothing yet, and the next step.
pub fn empty(title: &str, next: &str, actions: &Markup) -> Markup {
    html! { div.empty { strong { (title) } (next) div.actions { (actions) } } }
}

/// Rows of a sum: its parts and what they come to. The last is the sum.
pub fn money(rows: &[(Row, String, String)]) -> Markup {
    html! {
        table.money {
            tbody {
                @for (row, name, amount) in rows {
                    tr.sum[*row == Row::Sum].part[*row == Row::Part] {
                        td { (name) }
                        td { (amount) }
                    }
                }
            }
        }
    }
}

/// What a row of a sum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// It is added.
    Added,
    /// It explains the row before.
    Part,
    /// What the rows before come to.
    Sum,
}
