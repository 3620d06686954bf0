//! Live pages: a stream that says when something happened; the page then asks again for itself.
//!
//! However many pages are open, the feed is looked at once a second, and only while one is.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::unfold;
use orderly_ops::ops::access::{self, Credential, Secret};
use orderly_ops::ops::events;
use orderly_web::{Asked, Rim};
use tokio::sync::watch;

use crate::door;
use crate::router::Shared;

/// How often the feed is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks a stream ends, so that its session is looked at again: five minutes.
const MOST_LOOKS: u32 = 300;

/// What the open streams share.
pub struct Live {
    draining: Arc<AtomicBool>,
    position: watch::Sender<i64>,
    running: AtomicBool,
}

impl Live {
    pub fn new(draining: Arc<AtomicBool>) -> Self {
        Self { draining, position: watch::channel(0).0, running: AtomicBool::new(false) }
    }

    /// Starts to look at the feed where nobody does; it ends with the last stream.
    fn follow(self: &Arc<Self>, rim: Rim) {
        if self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let live = Arc::clone(self);
        tokio::spawn(async move {
            while live.position.receiver_count() > 0 && !live.draining.load(Ordering::Relaxed) {
                if let Ok(Ok(position)) = rim.blocking(events::position).await {
                    live.position
                        .send_if_modified(|known| std::mem::replace(known, position) != position);
                }
                tokio::time::sleep(LOOK).await;
            }
            live.running.store(false, Ordering::Release);
        });
    }
}

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
    let mut receiver = shared.live.position.subscribe();
    receiver.mark_unchanged();
    shared.live.follow(shared.rim.clone());
    let state = (receiver, shared.live, 0);
    let events = unfold(state, async |(mut receiver, live, mut looks)| {
        loop {
            if looks >= MOST_LOOKS || live.draining.load(Ordering::Relaxed) {
                return None;
            }
            looks += 1;
            let changed = tokio::time::timeout(LOOK, receiver.changed()).await;
            if let Ok(Ok(())) = changed {
                let position = *receiver.borrow_and_update();
                let event = Event::default().event("feed").data(position.to_string());
                return Some((Ok::<_, Infallible>(event), (receiver, live, looks)));
            }
        }
    });
    let beat = KeepAlive::new().interval(Duration::from_secs(20));
    Sse::new(events).keep_alive(beat).into_response()
}
