//! Orders made from quotes, and call-offs from agreements.

use orderly_core::id::QuoteId;
use orderly_core::order::Order;
use orderly_core::quote::{Quote, QuoteKind};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{channels, orders, quotes};

use super::draws::all_of;
use crate::ops::command::known;
use crate::ops::orders::place::{VERB, place};
use crate::wire::quotes::ConvertIn;
use crate::wire::{LineIn, OrderIn};
use crate::{App, Call, Error};

/// Makes an order of a quote: of the quantities named, or of all that is left. Converting a quote
/// of which nothing is left again answers with the order that was made.
///
/// # Errors
/// Those of placing an order; `quote_expired` with the action that prices it again,
/// `agreement_expired`; `above_quote` and `above_agreement` with what is left;
/// `invalid_transition` where it is not sent, declined or closed.
pub fn convert(app: &App, call: &Call, id: QuoteId, new: &ConvertIn) -> Result<Order, Error> {
    let (quote, channel, again) = app.store.read(|tx| {
        // A key that comes back gets its answer, whatever became of the quote.
        let again = known(tx, call, VERB)?.is_some();
        let quote = super::load(tx, id, false)?;
        let channel = channels::get(tx, quote.channel)?;
        let channel = channel.ok_or_else(|| Error::Internal("a quote has no channel".into()))?;
        Ok::<_, Error>((quote, channel, again))
    })?;
    if !again {
        call.expect_version(quote.version)?;
    }
    let number = Some(quote.number.clone());
    let (own, agreement) = match quote.kind {
        QuoteKind::Quote => (number, None),
        QuoteKind::Agreement => (None, number),
    };
    let order = OrderIn {
        channel: channel.code,
        external_id: new.external_id.clone(),
        settlement: new.settlement.clone(),
        ordered_by: new.ordered_by.clone(),
        reference: new.reference.clone(),
        quote: own,
        agreement,
        deliveries: new.deliveries.clone(),
        lines: lines(&quote, new)?,
        payments: new.payments.clone(),
        ..OrderIn::default()
    };
    let placed = place(app, call, &order);
    let none = matches!(&placed, Err(error) if error.refused() == Some(Code::NothingToDo));
    if quote.kind == QuoteKind::Quote && new.lines.is_empty() && none {
        let made = app.store.read(|tx| last_order(tx, id))?;
        return made.map_or(placed, Ok);
    }
    placed
}

fn lines(quote: &Quote, new: &ConvertIn) -> Result<Vec<LineIn>, Refusal> {
    let mut out = Vec::with_capacity(new.lines.len());
    for (index, one) in new.lines.iter().enumerate() {
        let last = quote.lines.iter().filter(|known| known.revision == quote.revision);
        let found = last.into_iter().find(|known| known.line.position == one.line);
        let found = found.ok_or_else(|| {
            let detail = format!("{} has no line {}", quote.name(), one.line);
            Refusal::at(Code::UnknownLine, format!("/lines/{index}/line"), detail)
        })?;
        let mut line = all_of(found, found.left());
        if let Some(quantity) = &one.quantity {
            line.quantity.clone_from(quantity);
        }
        line.delivery.clone_from(&one.delivery);
        out.push(line);
    }
    Ok(out)
}

/// The latest order that draws on a quote.
pub fn last_order(tx: &mut Tx<'_>, quote: QuoteId) -> Result<Option<Order>, Error> {
    let Some(id) = quotes::orders_of(tx, quote)?.into_iter().next() else { return Ok(None) };
    Ok(orders::get(tx, id, false)?)
}
