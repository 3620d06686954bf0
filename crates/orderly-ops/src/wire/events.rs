//! An event as the feed, webhooks and `GET /v1/events` show it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// One event, rendered when it is read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventOut {
    /// Always `event`.
    pub object: &'static str,
    pub id: String,
    /// `noun.verb_past`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The order it happened to, where it is one.
    pub order: Option<String>,
    /// What it happened to: an order, a payment, a return …
    pub subject: SubjectOut,
    /// Gap-free within the subject, from 1.
    pub sequence: i64,
    pub at: String,
    pub recorded_at: String,
    pub actor: ActorOut,
    pub reason: Option<String>,
    /// The place in the feed: gap-free, the same for everybody.
    pub position: i64,
    /// The subject as it was after this event. Absent from thin events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// From the path of each value that changed to what it was and what it is. Absent from thin
    /// events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubjectOut {
    pub kind: String,
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActorOut {
    pub kind: &'static str,
    pub id: Option<String>,
    pub name: Option<String>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FeedOut {
    /// Always `list`.
    pub object: &'static str,
    pub data: Vec<EventOut>,
    /// Where to read on: give it as `after`. Positions looked at without a match count too.
    pub next: i64,
    pub has_more: bool,
}

/// The values in which two durable forms differ, by path: parts are named by their ids. What only
/// counts or dates the change itself is left out.
pub fn changes(before: &Value, after: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    differ(before, after, "", &mut found);
    for name in ["version", "sequence", "updated_at"] {
        found.remove(name);
    }
    found
}

fn differ(before: &Value, after: &Value, path: &str, found: &mut Map<String, Value>) {
    let inner = |name: &str| match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    };
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                differ(old.get(name).unwrap_or(&Value::Null), value, &inner(name), found);
            }
            for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
                differ(value, &Value::Null, &inner(name), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if named(old) && named(new) => {
            for value in new {
                let id = name_of(value).unwrap_or_default();
                let was = old.iter().find(|one| name_of(one).as_deref() == Some(&id));
                differ(was.unwrap_or(&Value::Null), value, &inner(&id), found);
            }
            for value in old {
                let id = name_of(value).unwrap_or_default();
                if !new.iter().any(|one| name_of(one).as_deref() == Some(&id)) {
                    differ(value, &Value::Null, &inner(&id), found);
                }
            }
        }
        _ => {
            found.insert(path.to_owned(), Value::Array(vec![before.clone(), after.clone()]));
        }
    }
}

/// What names a part among its like: its id, or the ids of what it joins.
fn name_of(value: &Value) -> Option<String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    text("id").or_else(|| text("claim"))
}

fn named(parts: &[Value]) -> bool {
    parts.iter().all(|part| name_of(part).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_named_by_its_path() {
        let before =
            json!({ "version": 1, "lines": [{ "id": "a", "q": { "shipped": 0, "x": 1 } }] });
        let after = json!({ "version": 2, "lines": [
            { "id": "a", "q": { "shipped": 5, "x": 1 } }, { "id": "b", "q": null },
        ] });
        let found = changes(&before, &after);
        let expected = json!({
            "lines.a.q.shipped": [0, 5],
            "lines.b": [null, { "id": "b", "q": null }],
        });
        assert_eq!(Value::Object(found), expected);
    }
}
