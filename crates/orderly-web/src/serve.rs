//! Serving until told to stop: what has begun is answered, what comes later is not taken.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::asked::REQUEST_ID;
use crate::{Asked, Rim, headers};

/// How long open requests may take to end once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(20);

/// Serves `router` and ends when `stop` does, after the requests that had begun.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    rim: Rim,
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let streams = NotForContentType::const_new("text/event-stream");
    let small = DefaultPredicate::new().and(streams);
    let router = router
        .layer(CompressionLayer::new().compress_when(small))
        .layer(from_fn_with_state(rim.clone(), around))
        .layer(CatchPanicLayer::new());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (told, begun) = tokio::sync::oneshot::channel::<()>();
    let stopping = async move {
        stop.await;
        rim.stop();
        let _ = told.send(());
    };
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopping);
    tokio::select! {
        ended = async { serving.await } => ended,
        () = async { let _ = begun.await; tokio::time::sleep(DRAIN).await } => Ok(()),
    }
}

/// Gives each request its id and time, and each answer its headers and its place in the figures.
async fn around(State(rim): State<Rim>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let asked = Asked::read(request.headers(), request.extensions());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(asked.clone());
    let mut response = next.run(request).await;
    headers::secure(response.headers_mut());
    if let Ok(id) = asked.request_id.parse() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (took, status) = (began.elapsed(), response.status().as_u16());
    let route = route.unwrap_or_else(|| "none".into());
    rim.metrics.answered(&route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status, micros, request = asked.request_id, "answered");
    response
}
