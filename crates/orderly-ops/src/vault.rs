//! Secrets at rest: sealed with a master key that lies beside the database, not in it.
//!
//! The key is 32 random bytes in base64: `ORDERLY_MASTER_KEY`, or the file that
//! `ORDERLY_MASTER_KEY_FILE` names, or the file `NAME.key` beside a database file. A file is made
//! at first use, for its owner only.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::Error;

const NONCE: usize = 24;

/// Where the master key is.
#[derive(Debug)]
enum Place {
    Environment(String),
    File(PathBuf),
    /// A server's database has no folder to put a file in.
    Nowhere,
}

/// Seals and opens secrets.
pub struct Vault {
    place: Place,
    key: OnceLock<[u8; 32]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// Fresh randomness of the system's.
///
/// # Errors
/// `Internal` where the system has none.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::Internal(format!("the system gives no randomness: {error}")))?;
    Ok(bytes)
}

impl Vault {
    /// The vault of a database.
    pub fn of(location: &str) -> Self {
        let named = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        let server = location.starts_with("postgres://") || location.starts_with("postgresql://");
        let place = match (named("ORDERLY_MASTER_KEY"), named("ORDERLY_MASTER_KEY_FILE")) {
            (Some(key), _) => Place::Environment(key),
            (None, Some(path)) => Place::File(path.into()),
            (None, None) if server => Place::Nowhere,
            (None, None) => {
                let path = location.strip_prefix("sqlite://").unwrap_or(location);
                Place::File(format!("{path}.key").into())
            }
        };
        Self { place, key: OnceLock::new() }
    }

    /// A vault whose key is in this file.
    pub fn at(path: &Path) -> Self {
        Self { place: Place::File(path.to_owned()), key: OnceLock::new() }
    }

    /// Seals a secret that belongs to `about`: it opens only there.
    ///
    /// # Errors
    /// `Invalid` where there is no master key and none can be made.
    pub fn seal(&self, secret: &[u8], about: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload { msg: secret, aad: about };
        let sealed = self.cipher()?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::Internal("a secret cannot be sealed".into()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for `about`.
    ///
    /// # Errors
    /// `Invalid` where the master key is not the one it was sealed with.
    pub fn open(&self, sealed: &[u8], about: &[u8]) -> Result<Vec<u8>, Error> {
        let wrong = || {
            let detail = "a secret cannot be opened: the master key is not the one it was sealed \
                          with; bring back the key file that belongs to this database";
            Error::Invalid(detail.into())
        };
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or_else(wrong)?;
        let payload = Payload { msg: text, aad: about };
        self.cipher()?.decrypt(&XNonce::from(*nonce), payload).map_err(|_| wrong())
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Error> {
        if let Some(key) = self.key.get() {
            return Ok(XChaCha20Poly1305::new(&(*key).into()));
        }
        let key = match &self.place {
            Place::Environment(text) => parse(text, "ORDERLY_MASTER_KEY")?,
            Place::File(path) => read_or_make(path)?,
            Place::Nowhere => {
                let detail = "secrets need a master key: name a file in ORDERLY_MASTER_KEY_FILE \
                              (it is made at first use; every process needs the same)";
                return Err(Error::Invalid(detail.into()));
            }
        };
        Ok(XChaCha20Poly1305::new(&(*self.key.get_or_init(|| key)).into()))
    }
}

fn parse(text: &str, from: &str) -> Result<[u8; 32], Error> {
    let bytes = STANDARD.decode(text.trim()).ok();
    let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    key.ok_or_else(|| Error::Invalid(format!("{from} is no key: 32 bytes in base64 are needed")))
}

/// Reads the key file, or makes it: written aside and linked into place, so that no process ever
/// reads half a key and two that start together agree.
fn read_or_make(path: &Path) -> Result<[u8; 32], Error> {
    let shown = path.display().to_string();
    let cannot = |error: std::io::Error| Error::Invalid(format!("the key file {shown}: {error}"));
    match std::fs::read_to_string(path) {
        Ok(text) => {
            only_for_its_owner(path).map_err(cannot)?;
            return parse(&text, &shown);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot(error)),
    }
    let key: [u8; 32] = random()?;
    let aside = PathBuf::from(format!("{shown}.{:016x}", u64::from_ne_bytes(random()?)));
    let made = write_private(&aside, &STANDARD.encode(key))
        .and_then(|()| std::fs::hard_link(&aside, path));
    let _ = std::fs::remove_file(&aside);
    match made {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            parse(&std::fs::read_to_string(path).map_err(cannot)?, &shown)
        }
        Err(error) => Err(cannot(error)),
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(unix)]
fn only_for_its_owner(path: &Path) -> std::io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path)?.permissions());
    if mode & 0o077 != 0 {
        let detail = "others may read it; take their rights away with chmod 600";
        return Err(std::io::Error::new(ErrorKind::PermissionDenied, detail));
    }
    Ok(())
}

#[cfg(not(unix))]
fn only_for_its_owner(_: &Path) -> std::io::Result<()> {
    Ok(())
}
