//! The table of operations: each with its route, the right it needs, its shapes and its handler.
//! The router, the OpenAPI document, the reference page and the tests of rights are made from it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::events::feed::Wanted;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::{Done, File, Reply};
use crate::input;
use crate::problem::Problem;
use crate::shape::property;
use crate::{Cx, shape};

/// Makes the schema of a type.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// Answers one request, on the blocking pool.
pub type Handler = Arc<dyn Fn(&mut Cx) -> Result<Reply, Failure> + Send + Sync>;

/// Answers one request without a thread of its own: with others that came at the same time.
pub type Later = fn(Cx, Waiting) -> Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send>>;

/// A place among those who wait. It goes with the work: a caller who goes away does not make room.
pub struct Waiting {
    pub place: OwnedSemaphorePermit,
    /// Not begun by then, it is turned away.
    pub until: Instant,
}

/// Why a handler did not answer: the request could not be read, or the operation said no.
#[derive(Debug)]
pub enum Failure {
    Problem(Box<Problem>),
    Error(Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// The body a request brings.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    None,
    Json(Shape),
    /// Rows or a file, of these media types.
    Raw(&'static [&'static str]),
}

/// What a good answer is.
#[derive(Debug, Clone, Copy)]
pub enum Answers {
    Json(Shape),
    Files(&'static [&'static str]),
    /// Events for as long as they are read, each of this shape.
    Stream(Shape),
}

/// One operation of the API.
#[derive(Clone)]
pub struct Operation {
    pub verb: Verb,
    pub path: &'static str,
    /// `orders.cancel`: unique.
    pub id: &'static str,
    pub summary: &'static str,
    pub needs: Permission,
    /// Rights it needs beside that, everywhere: a file is shown whole or not at all.
    pub also: &'static [Permission],
    pub query: Shape,
    pub body: Body,
    pub answers: Answers,
    pub status: u16,
    /// The version that was seen must be sent: `If-Match`.
    pub versioned: bool,
    /// It may be tried with `dry_run`.
    pub tried: bool,
    /// Whoever asks is answered, without a key: only to come in.
    pub open: bool,
    /// Its body may be as large as one of many rows.
    pub heavy: bool,
    pub handler: Handler,
    /// In the place of the handler, where it is not only tried.
    pub later: Option<Later>,
}

/// A read: `f` gets the query.
pub fn get<Q, T>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    f: fn(&Cx, Q) -> Result<Done<T>, Error>,
) -> Operation
where
    Q: DeserializeOwned + JsonSchema + 'static,
    T: Serialize + JsonSchema + 'static,
{
    let handler: Handler = Arc::new(move |cx| {
        let query = input::query(cx)?;
        Ok(Reply::json(200, f(cx, query)?)?)
    });
    let answers = Answers::Json(shape::of::<T>);
    let shapes = (shape::of::<Q> as Shape, Body::None, answers);
    Operation::new(Verb::Get, path, id, summary, needs, shapes, handler)
}

/// A read of a file, of one of these media types. It shows people unless [`Operation::also`] says
/// otherwise.
pub fn file<Q>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    media: &'static [&'static str],
    f: fn(&Cx, Q) -> Result<File, Error>,
) -> Operation
where
    Q: DeserializeOwned + JsonSchema + 'static,
{
    let handler: Handler = Arc::new(move |cx| {
        let query = input::query(cx)?;
        Ok(Reply::file(f(cx, query)?))
    });
    let shapes = (shape::of::<Q> as Shape, Body::None, Answers::Files(media));
    let also = &[Permission::ReadPii];
    Operation { also, ..Operation::new(Verb::Get, path, id, summary, needs, shapes, handler) }
}

/// Events that follow: `f` says which.
pub fn stream<Q, T>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    f: fn(&Cx, Q) -> Result<Wanted, Error>,
) -> Operation
where
    Q: DeserializeOwned + JsonSchema + 'static,
    T: JsonSchema + 'static,
{
    let handler: Handler = Arc::new(move |cx| {
        let query = input::query(cx)?;
        Ok(Reply::stream(f(cx, query)?))
    });
    let shapes = (shape::of::<Q> as Shape, Body::None, Answers::Stream(shape::of::<T>));
    Operation::new(Verb::Get, path, id, summary, needs, shapes, handler)
}

/// A command that makes a new object. It takes an `Idempotency-Key`.
pub fn create<B, T>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    f: fn(&Cx, B) -> Result<Done<T>, Error>,
) -> Operation
where
    B: DeserializeOwned + JsonSchema + 'static,
    T: Serialize + JsonSchema + 'static,
{
    Operation { status: 201, versioned: false, ..command(Verb::Post, path, id, summary, needs, f) }
}

/// A command that changes an object. It takes an `Idempotency-Key` and the version seen in
/// `If-Match`; see [`Operation::unversioned`].
pub fn act<B, T>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    f: fn(&Cx, B) -> Result<Done<T>, Error>,
) -> Operation
where
    B: DeserializeOwned + JsonSchema + 'static,
    T: Serialize + JsonSchema + 'static,
{
    command(Verb::Post, path, id, summary, needs, f)
}

/// A command of any verb that changes an object.
pub fn command<B, T>(
    verb: Verb,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    f: fn(&Cx, B) -> Result<Done<T>, Error>,
) -> Operation
where
    B: DeserializeOwned + JsonSchema + 'static,
    T: Serialize + JsonSchema + 'static,
{
    let owns_reason = property(shape::of::<B>, "reason");
    let handler: Handler = Arc::new(move |cx| {
        let body = input::command(cx, owns_reason)?;
        Ok(Reply::json(200, f(cx, body)?)?)
    });
    let shapes = (
        shape::of::<input::Nothing> as Shape,
        Body::Json(shape::of::<B>),
        Answers::Json(shape::of::<T>),
    );
    let versioned = true;
    Operation { versioned, ..Operation::new(verb, path, id, summary, needs, shapes, handler) }
}

/// A command whose body is rows or a file; `f` reads them from the context.
pub fn intake<Q>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    media: (&'static [&'static str], &'static [&'static str]),
    f: fn(&Cx, Q) -> Result<File, Error>,
) -> Operation
where
    Q: DeserializeOwned + JsonSchema + 'static,
{
    let (takes, answers) = media;
    let handler: Handler = Arc::new(move |cx| {
        accepted(cx, takes)?;
        let query = input::query(cx)?;
        Ok(Reply::file(f(cx, query)?))
    });
    let shapes = (shape::of::<Q> as Shape, Body::Raw(takes), Answers::Files(answers));
    Operation::new(Verb::Post, path, id, summary, needs, shapes, handler).untried()
}

/// A command whose body is a file; `f` reads it from the context and answers with an object.
pub fn upload<Q, T>(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    needs: Permission,
    takes: &'static [&'static str],
    f: fn(&Cx, Q) -> Result<Done<T>, Error>,
) -> Operation
where
    Q: DeserializeOwned + JsonSchema + 'static,
    T: Serialize + JsonSchema + 'static,
{
    let handler: Handler = Arc::new(move |cx| {
        accepted(cx, takes)?;
        let query = input::query(cx)?;
        Ok(Reply::json(200, f(cx, query)?)?)
    });
    let shapes = (shape::of::<Q> as Shape, Body::Raw(takes), Answers::Json(shape::of::<T>));
    Operation::new(Verb::Post, path, id, summary, needs, shapes, handler)
}

/// Refuses a body of another media type.
fn accepted(cx: &Cx, takes: &[&str]) -> Result<(), Problem> {
    if takes.contains(&cx.media.as_str()) {
        return Ok(());
    }
    let detail = format!("send {}, not `{}`", takes.join(" or "), cx.media);
    Err(Problem::new(415, "unsupported_media_type", detail))
}

impl Operation {
    fn new(
        verb: Verb,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        needs: Permission,
        shapes: (Shape, Body, Answers),
        handler: Handler,
    ) -> Self {
        let (query, body, answers) = shapes;
        let (status, versioned, tried) = (200, false, verb != Verb::Get);
        Self {
            verb,
            path,
            id,
            summary,
            needs,
            also: &[],
            query,
            body,
            answers,
            status,
            versioned,
            tried,
            open: false,
            heavy: false,
            handler,
            later: None,
        }
    }

    /// The rights it needs beside its own.
    #[must_use]
    pub fn also(self, also: &'static [Permission]) -> Self {
        Self { also, ..self }
    }

    /// It is answered together with others.
    #[must_use]
    pub fn together(self, later: Later) -> Self {
        Self { later: Some(later), ..self }
    }

    /// The object has no version of its own, or may be changed unseen.
    #[must_use]
    pub fn unversioned(self) -> Self {
        Self { versioned: false, ..self }
    }

    /// It takes several transactions, or its answer is read back: it cannot be tried.
    #[must_use]
    pub fn untried(self) -> Self {
        Self { tried: false, ..self }
    }

    /// Its body carries files.
    #[must_use]
    pub fn heavy(self) -> Self {
        Self { heavy: true, ..self }
    }

    /// Nobody has shown a key yet: it is how one comes in. It takes no key of repeats, and cannot
    /// be tried.
    #[must_use]
    pub fn open(self) -> Self {
        Self { open: true, tried: false, versioned: false, ..self }
    }

    /// Whether it takes an `Idempotency-Key`.
    pub fn is_keyed(&self) -> bool {
        self.is_command() && !self.open
    }

    /// Whether it changes anything: it takes a key, and can be tried with `dry_run`.
    pub fn is_command(&self) -> bool {
        self.verb != Verb::Get
    }

    /// The names in the path's braces.
    pub fn parameters(&self) -> Vec<&'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}
