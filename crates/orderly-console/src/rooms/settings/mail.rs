//! Mail: which server takes it, and whom it comes from. The server's address holds a password: it
//! is written, and never shown again.

use maud::html;
use orderly_ops::Error;
use orderly_ops::ops::messages::outbox::{self, SMTP_FROM, SMTP_REPLY_TO, SMTP_URL};
use orderly_ops::ops::settings;

use super::{crumbs, done};
use crate::parts::form::{self, Field, field, send};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault};

const HERE: &str = "/console/settings/mail";

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, None)?.into())
}

/// The server without its password, as people recognize it.
fn called(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

fn drawn(cx: &Cx, error: Option<(&'static str, &Error)>) -> Result<Page, Error> {
    let sender = outbox::sender(&cx.app)?;
    let known = settings::all(&cx.app, &cx.call)?;
    let of = |key: &str| {
        known.iter().find(|(own, _)| own == key).map_or("", |(_, value)| value.as_str())
    };
    let title = words::of("setting", "mail");
    let standing = match &sender {
        Some(sender) => html! {
            (state(Meaning::Good, t("mail.ready"))) " " span.id { (called(&sender.url)) }
        },
        None => state(Meaning::Attention, t("mail.not_ready")),
    };
    let one = |name: &'static str, label, kind, value: &str, hint| {
        let own = error.filter(|(field, _)| *field == name).map(|(_, error)| said(error));
        field(&Field { name, label, kind, value, hint, error: own, ..Field::default() })
    };
    let kept = if sender.is_some() { t("mail.server_kept") } else { t("mail.server_hint") };
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &[standing], &html! {
            a.button href="/console/messages" { (t("room.messages")) }
        }))
        (done(cx))
        form.form method="post" action=(HERE) {
            (form::key(cx))
            (one("server", t("mail.server"), "password", "", kept))
            (one("from", t("mail.from"), "text", cx.form.get("from").unwrap_or(of(SMTP_FROM)), ""))
            (one(
                "reply_to", t("mail.reply_to"), "text",
                cx.form.get("reply_to").unwrap_or(of(SMTP_REPLY_TO)), t("mail.reply_to_hint"),
            ))
            (send(t("messages.save"), None))
        }
    };
    let status = error.map_or(200, |(_, error)| fault::status(error));
    Ok(Page::new(title, body).with_status(status))
}

fn said(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.issues.first().map(|one| one.detail.clone()),
        _ => None,
    }
    .unwrap_or_else(|| error.to_string())
}

pub fn set(cx: &Cx) -> Result<Answer, Error> {
    let fields = [("from", SMTP_FROM), ("reply_to", SMTP_REPLY_TO), ("server", SMTP_URL)];
    for (index, (name, key)) in fields.into_iter().enumerate() {
        let value = cx.form.text(name);
        // An empty server stays what it is; an address to answer to may be emptied.
        if value.is_empty() && name != "reply_to" {
            continue;
        }
        let mut call = cx.command()?;
        call.seed ^= u64::try_from(index).unwrap_or(0) + 1;
        call.key = None;
        match settings::set(&cx.app, &call, key, value) {
            Ok(_) => {}
            Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
                return Ok(drawn(cx, Some((name, &error)))?.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Answer::Goto(format!("{HERE}?done=changed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_shown_without_its_password() {
        assert_eq!(called("smtps://a:b@mail.example.com"), "smtps://mail.example.com");
        assert_eq!(called("smtp://127.0.0.1:25"), "smtp://127.0.0.1:25");
    }
}
