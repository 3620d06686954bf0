//! Errors as problem details (RFC 9457): a stable code, where it is wrong, what would be allowed.

use orderly_core::refusal::{Issue, Refusal};
use orderly_ops::Error;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Why a request was not done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// Stable: it is added to, never changed.
    pub code: String,
    /// For a person to read.
    pub detail: String,
    /// The right with which it may be passed: name its code in `override`, with a `reason`.
    #[serde(skip_serializing_if = "Option::is_none", rename = "override")]
    pub overridden_by: Option<String>,
    /// One entry for each thing that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub errors: Vec<Wrong>,
    /// The object as it is now, where the request saw an older version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    /// After how many seconds asking again makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    pub request_id: String,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Wrong {
    /// A JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    pub code: String,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

impl Wrong {
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
            sku: None,
            requested: None,
            available: None,
            allowed: None,
        }
    }
}

impl From<&Issue> for Wrong {
    fn from(issue: &Issue) -> Self {
        Self {
            pointer: issue.pointer.clone(),
            code: issue.code.code().into(),
            detail: issue.detail.clone(),
            sku: issue.sku.clone(),
            requested: issue.requested.clone(),
            available: issue.available.clone(),
            allowed: issue.allowed.clone(),
        }
    }
}

impl Problem {
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: title(code),
            status,
            code: code.into(),
            detail: detail.into(),
            overridden_by: None,
            errors: Vec::new(),
            current: None,
            retry_after: None,
            request_id: String::new(),
        }
    }

    /// One thing is wrong with the request itself.
    pub fn wrong(status: u16, wrong: Wrong) -> Self {
        let mut problem = Self::new(status, &wrong.code, wrong.detail.clone());
        problem.errors.push(wrong);
        problem
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let code = refusal.code();
        let mut problem = Self::new(code.status(), code.code(), refusal.to_string());
        problem.overridden_by = code.overridden_by().map(|right| right.code().into());
        problem.errors = refusal.issues.iter().map(Wrong::from).collect();
        problem
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let problem = |status| Self::new(status, error.code(), error.to_string());
        match error {
            Error::Refused(refusal) => Self::from(refusal),
            Error::NotFound { .. } => problem(404),
            Error::Forbidden { .. } => problem(403),
            Error::Unauthenticated(_) => problem(401),
            Error::Throttled { retry_after_s } => problem(429).retry_after(*retry_after_s),
            Error::Invalid(_) => problem(422),
            Error::Unavailable(_) | Error::Again => {
                Self::new(503, error.code(), "the database is not available").retry_after(1)
            }
            Error::Internal(_) => Self::new(500, error.code(), "something is wrong inside Orderly"),
        }
    }
}

/// `insufficient_stock` reads as "Insufficient stock".
fn title(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

#[cfg(test)]
mod tests {
    use orderly_core::refusal::Code;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_figures() {
        let refusal = Refusal::at(Code::InsufficientStock, "/lines/0", "too few").allowed("3 pcs");
        let problem = Problem::from(&Error::from(refusal));
        assert_eq!((problem.status, problem.title.as_str()), (409, "Insufficient stock"));
        assert_eq!(problem.overridden_by.as_deref(), Some("order.accept_short"));
        assert_eq!(problem.errors[0].pointer, "/lines/0");
        assert_eq!(problem.errors[0].allowed.as_deref(), Some("3 pcs"));
    }

    #[test]
    fn what_is_wrong_inside_is_not_told() {
        let problem = Problem::from(&Error::Internal("secret".into()));
        assert_eq!(problem.status, 500);
        assert!(!problem.detail.contains("secret"));
    }
}
