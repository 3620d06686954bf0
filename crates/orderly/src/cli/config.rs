//! Where each setting of the command line comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;

const VARIABLE: &str = "ORDERLY_DATABASE";
const FILE: &str = "orderly.toml";
const DEFAULT: &str = "orderly.db";

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "the flag --database",
            Self::Environment => "the environment's ORDERLY_DATABASE",
            Self::File => "the file orderly.toml",
            Self::Default => "the default",
        })
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub struct Setting {
    pub value: String,
    pub source: Source,
}

/// What the command line is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: Setting,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    database: Option<String>,
}

impl Config {
    /// Reads flag, environment and file, in this order.
    ///
    /// # Errors
    /// `Invalid` where orderly.toml cannot be read.
    pub fn read(flag: Option<String>) -> Result<Self, Error> {
        let setting = |value: String, source| Ok(Self { database: Setting { value, source } });
        if let Some(value) = flag {
            return setting(value, Source::Flag);
        }
        if let Some(value) = std::env::var(VARIABLE).ok().filter(|value| !value.is_empty()) {
            return setting(value, Source::Environment);
        }
        if let Some(value) = written(Path::new(FILE))?.database {
            return setting(value, Source::File);
        }
        setting(DEFAULT.into(), Source::Default)
    }
}

fn written(path: &Path) -> Result<Written, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Written { database: None });
        }
        Err(error) => return Err(Error::Invalid(format!("{}: {error}", path.display()))),
    };
    toml::from_str(&text).map_err(|error| {
        let message = error.message();
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let line = line.map_or_else(String::new, |line| format!(" line {line}"));
        Error::Invalid(format!("{}{line}: {message}", path.display()))
    })
}

/// Whether a database is a server's and not a file.
pub fn is_server(database: &str) -> bool {
    database.starts_with("postgres://") || database.starts_with("postgresql://")
}

/// The file of a database that is one.
pub fn path_of(database: &str) -> PathBuf {
    PathBuf::from(database.strip_prefix("sqlite://").unwrap_or(database))
}

/// The database as it may be shown: without the password of an address.
pub fn shown(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://") else { return database.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return database.to_owned() };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}
