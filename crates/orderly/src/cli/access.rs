//! People, roles, keys and the audit on the command line.

mod audit;
mod keys;
mod roles;
mod users;

pub use audit::Audit;
pub use keys::Keys;
pub use roles::Roles;
pub use users::Users;

use std::io::{BufRead, IsTerminal};

use orderly_core::actor::{Grant, Permission};

use super::Session;
use crate::ops::access::Secret;
use crate::ops::read;
use crate::{App, Error};

/// Reads a password: from the terminal without showing it, twice; or the first line of stdin.
fn password(prompt: &str) -> Result<Secret, Error> {
    let unread = |error: std::io::Error| Error::Invalid(format!("no password came: {error}"));
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(unread)?;
        return Ok(Secret::new(line.trim_end_matches(['\r', '\n'])));
    }
    let terminal = console::Term::stderr();
    let ask = |text: &str| {
        terminal.write_str(text).map_err(unread)?;
        terminal.read_secure_line().map(Secret::new).map_err(unread)
    };
    let first = ask(&format!("{prompt}: "))?;
    match ask("Again: ")? == first {
        true => Ok(first),
        false => Err(Error::Invalid("the two are not the same: nothing was done".into())),
    }
}

/// Reads `VERB`, or `VERB=LIMIT` with the limit in minor units, bounded to the locations and
/// channels that are named by their codes.
fn grants(
    app: &App,
    session: &Session,
    rights: &[String],
    (locations, channels): (&[String], &[String]),
) -> Result<Vec<Grant>, Error> {
    let call = session.reading();
    let all = read::catalog::locations(app, &call)?;
    let location = |code: &String| {
        let found = all.iter().find(|one| one.code == *code);
        found.map(|one| one.id).ok_or_else(|| Error::Invalid(format!("no location {code}")))
    };
    let locations = locations.iter().map(location).collect::<Result<Vec<_>, _>>()?;
    let all = read::catalog::channels(app, &call)?;
    let channel = |code: &String| {
        let found = all.iter().find(|one| one.code == *code);
        found.map(|one| one.id).ok_or_else(|| Error::Invalid(format!("no channel {code}")))
    };
    let channels = channels.iter().map(channel).collect::<Result<Vec<_>, _>>()?;
    let grant = |text: &String| {
        let (verb, limit) = match text.split_once('=') {
            Some((verb, limit)) => (verb, Some(limit)),
            None => (text.as_str(), None),
        };
        let permission = Permission::parse(verb).ok_or_else(|| {
            let all: Vec<&str> = Permission::ALL.iter().map(|one| one.code()).collect();
            Error::Invalid(format!("`{verb}` is no right; there are: {}", all.join(", ")))
        })?;
        let limit_minor = limit.map(|text| {
            text.parse().map_err(|_| Error::Invalid(format!("`{text}` is no number of cents")))
        });
        Ok(Grant {
            permission,
            locations: locations.clone(),
            channels: channels.clone(),
            limit_minor: limit_minor.transpose()?,
        })
    };
    rights.iter().map(grant).collect()
}

/// `refund.make=10000 at 2 locations`.
fn grant_text(grant: &Grant) -> String {
    let mut text = grant.permission.code().to_owned();
    if let Some(limit) = grant.limit_minor {
        text.push_str(&format!("={limit}"));
    }
    for (count, what) in [(grant.locations.len(), "location"), (grant.channels.len(), "channel")] {
        match count {
            0 => {}
            1 => text.push_str(&format!(" at 1 {what}")),
            _ => text.push_str(&format!(" at {count} {what}s")),
        }
    }
    text
}
