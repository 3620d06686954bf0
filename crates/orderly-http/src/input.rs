//! Reading queries and bodies: what cannot be read is refused with where and why.

use orderly_core::refusal::Code;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Cx;
use crate::problem::{Problem, Wrong};

/// A query that may hold nothing.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The fields any command may carry beside its own.
pub const SHARED: [&str; 2] = ["reason", "override"];

/// Reads the query string.
///
/// # Errors
/// 400 where it is not well-formed, 422 where a parameter is unknown or wrong.
pub fn query<Q: DeserializeOwned>(cx: &Cx) -> Result<Q, Problem> {
    let pairs: Vec<(String, String)> = serde_html_form::from_str(&cx.query)
        .map_err(|error| Problem::new(400, "malformed", format!("the query: {error}")))?;
    if let Some((name, _)) = pairs.iter().find(|(name, text)| is_unfit(name) || is_unfit(text)) {
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        return Err(unfit(&name));
    }
    let own = pairs.iter().filter(|(name, _)| name != "dry_run");
    let own: Vec<&(String, String)> = own.collect();
    let text = serde_html_form::to_string(&own)
        .map_err(|error| Problem::new(400, "malformed", error.to_string()))?;
    let read = serde_html_form::Deserializer::from_bytes(text.as_bytes());
    serde_path_to_error::deserialize(read).map_err(|error| {
        let pointer = error.path().to_string();
        Problem::wrong(422, wrong(&pointer, &error.into_inner().to_string()))
    })
}

/// Reads a command's body; its query says nothing more.
///
/// # Errors
/// Those of [`query`] and [`body`].
pub fn command<B: DeserializeOwned>(cx: &mut Cx, owns_reason: bool) -> Result<B, Problem> {
    query::<Nothing>(cx)?;
    body(cx, owns_reason)
}

/// Reads the body, and takes the shared fields out of it.
///
/// # Errors
/// 415 unless it is JSON, 400 where it is not well-formed, 422 where a field is unknown or wrong.
pub fn body<B: DeserializeOwned>(cx: &mut Cx, owns_reason: bool) -> Result<B, Problem> {
    let mut value = json(cx)?;
    if let Some(fields) = value.as_object_mut() {
        shared(cx, fields, owns_reason)?;
    }
    typed(value)
}

/// Reads a JSON value as a request.
///
/// # Errors
/// 422 where a field is unknown or wrong.
pub fn typed<B: DeserializeOwned>(value: Value) -> Result<B, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::wrong(422, wrong(&pointer, &error.into_inner().to_string()))
    })
}

/// The body as JSON; nothing at all stands for an empty object.
fn json(cx: &Cx) -> Result<Value, Problem> {
    if cx.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    if cx.media != "application/json" {
        let detail = format!("send application/json, not `{}`", cx.media);
        return Err(Problem::new(415, "unsupported_media_type", detail));
    }
    parsed(&cx.body, cx.depth)
}

/// Reads bytes as JSON that nests at most `deepest` levels.
///
/// # Errors
/// 400 where it is none, 422 where it holds a text nobody could keep.
pub fn parsed(bytes: &[u8], deepest: usize) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::new(400, "malformed", format!("the body: {error}")))?;
    if depth(text) > deepest {
        let detail = format!("the body nests deeper than {deepest} levels");
        return Err(Problem::new(400, "malformed", detail));
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Problem::new(400, "malformed", format!("the body: {error}")))?;
    match unfit_text(&value, &mut String::new()) {
        Some(pointer) => Err(unfit(&pointer)),
        None => Ok(value),
    }
}

fn shared(cx: &mut Cx, fields: &mut Map<String, Value>, owns: bool) -> Result<(), Problem> {
    let text = |pointer: &str| {
        Problem::wrong(422, Wrong::new(pointer, Code::InvalidField.code(), "this is a text"))
    };
    if !owns && let Some(reason) = fields.remove("reason").filter(|reason| !reason.is_null()) {
        cx.call.reason = Some(reason.as_str().ok_or_else(|| text("/reason"))?.to_owned());
    }
    let Some(codes) = fields.remove("override").filter(|codes| !codes.is_null()) else {
        return Ok(());
    };
    for code in codes.as_array().ok_or_else(|| text("/override"))? {
        let known = Code::ALL.iter().copied().find(|known| Some(known.code()) == code.as_str());
        let overridable = known.filter(|code| code.overridden_by().is_some());
        cx.call.overrides.push(overridable.ok_or_else(|| {
            let detail = format!("{code} is not a code that can be overridden");
            Problem::wrong(422, Wrong::new("/override", Code::InvalidField.code(), detail))
        })?);
    }
    Ok(())
}

/// How deep brackets nest outside texts. Counts what is malformed too: that is refused later.
fn depth(text: &str) -> usize {
    let (mut open, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether no database and no person could keep this text.
fn is_unfit(text: &str) -> bool {
    text.contains('\0')
}

fn unfit(pointer: &str) -> Problem {
    let code = Code::InvalidText.code();
    Problem::wrong(422, Wrong::new(pointer, code, "a text holds the character U+0000"))
}

/// The pointer of the first text nobody could keep.
fn unfit_text(value: &Value, at: &mut String) -> Option<String> {
    let step = |at: &mut String, name: &str, value: &Value| {
        let length = at.len();
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let found = unfit_text(value, at);
        at.truncate(length);
        found
    };
    match value {
        Value::String(text) => is_unfit(text).then(|| at.clone()),
        Value::Array(all) => {
            all.iter().enumerate().find_map(|(index, value)| step(at, &index.to_string(), value))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if is_unfit(name) { Some(at.clone()) } else { step(at, name, value) }
        }),
        _ => None,
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// What is wrong, with the name that was probably meant where a name is unknown.
fn wrong(pointer: &str, message: &str) -> Wrong {
    let code = Code::InvalidField.code();
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return Wrong::new(pointer, code, message);
    };
    let unknown = rest.split('`').next().unwrap_or_default();
    let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
    let similar = |name: &&&str| strsim::normalized_damerau_levenshtein(unknown, name);
    let nearest = known.iter().max_by(|a, b| similar(a).total_cmp(&similar(b)));
    let nearest = nearest.filter(|name| similar(name) >= 0.5);
    let mut wrong = Wrong::new(pointer, "unknown_field", format!("there is no `{unknown}` here"));
    if let Some(name) = nearest {
        wrong.detail = format!("there is no `{unknown}` here; did you mean `{name}`?");
    }
    wrong.allowed = (!known.is_empty()).then(|| known.join(", "));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_answered_with_the_one_that_was_meant() {
        let message = "unknown field `chanel`, expected one of `channel`, `lines`";
        let wrong = wrong("/chanel", message);
        assert_eq!(wrong.code, "unknown_field");
        assert!(wrong.detail.contains("did you mean `channel`?"));
        assert_eq!(wrong.allowed.as_deref(), Some("channel, lines"));
    }

    #[test]
    fn brackets_in_texts_do_not_nest() {
        assert_eq!(depth(r#"{"a":"[[[\"[","b":[[1]]}"#), 3);
    }

    #[test]
    fn a_text_nobody_can_keep_is_found() {
        let value = serde_json::json!({"a": ["x", "b\u{0}c"]});
        assert_eq!(unfit_text(&value, &mut String::new()).as_deref(), Some("/a/1"));
    }
}
