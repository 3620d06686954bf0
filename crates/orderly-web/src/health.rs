//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use orderly_ops::ops::settings;

use crate::Rim;

/// The routes that watchers ask. `draining` is set once the server stops taking new work.
pub fn router(rim: Rim, draining: Arc<AtomicBool>) -> Router {
    let (ready, metrics) = (rim.clone(), rim);
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(move || is_ready(ready, draining)))
        .route("/metrics", get(async move || figures(&metrics)))
}

/// Ready is who answers from the database and is not about to stop.
async fn is_ready(rim: Rim, draining: Arc<AtomicBool>) -> Response {
    if draining.load(Ordering::Relaxed) {
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
    let text = rim.metrics.text(&[("orderly_operations_busy", busy)]);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
