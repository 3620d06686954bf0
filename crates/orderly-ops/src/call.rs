//! One call of an operation: who asks, under which key, when, and with which leave.
//!
//! Everything that varies is drawn before the transaction's first run: a run that is repeated
//! after a lost race decides the same.

use orderly_core::access::STEP_UP_MICROS;
use orderly_core::actor::{Actor, ActorKind, Permission, Scope};
use orderly_core::id::{DrawerId, IdSource};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;

use crate::Error;

/// The leave a second actor gives to pass refusals.
#[derive(Debug, Clone)]
pub struct Approval {
    pub by: Actor,
    pub reason: String,
}

/// What surrounds a command.
#[derive(Debug, Clone)]
pub struct Call {
    pub actor: Actor,
    /// Whose keys these are: a channel, an API key, the command line.
    pub source: String,
    /// The idempotency key; `None` where repeating is the caller's risk.
    pub key: Option<String>,
    /// Hash of the request's content: the same key with another hash is refused.
    pub request_hash: [u8; 16],
    pub now: Instant,
    /// Fresh randomness for ids.
    pub seed: u64,
    /// The version the caller saw; `None` where it did not look.
    pub expected_version: Option<i64>,
    pub reason: Option<String>,
    pub approval: Option<Approval>,
    /// Refusals the caller asks to pass.
    pub overrides: Vec<Code>,
    /// The drawer the caller stands at: whose session takes the cash.
    pub drawer: Option<DrawerId>,
    /// When the person entered his password last.
    pub confirmed_at: Option<Instant>,
}

impl Call {
    /// A call without key, reason or approval.
    pub fn new(actor: Actor, source: impl Into<String>, now: Instant, seed: u64) -> Self {
        Self {
            actor,
            source: source.into(),
            key: None,
            request_hash: [0; 16],
            now,
            seed,
            expected_version: None,
            reason: None,
            approval: None,
            overrides: Vec::new(),
            drawer: None,
            confirmed_at: None,
        }
    }

    /// The same call under an idempotency key, for a request with this content.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>, content: &[u8]) -> Self {
        self.key = Some(key.into());
        self.request_hash = content_hash(content);
        self
    }

    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Ids for one run. Every run of the same call draws the same ones.
    pub fn ids(&self) -> IdSource {
        IdSource::new(self.now, self.seed)
    }

    /// Refuses an actor without the right.
    pub fn require(&self, permission: Permission, scope: Scope) -> Result<(), Error> {
        if self.actor.may(permission, scope) {
            return Ok(());
        }
        Err(Error::Forbidden { permission })
    }

    /// Refuses an actor who has the right nowhere at all: what he may see is chosen row by row.
    pub fn require_somewhere(&self, permission: Permission) -> Result<(), Error> {
        if self.actor.all || self.actor.grants.iter().any(|own| own.permission == permission) {
            return Ok(());
        }
        Err(Error::Forbidden { permission })
    }

    /// Refuses a person who has not entered his password just now, and programs that have none. The
    /// person at the machine and the tasks of Orderly itself pass.
    ///
    /// # Errors
    /// `step_up_required`.
    pub fn require_password_now(&self) -> Result<(), Error> {
        let entered = self
            .confirmed_at
            .is_some_and(|at| (0..STEP_UP_MICROS).contains(&(self.now.micros() - at.micros())));
        if entered || matches!(self.actor.kind, ActorKind::Owner | ActorKind::Task) {
            return Ok(());
        }
        let detail = "this takes a person who has entered his password in the last ten minutes";
        Err(Refusal::new(Code::StepUpRequired, detail).into())
    }

    /// Refuses a caller who saw another version.
    pub fn expect_version(&self, version: i64) -> Result<(), Error> {
        match self.expected_version {
            Some(seen) if seen != version => {
                let detail = format!("you saw version {seen}; it is version {version} now");
                Err(Refusal::new(Code::StaleVersion, detail).into())
            }
            _ => Ok(()),
        }
    }

    /// Whether a refusal may be passed: it was asked for, with a reason, by an actor who has the
    /// overriding right or has the approval of another one who does.
    ///
    /// # Errors
    /// `approval_by_requester` where the approver is the requester.
    pub fn overridden(&self, code: Code, scope: Scope) -> Result<bool, Error> {
        let Some(right) = code.overridden_by().filter(|_| self.overrides.contains(&code)) else {
            return Ok(false);
        };
        if let Some(approval) = &self.approval {
            let same = (approval.by.kind, approval.by.id) == (self.actor.kind, self.actor.id);
            if same && !self.actor.all {
                let detail = "nobody approves his own request";
                return Err(Refusal::new(Code::ApprovalByRequester, detail).into());
            }
            return Ok(approval.by.may(right, scope) && !approval.reason.trim().is_empty());
        }
        Ok(self.reason.is_some() && self.actor.may(right, scope))
    }

    /// Lets an overridden refusal pass and returns any other.
    pub fn unless_overridden(&self, refusal: Refusal, scope: Scope) -> Result<(), Error> {
        if self.overridden(refusal.code(), scope)? {
            return Ok(());
        }
        Err(refusal.into())
    }
}

/// Sixteen bytes of the SHA-256 of a content: tells a repeat from another request.
pub fn content_hash(content: &[u8]) -> [u8; 16] {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(content);
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest[..16]);
    hash
}
