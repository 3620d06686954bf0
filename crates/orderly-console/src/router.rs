//! From the table of rooms to a router: who asks, whether he may, the page, its frame.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use orderly_core::time::Instant;
use orderly_ops::ops::access::{self, Credential, Identity, Secret};
use orderly_ops::ops::read;
use orderly_ops::{App, Error};
use orderly_web::{Asked, Rim};

use crate::fields::address;
use crate::rooms::{self, ROOMS, Room, Route, Verb};
use crate::{Answer, Cx, Fields, Page, assets, door, fault, frame, live};

/// What every page shares.
#[derive(Clone)]
pub struct Shared {
    pub rim: Rim,
    /// The zone of the first location, and when it was looked up.
    zone: Arc<Mutex<Option<(Instant, String)>>>,
}

/// How long the zone is kept, in microseconds.
const ZONE_MICROS: i64 = 60_000_000;

/// The router of `/console`.
pub fn router(rim: Rim) -> Router {
    let shared = Shared { rim, zone: Arc::default() };
    let mut routes: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for room in ROOMS {
        for route in room.routes {
            let before = routes.remove(route.path).unwrap_or_default();
            routes.insert(route.path, on(before, &shared, room, route));
        }
    }
    let mut router = Router::new()
        .route("/", get(async || Redirect::to("/console")))
        .route("/console/", get(async || Redirect::to("/console")))
        .route(
            "/console/assets/{name}",
            get(async |Path(name): Path<String>| assets::answer(&name)),
        )
        .route("/favicon.ico", get(async || Redirect::to(&assets::icons())))
        .merge(rooms::door(shared.clone()))
        .merge(live::router(shared.clone()));
    for (path, route) in routes {
        router = router.route(path, route);
    }
    let nowhere = shared;
    let missing = async move |request: Request| respond(nowhere, &ROOMS[0], None, request).await;
    router.route("/console/{*rest}", axum::routing::any(missing))
}

fn on(
    before: MethodRouter,
    shared: &Shared,
    room: &'static Room,
    route: &'static Route,
) -> MethodRouter {
    let shared = shared.clone();
    let page = async move |request: Request| respond(shared, room, Some(route), request).await;
    match route.verb {
        Verb::Get => before.get(page),
        Verb::Post => before.post(page),
    }
}

/// Answers one request for a page from beginning to end.
async fn respond(
    shared: Shared,
    room: &'static Room,
    route: Option<&'static Route>,
    request: Request,
) -> Response {
    let asked = request.extensions().get::<Asked>().cloned();
    let asked = asked.unwrap_or_else(|| Asked::read(request.headers(), request.extensions()));
    let (mut parts, body) = request.into_parts();
    let Some(token) = door::cookie(&parts.headers, door::SESSION).map(Secret::new) else {
        return to_door(&parts);
    };
    let names = Path::<HashMap<String, String>>::from_request_parts(&mut parts, &()).await;
    let names = names.map_or_else(|_| HashMap::new(), |Path(names)| names);
    let limits = &shared.rim.limits;
    let read = tokio::time::timeout(limits.deadline, to_bytes(body, limits.body)).await;
    let Ok(Ok(form)) = read else {
        return frame::plain(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large");
    };
    let own = parts.method == Method::GET || door::is_own(&parts.headers);
    let (rim, away) = (shared.rim.clone(), to_door(&parts));
    let done = rim.blocking(move |app| {
        let who =
            match access::authenticate(app, Credential::Session(&token), Some(asked.ip), asked.now)
            {
                Ok(who) => who,
                Err(Error::Unauthenticated(_)) => return Ok(away),
                Err(error) => return Err(error),
            };
        let form = Fields::parse(&form);
        let proved =
            own && (parts.method == Method::GET || door::is_proved(&token, form.text("csrf")));
        let cx = cx(app, &shared, &asked, (who, token), (&parts, names, form));
        let page = match (proved, route) {
            (false, _) => Err(fault::forged()),
            (true, None) => Err(Error::not_found("page at this address")),
            (true, Some(route)) if !cx.may(route.needs) => {
                Err(Error::Forbidden { permission: route.needs })
            }
            (true, Some(route)) => (route.page)(&cx),
        };
        Ok(rendered(&cx, room, page))
    });
    match done.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(%error, "a page could not be made");
            frame::plain(StatusCode::SERVICE_UNAVAILABLE, "fault.unavailable")
        }
        Err(_) => frame::plain(StatusCode::SERVICE_UNAVAILABLE, "fault.busy"),
    }
}

type Given<'a> = (&'a Parts, HashMap<String, String>, Fields);

fn cx(
    app: &App,
    shared: &Shared,
    asked: &Asked,
    (who, session): (Identity, Secret),
    (parts, names, form): Given<'_>,
) -> Cx {
    let call = who.call(asked.now, asked.seed);
    let zone = shared.zone(app, &call);
    Cx {
        app: app.clone(),
        who,
        session,
        zone,
        call,
        path: parts.uri.path().to_owned(),
        names,
        query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        form,
        look: door::look(&parts.headers),
    }
}

impl Shared {
    /// The zone in which times are shown: that of the location that is preferred.
    fn zone(&self, app: &App, call: &orderly_ops::Call) -> String {
        let mut kept = self.zone.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = kept.as_ref().filter(|(at, _)| call.now.micros() - at.micros() < ZONE_MICROS);
        if let Some((_, zone)) = fresh {
            return zone.clone();
        }
        let found = read::catalog::locations(app, call).unwrap_or_default();
        let first = found.into_iter().min_by_key(|location| location.priority);
        let zone = first.map_or_else(|| "UTC".to_owned(), |location| location.zone);
        *kept = Some((call.now, zone.clone()));
        zone
    }
}

fn rendered(cx: &Cx, room: &'static Room, page: Result<Answer, Error>) -> Response {
    match page {
        Ok(Answer::Page(page)) => html(frame::page(cx, room, &page), page.status),
        Ok(Answer::Goto(at)) => Redirect::to(&at).into_response(),
        Ok(Answer::File(media, name, bytes)) => file(media, &name, bytes),
        Err(error) => {
            let page: Page = fault::page(cx, &error);
            html(frame::page(cx, room, &page), page.status)
        }
    }
}

/// A page as a response.
pub fn html(text: String, status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, text).into_response();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}

fn file(media: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(value) = HeaderValue::try_from(format!("inline; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Sends somebody who is nobody yet to the door, and from there back to where he wanted to go.
fn to_door(parts: &Parts) -> Response {
    let wanted = parts.uri.path_and_query().map_or("", |wanted| wanted.as_str());
    let next = if parts.method == Method::GET { Some(wanted) } else { back(&parts.headers) };
    let next = next.and_then(door::inside).filter(|next| *next != "/console");
    let fields: Vec<(&str, &str)> = next.map(|next| ("next", next)).into_iter().collect();
    Redirect::to(&address("/console/sign-in", &fields)).into_response()
}

/// The page from which a form was sent.
pub fn back(headers: &HeaderMap) -> Option<&str> {
    let from = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = from.split_once("://")?;
    rest.find('/').map(|at| &rest[at..])
}
