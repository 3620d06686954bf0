//! `/livez`, `/readyz` and `/metrics`.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use orderly_core::actor::{Permission, Scope};
use orderly_ops::ops::settings;

use crate::who::Authenticate;
use crate::{Asked, Rim};

/// The routes that watchers ask: whether it lives and is ready, by anybody; figures of what is
/// done, by who has the right `metrics.read`.
pub fn router(rim: Rim, authenticate: Authenticate) -> Router {
    let (ready, metrics) = (rim.clone(), rim);
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(move || is_ready(ready)))
        .route("/metrics", get(move |request| guarded(metrics, authenticate, request)))
}

/// The figures for whoever reaches an address of their own.
pub fn figures_router(rim: Rim) -> Router {
    Router::new().route("/metrics", get(async move || figures(&rim)))
}

/// Figures for who may read them.
async fn guarded(rim: Rim, authenticate: Authenticate, request: Request) -> Response {
    let asked = Asked::read(request.headers(), request.extensions());
    let headers = request.headers().clone();
    let known = rim.blocking(move |app| {
        let Some(caller) = authenticate(app, &asked, &headers)? else { return Ok(None) };
        Ok(Some(caller.actor.may(Permission::ReadMetrics, Scope::default())))
    });
    match known.await {
        Ok(Ok(Some(true))) => figures(&rim),
        Ok(Ok(Some(false))) => StatusCode::FORBIDDEN.into_response(),
        Ok(Ok(None)) => {
            let how = [(header::WWW_AUTHENTICATE, "Bearer")];
            (StatusCode::UNAUTHORIZED, how, "send an API key with metrics.read\n").into_response()
        }
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Ready is who answers from the database and is not about to stop.
async fn is_ready(rim: Rim) -> Response {
    if rim.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match rim.blocking(settings::answers).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy\n").into_response(),
    }
}

fn figures(rim: &Rim) -> Response {
    let busy = i64::try_from(rim.busy()).unwrap_or(i64::MAX);
    let streams = i64::try_from(rim.open_streams()).unwrap_or(i64::MAX);
    let gauges = [("orderly_operations_busy", busy), ("orderly_streams_open", streams)];
    let text = rim.metrics.text(&gauges);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
