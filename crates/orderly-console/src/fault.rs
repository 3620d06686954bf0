//! What did not go: what happened, what it means, what to do, the code at the end.

use maud::{Markup, html};
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;

use crate::fields::address;
use crate::words::{self, t};
use crate::{Cx, Page};

/// A form that was not sent by one of the visitor's own pages.
pub fn forged() -> Error {
    Error::Refused(Refusal::new(Code::Forbidden, t("fault.forged")))
}

/// The status of a page that says an error.
pub fn status(error: &Error) -> u16 {
    match error {
        Error::NotFound { .. } => 404,
        Error::Refused(refusal) => refusal.code().status(),
        Error::Forbidden { .. } => 403,
        Error::Unauthenticated(_) => 401,
        Error::Throttled { .. } => 429,
        Error::Invalid(_) => 422,
        Error::Unavailable(_) | Error::Again => 503,
        Error::Internal(_) => 500,
    }
}

/// A page for an error.
pub fn page(cx: &Cx, error: &Error) -> Page {
    if let Error::Internal(what) = error {
        tracing::error!(what, "internal error");
    }
    let title = match error {
        Error::NotFound { .. } => t("fault.not_found"),
        Error::Forbidden { .. } => t("fault.forbidden"),
        Error::Refused(_) | Error::Invalid(_) => t("fault.refused"),
        _ => t("fault.failed"),
    };
    let back = cx.query.get("back").and_then(crate::door::inside).unwrap_or("/console");
    let body = html! {
        h1 { (title) }
        (notice(error))
        @if error.refused() == Some(Code::StepUpRequired) {
            p { a.button.main href=(address("/console/confirm", &[("next", &cx.path)])) {
                (t("fault.confirm"))
            } }
        }
        p { a href=(back) { (t("fault.home")) } }
    };
    Page::new(title, body).with_status(status(error))
}

/// What an error says, for showing above a form or on a page of its own.
pub fn notice(error: &Error) -> Markup {
    html! {
        div.notice.bad role="alert" {
            @match error {
                Error::Refused(refusal) => { @for issue in &refusal.issues { (said(issue)) } },
                Error::Forbidden { permission } => p {
                    (words::with("fault.right", &[("right", &permission.code())])) " "
                    code { "forbidden" }
                },
                Error::Unavailable(_) | Error::Again => p {
                    (t("fault.unavailable")) " " code { (error.code()) }
                },
                Error::Internal(_) => p { (t("fault.internal")) " " code { (error.code()) } },
                _ => p { (capital(&error.to_string())) " " code { (error.code()) } },
            }
        }
    }
}

fn said(issue: &orderly_core::refusal::Issue) -> Markup {
    let figure = |key, value: &Option<String>| {
        value.as_ref().map(|value| words::with(key, &[("value", value)]))
    };
    html! {
        p {
            @if let Some(sku) = &issue.sku { span.id { (sku) } ": " }
            (capital(&issue.detail)) ". "
            @for text in [
                figure("fault.available", &issue.available),
                figure("fault.allowed", &issue.allowed),
            ].into_iter().flatten() { (text) " " }
            @if let Some(right) = issue.code.overridden_by() {
                span.muted { (words::with("fault.override", &[("right", &right.code())])) } " "
            }
            code { (issue.code.code()) }
        }
    }
}

/// A text that begins with a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
