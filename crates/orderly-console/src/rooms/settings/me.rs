//! Oneself: the sessions one is signed in with, and the password.

use maud::{Markup, html};
use orderly_core::access::Session;
use orderly_core::actor::ActorKind;
use orderly_core::id::SessionId;
use orderly_ops::Error;
use orderly_ops::ops::access::{Secret, sessions, users};

use super::{button, crumbs, done, typed};
use crate::cx::wrong_at;
use crate::parts::form::{self, Field, field, send};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, None)?.into())
}

fn drawn(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let title = words::of("setting", "me");
    let mut facts = vec![html! { (cx.who.name) }];
    facts.extend(cx.who.email.as_ref().map(|email| html! { (email) }));
    let body = html! {
        (crumbs(None))
        (parts::head(&html! { (title) }, &facts, &html! {}))
        (done(cx))
        @if let Some(error) = error { (fault::notice(error)) }
        @if cx.who.actor.kind == ActorKind::User {
            @let all = sessions::list(&cx.app, &cx.call, cx.who.actor.id)?;
            (parts::section(t("settings.sessions"), &sessions_of(cx, &all, &|session| {
                format!("/console/settings/me/sessions/{}/end", session.id)
            })))
            (parts::section(t("door.password"), &password_form(cx, error)))
        }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

/// The sessions of somebody; `end` is where one is ended.
pub fn sessions_of(cx: &Cx, all: &[Session], end: &dyn Fn(&Session) -> String) -> Markup {
    let row = |session: &Session| {
        let is_this = cx.who.session == Some(session.id);
        Line::new(vec![
            html! { (agent(session.user_agent.as_deref())) },
            html! { (session.ip.as_deref().unwrap_or("")) },
            show::time(cx, session.created_at),
            show::time(cx, session.seen_at),
            html! {
                @if is_this { (state(Meaning::Good, t("settings.this_one"))) }
                @else { (button(cx, &end(session), t("settings.end"), None, false)) }
            },
        ])
    };
    let rows: Vec<Line> = all.iter().map(row).collect();
    let columns = [
        column(t("settings.browser")),
        column(t("settings.from")).rank(3),
        column(t("settings.began")).rank(2),
        column(t("settings.seen")),
        column(""),
    ];
    table(t("settings.sessions"), &columns, &rows)
}

/// What a browser calls itself, in a word or two.
fn agent(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let first = |all: &[(&str, &'static str)]| {
        all.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
    };
    let name = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let on = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (name, on) {
        (None, _) => text.chars().take(40).collect(),
        (Some(name), None) => name.to_owned(),
        (Some(name), Some(on)) => format!("{name}, {on}"),
    }
}

fn password_form(cx: &Cx, error: Option<&Error>) -> Markup {
    let one = |name, label, fill, hint| {
        field(&Field {
            name,
            label,
            hint,
            kind: "password",
            autocomplete: fill,
            required: true,
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    html! {
        form.form.gap method="post" action="/console/settings/me/password" data-plain {
            (form::key(cx))
            (one("old", t("settings.old_password"), "current-password", ""))
            (one("password", t("settings.new_password"), "new-password", t("door.password_hint")))
            (send(t("settings.change_password"), None))
        }
    }
}

pub fn password(cx: &Cx) -> Result<Answer, Error> {
    let (old, new) = (Secret::new(typed(cx, "old")), Secret::new(typed(cx, "password")));
    let current = cx.who.session.unwrap_or(SessionId::NONE);
    let mut call = cx.call.clone();
    call.reason = None;
    match users::change_password(&cx.app, &call, (&old, &new), current, None) {
        Ok(_) => Ok(Answer::Goto("/console/settings/me?done=password".into())),
        Err(error @ (Error::Refused(_) | Error::Unauthenticated(_) | Error::Throttled { .. })) => {
            Ok(drawn(cx, Some(&error))?.into())
        }
        Err(error) => Err(error),
    }
}

pub fn end(cx: &Cx) -> Result<Answer, Error> {
    match sessions::sign_out(&cx.app, &cx.command()?, cx.id("session")?) {
        Ok(_) => Ok(Answer::Goto("/console/settings/me?done=ended".into())),
        Err(error @ Error::Refused(_)) => Ok(drawn(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_by_their_names() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";
        assert_eq!(agent(Some(chrome)), "Chrome, Linux");
        assert_eq!(
            agent(Some("Mozilla/5.0 (iPhone; CPU) Version/17 Safari/604")),
            "Safari, iPhone"
        );
        assert_eq!(agent(Some("curl/8")), "curl/8");
        assert_eq!(agent(None), "");
    }
}
