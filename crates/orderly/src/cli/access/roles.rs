//! Roles: the built-in ones and the merchant's own.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::output::table;
use super::super::{Given, Session};
use super::{grant_text, grants};
use crate::Error;
use crate::ops::access::roles::{self, NewRole};
use crate::wire::access::RoleOut;

#[derive(Debug, Subcommand)]
pub enum Roles {
    /// List roles: the built-in ones first
    List,
    /// Show what a role may do
    Show {
        /// Its code
        role: String,
    },
    /// Add a role
    Add(Set),
    /// Put other rights in the place of those a role has; its users sign in again
    Change(Set),
    /// Remove a role that nobody has
    Remove {
        /// Its code
        role: String,
        #[command(flatten)]
        given: Given,
    },
}

#[derive(Debug, Args)]
pub struct Set {
    /// Its code, such as leeds-clerk
    code: String,
    /// Its name, as people see it
    name: String,
    /// A right it gives: VERB, or VERB=LIMIT with a limit in minor units
    #[arg(long = "grant", value_name = "VERB[=LIMIT]")]
    grants: Vec<String>,
    /// Give all rights of this role too
    #[arg(long, value_name = "ROLE")]
    like: Option<String>,
    /// Only at this location, for every right; may be given again
    #[arg(long = "location", value_name = "CODE")]
    locations: Vec<String>,
    /// Only in this channel, for every right; may be given again
    #[arg(long = "channel", value_name = "CODE")]
    channels: Vec<String>,
    #[command(flatten)]
    given: Given,
}

impl Roles {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List => list(session),
            Self::Show { role } => show(session, role),
            Self::Add(set) => set.run(session, true),
            Self::Change(set) => set.run(session, false),
            Self::Remove { role, given } => {
                let (app, call) = (session.open()?, session.changing(given, self)?);
                let role = roles::remove(&app, &call, role)?;
                session
                    .out
                    .answer(&RoleOut::from(&role), || format!("The role {} is gone.", role.code))
            }
        }
    }
}

impl Set {
    fn run(&self, session: &Session, is_new: bool) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let mut given = grants(&app, session, &self.grants, (&self.locations, &self.channels))?;
        if let Some(like) = &self.like {
            let all = roles::list(&app, &call)?;
            let like = all.into_iter().find(|role| role.code == *like);
            let like = like.ok_or_else(|| Error::not_found("such role to be like"))?;
            let texts: Vec<String> = like
                .grants
                .iter()
                .map(|grant| match grant.limit_minor {
                    Some(limit) => format!("{}={limit}", grant.permission.code()),
                    None => grant.permission.code().to_owned(),
                })
                .collect();
            given.extend(grants(&app, session, &texts, (&self.locations, &self.channels))?);
        }
        let new = NewRole { code: self.code.clone(), name: self.name.clone(), grants: given };
        let role = match is_new {
            true => roles::create(&app, &call, &new)?,
            false => roles::update(&app, &call, &new)?,
        };
        session.out.answer(&RoleOut::from(&role), || {
            format!("The role {} gives {} rights.", role.code, role.grants.len())
        })
    }
}

fn list(session: &Session) -> Result<ExitCode, Error> {
    let found = roles::list(&session.open()?, &session.reading())?;
    let objects: Vec<RoleOut> = found.iter().map(RoleOut::from).collect();
    session.out.answer(&json!({ "roles": objects }), || {
        let rows = found.iter().map(|role| {
            let rights = if role.all { "all".into() } else { role.grants.len().to_string() };
            vec![
                role.code.clone(),
                role.name.clone(),
                rights,
                if role.built_in { "built in" } else { "own" }.to_owned(),
            ]
        });
        table(&["code", "name", "rights>", "kind"], rows)
    })
}

fn show(session: &Session, code: &str) -> Result<ExitCode, Error> {
    let found = roles::list(&session.open()?, &session.reading())?;
    let role = found.into_iter().find(|role| role.code == code);
    let role = role.ok_or_else(|| Error::not_found(format!("role {code}")))?;
    session.out.answer(&RoleOut::from(&role), || {
        let rights: Vec<String> = match role.all {
            true => vec!["everything".into()],
            false => role.grants.iter().map(grant_text).collect(),
        };
        format!("{} · {}\n{}", role.code, role.name, rights.join("\n"))
    })
}
