//! Messages: notes, calls and mail about an order, a customer, a supplier or an account.

mod about;
pub mod blanks;
pub mod outbox;
pub mod shortage;
pub mod templates;

use std::collections::{BTreeSet, HashMap};

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AccountId, CustomerId, MessageId, OrderId, SupplierId};
use orderly_core::message::{
    ATTACHMENTS, AboutKind, Direction, Message, MessageKind, MessageState, recipients,
};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::{accounts, customers, messages as rows, orders, suppliers};

use super::catalog::{found_again, ids, stale};
use super::{Object, Reference, command};
use crate::wire::messages::{MessageEdit, MessageIn};
use crate::{App, Call, Error};
use about::About;

found_again! {
    Message, MessageId, "message", |message| message.version, rows::get;
}

/// The most messages of one page.
pub const MAX_PAGE: i64 = 500;

/// Adds a message: a note or a call is kept, a mail is sent from the outbox unless it is a draft.
///
/// # Errors
/// `not_found` for what it is about; `unknown_template`, `unknown_variable`, `no_address`,
/// `invalid_field`.
pub fn add(app: &App, call: &Call, new: &MessageIn) -> Result<Message, Error> {
    let drawn: MessageId = ids(call).draw();
    outbox::check_attachments(app, call, &new.attachments)?;
    command(app, call, "message.add", |tx| {
        call.require(Permission::Message, Scope::default())?;
        let message = written(tx, call, new, drawn)?;
        rows::insert(tx, std::slice::from_ref(&message))?;
        Ok(message)
    })
}

/// Shows what a message would say, without keeping it.
///
/// # Errors
/// Those of [`add`].
pub fn preview(app: &App, call: &Call, new: &MessageIn) -> Result<Message, Error> {
    call.require(Permission::Message, Scope::default())?;
    app.store.read(|tx| written(tx, call, new, MessageId::NONE))
}

fn written(tx: &mut Tx<'_>, call: &Call, new: &MessageIn, id: MessageId) -> Result<Message, Error> {
    let about = About::of(tx, &new.about)?;
    let kind = kind(&new.kind)?;
    let direction = direction(kind, new.direction.as_deref())?;
    let (mut subject, mut body) = (new.subject.clone(), new.body.clone());
    if let Some(code) = &new.template {
        let language = new.language.as_deref().unwrap_or("en");
        let blanks = about.blanks(tx)?;
        let filled = templates::filled(tx, code, about.channel(), language, &blanks)?;
        subject = subject.or(Some(filled.0));
        body = body.or(Some(filled.1));
    }
    let outgoing = kind == MessageKind::Email && direction == Direction::Out;
    let recipient = match (&new.to, outgoing) {
        (Some(to), _) if kind == MessageKind::Email => Some(recipients(to)?),
        (Some(to), _) => text::optional(Some(to))?,
        (None, true) => Some(about.address()?),
        (None, false) => None,
    };
    ensure(outgoing || new.attachments.is_empty(), || {
        Refusal::at(Code::InvalidField, "/attachments", "only mail that goes out has documents")
    })?;
    let state = match (outgoing, new.draft) {
        (true, true) => MessageState::Draft,
        (true, false) => MessageState::Queued,
        _ => MessageState::Logged,
    };
    let happened_at = new.happened_at.as_deref().map(Instant::parse).transpose()?;
    Ok(Message {
        id,
        about_kind: about.kind,
        about: about.id,
        kind,
        direction,
        recipient,
        subject: subject_of(subject.as_deref(), kind)?,
        body: body_of(body.as_deref().unwrap_or_default())?,
        template: new.template.clone(),
        attachments: new.attachments.clone(),
        state,
        attempts: 0,
        next_at: (state == MessageState::Queued).then_some(call.now),
        last_error: None,
        actor_kind: call.actor.kind,
        actor: call.actor.id,
        happened_at: happened_at.unwrap_or(call.now),
        created_at: call.now,
        sent_at: None,
        version: 1,
    })
}

fn kind(text: &str) -> Result<MessageKind, Refusal> {
    MessageKind::parse(text).ok_or_else(|| {
        Refusal::at(Code::InvalidField, "/kind", "a message is a note, a call or an email")
            .allowed("note, call, email")
    })
}

fn direction(kind: MessageKind, text: Option<&str>) -> Result<Direction, Refusal> {
    let wrong = || {
        Refusal::at(Code::InvalidField, "/direction", "calls and mail come in or go out")
            .allowed("in, out")
    };
    match (kind, text) {
        (MessageKind::Note, None | Some("internal")) => Ok(Direction::Internal),
        (MessageKind::Email, None) => Ok(Direction::Out),
        (MessageKind::Note, Some(_)) | (MessageKind::Call, None) => Err(wrong()),
        (_, Some(text)) => {
            let found = Direction::parse(text).filter(|one| *one != Direction::Internal);
            found.ok_or_else(wrong)
        }
    }
}

/// A subject is one line; mail has one.
fn subject_of(text: Option<&str>, kind: MessageKind) -> Result<String, Refusal> {
    let text = text.map(str::trim).unwrap_or_default();
    if text.is_empty() && kind != MessageKind::Email {
        return Ok(String::new());
    }
    text::short(text).map_err(|refusal| refusal.under("/subject"))
}

fn body_of(text: &str) -> Result<String, Refusal> {
    let body = text::long(text).map_err(|refusal| refusal.under("/body"))?;
    ensure(!body.is_empty(), || Refusal::at(Code::InvalidText, "/body", "say something"))?;
    Ok(body)
}

/// Changes a draft, or a mail that failed.
///
/// # Errors
/// `invalid_transition` where it is neither; `stale_version`.
pub fn edit(app: &App, call: &Call, id: MessageId, new: &MessageEdit) -> Result<Message, Error> {
    change(app, call, "message.edit", id, |before| {
        in_state(before, &[MessageState::Draft, MessageState::Failed], "changed")?;
        let mut after = before.clone();
        if let Some(to) = &new.to {
            after.recipient = Some(recipients(to)?);
        }
        if let Some(subject) = &new.subject {
            after.subject = subject_of(Some(subject), before.kind)?;
        }
        if let Some(body) = &new.body {
            after.body = body_of(body)?;
        }
        Ok(after)
    })
}

/// Sends a draft, or a mail that failed once more.
///
/// # Errors
/// `invalid_transition` for anything else: what was sent is not sent twice.
pub fn send(app: &App, call: &Call, id: MessageId) -> Result<Message, Error> {
    change(app, call, "message.send", id, |before| {
        in_state(before, &[MessageState::Draft, MessageState::Failed], "sent")?;
        let (state, next_at) = (MessageState::Queued, Some(call.now));
        Ok(Message { state, next_at, attempts: 0, ..before.clone() })
    })
}

/// Gives up a mail that is not sent yet.
///
/// # Errors
/// `invalid_transition` where it was sent; `on_its_way` while it is being sent.
pub fn cancel(app: &App, call: &Call, id: MessageId) -> Result<Message, Error> {
    change(app, call, "message.cancel", id, |before| {
        let open = [MessageState::Draft, MessageState::Queued, MessageState::Failed];
        in_state(before, &open, "canceled")?;
        Ok(Message { state: MessageState::Canceled, next_at: None, ..before.clone() })
    })
}

fn in_state(message: &Message, allowed: &[MessageState], done: &str) -> Result<(), Refusal> {
    ensure(allowed.contains(&message.state), || {
        let detail = format!("it is {} and cannot be {done}", message.state.code());
        Refusal::new(Code::InvalidTransition, detail)
    })
}

fn change(
    app: &App,
    call: &Call,
    verb: &'static str,
    id: MessageId,
    decide: impl Fn(&Message) -> Result<Message, Refusal>,
) -> Result<Message, Error> {
    command(app, call, verb, |tx| {
        call.require(Permission::Message, Scope::default())?;
        let before = one(tx, id)?;
        call.expect_version(before.version)?;
        let after = Message { version: before.version + 1, ..decide(&before)? };
        if rows::save(tx, &before, &after, call.now)? {
            return Ok(after);
        }
        let same = one(tx, id)?.version == before.version;
        ensure(!same, || Refusal::new(Code::OnItsWay, "it is being sent right now"))?;
        stale(false)?;
        Ok(after)
    })
}

fn one(tx: &mut Tx<'_>, id: MessageId) -> Result<Message, Error> {
    rows::get(tx, id)?.ok_or_else(|| Error::not_found(format!("message {id}")))
}

/// Returns a message.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, id: MessageId) -> Result<Message, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| one(tx, id))
}

/// Which messages to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What they are about; all where nothing is named.
    pub about: crate::wire::messages::AboutIn,
    /// Where it names a customer: what is about his orders too.
    pub with_orders: bool,
    pub state: Option<String>,
    /// The last one of the page before.
    pub before: Option<MessageId>,
    pub limit: i64,
}

/// Returns a page of messages, the latest first.
///
/// # Errors
/// `not_found` for what they are about; `invalid_field` for a state that is none.
pub fn list(app: &App, call: &Call, wanted: &Wanted) -> Result<Vec<Message>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let wrong = || {
        let known: Vec<&str> = MessageState::ALL.iter().map(|state| state.code()).collect();
        let detail = "this is not a state of a message";
        Refusal::at(Code::InvalidField, "/state", detail).allowed(known.join(", "))
    };
    let state = wanted.state.as_deref();
    let state = state.map(|text| MessageState::parse(text).ok_or_else(wrong)).transpose()?;
    app.store.read(|tx| {
        let about = match wanted.about == crate::wire::messages::AboutIn::default() {
            true => None,
            false => Some(About::of(tx, &wanted.about)?),
        };
        let thread = |about: &About| wanted.with_orders && about.kind == AboutKind::Customer;
        let (about, customer) = match about {
            Some(about) if thread(&about) => (None, Some(CustomerId::from_bytes(about.id))),
            about => (about.map(|about| about.id), None),
        };
        let rows_wanted = rows::Wanted { about, customer, state, before: wanted.before };
        Ok(rows::list(tx, &rows_wanted, wanted.limit.clamp(1, MAX_PAGE))?)
    })
}

/// Returns what messages are about by the names people know: an order's number, a customer's, a
/// supplier's code, an account's number.
///
/// # Errors
/// Where the right to read is missing.
pub fn names(
    app: &App,
    call: &Call,
    messages: &[Message],
) -> Result<HashMap<[u8; 16], String>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let of = |kind: AboutKind| {
            let own = messages.iter().filter(move |one| one.about_kind == kind);
            let all: BTreeSet<[u8; 16]> = own.map(|one| one.about).collect();
            all
        };
        let ids: Vec<OrderId> = of(AboutKind::Order).into_iter().map(OrderId::from_bytes).collect();
        let known = orders::numbers(tx, &ids)?;
        let mut names: HashMap<_, _> =
            known.into_iter().map(|(id, number)| (id.as_bytes(), number)).collect();
        for id in of(AboutKind::Customer) {
            let found = customers::get(tx, CustomerId::from_bytes(id))?;
            names.extend(found.map(|one| (id, one.number)));
        }
        for id in of(AboutKind::Supplier) {
            let found = suppliers::get(tx, SupplierId::from_bytes(id))?;
            names.extend(found.map(|one| (id, one.code)));
        }
        for id in of(AboutKind::Account) {
            let found = accounts::get(tx, AccountId::from_bytes(id))?;
            names.extend(found.map(|one| (id, one.number)));
        }
        Ok(names)
    })
}

/// The kinds of documents that go with a mail, for advice.
pub fn attachment_kinds() -> String {
    ATTACHMENTS.join(", ")
}
