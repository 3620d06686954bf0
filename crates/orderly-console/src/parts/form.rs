//! Forms: labels above fields, what is wrong beside the field, a proof and a key in each.

use maud::{Markup, html};

use crate::Cx;
use crate::words::t;

/// The proof that the form was made for this visitor.
pub fn proof(cx: &Cx) -> Markup {
    hidden("csrf", cx.csrf().expose())
}

/// The proof, and a fresh key: sending the form twice does it once.
pub fn key(cx: &Cx) -> Markup {
    html! { (proof(cx)) (hidden("key", &uuid::Uuid::now_v7().to_string())) }
}

/// A field that is not shown.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A field to fill in.
#[derive(Debug, Clone, Default)]
pub struct Field<'a> {
    pub name: &'a str,
    pub label: &'a str,
    pub value: &'a str,
    /// `text` where empty.
    pub kind: &'a str,
    pub hint: &'a str,
    /// What was refused about it.
    pub error: Option<String>,
    pub required: bool,
    pub focus: bool,
    pub is_short: bool,
    /// What browsers may fill in; `off` where empty.
    pub autocomplete: &'a str,
    /// The id of a list of proposals.
    pub list: &'a str,
    /// `numeric`, `decimal`: what keyboard a phone shows.
    pub mode: &'a str,
}

/// A field with its label, hint and error.
pub fn field(field: &Field<'_>) -> Markup {
    let id = format!("f-{}", field.name.replace('.', "-"));
    let (hint, error) = (format!("{id}-hint"), format!("{id}-error"));
    let described = match (&field.error, field.hint) {
        (Some(_), _) => Some(error.as_str()),
        (None, "") => None,
        (None, _) => Some(hint.as_str()),
    };
    let kind = if field.kind.is_empty() { "text" } else { field.kind };
    let fill = if field.autocomplete.is_empty() { "off" } else { field.autocomplete };
    html! {
        div.field.short[field.is_short] {
            label for=(id) { (field.label) }
            input id=(id) type=(kind) name=(field.name) value=(field.value)
                autocomplete=(fill) required[field.required] autofocus[field.focus]
                list=[Some(field.list).filter(|list| !list.is_empty())]
                inputmode=[Some(field.mode).filter(|mode| !mode.is_empty())]
                aria-invalid=[field.error.as_ref().map(|_| "true")]
                aria-describedby=[described];
            @if let Some(text) = &field.error { span.error id=(error) { (text) } }
            @else if !field.hint.is_empty() { span.hint id=(hint) { (field.hint) } }
        }
    }
}

/// A choice of one: values with their words.
pub fn select(name: &str, label: &str, chosen: &str, options: &[(String, String)]) -> Markup {
    let id = format!("f-{}", name.replace('.', "-"));
    html! {
        div.field {
            label for=(id) { (label) }
            select id=(id) name=(name) autocomplete="off" {
                @for (value, text) in options {
                    option value=(value) selected[value == chosen] { (text) }
                }
            }
        }
    }
}

/// A box to tick.
pub fn check(name: &str, label: &str, is_on: bool) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) value="on" checked[is_on];
            (label)
        }
    }
}

/// Some lines of text.
pub fn area(name: &str, label: &str, value: &str, rows: u8) -> Markup {
    let id = format!("f-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            textarea id=(id) name=(name) rows=(rows) { (value) }
        }
    }
}

/// The button that sends a form, and a way back.
pub fn send(text: &str, back: Option<&str>) -> Markup {
    html! {
        div.actions {
            button.main type="submit" data-main { (text) }
            @if let Some(back) = back { a.button.plain href=(back) { (t("form.back")) } }
        }
    }
}
