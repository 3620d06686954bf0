//! Live pages: a stream that says when something happened; the page then asks again for itself.
//!
//! However many pages are open, the feed is looked at once: [`Rim::listen`].

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use orderly_ops::ops::access::{self, Credential, Secret};
use orderly_web::Asked;
use tokio::time::{Instant, timeout_at};

use crate::door;
use crate::router::Shared;

/// After how long a stream ends, so that its session is looked at again.
const LONGEST: Duration = Duration::from_secs(300);

/// The route of the stream.
pub fn router(shared: Shared) -> Router {
    let stream = async move |request: Request| stream(shared, request).await;
    Router::new().route("/console/live", get(stream))
}

async fn stream(shared: Shared, request: Request) -> Response {
    let asked = Asked::read(request.headers(), request.extensions());
    let token = door::cookie(request.headers(), door::SESSION).map(Secret::new);
    let Some(token) = token else { return StatusCode::UNAUTHORIZED.into_response() };
    let known = shared.rim.blocking(move |app| {
        access::authenticate(app, Credential::Session(&token), Some(asked.ip), asked.now)
    });
    if !matches!(known.await, Ok(Ok(_))) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut listener = shared.rim.listen();
    listener.mark_unchanged();
    let end = Instant::now() + LONGEST;
    let state = (listener, shared.rim.stopping(), end);
    let events = unfold(state, async |(mut listener, mut stopping, end)| {
        let changed = async {
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => None,
                changed = listener.changed() => changed.ok(),
            }
        };
        timeout_at(end, changed).await.ok()??;
        let position = *listener.borrow_and_update();
        let event = Event::default().event("feed").data(position.to_string());
        Some((Ok::<_, Infallible>(event), (listener, stopping, end)))
    });
    let beat = KeepAlive::new().interval(Duration::from_secs(20));
    Sse::new(events).keep_alive(beat).into_response()
}
