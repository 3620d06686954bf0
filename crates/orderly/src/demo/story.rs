//! One firm's fortnight among the merchant's other trade: from the quote to the payment of its
//! invoices. A refusal that the story does not expect ends the demonstration and names the chapter.

mod agreement;
mod back;
mod buying;
mod closing;
mod invoicing;
mod road;
mod special;
mod till;
mod transfer;

use orderly_core::catalog::ChannelKind;
use orderly_core::id::{AccountId, ContactId, FulfillmentId, OrderId, QuoteId, SiteId};
use orderly_core::order::Order;
use orderly_core::party::Exposure;
use orderly_core::party::NewParty;
use orderly_core::time::Day;

pub use closing::{Books, Closed};

use super::trade::{Facts, Trading};
use crate::Error;
use crate::ops::orders::place::place;
use crate::ops::{accounts, fulfillments};
use crate::wire::OrderIn;

/// What happens in the story, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chapter {
    Buying,
    SpecialOrder,
    Agreement,
    CallOffs,
    Road,
    SpecialArrives,
    Collective,
    Back,
    Counter,
    Transfer,
}

/// The chapters, and how many days before the last one each is told where there are thirty.
const CHAPTERS: [(Chapter, u32); 10] = [
    (Chapter::Buying, 20),
    (Chapter::SpecialOrder, 19),
    (Chapter::Agreement, 15),
    (Chapter::CallOffs, 13),
    (Chapter::Road, 12),
    (Chapter::SpecialArrives, 9),
    (Chapter::Collective, 7),
    (Chapter::Back, 4),
    (Chapter::Counter, 2),
    (Chapter::Transfer, 1),
];

/// Chapters are told at full hours, from this one on.
const FIRST_HOUR: i64 = 8;
const LAST_HOUR: i64 = 18;

impl Chapter {
    const fn name(self) -> &'static str {
        match self {
            Self::Buying => "buying",
            Self::SpecialOrder => "special order",
            Self::Agreement => "quote and agreement",
            Self::CallOffs => "call-offs",
            Self::Road => "on the road",
            Self::SpecialArrives => "special order arrives",
            Self::Collective => "collective invoice",
            Self::Back => "uncut lengths come back",
            Self::Counter => "at the counter",
            Self::Transfer => "one transfer",
        }
    }
}

/// The firm that the story is about.
#[derive(Debug, Clone)]
pub struct Firm {
    pub account: AccountId,
    pub number: String,
    pub name: String,
    pub site: String,
    pub contact: ContactId,
    /// Where it builds, next to the warehouse.
    pub party: NewParty,
}

/// What the last words of the summary point at.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub account: String,
    pub quote: String,
    pub agreement: String,
    pub load: String,
    pub invoice: String,
    pub purchase: String,
}

/// How far the story is, and what it needs later.
#[derive(Debug, Default)]
pub struct Story {
    /// Chapters that were told.
    told: usize,
    /// The day on which each chapter is told, counted from 0.
    days: Vec<u32>,
    chapter: Option<Chapter>,
    firm: Option<Firm>,
    /// Times that the firm's people fetched something.
    errands: u32,
    agreement: Option<QuoteId>,
    /// The orders that go on the van.
    call_offs: Vec<OrderId>,
    special: Option<OrderId>,
    /// The number of the purchase for it.
    purchase: Option<String>,
    /// What there is to tell afterwards, a sentence for each chapter.
    pub sentences: Vec<String>,
    /// The counter sale of the day until it is counted: number, price and cash.
    counter: Option<(String, String, String)>,
    pub closed: Vec<Closed>,
    pub named: Named,
}

impl Trading<'_> {
    /// Plans the story for so many days, and opens the firm's account.
    pub fn begin_story(&mut self, days: u32) -> Result<(), Error> {
        let last = days.saturating_sub(1);
        let scaled = |before: u32| if days >= 30 { before } else { before * last / 29 };
        let told = CHAPTERS.iter().map(|(_, before)| last.saturating_sub(scaled(*before)));
        self.story.days = told.collect();
        self.set_up_tills()?;
        self.open_account()
    }

    /// Tells what is due at this hour of a day.
    pub fn tell(&mut self, index: u32, day: Day, hour: i64) -> Result<(), Error> {
        self.tills_at(hour)?;
        if hour == 20 {
            self.month_end(day)?;
        }
        if !(FIRST_HOUR..=LAST_HOUR).contains(&hour) {
            return Ok(());
        }
        self.errands(index)?;
        let next = self.story.told;
        if self.story.days.get(next).is_none_or(|due| *due > index) {
            return Ok(());
        }
        self.story.told += 1;
        let (chapter, _) = CHAPTERS[next];
        self.story.chapter = Some(chapter);
        match chapter {
            Chapter::Buying => self.buy(day),
            Chapter::SpecialOrder => self.special_order(),
            Chapter::Agreement => self.agree(day),
            Chapter::CallOffs => self.call_off(),
            Chapter::Road => self.drive(day),
            Chapter::SpecialArrives => self.special_arrives(day),
            Chapter::Collective => self.collect_invoices(),
            Chapter::Back => self.bring_back(),
            Chapter::Counter => self.counter_sale(),
            Chapter::Transfer => self.transfer(day),
        }
    }

    /// The day of a chapter, counted from 0.
    fn day_of(&self, chapter: Chapter) -> u32 {
        let at = CHAPTERS.iter().position(|(one, _)| *one == chapter);
        at.and_then(|at| self.story.days.get(at)).copied().unwrap_or(0)
    }

    /// What the story cannot go on without.
    fn broken(&self, what: impl std::fmt::Display) -> Error {
        let chapter = self.story.chapter.map_or("the beginning", Chapter::name);
        Error::Internal(format!("the demonstration's chapter `{chapter}`: {what}"))
    }

    /// An outcome that the story relies on.
    fn must<T>(&mut self, verb: &'static str, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Err(Error::Refused(refusal)) => {
                Err(self.broken(format!("{verb} was refused: {refusal}")))
            }
            other => {
                let done = self.tried(verb, other)?;
                done.ok_or_else(|| self.broken(format!("{verb} was not done")))
            }
        }
    }

    fn sentence(&mut self, text: String) {
        self.story.sentences.push(text);
    }

    fn firm(&self) -> Result<Firm, Error> {
        self.story.firm.clone().ok_or_else(|| self.broken("the firm has no account"))
    }

    /// Places an order that the story is about; the simulation's people know of it as well.
    fn place_story(&mut self, new: &OrderIn) -> Result<Order, Error> {
        let call = self.clock.call();
        let placed = place(self.app, &call, new);
        let order = self.must("order.place", placed)?;
        self.know(&order);
        Ok(order)
    }

    fn know(&mut self, order: &Order) {
        let channels = &self.merchant.channels;
        let kind = channels.iter().find(|one| one.id == order.channel).map(|one| one.kind);
        self.facts.insert(order.id, Facts { kind, payment: None });
    }

    fn channel(&self, kind: ChannelKind) -> String {
        let found = self.merchant.channels.iter().find(|one| one.kind == kind);
        found.map(|one| one.code.clone()).unwrap_or_default()
    }

    /// Fetches goods of every fulfillment at a location and packs them.
    fn make_ready(&mut self, order: &Order) -> Result<FulfillmentId, Error> {
        let hub = self.merchant.locations[0].id;
        let own: Vec<_> = order.fulfillments.iter().filter(|one| one.location == hub).collect();
        let [own] = own[..] else {
            return Err(self.broken("the warehouse does not send it in one piece"));
        };
        let of = (order.id, own.id);
        let call = self.clock.call();
        let released = fulfillments::release(self.app, &call, of);
        self.must("fulfillment.release", released)?;
        let call = self.clock.call();
        let picked = fulfillments::pick(self.app, &call, of, &[]);
        self.must("fulfillment.pick", picked)?;
        let call = self.clock.call();
        let packed = fulfillments::pack(self.app, &call, of, &[]);
        self.must("fulfillment.pack", packed)?;
        Ok(own.id)
    }

    /// What the firm owes, in its three stages.
    fn owed(&mut self) -> Result<Exposure, Error> {
        let firm = self.firm()?;
        let call = self.clock.call();
        let all = accounts::list(self.app, &call, "", 1_000)?;
        let own = all.into_iter().find(|(account, _)| account.id == firm.account);
        let own = own.and_then(|(_, all)| all.into_iter().find(|one| one.site == SiteId::NONE));
        own.ok_or_else(|| self.broken("the account has no counter"))
    }
}
