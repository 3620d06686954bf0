//! What stands around a list: saved views, filters, the pager.

use maud::{Markup, html};

use crate::words::t;

/// A saved view: its address and name, and whether it is the one shown.
#[derive(Debug, Clone)]
pub struct View {
    pub href: String,
    pub name: String,
    pub is_current: bool,
}

/// Saved views as tabs.
pub fn views(all: &[View]) -> Markup {
    html! {
        nav.views aria-label=(t("list.views")) {
            @for view in all {
                a href=(view.href) aria-current=[view.is_current.then_some("page")] { (view.name) }
            }
        }
    }
}

/// The way to the first and the next page.
pub fn pager(first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label=(t("list.pages")) {
                span { @if let Some(first) = first { a.button href=(first) { (t("list.first")) } } }
                span { @if let Some(next) = next {
                    a.button href=(next) rel="next" { (t("list.next")) }
                } }
            }
        }
    }
}
