//! API keys of programs.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::ApiKeyId;
use orderly_core::time::Instant;
use serde_json::json;

use super::super::output::{minute, table};
use super::super::{Given, Session};
use super::{grant_text, grants};
use crate::Error;
use crate::ops::access::keys::{self, NewKey};
use crate::wire::access::ApiKeyOut;

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List API keys in the order they were made
    List {
        /// Only keys after this id: the last one of the page before
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Make an API key; its token is shown only now
    Create(Create),
    /// Revoke an API key: it is refused within five seconds everywhere
    Revoke {
        /// Its id
        key: String,
        #[command(flatten)]
        given: Given,
    },
}

#[derive(Debug, Args)]
pub struct Create {
    /// What uses it, such as "web shop"
    name: String,
    /// A right it has: VERB, or VERB=LIMIT with a limit in minor units
    #[arg(long = "grant", value_name = "VERB[=LIMIT]", required = true)]
    grants: Vec<String>,
    /// Only at this location; may be given again
    #[arg(long = "location", value_name = "CODE")]
    locations: Vec<String>,
    /// Only in this channel; may be given again
    #[arg(long = "channel", value_name = "CODE")]
    channels: Vec<String>,
    /// The days it is good for; without end where absent
    #[arg(long, value_name = "DAYS")]
    days: Option<u16>,
    /// An address it may be used from; may be given again
    #[arg(long = "ip", value_name = "IP")]
    ips: Vec<IpAddr>,
    #[command(flatten)]
    given: Given,
}

impl Keys {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { after, limit } => list(session, after.as_deref(), *limit),
            Self::Create(create) => create.run(session),
            Self::Revoke { key, given } => {
                let (app, call) = (session.open()?, session.changing(given, self)?);
                let key = keys::revoke(&app, &call, key.parse()?)?;
                session
                    .out
                    .answer(&ApiKeyOut::from(&key), || format!("The key {} is revoked.", key.name))
            }
        }
    }
}

impl Create {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let new = NewKey {
            name: self.name.clone(),
            grants: grants(&app, session, &self.grants, (&self.locations, &self.channels))?,
            expires_at: self.days.map(|days| call.now.plus_days(days.into())),
            allowed_ips: self.ips.clone(),
        };
        let made = keys::create(&app, &call, &new)?;
        let token = made.token.as_ref().map(|token| token.expose().to_owned());
        let object = ApiKeyOut { token, ..ApiKeyOut::from(&made.key) };
        session.out.answer(&object, || match &made.token {
            Some(token) => format!(
                "The key {} is made ({}).\nToken, shown only now: {}",
                made.key.name,
                made.key.id,
                token.expose()
            ),
            None => format!("The key {} was made before ({}).", made.key.name, made.key.id),
        })
    }
}

fn list(session: &Session, after: Option<&str>, limit: i64) -> Result<ExitCode, Error> {
    let after = after.map_or(Ok(ApiKeyId::NONE), str::parse)?;
    let (app, call) = (session.open()?, session.reading());
    let found = keys::list(&app, &call, after, limit)?;
    let objects: Vec<ApiKeyOut> = found.iter().map(ApiKeyOut::from).collect();
    session.out.answer(&json!({ "keys": objects }), || {
        let at = |at: Option<Instant>| at.map(|at| minute(&at.to_string())).unwrap_or_default();
        let rows = found.iter().map(|key| {
            let over = key.expires_at.is_some_and(|end| end <= call.now);
            let state = match (key.revoked_at, over) {
                (Some(_), _) => "revoked",
                (None, true) => "over",
                (None, false) => "good",
            };
            vec![
                key.id.to_string(),
                key.name.clone(),
                format!("{}…", key.start),
                key.grants.iter().map(grant_text).collect::<Vec<_>>().join(", "),
                state.to_owned(),
                at(key.expires_at),
                at(key.used_at),
            ]
        });
        table(&["id", "name", "token", "rights", "state", "until", "used"], rows)
    })
}
