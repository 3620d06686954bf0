//! Telling partners what is missing: a supplier who sells it, or whoever runs the channel.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::MessageId;
use orderly_core::message::{AboutKind, Direction, Message, MessageKind, MessageState, recipients};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{messages as rows, orders, parties, suppliers as supplier_rows};

use super::about::{About, fill_order};
use super::blanks::{self, Blanks};
use super::templates;
use crate::ops::catalog::ids;
use crate::ops::command;
use crate::ops::read::orders as read;
use crate::ops::{settings, suppliers};
use crate::{App, Call, Error};

const SUBJECT: &str = "Order {{ order.number }}: goods are missing";
const BODY: &str = "\
For order {{ order.number }} of {{ order.placed_on }} these goods are missing:
{% for line in short_lines %}
- {{ line.short }} {{ line.unit }} of {{ line.sku }} {{ line.description }}{% endfor %}

Please tell us when we can have them.

{{ merchant.name }}";

/// Whom to tell of which order's missing goods.
#[derive(Debug, Clone, Default)]
pub struct Tell {
    /// Anything that names an order.
    pub order: String,
    /// A supplier's code: only what he sells is told. The channel's own contact where absent.
    pub supplier: Option<String>,
    /// A mail address instead of the partner's own.
    pub to: Option<String>,
    /// A template instead of Orderly's own words.
    pub template: Option<String>,
    pub language: Option<String>,
}

/// Sends a mail that lists the lines of an order of which something is missing.
///
/// # Errors
/// `nothing_to_do` where nothing is missing, or nothing that the supplier sells; `no_address`,
/// `unknown_supplier`, `not_found`.
pub fn tell(app: &App, call: &Call, wanted: &Tell) -> Result<Message, Error> {
    let id: MessageId = ids(call).draw();
    command(app, call, "message.tell_shortage", |tx| {
        call.require(Permission::Message, Scope::default())?;
        let message = written(tx, call, wanted, id)?;
        rows::insert(tx, std::slice::from_ref(&message))?;
        Ok(message)
    })
}

fn written(tx: &mut Tx<'_>, call: &Call, wanted: &Tell, id: MessageId) -> Result<Message, Error> {
    let order = read::find(tx, &wanted.order)?;
    let order =
        orders::get(tx, order, false)?.ok_or_else(|| Error::not_found(format!("order {order}")))?;
    let channel = order.channel;
    let about = AboutKind::Order;
    let shown = read::shown(tx, order)?;
    let mut blanks = Blanks::default();
    blanks.merchant.name = settings::merchant(tx)?.name;
    fill_order(&mut blanks, &shown);
    let partner = match &wanted.supplier {
        Some(code) => {
            let supplier = suppliers::supplier_called(tx, code)?;
            let sold = supplier_rows::items(tx, supplier.id)?;
            let skus: Vec<&str> = sold
                .iter()
                .filter_map(|one| shown.catalog.get(one.item))
                .map(|item| item.sku.as_str())
                .collect();
            blanks.short_lines.retain(|line| skus.contains(&line.sku.as_str()));
            blanks.supplier.name.clone_from(&supplier.name);
            About::supplier(tx, supplier)?.address()
        }
        None => {
            let contact = parties::versions(tx, channel.as_bytes())?.into_iter().next();
            let email = contact.and_then(|party| party.email);
            let missing = || {
                let detail = "the channel has no contact: name a supplier or an address";
                Refusal::at(Code::NoAddress, "/to", detail)
            };
            email.ok_or_else(missing).and_then(|email| recipients(&email))
        }
    };
    if blanks.short_lines.is_empty() {
        let detail = format!("nothing is missing of order {}", shown.order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    let recipient = match &wanted.to {
        Some(to) => recipients(to)?,
        None => partner?,
    };
    let (subject, body) = match &wanted.template {
        Some(code) => {
            let language = wanted.language.as_deref().unwrap_or("en");
            templates::filled(tx, code, Some(channel), language, &blanks)?
        }
        None => (blanks::fill(SUBJECT, &blanks)?, blanks::fill(BODY, &blanks)?),
    };
    Ok(Message {
        id,
        about_kind: about,
        about: shown.order.id.as_bytes(),
        kind: MessageKind::Email,
        direction: Direction::Out,
        recipient: Some(recipient),
        subject,
        body,
        template: wanted.template.clone(),
        attachments: Vec::new(),
        state: MessageState::Queued,
        attempts: 0,
        next_at: Some(call.now),
        last_error: None,
        actor_kind: call.actor.kind,
        actor: call.actor.id,
        happened_at: call.now,
        created_at: call.now,
        sent_at: None,
        version: 1,
    })
}
