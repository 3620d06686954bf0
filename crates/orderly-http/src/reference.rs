//! The reference page: every operation in plain HTML, offline, from the table.

use std::fmt::Write;

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use orderly_core::refusal::Code;

use crate::openapi::tag;
use crate::operation::{Answers, Body, Operation, Shape};
use crate::problem::Problem;
use crate::shape;

/// The page of all operations.
pub fn page(operations: &[Operation]) -> String {
    let mut sorted: Vec<&Operation> = operations.iter().collect();
    sorted.sort_by_key(|one| (tag(one), one.path, one.verb));
    let mut body = String::from(
        "<h1>Orderly API</h1><p>Ten minutes with it: docs/api.md. The same as a document for \
         programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p><nav><ul>",
    );
    let mut tags: Vec<&str> = sorted.iter().map(|one| tag(one)).collect();
    tags.dedup();
    for tag in &tags {
        let _ = write!(body, "<li><a href=\"#{tag}\">{tag}</a></li>");
    }
    body.push_str("</ul></nav>");
    let mut current = "";
    for operation in sorted {
        if tag(operation) != current {
            current = tag(operation);
            let _ = write!(body, "<h2 id=\"{current}\">{current}</h2>");
        }
        section(&mut body, operation);
    }
    html("Orderly API", &body)
}

fn section(body: &mut String, operation: &Operation) {
    let verb = operation.verb.name().to_uppercase();
    let (path, summary) = (escape(operation.path), escape(operation.summary));
    let _ = write!(
        body,
        "<h3 id=\"{id}\"><code>{verb} {path}</code></h3><p>{summary}. Needs \
         <code>{needs}</code>.</p>",
        id = operation.id,
        needs = operation.needs.code(),
    );
    table(body, "Query", operation.query);
    if let Body::Json(shape) = operation.body {
        table(body, "Body", shape);
    }
    if let Answers::Json(shape) = operation.answers {
        table(body, "Answer", shape);
    }
}

/// The properties of a shape, one line each.
fn table(body: &mut String, caption: &str, shape: Shape) {
    let schema = shape::resolved(&mut shape::generator(), shape);
    let Some(properties) = schema.get("properties").and_then(serde_json::Value::as_object) else {
        return;
    };
    let _ = write!(body, "<details><summary>{caption}</summary><dl>");
    for (name, property) in properties {
        let about = property.get("description").and_then(serde_json::Value::as_str);
        let _ = write!(
            body,
            "<dt><code>{}</code> {}</dt><dd>{}</dd>",
            escape(name),
            escape(&kind(property)),
            escape(about.unwrap_or_default()),
        );
    }
    body.push_str("</dl></details>");
}

fn kind(property: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(name) = property.get("$ref") {
        return text(name).rsplit('/').next().unwrap_or_default().to_owned();
    }
    match property.get("type") {
        Some(serde_json::Value::Array(all)) => {
            all.iter().map(text).collect::<Vec<_>>().join(" or ")
        }
        Some(one) => text(one),
        None => String::new(),
    }
}

/// What a problem's `type` leads to.
pub async fn problem(Path(code): Path<String>) -> Response {
    match Code::ALL.iter().find(|known| known.code() == code) {
        Some(known) => {
            let right = known.overridden_by().map_or_else(String::new, |right| {
                format!("<p>May be passed with the right <code>{}</code>.</p>", right.code())
            });
            let title = code.replace('_', " ");
            let body = format!("<h1>{title}</h1><p>Status {}.</p>{right}", known.status());
            Html(html(&title, &body)).into_response()
        }
        None => crate::router::problem(&Problem::new(404, "not_found", "no such problem")),
    }
}

fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
         <body><main>{body}</main></body></html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
