//! How often it may be tried: attempts are counted before the password is looked at, so that many
//! at once count as many.

use std::net::IpAddr;

use orderly_core::access::wait_micros;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::sign_ins::{self, Failures};
use sha2::{Digest, Sha256};

use crate::{App, Error};

/// Failures without a wait: one account from one address, one address, one account from anywhere.
/// Who tries from elsewhere keeps nobody out of his own account before the last.
const FREE: [i64; 3] = [5, 20, 50];
/// One failure is forgotten after so long, in microseconds.
const FORGET_MICROS: i64 = 900_000_000;
/// After so long nothing is left of what can be counted in a day.
pub(super) const QUIET_MICROS: i64 = 86_400_000_000;

/// How many failures are left by now.
fn left_of(known: &Failures, now: Instant) -> i64 {
    let quiet = now.micros() - known.last_at.micros();
    (known.count - quiet.div_euclid(FORGET_MICROS).max(0)).max(0)
}

/// What attempts are counted by, in the order of [`FREE`].
pub(super) struct Subjects([Option<[u8; 32]>; 3]);

impl Subjects {
    /// `account` is what was entered as one: only its hash is kept, for people enter passwords
    /// there by mistake.
    pub(super) fn new(account: &str, from: Option<IpAddr>) -> Self {
        let from = from.map(|ip| ip.to_canonical().to_string());
        let hash = |parts: &[&str]| -> [u8; 32] { Sha256::digest(parts.join("\n")).into() };
        let pair = hash(&["pair", account, from.as_deref().unwrap_or_default()]);
        let address = from.as_deref().map(|from| hash(&["address", from]));
        Self([Some(pair), address, Some(hash(&["account", account]))])
    }

    fn each(&self) -> impl Iterator<Item = ([u8; 32], i64)> {
        let mut all: Vec<_> =
            self.0.iter().zip(FREE).filter_map(|(one, free)| Some(((*one)?, free))).collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// Counts an attempt as a failure until it succeeds.
    ///
    /// # Errors
    /// `Throttled` where attempts wait; then it is not counted.
    pub(super) fn attempt(&self, app: &App, now: Instant) -> Result<(), Error> {
        app.store.write(|tx| {
            let mut counted = Vec::new();
            for (subject, free) in self.each() {
                sign_ins::open(tx, subject, now)?;
                let known = sign_ins::failures(tx, subject)?;
                let wait = known.map_or(0, |known| known.blocked_until.micros() - now.micros());
                if wait > 0 {
                    let seconds = u64::try_from(wait.div_euclid(1_000_000) + 1).unwrap_or(1);
                    return Err(Error::Throttled { retry_after_s: seconds });
                }
                let count = known.map_or(0, |known| left_of(&known, now));
                let blocked_until = match wait_micros(count + 1, free) {
                    0 => Instant::from_micros(0),
                    wait => now.plus_micros(wait),
                };
                let failures = Failures { count: count + 1, last_at: now, blocked_until };
                counted.push((subject, failures));
            }
            for (subject, failures) in &counted {
                sign_ins::put(tx, *subject, failures)?;
            }
            Ok(())
        })
    }

    /// The attempt succeeded: the pair starts anew, the others get it back.
    pub(super) fn succeed(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for (index, subject) in self.0.iter().enumerate() {
            match (index, subject) {
                (0, Some(pair)) => sign_ins::clear(tx, *pair)?,
                (_, Some(other)) => sign_ins::forgive(tx, *other)?,
                (_, None) => {}
            }
        }
        Ok(())
    }
}
