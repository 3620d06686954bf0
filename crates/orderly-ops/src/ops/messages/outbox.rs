//! What the jobs need to send mail: the next one with its documents, and what came of it.

use orderly_core::message::{ATTACHMENTS, Attachment, Message, next_attempt, recipients};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Instant;
use orderly_docs::{DocError, Paper};
use orderly_store::tables::{messages as rows, settings};

use crate::ops::accounts::{self, statements};
use crate::ops::read::orders as read;
use crate::ops::{documents, invoices};
use crate::{App, Call, Error};

/// The server that takes our mail, sealed: `smtps://user:password@mail.example.com`.
pub const SMTP_URL: &str = "smtp.url";
/// The address mail comes from, and the one answers go to.
pub const SMTP_FROM: &str = "smtp.from";
pub const SMTP_REPLY_TO: &str = "smtp.reply_to";

/// How long a sender may be silent before another tries again, in microseconds.
const LEASE_MICROS: i64 = 300_000_000;
/// What a sealed secret belongs to.
const ABOUT: &[u8] = b"setting smtp.url";
/// What a sealed setting's value starts with.
pub const SEALED: &str = "sealed:";

/// Where mail goes and whom it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct Sender {
    pub url: String,
    pub from: String,
    pub reply_to: Option<String>,
}

/// A mail ready to be sent.
pub struct Mail {
    pub message: Message,
    pub to: Vec<String>,
    /// Name and PDF.
    pub documents: Vec<(String, Vec<u8>)>,
}

/// Returns who sends our mail; `None` where mail is not set up.
pub fn sender(app: &App) -> Result<Option<Sender>, Error> {
    let (url, from, reply_to) = app.store.read(|tx| {
        let url = settings::get(tx, SMTP_URL)?;
        let from = settings::get(tx, SMTP_FROM)?;
        Ok::<_, Error>((url, from, settings::get(tx, SMTP_REPLY_TO)?))
    })?;
    let (Some(url), Some(from)) = (url, from) else { return Ok(None) };
    let url = open(app, &url)?;
    Ok(Some(Sender { url, from, reply_to: reply_to.filter(|text| !text.is_empty()) }))
}

/// The value under which a setting is kept: the server's address holds a password and is sealed.
///
/// # Errors
/// `invalid_field` where a value cannot be used.
pub fn kept(app: &App, key: &str, value: &str) -> Result<String, Error> {
    match key {
        SMTP_URL => {
            let url = url::Url::parse(value).ok();
            let formed =
                url.is_some_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
            ensure(formed, || {
                let detail = "name the server as smtps://user:password@mail.example.com, or \
                              smtp://…:587?tls=required";
                Refusal::at(Code::InvalidField, "/value", detail)
            })?;
            let sealed = app.vault.seal(value.as_bytes(), ABOUT)?;
            let mut text = String::with_capacity(SEALED.len() + sealed.len() * 2);
            text.push_str(SEALED);
            text.extend(sealed.iter().map(|byte| format!("{byte:02x}")));
            Ok(text)
        }
        SMTP_FROM => Ok(recipients(value).map_err(|_| no_address())?),
        SMTP_REPLY_TO if !value.is_empty() => Ok(recipients(value).map_err(|_| no_address())?),
        _ => Ok(value.to_owned()),
    }
}

fn no_address() -> Refusal {
    Refusal::at(Code::InvalidField, "/value", "this is no mail address")
}

fn open(app: &App, kept: &str) -> Result<String, Error> {
    let wrong = || Error::Invalid(format!("the setting {SMTP_URL} cannot be read: set it again"));
    let hex = kept.strip_prefix(SEALED).filter(|hex| hex.len() % 2 == 0 && hex.is_ascii());
    let hex = hex.ok_or_else(wrong)?;
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|index| u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).ok())
        .collect();
    let plain = app.vault.open(&bytes.ok_or_else(wrong)?, ABOUT)?;
    String::from_utf8(plain).map_err(|_| wrong())
}

/// When the next mail is due; `None` where none waits.
pub fn next_due(app: &App) -> Result<Option<Instant>, Error> {
    Ok(app.store.read(rows::next_due)?)
}

/// Claims the next mail that is due and makes its documents. A mail whose documents cannot be made
/// fails for good: a person has to look.
pub fn take(app: &App, call: &Call, owner: &str) -> Result<Option<Mail>, Error> {
    let until = call.now.plus_micros(LEASE_MICROS);
    loop {
        let claimed = app.store.write(|tx| rows::claim(tx, owner, call.now, until))?;
        let Some(message) = claimed else { return Ok(None) };
        let mut all = Vec::with_capacity(message.attachments.len());
        let made = message.attachments.iter().try_for_each(|one| {
            all.extend(documents_of(app, call, one)?);
            Ok(())
        });
        match made {
            Ok(()) => {
                let to = message.recipient.as_deref().unwrap_or_default();
                let to = to.split(',').map(|one| one.trim().to_owned()).collect();
                return Ok(Some(Mail { message, to, documents: all }));
            }
            Err(Error::Unavailable(error)) => return Err(Error::Unavailable(error)),
            Err(error) => finish(app, &message, owner, Some((&error.to_string(), true)), call.now)?,
        }
    }
}

/// Keeps what came of a mail: sent where there is no error; else tried again, or failed for good.
pub fn finish(
    app: &App,
    message: &Message,
    owner: &str,
    error: Option<(&str, bool)>,
    now: Instant,
) -> Result<(), Error> {
    let next = match error {
        Some((_, false)) => next_attempt(message.attempts, now),
        _ => None,
    };
    let text: Option<String> = error.map(|(text, _)| text.chars().take(1_000).collect());
    app.store.write(|tx| rows::finish(tx, message, owner, text.as_deref(), next, now))?;
    Ok(())
}

/// Checks that each document exists and can be made.
///
/// # Errors
/// `invalid_field` for a kind there is not; `not_found`, and what printing refuses.
pub(super) fn check_attachments(app: &App, call: &Call, all: &[Attachment]) -> Result<(), Error> {
    ensure(all.len() <= 10, || {
        Refusal::at(Code::InvalidField, "/attachments", "at most ten documents go with a mail")
    })?;
    for (index, one) in all.iter().enumerate() {
        ensure(ATTACHMENTS.contains(&one.kind.as_str()), || {
            let detail = "there is no such kind of document";
            Refusal::at(Code::InvalidField, format!("/attachments/{index}/kind"), detail)
                .allowed(ATTACHMENTS.join(", "))
        })?;
        documents_of(app, call, one)?;
    }
    Ok(())
}

fn documents_of(app: &App, call: &Call, one: &Attachment) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let printed = |made: Result<Vec<u8>, DocError>| {
        made.map_err(|error| Error::Invalid(format!("a document cannot be printed: {error}")))
    };
    match one.kind.as_str() {
        "invoice" => {
            let found = invoices::find(app, call, &one.of)?;
            let document = invoices::print(app, call, found.id, Paper::A4)?;
            Ok(vec![(format!("{}.pdf", found.name()), printed(document.to_pdf())?)])
        }
        "statement" => {
            let period = statements::Period::default();
            let drawn = statements::of_account(app, call, &one.of, None, period)?;
            let name = format!("statement-{}.pdf", drawn.account.number);
            Ok(vec![(name, printed(accounts::print(&drawn, Paper::A4, false).to_pdf())?)])
        }
        _ => {
            let shown = read::show(app, call, &one.of)?;
            let slips = documents::slips(&shown, None, Paper::A4)?;
            let number = &shown.order.number;
            let named = slips.iter().enumerate().map(|(index, slip)| {
                Ok((format!("slip-{number}-{}.pdf", index + 1), printed(slip.to_pdf())?))
            });
            named.collect()
        }
    }
}
