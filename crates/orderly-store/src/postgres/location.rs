//! Where a tenant lives: a server, a database, a schema.

use std::time::Duration;

use crate::StoreError;

/// A `postgres://` address with what is ours taken out of it.
#[derive(Clone)]
pub(crate) struct Location {
    pub(crate) config: postgres::Config,
    pub(crate) schema: String,
    /// Writers, and as many readers.
    pub(crate) pool: usize,
    pub(crate) tls: bool,
    /// A file of trusted root certificates instead of the system's.
    pub(crate) roots: Option<String>,
}

impl Location {
    /// Reads `schema`, `pool`, `sslmode` and `sslrootcert`; the rest is the driver's.
    pub(crate) fn parse(url: &str) -> Result<Location, StoreError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut schema = String::from("orderly");
        let (mut pool, mut tls, mut roots) = (8, false, None);
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("schema", name) => name.clone_into(&mut schema),
                ("pool", size) => pool = parse_pool(size)?,
                ("sslmode", mode) => tls = parse_mode(mode)?,
                ("sslrootcert", file) => roots = Some(file.to_owned()),
                _ => rest.push(pair),
            }
        }
        check_schema(&schema)?;
        let mode = if tls { "sslmode=require" } else { "sslmode=disable" };
        rest.push(mode);
        let address = format!("{address}?{}", rest.join("&"));
        let mut config: postgres::Config = address
            .parse()
            .map_err(|error: postgres::Error| StoreError::from_postgres(&error, ""))?;
        config.application_name("orderly");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        Ok(Location { config, schema, pool, tls, roots })
    }

    pub(crate) fn role(&self) -> String {
        format!("{}_app", self.schema)
    }
}

fn parse_pool(size: &str) -> Result<usize, StoreError> {
    match size.parse() {
        Ok(size @ 1..=256) => Ok(size),
        _ => Err(StoreError::other("pool must be a number from 1 to 256")),
    }
}

fn parse_mode(mode: &str) -> Result<bool, StoreError> {
    match mode {
        "disable" | "allow" | "prefer" => Ok(false),
        "require" | "verify-ca" | "verify-full" => Ok(true),
        _ => Err(StoreError::other("sslmode must be disable, prefer, require or verify-full")),
    }
}

/// The schema's name becomes part of statements and, with `_app`, the name of a role (63 bytes).
fn check_schema(name: &str) -> Result<(), StoreError> {
    let fits = name.len() <= 59
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with("pg_");
    match fits {
        true => Ok(()),
        false => Err(StoreError::other("a schema is named by a-z, 0-9 and _, up to 59 of them")),
    }
}
