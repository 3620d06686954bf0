//! What callers of operations see.

use orderly_core::actor::Permission;
use orderly_core::id::IdError;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::TimeError;
use orderly_store::StoreError;

/// Why an operation did not happen. `Display` says it to the person who asked; the source, if
/// any, is printed once by the edge.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no {what}")]
    NotFound { what: String },
    /// The command was understood and refused; nothing was changed.
    #[error("{0}")]
    Refused(Refusal),
    #[error("you lack the right `{}`", .permission.code())]
    Forbidden { permission: Permission },
    /// The caller is nobody we know: the answer never says what was wrong with what he showed.
    #[error("{0}")]
    Unauthenticated(&'static str),
    #[error("too many attempts: try again in {retry_after_s} s")]
    Throttled { retry_after_s: u64 },
    /// What was given cannot be read at all: a file, a setting.
    #[error("{0}")]
    Invalid(String),
    #[error("the database is not available: {0}")]
    Unavailable(#[source] StoreError),
    #[error("something is wrong inside Orderly: {0}")]
    Internal(String),
    /// Another transaction answered the same key first: the command starts again.
    #[error("another request with the same key was answered first")]
    Again,
}

impl Error {
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => Code::NotFound.code(),
            Self::Refused(refusal) => refusal.code().code(),
            Self::Forbidden { .. } => Code::Forbidden.code(),
            Self::Unauthenticated(_) => "unauthenticated",
            Self::Throttled { .. } => "too_many_attempts",
            Self::Invalid(_) => "invalid",
            Self::Unavailable(_) | Self::Again => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The refusal's code, where it is one.
    pub fn refused(&self) -> Option<Code> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            _ => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}
impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        Refusal::new(Code::InvalidField, error.to_string()).into()
    }
}
impl From<TimeError> for Error {
    fn from(error: TimeError) -> Self {
        Refusal::new(Code::InvalidField, error.to_string()).into()
    }
}
