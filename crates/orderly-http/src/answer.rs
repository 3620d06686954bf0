//! What handlers answer with: an object with its version, a page, a file.

use orderly_ops::Error;
use orderly_ops::ops::events::feed::Wanted;
use schemars::JsonSchema;
use serde::Serialize;

/// An object that is answered, with what belongs into headers.
#[derive(Debug)]
pub struct Done<T> {
    pub body: T,
    /// The object's version: its `ETag`.
    pub version: Option<i64>,
    /// Where the object is found: `Location`.
    pub at: Option<String>,
}

impl<T> Done<T> {
    pub fn of(body: T) -> Self {
        Self { body, version: None, at: None }
    }

    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.at = Some(path.into());
        self
    }
}

impl<T> From<T> for Done<T> {
    fn from(body: T) -> Self {
        Self::of(body)
    }
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    pub object: &'static str,
    pub data: Vec<T>,
    /// The cursor of the next page: give it as `after`.
    pub next: Option<String>,
    pub has_more: bool,
    /// What to do where a search finds nothing, or too much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl<T> Page<T> {
    pub fn new(data: Vec<T>, next: Option<String>) -> Self {
        Self { object: "list", data, has_more: next.is_some(), next, hint: None }
    }

    /// A page whose rows were asked for with one more than `limit`: the last of them says that
    /// there are more, and is left out. `cursor` is where the page after a row begins.
    pub fn cut<R>(
        mut rows: Vec<R>,
        limit: i64,
        cursor: impl Fn(&R) -> String,
        show: impl Fn(&R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Self::new(rows.iter().map(show).collect(), next)
    }
}

/// Bytes of another kind than JSON.
#[derive(Debug)]
pub struct File {
    pub media: &'static str,
    pub name: Option<String>,
    pub bytes: Vec<u8>,
}

/// What goes back on the wire.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub media: &'static str,
    pub name: Option<String>,
    pub version: Option<i64>,
    pub at: Option<String>,
    pub bytes: Vec<u8>,
    /// Events that follow for as long as they are read.
    pub follows: Option<Wanted>,
}

impl Reply {
    /// # Errors
    /// `internal` where the body cannot be written as JSON.
    pub fn json<T: Serialize>(status: u16, done: Done<T>) -> Result<Self, Error> {
        let bytes = serde_json::to_vec(&done.body);
        let bytes = bytes.map_err(|error| Error::Internal(error.to_string()))?;
        let Done { version, at, .. } = done;
        Ok(Self { version, at, ..Self::new(status, "application/json", bytes) })
    }

    pub fn file(file: File) -> Self {
        let File { media, name, bytes } = file;
        Self { name, ..Self::new(200, media, bytes) }
    }

    /// A stream of events.
    pub fn stream(wanted: Wanted) -> Self {
        Self { follows: Some(wanted), ..Self::new(200, "text/event-stream", Vec::new()) }
    }

    fn new(status: u16, media: &'static str, bytes: Vec<u8>) -> Self {
        Self { status, media, name: None, version: None, at: None, bytes, follows: None }
    }
}
