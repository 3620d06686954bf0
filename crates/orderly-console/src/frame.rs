//! What surrounds every page: the rail, the top with its search, the user's menu.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use crate::cx::Look;
use crate::parts::form;
use crate::words::{self, t};
use crate::{Cx, Page, ROOMS, Room, assets, router};

/// An icon of the embedded set.
pub fn icon(name: &str) -> Markup {
    html! {
        svg.icon aria-hidden="true" { use href=(format!("{}#{name}", assets::icons())); }
    }
}

/// A whole page inside its frame.
pub fn page(cx: &Cx, room: &Room, page: &Page) -> String {
    let who = cx.who.session.map(|id| id.to_string()).unwrap_or_default();
    let rail = if cx.look.narrow { "narrow" } else { "wide" };
    let title = format!("{} · Orderly", page.title);
    let body = html! {
        a.skip href="#main" { (t("frame.skip")) }
        div.frame data-rail=(rail) {
            (rail_of(cx, room))
            header.top {
                form.search action="/console/find" role="search" {
                    (icon("search"))
                    label.sr for="any" { (t("frame.search")) }
                    input #any type="search" name="q" placeholder=(t("frame.search"))
                        autocomplete="off" value=(cx.query.text("find"));
                    kbd aria-hidden="true" { "/" }
                }
                div.end {
                    span.live data-state="" { span { (t("frame.still")) } }
                    (menu(cx))
                }
            }
            main #main tabindex="-1" {
                div.page.full[page.full] { (page.body) }
            }
        }
        (dialogs())
    };
    document(cx.look, &title, &who, &body).into_string()
}

/// A page at the door: no rail, nobody signed in.
pub fn alone(look: Look, title: &str, body: &Markup) -> String {
    let body = html! {
        main #main.alone tabindex="-1" {
            p.brand { (icon("mark")) "Orderly" }
            (body)
        }
    };
    document(look, &format!("{title} · Orderly"), "", &body).into_string()
}

/// A page that needs nothing but its words: where nothing else can be made.
pub fn plain(status: StatusCode, key: &'static str) -> Response {
    let body = html! {
        h1 { (t("fault.failed")) }
        p { (t(key)) }
    };
    router::html(alone(Look::default(), t("fault.failed"), &body), status.as_u16())
}

fn document(look: Look, title: &str, who: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[look.theme] data-who=(who) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href=(assets::stylesheet());
                link rel="icon" href="data:,";
                script type="module" src=(assets::script()) {}
            }
            body {
                progress.load hidden aria-label=(t("frame.loading")) {}
                (body)
                div #status.sr role="status" {}
                span #words hidden data-live=(t("frame.live")) data-offline=(t("frame.offline")) {}
            }
        }
    }
}

fn rail_of(cx: &Cx, room: &Room) -> Markup {
    let seen = ROOMS.iter().filter(|one| one.in_rail && cx.may(one.needs));
    html! {
        nav.rail aria-label=(t("frame.rooms")) {
            a.brand href="/console" { (icon("mark")) span.word { "Orderly" } }
            ul {
                @for one in seen {
                    li {
                        a href=(one.path) data-key=(one.key) title=(title(one))
                            aria-current=[(one.name == room.name).then_some("page")] {
                            (icon(one.name)) span.word { (title(one)) }
                        }
                    }
                }
            }
            form.foot action="/console/look" method="post" {
                (form::proof(cx))
                (form::hidden("back", &cx.path))
                (form::hidden("rail", if cx.look.narrow { "wide" } else { "narrow" }))
                button type="submit" title=(t("frame.rail")) {
                    (icon("rail")) span.word { (t("frame.rail")) }
                }
            }
        }
    }
}

/// The title of a room.
pub fn title(room: &Room) -> String {
    words::of("room", room.name)
}

fn menu(cx: &Cx) -> Markup {
    let initials: String =
        cx.who.name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    html! {
        details.menu {
            summary {
                span.initials aria-hidden="true" { (initials) }
                span.name { (cx.who.name) }
            }
            div {
                @if let Some(email) = &cx.who.email { p.small.muted { (email) } }
                form action="/console/look" method="post" {
                    (form::proof(cx))
                    (form::hidden("back", &cx.path))
                    fieldset.choices {
                        legend { (t("frame.theme")) }
                        @for theme in ["system", "light", "dark"] {
                            label.check {
                                input type="radio" name="theme" value=(theme)
                                    checked[cx.look.theme.unwrap_or("system") == theme];
                                (words::of("theme", theme))
                            }
                        }
                    }
                    p { button type="submit" { (t("frame.apply")) } }
                }
                form action="/console/sign-out" method="post" {
                    (form::proof(cx))
                    button type="submit" { (t("frame.sign_out")) }
                }
            }
        }
    }
}

fn dialogs() -> Markup {
    let keys = [
        ("/", "keys.search"),
        ("Ctrl K", "keys.palette"),
        ("g h, g o …", "keys.go"),
        ("j k", "keys.move"),
        ("Enter", "keys.open"),
        ("x", "keys.select"),
        ("a", "keys.actions"),
        ("n", "keys.new"),
        ("e", "keys.edit"),
        ("u", "keys.undo"),
        ("Ctrl Enter", "keys.send"),
        ("?", "keys.help"),
    ];
    html! {
        dialog #palette aria-label=(t("frame.palette")) {
            label.sr for="palette-text" { (t("frame.palette")) }
            input #palette-text autocomplete="off" placeholder=(t("frame.palette"));
            ul {}
        }
        dialog #keys aria-label=(t("frame.keys")) {
            dl.keys { @for (key, text) in keys { dt { kbd { (key) } } dd { (t(text)) } } }
        }
    }
}
