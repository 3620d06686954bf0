//! The OpenAPI 3.1 document, made from the table of operations.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::input::SHARED;
use crate::operation::{Answers, Body, Operation};
use crate::problem::Problem;
use crate::shape;

/// Describes every operation.
pub fn document(operations: &[Operation]) -> Value {
    let mut generator = shape::generator();
    let problem = shape::of::<Problem>(&mut generator).to_value();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let one = describe(&mut generator, operation);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.verb.name().into(), one);
        }
    }
    let schemas = generator.definitions().clone();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Orderly",
            "version": "1",
            "description": "Orders, stock, money and everything between. See docs/api.md.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "tags": tags(operations),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `ok_…`",
                },
            },
            "responses": {
                "Problem": {
                    "description": "It was not done, and nothing was changed",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

/// The first part of an operation's id groups it.
pub fn tag(operation: &Operation) -> &'static str {
    operation.id.split('.').next().unwrap_or(operation.id)
}

fn tags(operations: &[Operation]) -> Vec<Value> {
    let mut names: Vec<&str> = operations.iter().map(tag).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

fn describe(generator: &mut SchemaGenerator, operation: &Operation) -> Value {
    let mut one = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": needs(operation),
        "tags": [tag(operation)],
        "parameters": parameters(generator, operation),
        "responses": responses(generator, operation),
    });
    if operation.open {
        one["security"] = json!([]);
        one["description"] = json!("Needs no key.");
    }
    let body = match operation.body {
        Body::None => None,
        Body::Raw(media) => {
            let content: Map<String, Value> = media
                .iter()
                .map(|media| ((*media).to_owned(), json!({ "schema": { "type": "string" } })))
                .collect();
            Some(json!({ "required": true, "content": content }))
        }
        Body::Json(shape) => {
            let mut schema = shape::resolved(generator, shape);
            share(&mut schema);
            let required = schema.get("required").is_some();
            let content = json!({ "application/json": { "schema": schema } });
            Some(json!({ "required": required, "content": content }))
        }
    };
    if let (Some(body), Some(fields)) = (body, one.as_object_mut()) {
        fields.insert("requestBody".into(), body);
    }
    one
}

/// The rights an operation needs, in words.
fn needs(operation: &Operation) -> String {
    let mut text = format!("Needs the right `{}`", operation.needs.code());
    for right in operation.also {
        text.push_str(&format!(" and `{}`", right.code()));
    }
    text + "."
}

/// Adds the fields any command may carry to a body's schema.
fn share(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else { return };
    let [reason, passed] = SHARED;
    properties.entry(reason).or_insert_with(|| {
        let about = "Why; kept on the event and in the audit";
        json!({ "type": ["string", "null"], "description": about })
    });
    properties.entry(passed).or_insert_with(|| {
        json!({
            "type": ["array", "null"],
            "items": { "type": "string" },
            "description": "Codes of refusals to pass, where you have the right; needs a reason",
        })
    });
}

fn parameters(generator: &mut SchemaGenerator, operation: &Operation) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let mut all: Vec<Value> = operation
        .parameters()
        .into_iter()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }))
        .collect();
    let query = shape::resolved(generator, operation.query);
    let required: Vec<&str> = query
        .get("required")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    for (name, schema) in query.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let required = required.contains(&name.as_str());
        let mut schema = schema.clone();
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        all.push(json!({
            "name": name, "in": "query", "required": required,
            "description": about.unwrap_or_default().as_str().unwrap_or_default(),
            "schema": schema,
        }));
    }
    if let Answers::Stream(_) = operation.answers {
        all.push(json!({
            "name": "Last-Event-ID", "in": "header", "required": false, "schema": text,
            "description": "The position of the last event you have: the next ones follow",
        }));
    }
    if operation.is_keyed() {
        let length = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true, "schema": length,
            "description": "The same key again gets the same answer; nothing happens twice",
        }));
    }
    if operation.tried {
        all.push(json!({
            "name": "dry_run", "in": "query", "required": false,
            "schema": { "type": "boolean" },
            "description": "Answers what would happen, and changes nothing",
        }));
    }
    if operation.versioned {
        all.push(json!({
            "name": "If-Match", "in": "header", "required": true,
            "schema": { "type": "string", "pattern": r#"^("v[0-9]{1,18}"|\*)$"# },
            "description": "The `ETag` of the object as you saw it",
        }));
    }
    all
}

fn responses(generator: &mut SchemaGenerator, operation: &Operation) -> Value {
    let content = match operation.answers {
        Answers::Json(shape) => {
            let schema = shape(generator).to_value();
            json!({ "application/json": { "schema": schema } })
        }
        Answers::Stream(shape) => {
            let schema = shape(generator).to_value();
            let about = "Server-sent events: `id` is the position, `data` one event as JSON";
            let text = json!({
                "type": "string", "description": about,
                "contentMediaType": "text/event-stream", "contentSchema": schema,
            });
            json!({ "text/event-stream": { "schema": text } })
        }
        Answers::Files(media) => media
            .iter()
            .map(|media| ((*media).to_owned(), json!({ "schema": { "type": "string" } })))
            .collect::<Map<String, Value>>()
            .into(),
    };
    let mut answers = Map::new();
    answers
        .insert(operation.status.to_string(), json!({ "description": "Done", "content": content }));
    for status in refusals(operation) {
        answers.insert(status.into(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    answers.into()
}

/// The statuses with which an operation may be refused.
fn refusals(operation: &Operation) -> Vec<&'static str> {
    let mut all = vec!["400", "401", "403", "404", "408", "422", "429", "503"];
    if operation.is_command() {
        all.extend(["409", "413", "415"]);
    } else if let Answers::Files(_) = operation.answers {
        all.push("409");
    }
    if operation.versioned {
        all.extend(["412", "428"]);
    }
    all.sort_unstable();
    all
}
