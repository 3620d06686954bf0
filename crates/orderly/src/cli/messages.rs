//! Notes, calls and mail.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::MessageId;
use orderly_core::message::{Attachment, Message};
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::ops::messages::{self, shortage, templates};
use crate::wire::messages::{AboutIn, MessageIn, MessageOut, TemplateIn, TemplateOut};
use crate::{App, Error};

#[derive(Debug, Subcommand)]
pub enum Messages {
    /// List messages, the latest first
    List {
        #[command(flatten)]
        about: About,
        /// Only in this state: draft, queued, sent, failed, logged or canceled
        #[arg(long)]
        state: Option<String>,
        /// Only before this one: the last of the page before
        #[arg(long, value_name = "MESSAGE")]
        before: Option<MessageId>,
        /// How many, at most 500
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show one message
    Show { message: MessageId },
    /// Keep a note
    Note {
        text: String,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        given: Given,
    },
    /// Keep what was said on the phone
    Call {
        text: String,
        #[command(flatten)]
        about: About,
        /// They called us; without it, we called them
        #[arg(long)]
        incoming: bool,
        /// The number or name of the other side
        #[arg(long)]
        with: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Write a mail; it is sent by the server, or by `webhooks send`
    Mail {
        #[command(flatten)]
        about: About,
        /// Mail addresses; whom it is about without it
        #[arg(long)]
        to: Option<String>,
        #[arg(long)]
        subject: Option<String>,
        #[arg(long)]
        body: Option<String>,
        /// The code of a template
        #[arg(long)]
        template: Option<String>,
        /// The template's language
        #[arg(long)]
        language: Option<String>,
        /// A document that goes with it, such as invoice:INV-000001, statement:T1 or slip:10001
        #[arg(long = "attach", value_name = "KIND:NAME", value_parser = attachment)]
        attachments: Vec<Attachment>,
        /// Keep it instead of sending it
        #[arg(long)]
        draft: bool,
        /// Show what it would say, and do nothing
        #[arg(long)]
        preview: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Tell a supplier, or whoever runs the channel, which goods of an order are missing
    TellShortage {
        order: String,
        /// Only what this supplier sells
        #[arg(long, value_name = "CODE")]
        supplier: Option<String>,
        /// A mail address instead of the partner's own
        #[arg(long)]
        to: Option<String>,
        /// A template instead of the usual words
        #[arg(long)]
        template: Option<String>,
        #[command(flatten)]
        given: Given,
    },
    /// Send a draft, or a mail that failed once more
    Send {
        message: MessageId,
        #[command(flatten)]
        given: Given,
    },
    /// Give up a mail that is not sent yet
    Cancel {
        message: MessageId,
        #[command(flatten)]
        given: Given,
    },
    /// List templates
    Templates,
    /// Add or change a template
    SetTemplate {
        code: String,
        #[arg(long)]
        subject: String,
        #[arg(long)]
        body: String,
        /// For one channel
        #[arg(long, value_name = "CODE")]
        channel: Option<String>,
        #[arg(long, default_value = "en")]
        language: String,
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        given: Given,
    },
}

/// What a message is about.
#[derive(Debug, Clone, Args)]
pub struct About {
    /// About an order: anything that names it
    #[arg(long, help_heading = "About")]
    order: Option<String>,
    /// About a customer: number, id or mail address
    #[arg(long, help_heading = "About")]
    customer: Option<String>,
    /// About a supplier: its code
    #[arg(long, help_heading = "About")]
    supplier: Option<String>,
    /// About an account: its number
    #[arg(long, help_heading = "About")]
    account: Option<String>,
}

impl About {
    fn read(&self) -> AboutIn {
        AboutIn {
            order: self.order.clone(),
            customer: self.customer.clone(),
            supplier: self.supplier.clone(),
            account: self.account.clone(),
        }
    }
}

fn attachment(text: &str) -> Result<Attachment, String> {
    let (kind, of) = text.split_once(':').ok_or_else(|| {
        format!(
            "say what it is and whose, such as invoice:INV-000001; kinds: {}",
            messages::attachment_kinds()
        )
    })?;
    Ok(Attachment { kind: kind.into(), of: of.into() })
}

impl Messages {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        match self {
            Self::List { about, state, before, limit } => {
                let wanted = messages::Wanted {
                    about: about.read(),
                    state: state.clone(),
                    before: *before,
                    limit: *limit,
                    with_orders: false,
                };
                let found = messages::list(&app, &session.reading(), &wanted)?;
                list(session, &found)
            }
            Self::Show { message } => {
                shown(session, &messages::get(&app, &session.reading(), *message)?)
            }
            Self::Note { text, about, given } => {
                let (kind, body) = ("note".into(), Some(text.clone()));
                let new = MessageIn { about: about.read(), kind, body, ..MessageIn::default() };
                add(session, &app, &new, given)
            }
            Self::Call { text, about, incoming, with, given } => {
                let new = MessageIn {
                    about: about.read(),
                    kind: "call".into(),
                    direction: Some(if *incoming { "in" } else { "out" }.into()),
                    to: with.clone(),
                    body: Some(text.clone()),
                    ..MessageIn::default()
                };
                add(session, &app, &new, given)
            }
            Self::Mail { .. } => self.mail(session, &app),
            Self::TellShortage { order, supplier, to, template, given } => {
                let tell = shortage::Tell {
                    order: order.clone(),
                    supplier: supplier.clone(),
                    to: to.clone(),
                    template: template.clone(),
                    language: None,
                };
                let call = session.changing(given, &tell)?;
                shown(session, &shortage::tell(&app, &call, &tell)?)
            }
            Self::Send { message, given } => {
                let call = session.changing(given, message)?;
                shown(session, &messages::send(&app, &call, *message)?)
            }
            Self::Cancel { message, given } => {
                let call = session.changing(given, message)?;
                shown(session, &messages::cancel(&app, &call, *message)?)
            }
            Self::Templates => all_templates(session, &app),
            Self::SetTemplate { code, subject, body, channel, language, name, given } => {
                let new = TemplateIn {
                    code: code.clone(),
                    channel: channel.clone(),
                    language: Some(language.clone()),
                    name: name.clone(),
                    subject: subject.clone(),
                    body: body.clone(),
                    active: None,
                };
                let call = session.changing(given, &new)?;
                let one = templates::put(&app, &call, &new)?;
                session.out.answer(&TemplateOut::from(&one), || {
                    format!("Template {} ({}) is saved.", one.code, one.language)
                })
            }
        }
    }

    fn mail(&self, session: &Session, app: &App) -> Result<ExitCode, Error> {
        let Self::Mail {
            about,
            to,
            subject,
            body,
            template,
            language,
            attachments,
            draft,
            preview,
            given,
        } = self
        else {
            return Err(Error::Internal("this is no mail".into()));
        };
        let new = MessageIn {
            about: about.read(),
            kind: "email".into(),
            to: to.clone(),
            subject: subject.clone(),
            body: body.clone(),
            template: template.clone(),
            language: language.clone(),
            attachments: attachments.clone(),
            draft: *draft,
            ..MessageIn::default()
        };
        if *preview {
            return shown(session, &messages::preview(app, &session.reading(), &new)?);
        }
        add(session, app, &new, given)
    }
}

fn add(session: &Session, app: &App, new: &MessageIn, given: &Given) -> Result<ExitCode, Error> {
    let call = session.changing(given, new)?;
    shown(session, &messages::add(app, &call, new)?)
}

fn list(session: &Session, found: &[Message]) -> Result<ExitCode, Error> {
    let out: Vec<MessageOut> = found.iter().map(MessageOut::from).collect();
    session.out.answer(&json!({ "messages": out }), || {
        let rows = out.iter().map(|one| {
            let words = if one.subject.is_empty() { &one.body } else { &one.subject };
            vec![
                one.id.clone(),
                one.happened_at.clone(),
                one.kind.to_owned(),
                one.direction.to_owned(),
                one.state.to_owned(),
                one.to.clone().unwrap_or_default(),
                words.chars().take(60).collect(),
            ]
        });
        table(&["id", "at", "kind", "direction", "state", "to", "what"], rows)
    })
}

fn shown(session: &Session, one: &Message) -> Result<ExitCode, Error> {
    let out = MessageOut::from(one);
    session.out.answer(&out, || {
        let to = out.to.as_deref().map_or_else(String::new, |to| format!("\nTo: {to}"));
        let subject = match out.subject.is_empty() {
            true => String::new(),
            false => format!("\nSubject: {}", out.subject),
        };
        let error = out.last_error.as_deref();
        let error = error.map_or_else(String::new, |why| format!("\nLast error: {why}"));
        format!("{} {} is {}.{to}{subject}{error}\n\n{}", out.kind, out.id, out.state, out.body)
    })
}

fn all_templates(session: &Session, app: &App) -> Result<ExitCode, Error> {
    let all = templates::list(app, &session.reading())?;
    let out: Vec<TemplateOut> = all.iter().map(TemplateOut::from).collect();
    session.out.answer(&json!({ "templates": out }), || {
        let rows = out.iter().map(|one| {
            vec![
                one.code.clone(),
                one.channel.clone().unwrap_or_default(),
                one.language.clone(),
                one.name.clone(),
                one.subject.clone(),
            ]
        });
        table(&["code", "channel", "language", "name", "subject"], rows)
    })
}
