//! Events that follow: `text/event-stream`, read from the feed page by page as they are taken.
//!
//! Nothing is kept for a reader but the page that is on its way to him: who is slow reads later and
//! slows nobody, and who comes back goes on after the last position he had.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::events::feed::{self, Wanted};
use orderly_ops::wire::events::EventOut;
use orderly_ops::wire::view::View;
use orderly_web::who::Authenticate;
use orderly_web::{Asked, Rim};
use tokio::sync::mpsc::{self, Sender};
use tokio::time::{Instant, sleep, timeout};

use crate::problem::Problem;
use crate::router::{Shared, busy};

/// Events read at once.
const PAGE: i64 = 25;
/// How often it is looked whether the reader is still who he was.
const LOOK: Duration = Duration::from_secs(2);
/// How long a reader waits before he comes back, in milliseconds.
const RETRY: u32 = 2_000;

/// One reader of the feed.
struct Reader {
    rim: Rim,
    authenticate: Authenticate,
    asked: Asked,
    headers: HeaderMap,
    wanted: Wanted,
    sender: Sender<Bytes>,
}

/// What a look at the feed gave.
struct Look {
    text: String,
    has_more: bool,
}

/// Opens a stream of what is wanted, as the caller of these headers may see it.
///
/// # Errors
/// 503 where too many are open.
pub fn open(
    shared: &Shared,
    asked: &Asked,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let rim = shared.rim.clone();
    let place = rim.stream_place().map_err(|_| busy("too many streams are open"))?;
    let (sender, receiver) = mpsc::channel(1);
    let authenticate = std::sync::Arc::clone(&shared.authenticate);
    let wanted = Wanted { limit: PAGE, ..wanted };
    let reader = Reader { rim, authenticate, asked: asked.clone(), headers, wanted, sender };
    tokio::spawn(async move {
        reader.follow().await;
        drop(place);
    });
    let pieces = unfold(receiver, async |mut receiver| {
        let piece = receiver.recv().await?;
        Some((Ok::<_, Infallible>(piece), receiver))
    });
    let mut response = Body::from_stream(pieces).into_response();
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

impl Reader {
    /// Sends what comes until the reader goes away, takes nothing any more, loses his right, or the
    /// server stops.
    async fn follow(mut self) {
        let mut listener = self.rim.listen();
        let mut stopping = self.rim.stopping();
        let (mut unread, mut sent) = (true, Instant::now());
        if self.send(format!("retry: {RETRY}\n\n")).await.is_none() {
            return;
        }
        loop {
            let Some(look) = self.look(unread).await else { return };
            unread = look.has_more;
            if !look.text.is_empty() {
                if self.send(look.text).await.is_none() {
                    return;
                }
                sent = Instant::now();
            }
            if unread && !self.rim.is_stopping() {
                continue;
            }
            let beat = self.rim.limits.beat.saturating_sub(sent.elapsed());
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = self.sender.closed() => return,
                changed = listener.changed() => unread = changed.is_ok(),
                () = sleep(beat.min(LOOK)) => {}
            }
            if sent.elapsed() >= self.rim.limits.beat {
                // An id without data moves on where to resume, and is no event.
                let beat = format!("id: {}\n: beat\n\n", self.wanted.after);
                if self.send(beat).await.is_none() {
                    return;
                }
                sent = Instant::now();
            }
        }
    }

    /// Hands a piece over, once the one before was taken.
    async fn send(&self, text: String) -> Option<()> {
        let sent = self.sender.send(Bytes::from(text));
        timeout(self.rim.limits.stuck, sent).await.ok()?.ok()
    }

    /// Looks who the reader is now and, where something is `unread`, reads the next page. `None`
    /// where he may not read any more, or the feed cannot be read: he comes back and is told.
    async fn look(&mut self, unread: bool) -> Option<Look> {
        let (authenticate, headers) = (self.authenticate.clone(), self.headers.clone());
        let (asked, wanted) = (self.asked.again(), self.wanted.clone());
        let looked = self.rim.blocking(move |app| {
            let Some(caller) = authenticate(app, &asked, &headers)? else {
                return Err(Error::Unauthenticated("the key is not good any more"));
            };
            let view = View::of(&caller.actor);
            let call = caller.call(&asked);
            call.require_somewhere(Permission::Read)?;
            if !unread {
                return Ok((wanted.after, Look { text: String::new(), has_more: false }));
            }
            let page = feed::after(app, &call, &wanted)?;
            Ok((page.next, Look { text: written(&page.data, view)?, has_more: page.has_more }))
        });
        match looked.await {
            Ok(Ok((after, look))) => {
                self.wanted.after = after;
                Some(look)
            }
            Ok(Err(error)) => {
                tracing::info!(%error, "a stream of events ended");
                None
            }
            // Too much to do just now: the next look comes soon.
            Err(_) => {
                sleep(LOOK).await;
                Some(Look { text: String::new(), has_more: unread })
            }
        }
    }
}

/// Events as a stream has them: the position as the id, one line of JSON as the data.
fn written(events: &[EventOut], view: View) -> Result<String, Error> {
    let mut text = String::new();
    for event in events {
        let broken = |error: serde_json::Error| Error::Internal(error.to_string());
        let mut value = serde_json::to_value(event).map_err(broken)?;
        view.hide(&mut value);
        text.push_str(&format!("id: {}\ndata: {value}\n\n", event.position));
    }
    Ok(text)
}
