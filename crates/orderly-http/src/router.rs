//! From the table of operations to a router: who asks, limits, the call, the answer.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body as Bytes, to_bytes};
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use orderly_core::actor::Scope;
use orderly_core::refusal::Code;
use orderly_ops::call::content_hash;
use orderly_ops::ops::command::denied;
use orderly_ops::wire::view::View;
use orderly_ops::{Call, Error};
use orderly_web::rim::TurnedAway;
use orderly_web::who::Authenticate;
use orderly_web::{Asked, Caller, Rim};

use crate::answer::Reply;
use crate::operation::{Answers, Body, Failure, Handler, Later, Operation, Verb, Waiting};
use crate::problem::{Problem, Wrong};
use crate::throttle::{Allowance, Throttle};
use crate::{Cx, openapi, reference, shape, stream};

/// The longest idempotency key.
const LONGEST_KEY: usize = 255;

/// What every route shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) rim: Rim,
    pub(crate) authenticate: Authenticate,
    throttle: Arc<Throttle>,
    /// The reads of single objects, by path: a stale version is answered with the current one.
    reads: Arc<HashMap<&'static str, Handler>>,
    /// The parameters of this route's query that are no texts.
    never_empty: Arc<[String]>,
}

/// The router of `/v1`, of its description and of the reference page.
pub fn router(rim: Rim, authenticate: Authenticate, operations: &[Operation]) -> Router {
    let reads = operations.iter().filter(|one| one.verb == Verb::Get);
    let reads = reads.map(|one| (one.path, Arc::clone(&one.handler))).collect();
    let throttle = Arc::new(Throttle::new(rim.limits.per_minute));
    let shared =
        Shared { rim, authenticate, throttle, reads: Arc::new(reads), never_empty: Arc::default() };
    let mut routes: BTreeMap<&str, MethodRouter> = BTreeMap::new();
    for operation in operations {
        let route = routes.remove(operation.path).unwrap_or_default();
        routes.insert(operation.path, on(route, &shared, operation));
    }
    let document = openapi::document(operations).to_string();
    let page = reference::page(operations);
    let mut router = Router::new()
        .route("/v1/openapi.json", get(async move || json(document)))
        .route("/docs", get(async move || axum::response::Html(page)))
        .route("/problems/{code}", get(reference::problem))
        .route("/v1", get(async || problem(&Problem::new(404, "not_found", NOWHERE))))
        .route("/v1/{*rest}", axum::routing::any(async || nowhere()));
    for (path, route) in routes {
        router = router.route(path, route.fallback(async || not_so()));
    }
    router
}

const NOWHERE: &str = "there is nothing at this address; the operations are listed at /docs";

fn nowhere() -> Response {
    problem(&Problem::new(404, "not_found", NOWHERE))
}

fn not_so() -> Response {
    problem(&Problem::new(405, "method_not_allowed", "this address takes other methods"))
}

fn json(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

fn on(route: MethodRouter, shared: &Shared, operation: &Operation) -> MethodRouter {
    let mut shared = shared.clone();
    shared.never_empty = shape::never_empty(operation.query).into();
    let operation = Arc::new(operation.clone());
    let verb = operation.verb;
    let handler = async move |request: Request| answer(shared, operation, request).await;
    match verb {
        Verb::Get => route.get(handler),
        Verb::Post => route.post(handler),
        Verb::Put => route.put(handler),
        Verb::Patch => route.patch(handler),
        Verb::Delete => route.delete(handler),
    }
}

/// Answers one request from beginning to end.
async fn answer(shared: Shared, operation: Arc<Operation>, request: Request) -> Response {
    let asked = request.extensions().get::<Asked>().cloned();
    let asked = asked.unwrap_or_else(|| Asked::read(request.headers(), request.extensions()));
    let mut allowance = None;
    let shown = matches!(operation.answers, Answers::Stream(_)).then(|| request.headers().clone());
    let answered = respond(&shared, &operation, request, &asked, &mut allowance).await;
    let opened = answered.and_then(|mut reply| match (reply.follows.take(), shown) {
        (Some(wanted), Some(shown)) => stream::open(&shared, &asked, shown, wanted),
        _ => Ok(replied(reply)),
    });
    let mut response = match opened {
        Ok(response) => response,
        Err(mut refused) => {
            refused.request_id.clone_from(&asked.request_id);
            problem(&refused)
        }
    };
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}

async fn respond(
    shared: &Shared,
    operation: &Arc<Operation>,
    request: Request,
    asked: &Asked,
    allowance: &mut Option<Allowance>,
) -> Result<Reply, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = caller(shared, operation, asked, parts.headers.clone()).await?;
    let taken = shared.throttle.take(&caller.source);
    *allowance = Some(taken.unwrap_or_else(|left| left));
    if let Err(left) = taken {
        let wait = left.wait.as_secs().max(1);
        let detail = format!("more than {} requests in a minute", left.limit);
        return Err(Problem::new(429, "rate_limited", detail).retry_after(wait));
    }
    let path = Path::<HashMap<String, String>>::from_request_parts(&mut parts, &()).await;
    let Path(path) = path.map_err(|_| Problem::new(400, "malformed", "the path is not UTF-8"))?;
    if path.values().any(|text| text.contains('\0')) {
        return Err(Problem::new(404, "not_found", NOWHERE));
    }
    let limit = match operation.body {
        Body::Raw(_) => shared.rim.limits.bulk_body,
        Body::Json(_) if operation.heavy => shared.rim.limits.bulk_body,
        Body::Json(_) | Body::None => shared.rim.limits.body,
    };
    let body = read(body, limit, shared.rim.limits.deadline).await?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    filled(&shared.never_empty, &query)?;
    let media = media(&parts.headers)?;
    let depth = shared.rim.limits.depth;
    let dry_run = operation.is_command() && wants_trial(operation, &query)?;
    let app = &shared.rim.app;
    let app = if dry_run { app.rehearsal() } else { app.clone() };
    let mut call = caller.call(asked);
    if operation.is_keyed() && !dry_run {
        keyed(operation, &parts, &query, &body, &mut call)?;
    }
    seen(operation, &parts.headers, &mut call)?;
    let seen_event = parts.headers.get("last-event-id");
    let seen_event = seen_event.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let from = Some(asked.ip);
    let cx = Cx { app, call, from, path, query, body, media, seen_event, dry_run, depth };
    run(shared, operation, cx).await
}

/// Runs the operation; a stale version is answered with the object as it is.
async fn run(shared: &Shared, operation: &Arc<Operation>, mut cx: Cx) -> Result<Reply, Problem> {
    if let Some(later) = operation.later.filter(|_| !cx.dry_run) {
        return together(shared, operation.status, cx, later).await;
    }
    let (handler, status) = (Arc::clone(&operation.handler), operation.status);
    let (id, reads) = (operation.id, !operation.is_command());
    let read = shared.reads.get(object_path(operation.path)).cloned();
    let done = shared.rim.blocking(move |_| {
        let view = View::of(&cx.call.actor);
        let answered = handler(&mut cx).and_then(|reply| Ok(seen_by(view, reply)?));
        Ok(answered.map_err(|failure| match failure {
            Failure::Problem(problem) => *problem,
            Failure::Error(mut error) => {
                // Commands write their own denials down.
                if reads && let Err(failed) = denied(&cx.app, &cx.call, id, &error) {
                    error = failed;
                }
                let mut problem = told(&error);
                if let (Some(Code::StaleVersion), Some(read)) = (error.refused(), read) {
                    cx.query = String::new();
                    let now = read(&mut cx).ok();
                    let now = now.and_then(|now| seen_by(view, now).ok());
                    problem.current = now.and_then(|now| serde_json::from_slice(&now.bytes).ok());
                }
                problem
            }
        }))
    });
    match done.await {
        Ok(Ok(Ok(reply))) => Ok(with_status(reply, status)),
        Ok(Ok(Err(problem))) => Err(problem),
        Ok(Err(error)) => Err(Problem::from(&error)),
        Err(TurnedAway::Busy) => Err(busy("too many requests wait")),
        Err(TurnedAway::TooLate) => Err(busy("its turn did not come in time")),
    }
}

/// Runs an operation that is answered together with others.
async fn together(shared: &Shared, status: u16, cx: Cx, later: Later) -> Result<Reply, Problem> {
    let place = shared.rim.enter().map_err(|_| busy("too many requests wait"))?;
    let until = Instant::now() + shared.rim.limits.deadline;
    let view = View::of(&cx.call.actor);
    let answered = later(cx, Waiting { place, until }).await;
    let reply = answered.and_then(|reply| Ok(seen_by(view, reply)?));
    reply.map(|reply| with_status(reply, status)).map_err(|failure| match failure {
        Failure::Problem(problem) => *problem,
        Failure::Error(error) => told(&error),
    })
}

/// A good answer has the status of its operation.
fn with_status(mut reply: Reply, status: u16) -> Reply {
    if reply.status == 200 {
        reply.status = status;
    }
    reply
}

/// An error as it is told; what it was inside is logged.
fn told(error: &Error) -> Problem {
    if let Error::Internal(what) = error {
        tracing::error!(what, "internal error");
    }
    Problem::from(error)
}

/// Hides in an answer what its reader has no right to see.
fn seen_by(view: View, mut reply: Reply) -> Result<Reply, Error> {
    if view == View::ALL || reply.media != "application/json" {
        return Ok(reply);
    }
    let broken = |error: serde_json::Error| Error::Internal(error.to_string());
    let mut body = serde_json::from_slice(&reply.bytes).map_err(broken)?;
    view.hide(&mut body);
    reply.bytes = serde_json::to_vec(&body).map_err(broken)?;
    Ok(reply)
}

pub(crate) fn busy(detail: &str) -> Problem {
    Problem::new(503, "unavailable", detail).retry_after(1)
}

/// `/v1/orders/{id}/cancel` acts on the object at `/v1/orders/{id}`.
fn object_path(path: &str) -> &str {
    path.rfind('}').map_or(path, |end| &path[..=end])
}

/// Who asks, if he has the right somewhere at least: what he does there is checked again by the
/// operation itself.
async fn caller(
    shared: &Shared,
    operation: &Arc<Operation>,
    asked: &Asked,
    headers: HeaderMap,
) -> Result<Caller, Problem> {
    if operation.open {
        return Ok(Caller::nobody(asked));
    }
    let (authenticate, asked) = (Arc::clone(&shared.authenticate), asked.clone());
    let (id, permission, also) = (operation.id, operation.needs, operation.also);
    let found = shared.rim.blocking(move |app| {
        let Some(caller) = authenticate(app, &asked, &headers)? else { return Ok(None) };
        let actor = &caller.actor;
        let has = actor.all || actor.grants.iter().any(|own| own.permission == permission);
        let lacking = also.iter().find(|right| !actor.may(**right, Scope::default()));
        let lacking = if has { lacking.copied() } else { Some(permission) };
        let Some(permission) = lacking else { return Ok(Some(caller)) };
        let error = Error::Forbidden { permission };
        denied(app, &caller.call(&asked), id, &error)?;
        Err(error)
    });
    match found.await {
        Ok(Ok(Some(caller))) => Ok(caller),
        Ok(Ok(None)) => {
            let detail = "send an API key: `Authorization: Bearer ok_…`";
            Err(Problem::new(401, "unauthenticated", detail))
        }
        Ok(Err(error)) => Err(Problem::from(&error)),
        Err(_) => Err(busy("too many requests wait")),
    }
}

async fn read(
    body: Bytes,
    limit: usize,
    deadline: std::time::Duration,
) -> Result<bytes::Bytes, Problem> {
    let read = tokio::time::timeout(deadline, to_bytes(body, limit)).await;
    let read = read.map_err(|_| Problem::new(408, "too_slow", "the body did not come in time"))?;
    read.map_err(|_| {
        let detail = format!("a body has at most {limit} bytes here");
        Problem::new(413, "too_large", detail)
    })
}

/// Refuses a number that is not there: `limit=` is none.
fn filled(never_empty: &[String], query: &str) -> Result<(), Problem> {
    let empty =
        |name: &&String| query.split('&').any(|pair| pair.trim_end_matches('=') == name.as_str());
    let Some(name) = never_empty.iter().find(empty) else { return Ok(()) };
    let detail = format!("`{name}` has no value: leave it out");
    Err(Problem::wrong(422, Wrong::new(name.as_str(), Code::InvalidField.code(), detail)))
}

/// The content type without parameters.
fn media(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(String::new()) };
    let text = value
        .to_str()
        .map_err(|_| Problem::new(400, "malformed", "the header Content-Type is not plain text"))?;
    Ok(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn wants_trial(operation: &Operation, query: &str) -> Result<bool, Problem> {
    let refuse = |detail: &str| {
        let wrong = Wrong::new("dry_run", Code::InvalidField.code(), detail);
        Err(Problem::wrong(422, wrong))
    };
    let mut given = query.split('&').filter_map(|pair| pair.strip_prefix("dry_run="));
    match given.next() {
        None | Some("false") => Ok(false),
        Some("true") if operation.tried => Ok(true),
        Some("true") => refuse("this operation cannot be tried"),
        Some(_) => refuse("it is true or false"),
    }
}

/// Takes the idempotency key, which every command brings and a trial does without.
fn keyed(
    operation: &Operation,
    parts: &Parts,
    query: &str,
    body: &[u8],
    call: &mut Call,
) -> Result<(), Problem> {
    let Some(value) = parts.headers.get("idempotency-key") else {
        let detail = "send a key of your own in `Idempotency-Key`: the same key again gets the \
                      same answer, and nothing happens twice";
        return Err(Problem::new(400, "idempotency_key_required", detail));
    };
    let key = value.to_str().ok().map(str::trim);
    let key = key.filter(|key| (1..=LONGEST_KEY).contains(&key.len())).ok_or_else(|| {
        let detail = format!("an idempotency key is 1 to {LONGEST_KEY} plain characters");
        Problem::new(400, "malformed", detail)
    })?;
    let head = format!("{} {}?{query}\n", operation.verb.name(), parts.uri.path());
    let content = [head.as_bytes(), body].concat();
    call.request_hash = content_hash(&content);
    call.key = Some(key.to_owned());
    Ok(())
}

/// Takes the version the caller saw.
fn seen(operation: &Operation, headers: &HeaderMap, call: &mut Call) -> Result<(), Problem> {
    let Some(value) = headers.get(header::IF_MATCH).filter(|_| operation.is_command()) else {
        if operation.versioned {
            let detail = "send the `ETag` you saw in `If-Match`: nobody overwrites what another \
                          changed meanwhile";
            return Err(Problem::new(428, "precondition_required", detail));
        }
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(());
    }
    let version = text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"'));
    let version = version.and_then(|digits| digits.parse::<i64>().ok());
    call.expected_version = Some(version.ok_or_else(|| {
        Problem::new(400, "malformed", "`If-Match` is an `ETag` as answered, such as \"v3\"")
    })?);
    Ok(())
}

fn replied(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, reply.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.media));
    let tag = reply.version.map(|version| format!("\"v{version}\""));
    let name = reply.name.map(|name| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        format!("attachment; filename=\"{name}\"")
    });
    let set =
        [(header::ETAG, tag), (header::LOCATION, reply.at), (header::CONTENT_DISPOSITION, name)];
    for (header, value) in set {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(header, value);
        }
    }
    response
}

/// A problem as a response.
pub fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let bytes = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
