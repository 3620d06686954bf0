//! Quotes and agreements as lists and pages show them.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Channel, LegalEntity};
use orderly_core::id::QuoteId;
use orderly_core::order::Order;
use orderly_core::party::{Account, Customer, Party, Site};
use orderly_core::quote::{Quote, QuoteKind, QuoteState, Terms};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::{Day, Instant};
use orderly_store::Tx;
use orderly_store::tables::{accounts, channels, customers, orders, parties, quotes, settings};

use crate::{App, Call, Error};

/// The most quotes of one page.
const MAX_PAGE: i64 = 1_000;

/// A quote with everything its ids stand for.
#[derive(Debug, Clone)]
pub struct Shown {
    pub quote: Quote,
    pub today: Day,
    pub channel: Option<Channel>,
    pub entity: Option<LegalEntity>,
    pub customer: Option<Customer>,
    pub party: Option<Party>,
    pub account: Option<Account>,
    pub site: Option<Site>,
    /// Every revision that was sent, with when.
    pub revisions: Vec<(i64, Instant, Terms)>,
    /// The orders that draw on it, the latest first.
    pub orders: Vec<Order>,
    /// What the caller may do with it now.
    pub allowed: Vec<&'static str>,
}

/// Returns the id of the quote that `text` stands for: its number or its id.
///
/// # Errors
/// `not_found`, also for one of the other kind.
pub fn find(tx: &mut Tx<'_>, kind: QuoteKind, text: &str) -> Result<QuoteId, Error> {
    let text = text.trim();
    let shown: String = text.chars().take(60).collect();
    let id = match quotes::by_number(tx, text)? {
        Some(id) => Some(id),
        None => text.parse().ok(),
    };
    let found = id.map(|id| quotes::get(tx, id, false)).transpose()?.flatten();
    let found = found.filter(|quote| quote.kind == kind);
    let missing = || Error::not_found(format!("{} `{shown}`", kind.code()));
    Ok(found.ok_or_else(missing)?.id)
}

/// Returns the quote that `text` stands for, with everything its page shows.
pub fn show(app: &App, call: &Call, kind: QuoteKind, text: &str) -> Result<Shown, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let id = find(tx, kind, text)?;
        let quote = super::load(tx, id, false)?;
        shown(tx, call, quote)
    })
}

/// Returns a quote that a command has left so, for its caller: no right to read is asked for.
pub fn show_as(app: &App, call: &Call, quote: Quote) -> Result<Shown, Error> {
    app.store.read(|tx| shown(tx, call, quote))
}

fn shown(tx: &mut Tx<'_>, call: &Call, quote: Quote) -> Result<Shown, Error> {
    let customer = quote.customer.map(|id| customers::get(tx, id)).transpose()?.flatten();
    let party = customer.as_ref().map(|one| parties::get(tx, one.party)).transpose()?.flatten();
    let mut drawing = Vec::new();
    for id in quotes::orders_of(tx, quote.id)? {
        drawing.extend(orders::get(tx, id, false)?);
    }
    let today = super::today(tx, call, quote.legal_entity)?;
    Ok(Shown {
        allowed: allowed(&quote, today, call),
        today,
        channel: channels::get(tx, quote.channel)?,
        entity: settings::entity(tx, quote.legal_entity)?,
        customer,
        party,
        account: quote.account.map(|id| accounts::get(tx, id)).transpose()?.flatten(),
        site: quote.site.map(|id| accounts::site(tx, id)).transpose()?.flatten(),
        revisions: quotes::revisions(tx, quote.id)?,
        orders: drawing,
        quote,
    })
}

/// What the caller may do with a quote now; each is the last part of an address.
fn allowed(quote: &Quote, today: Day, call: &Call) -> Vec<&'static str> {
    let may = |right| call.actor.may(right, Scope::default());
    let open = quote.state != QuoteState::Closed;
    let left = quote.lines.iter().any(|line| !line.left().is_zero());
    let own = quote.kind == QuoteKind::Quote;
    let draw = if own { "convert" } else { "call_off" };
    let all = [
        ("revise", Permission::Quote, open),
        ("reprice", Permission::Quote, open && quote.revision > 0),
        ("send", Permission::Quote, own && quote.send(today, call.now).is_ok()),
        ("accept", Permission::Quote, own && quote.accept(today, call.now).is_ok()),
        ("decline", Permission::Quote, own && quote.decline(call.now).is_ok()),
        ("close", Permission::Quote, open),
        (draw, Permission::Place, left && quote.ensure_drawable(today).is_ok()),
    ];
    all.into_iter().filter(|(_, right, can)| *can && may(*right)).map(|(name, ..)| name).collect()
}

/// Returns up to `limit` quotes of a kind before one, the newest first, of one account or of all;
/// with the business day of their company.
///
/// # Errors
/// `unknown_account`.
pub fn list(
    app: &App,
    call: &Call,
    kind: QuoteKind,
    account: Option<&str>,
    before: Option<QuoteId>,
    limit: i64,
) -> Result<Vec<(Quote, Day, Option<String>)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let account = match account {
            None => None,
            Some(number) => {
                let unknown = || {
                    let detail = format!("there is no account `{number}`");
                    Refusal::at(Code::UnknownAccount, "/account", detail)
                };
                Some(accounts::by_number(tx, number)?.ok_or_else(unknown)?.id)
            }
        };
        let mut out = Vec::new();
        for quote in quotes::list(tx, kind, account, before, limit.clamp(1, MAX_PAGE))? {
            let customer = quote.customer.map(|id| customers::get(tx, id)).transpose()?.flatten();
            let party = customer.map(|one| parties::get(tx, one.party)).transpose()?.flatten();
            let name = party.map(|party| party.company.unwrap_or(party.name));
            let today = super::today(tx, call, quote.legal_entity)?;
            out.push((quote, today, name));
        }
        Ok(out)
    })
}
