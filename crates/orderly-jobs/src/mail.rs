//! Mail over SMTP, from the outbox.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Message as Letter, SmtpTransport, Transport};
use orderly_ops::ops::messages::outbox::{self, Mail, Sender};
use orderly_ops::{App, Error};

use crate::{Stop, call};

/// How long a server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a mail was not taken, and whether it never will be.
struct Refused {
    why: String,
    for_good: bool,
}

/// Sends every mail that is due, one after the other, and returns how many attempts it made.
/// Nothing where mail is not set up: it waits.
///
/// # Errors
/// `Unavailable`; `Invalid` where the server's address cannot be opened.
pub fn send_due(app: &App, stop: &Stop, owner: &str) -> Result<u64, Error> {
    if outbox::next_due(app)?.is_none_or(|next| next > crate::now()) {
        return Ok(0);
    }
    let Some(sender) = outbox::sender(app)? else { return Ok(0) };
    let mut made = 0;
    while !stop.is_set() {
        let call = call();
        let Some(mail) = outbox::take(app, &call, owner)? else { break };
        let sent = transport(&sender).and_then(|transport| deliver(&transport, &sender, &mail));
        let error = sent.as_ref().err().map(|refused| (refused.why.as_str(), refused.for_good));
        outbox::finish(app, &mail.message, owner, error, crate::now())?;
        made += 1;
    }
    Ok(made)
}

fn transport(sender: &Sender) -> Result<SmtpTransport, Refused> {
    let built = SmtpTransport::from_url(&sender.url);
    let builder = built.map_err(|error| refused(&error))?;
    Ok(builder.timeout(Some(PATIENCE)).build())
}

fn deliver(transport: &SmtpTransport, sender: &Sender, mail: &Mail) -> Result<(), Refused> {
    let letter = letter(sender, mail)?;
    transport.send(&letter).map(|_| ()).map_err(|error| refused(&error))
}

fn refused(error: &SmtpError) -> Refused {
    let mut why = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        why = format!("{why}: {source}");
    }
    let why = why.chars().filter(|c| !c.is_control()).collect();
    Refused { why, for_good: error.is_permanent() || error.is_client() }
}

/// The letter: its id stays the same over all attempts, so that a server that took it before the
/// line broke can tell.
fn letter(sender: &Sender, mail: &Mail) -> Result<Letter, Refused> {
    let wrong = |why: String| Refused { why, for_good: true };
    let mailbox = |text: &str| {
        text.parse().map_err(|error| wrong(format!("`{text}` is no mail address: {error}")))
    };
    let domain = sender.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let id = format!("<{}@{domain}>", mail.message.id);
    let mut builder = Letter::builder()
        .from(mailbox(&sender.from)?)
        .subject(mail.message.subject.clone())
        .message_id(Some(id));
    if let Some(reply_to) = &sender.reply_to {
        builder = builder.reply_to(mailbox(reply_to)?);
    }
    for to in &mail.to {
        builder = builder.to(mailbox(to)?);
    }
    let text = SinglePart::plain(mail.message.body.clone());
    let built = if mail.documents.is_empty() {
        builder.singlepart(text)
    } else {
        let pdf = ContentType::parse("application/pdf").expect("it is a type");
        let all = mail.documents.iter().fold(MultiPart::mixed().singlepart(text), |all, one| {
            let (name, bytes) = one;
            all.singlepart(Attachment::new(name.clone()).body(bytes.clone(), pdf.clone()))
        });
        builder.multipart(all)
    };
    built.map_err(|error| wrong(error.to_string()))
}
