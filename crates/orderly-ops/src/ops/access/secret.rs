//! Secrets: drawn from the system's randomness, shown once, kept as hashes.

use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::Error;

/// A password or token in memory: never shown by `Debug`, overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The text itself, for the one place that shows or checks it.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// What is kept of a token of 256 random bits. Not for passwords.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The letters of tokens: none is mistaken for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Random bytes of the operating system.
///
/// # Errors
/// `Internal` where it has none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Internal(format!("the system gives no randomness: {error}")))?;
    Ok(bytes)
}

/// A token with this start and 256 random bits, 5 to a letter.
///
/// # Errors
/// `Internal` where the system has no randomness.
pub(crate) fn token(start: &str) -> Result<Secret, Error> {
    Ok(Secret(format!("{start}{}", letters(&random::<52>()?))))
}

/// A password to be read and typed by a person: 80 random bits in groups of four letters.
///
/// # Errors
/// `Internal` where the system has no randomness.
pub fn password() -> Result<Secret, Error> {
    let letters = letters(&random::<16>()?);
    let groups: Vec<&str> = (0..4).map(|group| &letters[group * 4..group * 4 + 4]).collect();
    Ok(Secret(groups.join("-")))
}

pub(crate) fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
}

/// Memory in KiB, passes and lanes of Argon2id: some 20 ms of one core, 19 MiB.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// How many passwords are hashed at once: bounds memory and leaves cores to others.
const AT_ONCE: usize = 2;

static HASHING: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// Waits for one of the places in which passwords are hashed.
struct Place;

impl Place {
    fn take() -> Self {
        let mut busy = HASHING.lock().unwrap_or_else(PoisonError::into_inner);
        while *busy >= AT_ONCE {
            busy = DONE.wait(busy).unwrap_or_else(PoisonError::into_inner);
        }
        *busy += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *HASHING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        DONE.notify_one();
    }
}

fn argon2id(
    password: &str,
    salt: &[u8],
    (memory, passes, lanes): (u32, u32, u32),
) -> Result<[u8; 32], Error> {
    let wrong = |error: argon2::Error| Error::Internal(format!("argon2: {error}"));
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(wrong)?;
    let mut out = [0; 32];
    let _place = Place::take();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(wrong)?;
    Ok(out)
}

/// What is kept of a password: the algorithm, its cost, the salt and the hash.
///
/// # Errors
/// `Internal` where the system has no randomness.
pub(crate) fn hash_password(password: &Secret) -> Result<String, Error> {
    let salt = random::<16>()?;
    let hash = argon2id(&password.0, &salt, COST)?;
    let (memory, passes, lanes) = COST;
    Ok(format!("argon2id:{memory}:{passes}:{lanes}:{}:{}", hex(&salt), hex(&hash)))
}

/// Whether the password is the one that was hashed. Without a hash it takes the same time.
pub(crate) fn is_password(password: &Secret, stored: Option<&str>) -> Result<bool, Error> {
    let Some(stored) = stored else {
        argon2id(&password.0, &[0; 16], COST)?;
        return Ok(false);
    };
    let broken = || Error::Internal("a stored password hash cannot be read".into());
    let parts: Vec<&str> = stored.split(':').collect();
    let ["argon2id", memory, passes, lanes, salt, hash] = parts[..] else { return Err(broken()) };
    let number = |text: &str| text.parse::<u32>().map_err(|_| broken());
    let cost = (number(memory)?, number(passes)?, number(lanes)?);
    let salt = unhex(salt).ok_or_else(broken)?;
    let hash = unhex(hash).ok_or_else(broken)?;
    Ok(argon2id(&password.0, &salt, cost)?.ct_eq(&hash).into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// What a page proves that it was made for one session with: derived from its token.
pub fn csrf(session: &Secret) -> Secret {
    let digest = Sha256::new().chain_update(b"csrf:").chain_update(&session.0).finalize();
    Secret(hex(&digest))
}

/// Whether the text is the session's; in the same time whatever it is.
pub fn is_csrf(session: &Secret, text: &str) -> bool {
    csrf(session).0.as_bytes().ct_eq(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let secret = Secret::new("nine geese ate my lunch");
        let (first, second) = (hash_password(&secret).unwrap(), hash_password(&secret).unwrap());
        assert!(first != second && first.starts_with("argon2id:19456:2:1:"));
        assert!(is_password(&secret, Some(&first)).unwrap());
        assert!(!is_password(&Secret::new("nine geese ate my lunc"), Some(&first)).unwrap());
        assert!(!is_password(&secret, None).unwrap());
        for broken in ["", "argon2id:1:2", "argon2id:x:2:1:00:00", "md5:1:1:1:00:00"] {
            assert!(is_password(&secret, Some(broken)).is_err(), "{broken}");
        }
        assert!(!format!("{secret:?}").contains("geese"));
    }

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (first, second) = (token("ok_").unwrap(), token("ok_").unwrap());
        assert!(first != second && first.expose().len() == 55);
        assert!(is_csrf(&first, csrf(&first).expose()));
        assert!(!is_csrf(&first, csrf(&second).expose()) && !is_csrf(&first, ""));
        let password = password().unwrap();
        assert_eq!(password.expose().len(), 19);
        orderly_core::access::password::check(password.expose(), &[]).unwrap();
    }
}
