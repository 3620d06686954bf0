//! The door: the first owner, signing in and out, the password again, how pages look.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use orderly_ops::ops::access::sessions::{self, SignIn};
use orderly_ops::ops::access::set_up;
use orderly_ops::ops::access::users::NewUser;
use orderly_ops::ops::access::{Credential, Secret, authenticate, secret};
use orderly_ops::{App, Error};
use orderly_web::Asked;

use crate::cx::{Look, wrong_at};
use crate::fields::address;
use crate::parts::form::{self, Field, field};
use crate::router::{Shared, back, html as answer};
use crate::words::t;
use crate::{Fields, door, fault, frame};

/// One request at the door.
struct Visit {
    headers: HeaderMap,
    asked: Asked,
    query: Fields,
    form: Fields,
    /// What proves that a form of the door was made for this browser.
    visitor: Secret,
    /// Whether that is new, and its cookie is to be set.
    is_new: bool,
}

/// The routes of the door.
pub fn router(shared: Shared) -> Router {
    let at = |page: fn(&App, &Visit) -> Result<Response, Error>| {
        let shared = shared.clone();
        async move |request: Request| visited(shared, request, page).await
    };
    Router::new()
        .route("/console/sign-in", get(at(enter)).post(at(sign_in)))
        .route("/console/set-up", get(at(start)).post(at(set_up)))
        .route("/console/confirm", get(at(ask_again)).post(at(confirm)))
        .route("/console/sign-out", post(at(sign_out)))
        .route("/console/look", post(at(look)))
}

async fn visited(
    shared: Shared,
    request: Request,
    page: fn(&App, &Visit) -> Result<Response, Error>,
) -> Response {
    let asked = request.extensions().get::<Asked>().cloned();
    let asked = asked.unwrap_or_else(|| Asked::read(request.headers(), request.extensions()));
    let (parts, body) = request.into_parts();
    let posted = parts.method != axum::http::Method::GET;
    let Some(visit) = visit(parts, body, asked).await else {
        return frame::plain(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large");
    };
    if posted && !is_proved(&visit) {
        return frame::plain(StatusCode::FORBIDDEN, "fault.forged");
    }
    let cookie = visit.is_new.then(|| door::set(door::VISITOR, visit.visitor.expose()));
    let done = shared.rim.blocking(move |app| page(app, &visit)).await;
    let mut response = match done {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "the door failed");
            frame::plain(StatusCode::SERVICE_UNAVAILABLE, "fault.unavailable")
        }
        Err(_) => frame::plain(StatusCode::SERVICE_UNAVAILABLE, "fault.busy"),
    };
    with_cookies(&mut response, cookie);
    response
}

async fn visit(parts: Parts, body: Body, asked: Asked) -> Option<Visit> {
    let form = to_bytes(body, 64 << 10).await.ok()?;
    let known = door::cookie(&parts.headers, door::VISITOR).filter(|text| text.len() == 64);
    let (visitor, is_new) = match known {
        Some(known) => (known.to_owned(), false),
        None => (door::visitor()?, true),
    };
    Some(Visit {
        asked,
        query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        form: Fields::parse(&form),
        visitor: Secret::new(visitor),
        is_new,
        headers: parts.headers,
    })
}

/// A form is proved by the session it was made for, or by the visitor where there is none.
fn is_proved(visit: &Visit) -> bool {
    let session = door::cookie(&visit.headers, door::SESSION).map(Secret::new);
    let proof = visit.form.text("csrf");
    let by = |secret: &Secret| door::is_proved(secret, proof);
    let proved = session.as_ref().is_some_and(by) || (!visit.is_new && by(&visit.visitor));
    proved && door::is_own(&visit.headers)
}

fn with_cookies(response: &mut Response, cookies: impl IntoIterator<Item = String>) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

impl Visit {
    fn look(&self) -> Look {
        door::look(&self.headers)
    }

    fn proof(&self) -> Markup {
        form::hidden("csrf", secret::csrf(&self.visitor).expose())
    }

    fn next(&self, given: &Fields) -> String {
        let next = given.get("next").and_then(door::inside);
        next.unwrap_or("/console").to_owned()
    }

    fn page(&self, title: &str, body: &Markup, status: u16) -> Response {
        answer(frame::alone(self.look(), title, body), status)
    }

    fn agent(&self) -> Option<String> {
        let agent = self.headers.get(header::USER_AGENT)?.to_str().ok()?;
        Some(agent.to_owned())
    }
}

fn enter(app: &App, visit: &Visit) -> Result<Response, Error> {
    if set_up::is_due(app)? {
        return start(app, visit);
    }
    Ok(sign_in_page(visit, &visit.query, None))
}

fn sign_in_page(visit: &Visit, given: &Fields, error: Option<&Error>) -> Response {
    let body = html! {
        h1 { (t("door.sign_in")) }
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action="/console/sign-in" {
            (visit.proof())
            (form::hidden("next", &visit.next(given)))
            (field(&Field {
                name: "email", label: t("door.email"), kind: "email", autocomplete: "username",
                value: given.text("email"), required: true, focus: true, ..Field::default()
            }))
            (field(&Field {
                name: "password", label: t("door.password"), kind: "password",
                autocomplete: "current-password", required: true, ..Field::default()
            }))
            (form::send(t("door.sign_in"), None))
        }
    };
    visit.page(t("door.sign_in"), &body, error.map_or(200, fault::status))
}

fn sign_in(app: &App, visit: &Visit) -> Result<Response, Error> {
    let entered = SignIn {
        email: visit.form.text("email").into(),
        password: Secret::new(password(&visit.form, "password")),
        from: Some(visit.asked.ip),
        user_agent: visit.agent(),
    };
    come_in(app, visit, &entered)
}

/// A password as it was typed: not trimmed.
fn password(form: &Fields, name: &str) -> String {
    let found = form.0.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn come_in(app: &App, visit: &Visit, entered: &SignIn) -> Result<Response, Error> {
    // The owner may just have been made with ids from the same seed.
    let seed = visit.asked.seed.rotate_left(32);
    match sessions::sign_in(app, entered, visit.asked.now, seed) {
        Ok(signed_in) => {
            let mut response = Redirect::to(&visit.next(&visit.form)).into_response();
            let session = door::set(door::SESSION, signed_in.token.expose());
            with_cookies(&mut response, [session, door::gone(door::VISITOR)]);
            Ok(response)
        }
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
        Err(error) => Ok(sign_in_page(visit, &visit.form, Some(&error))),
    }
}

fn start(app: &App, visit: &Visit) -> Result<Response, Error> {
    if !set_up::is_due(app)? {
        return Ok(Redirect::to("/console/sign-in").into_response());
    }
    Ok(set_up_page(visit, &visit.query, None))
}

fn set_up_page(visit: &Visit, given: &Fields, error: Option<&Error>) -> Response {
    let one = |name, label, kind, fill, focus| {
        let is_secret = kind == "password";
        field(&Field {
            name,
            label,
            kind,
            autocomplete: fill,
            required: true,
            focus,
            value: if is_secret { "" } else { given.text(name) },
            hint: if is_secret { t("door.password_hint") } else { "" },
            error: wrong_at(error, name),
            ..Field::default()
        })
    };
    let body = html! {
        h1 { (t("door.set_up")) }
        p.muted { (t("door.set_up_hint")) }
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action="/console/set-up" {
            (visit.proof())
            @match given.get("token") {
                Some(token) => (form::hidden("token", token)),
                None => (one("token", t("door.token"), "text", "off", true)),
            }
            (one("name", t("door.name"), "text", "name", given.get("token").is_some()))
            (one("email", t("door.email"), "email", "username", false))
            (one("password", t("door.password"), "password", "new-password", false))
            (form::send(t("door.set_up_send"), None))
        }
    };
    visit.page(t("door.set_up"), &body, error.map_or(200, fault::status))
}

fn set_up(app: &App, visit: &Visit) -> Result<Response, Error> {
    let form = &visit.form;
    let password = Secret::new(password(form, "password"));
    let new = NewUser {
        email: form.text("email").into(),
        name: form.text("name").into(),
        roles: Vec::new(),
        password: password.clone(),
    };
    let at = (visit.asked.now, visit.asked.seed);
    match set_up::first_owner(app, &Secret::new(form.text("token")), &new, at) {
        Ok(_) => {
            let (from, user_agent) = (Some(visit.asked.ip), visit.agent());
            let email = form.text("email").into();
            come_in(app, visit, &SignIn { email, password, from, user_agent })
        }
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
        Err(error) => Ok(set_up_page(visit, form, Some(&error))),
    }
}

fn ask_again(_: &App, visit: &Visit) -> Result<Response, Error> {
    Ok(confirm_page(visit, &visit.query, None))
}

fn confirm_page(visit: &Visit, given: &Fields, error: Option<&Error>) -> Response {
    let body = html! {
        h1 { (t("door.confirm")) }
        p.muted { (t("door.confirm_hint")) }
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action="/console/confirm" {
            (visit.proof())
            (form::hidden("next", &visit.next(given)))
            (field(&Field {
                name: "password", label: t("door.password"), kind: "password", focus: true,
                autocomplete: "current-password", required: true, ..Field::default()
            }))
            (form::send(t("door.confirm_send"), Some(&visit.next(given))))
        }
    };
    visit.page(t("door.confirm"), &body, error.map_or(200, fault::status))
}

fn confirm(app: &App, visit: &Visit) -> Result<Response, Error> {
    let Some(who) = who(app, visit)? else {
        return Ok(Redirect::to("/console/sign-in").into_response());
    };
    let entered = Secret::new(password(&visit.form, "password"));
    let at = (visit.asked.now, visit.asked.seed);
    match sessions::confirm(app, &who, &entered, Some(visit.asked.ip), at) {
        Ok(()) => Ok(Redirect::to(&visit.next(&visit.form)).into_response()),
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
        Err(error) => Ok(confirm_page(visit, &visit.form, Some(&error))),
    }
}

fn who(app: &App, visit: &Visit) -> Result<Option<orderly_ops::ops::access::Identity>, Error> {
    let token = door::cookie(&visit.headers, door::SESSION).map(Secret::new);
    let Some(token) = token else { return Ok(None) };
    match authenticate(app, Credential::Session(&token), Some(visit.asked.ip), visit.asked.now) {
        Ok(who) => Ok(Some(who)),
        Err(Error::Unauthenticated(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn sign_out(app: &App, visit: &Visit) -> Result<Response, Error> {
    if let Some(who) = who(app, visit)?
        && let Some(session) = who.session
    {
        let call = who.call(visit.asked.now, visit.asked.seed);
        match sessions::sign_out(app, &call, session) {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut response = Redirect::to("/console/sign-in").into_response();
    with_cookies(&mut response, [door::gone(door::SESSION)]);
    Ok(response)
}

fn look(_: &App, visit: &Visit) -> Result<Response, Error> {
    let now = visit.look();
    let theme = match visit.form.get("theme") {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        Some(_) => None,
        None => now.theme,
    };
    let narrow = visit.form.get("rail").map_or(now.narrow, |rail| rail == "narrow");
    let to = back(&visit.headers).or(visit.form.get("back")).and_then(door::inside);
    let mut response = Redirect::to(to.unwrap_or("/console")).into_response();
    with_cookies(&mut response, [door::keep(Look { theme, narrow })]);
    Ok(response)
}

/// The address of the first set-up with its token.
pub fn set_up_address(token: &Secret) -> String {
    address("/console/set-up", &[("token", token.expose())])
}
