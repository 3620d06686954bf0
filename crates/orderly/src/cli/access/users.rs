//! Users: adding, changing and stopping them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::access::User;
use orderly_core::id::SessionId;
use serde_json::{Value, json};

use super::super::output::{minute, table};
use super::super::{Given, Session};
use super::password;
use crate::Error;
use crate::ops::access::users::{self, NewUser, UserChange};
use crate::ops::access::{secret, sessions};
use crate::wire::access::UserOut;

#[derive(Debug, Subcommand)]
pub enum Users {
    /// List users by e-mail address
    List {
        /// Only users after this address: the last one of the page before
        #[arg(long, value_name = "EMAIL", default_value = "", hide_default_value = true)]
        after: String,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Show one user with his sessions
    Show {
        /// His e-mail address or id
        user: String,
    },
    /// Add a user; his password is asked for, or read from stdin
    Add(Add),
    /// Change a user's name or roles, or stop and start him
    Change(Change),
    /// Give a user another password; his sessions end
    Password {
        /// His e-mail address or id
        user: String,
        /// Make one up and show it once
        #[arg(long)]
        generate: bool,
        #[command(flatten)]
        given: Given,
    },
    /// End every session of a user
    SignOut {
        /// His e-mail address or id
        user: String,
        #[command(flatten)]
        given: Given,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// The address he signs in with
    email: String,
    /// His name, as others see it
    name: String,
    /// A role he has, such as clerk; see `orderly roles list`
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Make a password up and show it once
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Change {
    /// His e-mail address or id
    user: String,
    #[arg(long)]
    name: Option<String>,
    /// A role he has from now on, in the place of those he had
    #[arg(long = "role")]
    roles: Vec<String>,
    /// Let him in no more: his sessions end, and the API keys that he made are revoked
    #[arg(long, conflicts_with = "start")]
    stop: bool,
    /// Let him in again
    #[arg(long)]
    start: bool,
    #[command(flatten)]
    given: Given,
}

impl Users {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List { after, limit } => list(session, after, *limit),
            Self::Show { user } => show(session, user),
            Self::Add(add) => add.run(session),
            Self::Change(change) => change.run(session),
            Self::Password { user, generate, given } => {
                let (app, call) = (session.open()?, session.changing(given, self)?);
                let password = match generate {
                    true => secret::password()?,
                    false => password("New password")?,
                };
                let user = users::set_password(&app, &call, user, &password)?;
                told(session, &user, generate.then_some(&password), "has another password")
            }
            Self::SignOut { user, given } => {
                let (app, call) = (session.open()?, session.changing(given, self)?);
                let user = users::show(&app, &call, user)?;
                let user = sessions::revoke_all(&app, &call, user.id, SessionId::NONE)?;
                told(session, &user, None, "is signed out everywhere")
            }
        }
    }
}

impl Add {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let password = match self.generate {
            true => secret::password()?,
            false => password("Password")?,
        };
        let new = NewUser {
            email: self.email.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            password: password.clone(),
        };
        let user = users::create(&app, &call, &new)?;
        told(session, &user, self.generate.then_some(&password), "may sign in")
    }
}

impl Change {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (app, call) = (session.open()?, session.changing(&self.given, self)?);
        let change = UserChange {
            name: self.name.clone(),
            roles: (!self.roles.is_empty()).then(|| self.roles.clone()),
            active: (self.stop || self.start).then_some(self.start),
        };
        let user = users::update(&app, &call, &self.user, &change)?;
        told(session, &user, None, if user.active { "is changed" } else { "is let in no more" })
    }
}

fn user_json(user: &User) -> Value {
    json!(UserOut::from(user))
}

fn told(
    session: &Session,
    user: &User,
    password: Option<&secret::Secret>,
    what: &str,
) -> Result<ExitCode, Error> {
    let mut object = user_json(user);
    if let Some(password) = password {
        object["password"] = password.expose().into();
    }
    session.out.answer(&object, || {
        let head = format!("{} ({}) {what}.", user.name, user.email);
        match password {
            Some(password) => {
                format!("{head}\nPassword, shown only now: {}", password.expose())
            }
            None => head,
        }
    })
}

fn list(session: &Session, after: &str, limit: i64) -> Result<ExitCode, Error> {
    let found = users::list(&session.open()?, &session.reading(), after, limit)?;
    let objects: Vec<Value> = found.iter().map(user_json).collect();
    session.out.answer(&json!({ "users": objects }), || {
        let rows = found.iter().map(|user| {
            vec![
                user.email.clone(),
                user.name.clone(),
                user.roles.join(", "),
                if user.active { "active" } else { "stopped" }.to_owned(),
            ]
        });
        table(&["email", "name", "roles", "state"], rows)
    })
}

fn show(session: &Session, user: &str) -> Result<ExitCode, Error> {
    let (app, call) = (session.open()?, session.reading());
    let user = users::show(&app, &call, user)?;
    let open = sessions::list(&app, &call, user.id)?;
    let mut object = user_json(&user);
    object["sessions"] = open
        .iter()
        .map(|one| {
            json!({
                "id": one.id.to_string(), "created_at": one.created_at.to_string(),
                "seen_at": one.seen_at.to_string(), "ip": one.ip, "user_agent": one.user_agent,
            })
        })
        .collect();
    session.out.answer(&object, || {
        let state = if user.active { "active" } else { "stopped" };
        let head = format!(
            "{} · {} · {} · {state} · {}\n",
            user.name,
            user.email,
            user.roles.join(", "),
            user.id
        );
        let rows = open.iter().map(|one| {
            vec![
                minute(&one.created_at.to_string()),
                minute(&one.seen_at.to_string()),
                one.ip.clone().unwrap_or_default(),
                one.user_agent.clone().unwrap_or_default(),
            ]
        });
        head + &table(&["signed in", "seen", "from", "with"], rows)
    })
}
