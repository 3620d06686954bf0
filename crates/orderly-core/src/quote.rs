//! Quotes and agreements: prices, quantities and a period, from whose lines orders draw.
//!
//! Their terms come in revisions. A revision is frozen when it is sent, and only the latest one
//! sent is drawn on. A line keeps its id through the revisions: it is the origin of the order
//! lines that draw on it, and what was drawn stays drawn.

pub mod draw;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::Currency;
use crate::order::{LineKind, Tax, Totals, codes};
use crate::qty::{Qty, Ratio};
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};

codes! {
    /// A quote is offered once; an agreement is called off in parts over its period.
    QuoteKind { Quote "quote", Agreement "agreement" }
}
codes! {
    /// What was decided about a quote. Whether it has expired or is used up is computed.
    QuoteState {
        Draft "draft", Sent "sent", Accepted "accepted", Declined "declined", Closed "closed",
    }
}

/// A part of an agreed quantity that is expected on a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Expected {
    pub on: Day,
    /// As entered, in the line's unit.
    pub quantity: String,
}

/// One line of a quote's terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The origin of the order lines that draw on it.
    pub id: LineId,
    pub position: i64,
    pub kind: LineKind,
    pub item: Option<ItemId>,
    pub sku: Option<String>,
    pub description: String,
    /// The quantity as entered, in `unit`.
    pub entered: String,
    pub unit: String,
    pub unit_ratio: Ratio,
    /// Such as `2.4 m`, where pieces are offered.
    pub cut_length: Option<String>,
    /// In base units of the item.
    pub offered: Qty,
    /// The locked price of one price unit.
    pub price: Decimal,
    /// `None`: of one `unit`.
    pub price_unit: Option<String>,
    pub price_ratio: Ratio,
    /// Cost of one base unit of goods that are not stocked.
    pub cost: Option<Decimal>,
    pub taxes: Vec<Tax>,
    /// What the line comes to, in minor units with tax added.
    pub amount: i64,
    pub schedule: Vec<Expected>,
}

/// One revision of a quote, frozen when it is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Terms {
    pub valid_from: Option<Day>,
    /// The last day on which orders may draw, in the merchant's zone.
    pub valid_until: Day,
    pub message: Option<String>,
    pub lines: Vec<QuoteLine>,
    pub totals: Totals,
}

/// A line of the latest revision sent, with what orders have drawn of it. A line that the latest
/// revision no longer has offers what was drawn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Drawable {
    pub line: QuoteLine,
    /// The revision that stated the line last.
    pub revision: i64,
    pub offered: Qty,
    pub drawn: Qty,
}

impl Drawable {
    /// What orders may still draw.
    pub fn left(&self) -> Qty {
        self.offered.less(self.drawn)
    }
    /// A base quantity in the line's unit, as text without the unit.
    pub fn show(&self, qty: Qty) -> String {
        in_unit(qty, self.line.unit_ratio)
    }
}

/// A base quantity in a unit: at most six decimal places.
pub fn in_unit(qty: Qty, ratio: Ratio) -> String {
    let units = Decimal::from(qty.get()) * Decimal::from(ratio.den) / Decimal::from(ratio.num);
    units.round_dp(6).normalize().to_string()
}

/// A quote or an agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    pub id: QuoteId,
    pub kind: QuoteKind,
    pub number: String,
    pub state: QuoteState,
    /// Counts commands and draws: its ETag and the sequence of its events.
    pub version: i64,
    pub channel: ChannelId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    pub reference: Option<String>,
    /// The latest revision sent; 0 where none is.
    pub revision: i64,
    pub valid_from: Option<Day>,
    pub valid_until: Option<Day>,
    pub message: Option<String>,
    /// What the latest revision sent comes to, in minor units.
    pub total: i64,
    pub lines: Vec<Drawable>,
    /// The next revision, not sent yet.
    pub draft: Option<Terms>,
    pub created_at: Instant,
    pub updated_at: Instant,
}

impl Quote {
    /// Whether its last day is over.
    pub fn expired(&self, today: Day) -> bool {
        self.valid_until.is_some_and(|until| until < today)
    }

    /// How it stands: `draft`, `sent`, `accepted`, `declined`, `closed`, `expired`, `converted`
    /// where orders have drawn all of it, `part_converted` where some.
    pub fn standing(&self, today: Day) -> &'static str {
        let drawn = self.lines.iter().any(|line| !line.drawn.is_zero());
        let left = self.lines.iter().any(|line| !line.left().is_zero());
        match self.state {
            QuoteState::Sent | QuoteState::Accepted if drawn && !left => "converted",
            QuoteState::Sent | QuoteState::Accepted if self.expired(today) => "expired",
            QuoteState::Sent | QuoteState::Accepted if drawn => "part_converted",
            state => state.code(),
        }
    }

    /// Refuses orders that want to draw on it now.
    ///
    /// # Errors
    /// `invalid_transition` for a draft, a declined or closed one, or before its first day;
    /// `quote_expired` and `agreement_expired` with what to do next.
    pub fn ensure_drawable(&self, today: Day) -> Result<(), Refusal> {
        let name = self.name();
        let wrong = |detail: String, next: &str| {
            Err(Refusal::new(Code::InvalidTransition, detail).allowed(next))
        };
        match self.state {
            QuoteState::Draft => return wrong(format!("{name} is not sent yet"), "send"),
            QuoteState::Declined => return wrong(format!("{name} was declined"), "revise"),
            QuoteState::Closed => return wrong(format!("{name} is closed"), "create"),
            QuoteState::Sent | QuoteState::Accepted => {}
        }
        if let Some(from) = self.valid_from.filter(|from| *from > today) {
            return wrong(format!("{name} begins on {from}"), &from.to_string());
        }
        let until = self.valid_until.filter(|until| *until < today);
        let Some(until) = until else { return Ok(()) };
        let detail = format!("{name} was valid until {until}");
        Err(match self.kind {
            QuoteKind::Quote => Refusal::new(Code::QuoteExpired, detail).allowed("re-price"),
            QuoteKind::Agreement => Refusal::new(Code::AgreementExpired, detail).allowed("revise"),
        })
    }

    /// Such as `quote Q1001`.
    pub fn name(&self) -> String {
        format!("{} {}", self.kind.code(), self.number)
    }

    /// Freezes the draft as the next revision and puts it in force. A quote is then sent, an
    /// agreement accepted: both sides have signed it.
    ///
    /// # Errors
    /// `nothing_to_do` without a draft; `invalid_transition` for a closed one; `invalid_field`
    /// where its last day is over; `below_drawn` where a line offers less than was drawn.
    pub fn send(&self, today: Day, now: Instant) -> Result<Self, Refusal> {
        ensure(self.state != QuoteState::Closed, || {
            Refusal::new(Code::InvalidTransition, format!("{} is closed", self.name()))
        })?;
        let draft = self.draft.clone().ok_or_else(|| {
            let detail = format!("revision {} of {} is sent", self.revision, self.name());
            Refusal::new(Code::NothingToDo, detail).allowed("revise")
        })?;
        ensure(draft.valid_until >= today, || {
            let detail = format!("{} is over: give a later day", draft.valid_until);
            Refusal::at(Code::InvalidField, "/valid_until", detail)
        })?;
        let mut after = self.clone();
        after.revision += 1;
        for old in &mut after.lines {
            if !draft.lines.iter().any(|new| new.id == old.line.id) {
                old.offered = old.drawn;
            }
        }
        for new in &draft.lines {
            let (revision, offered) = (after.revision, new.offered);
            match after.lines.iter_mut().find(|old| old.line.id == new.id) {
                None => {
                    let drawn = Qty::ZERO;
                    after.lines.push(Drawable { line: new.clone(), revision, offered, drawn });
                }
                Some(old) => {
                    ensure(offered >= old.drawn, || {
                        let least = old.show(old.drawn);
                        let detail =
                            format!("{least} {} of line {} are drawn", new.unit, new.position);
                        Refusal::at(Code::BelowDrawn, "/lines/quantity", detail).allowed(least)
                    })?;
                    *old = Drawable { line: new.clone(), revision, offered, drawn: old.drawn };
                }
            }
        }
        after.state = match self.kind {
            QuoteKind::Quote => QuoteState::Sent,
            QuoteKind::Agreement => QuoteState::Accepted,
        };
        after.valid_from = draft.valid_from;
        after.valid_until = Some(draft.valid_until);
        after.message = draft.message;
        after.total = draft.totals.total;
        after.draft = None;
        after.touched(now)
    }

    /// Puts other terms in the place of the draft.
    ///
    /// # Errors
    /// `invalid_transition` for a closed one.
    pub fn redraft(&self, terms: Terms, now: Instant) -> Result<Self, Refusal> {
        ensure(self.state != QuoteState::Closed, || {
            Refusal::new(Code::InvalidTransition, format!("{} is closed", self.name()))
        })?;
        Self { draft: Some(terms), ..self.clone() }.touched(now)
    }

    /// The customer says yes.
    ///
    /// # Errors
    /// Those of [`ensure_drawable`](Self::ensure_drawable); `nothing_to_do` where it is accepted.
    pub fn accept(&self, today: Day, now: Instant) -> Result<Self, Refusal> {
        self.ensure_drawable(today)?;
        ensure(self.state == QuoteState::Sent, || {
            Refusal::new(Code::NothingToDo, format!("{} is accepted", self.name()))
        })?;
        Self { state: QuoteState::Accepted, ..self.clone() }.touched(now)
    }

    /// The customer says no. What was drawn stays drawn.
    ///
    /// # Errors
    /// `invalid_transition` unless it is sent or accepted.
    pub fn decline(&self, now: Instant) -> Result<Self, Refusal> {
        ensure(matches!(self.state, QuoteState::Sent | QuoteState::Accepted), || {
            let detail = format!("{} is {}", self.name(), self.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        Self { state: QuoteState::Declined, ..self.clone() }.touched(now)
    }

    /// Nothing more is drawn on it.
    ///
    /// # Errors
    /// `nothing_to_do` where it is closed.
    pub fn close(&self, now: Instant) -> Result<Self, Refusal> {
        ensure(self.state != QuoteState::Closed, || {
            Refusal::new(Code::NothingToDo, format!("{} is closed", self.name()))
        })?;
        Self { state: QuoteState::Closed, draft: None, ..self.clone() }.touched(now)
    }

    fn touched(self, now: Instant) -> Result<Self, Refusal> {
        Ok(Self { version: self.version + 1, updated_at: now, ..self })
    }
}
