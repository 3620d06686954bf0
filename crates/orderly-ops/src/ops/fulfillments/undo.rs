//! Undo: takes the last command of an order back by its inverse.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{ClaimId, FulfillmentId, HoldId, IdSource, LineId, OrderId, ShipmentId};
use orderly_core::order::cancel::{Cancel, cancel, cancel_again, uncancel};
use orderly_core::order::hold::{hold_again, release_hold};
use orderly_core::order::pack::{Pack, pack, unpack};
use orderly_core::order::release::{recall, release};
use orderly_core::order::undo::{Command, inverse};
use orderly_core::order::unpick::{Unpick, unpick};
use orderly_core::order::work::At;
use orderly_core::order::{
    Decision, Line, Order, OrderState, ShipmentState, Work, close, deliver, hand_over, ship,
    undeliver,
};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{catalog, events, refunds};

use super::hand::{Hand, booked};
use super::hold::end_when_due;
use super::offer_freed;
use crate::ops::orders::again::{items_of, source_again};
use crate::ops::orders::{apply, folded, ids_after_audit, load};
use crate::{App, Call, Error};

/// Takes the last command on an order back, as a new command. Undoing twice does it again.
///
/// # Errors
/// `not_reversible` with the command to go on with, and those of the inverse.
pub fn undo(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    crate::ops::command(app, call, "undo", |tx| {
        let now = load(tx, order)?;
        call.expect_version(now.version)?;
        call.require(Permission::Undo, Scope { channel: Some(now.channel), ..Scope::default() })?;
        let missing = || Error::Internal(format!("order {} has no events", now.number));
        let mut all = events::of_stream(tx, order.as_bytes(), now.sequence)?;
        let last = all.pop().ok_or_else(missing)?;
        let unknown = || {
            let detail = format!("`{}` cannot be taken back", last.kind);
            Refusal::new(Code::NotReversible, detail)
        };
        let done = Command::of_event(&last.kind).ok_or_else(unknown)?;
        let command = inverse(done)?;
        let before = match done {
            Command::Place => now.clone(),
            _ => folded(tx, order, now.sequence - 1)?.ok_or_else(missing)?,
        };
        let mut ids = ids_after_audit(call);
        let step = Undoing { call, before: &before, now: &now };
        let decision = step.decide(tx, command, &mut ids)?;
        if matches!(command, Command::Cancel | Command::CloseShort) {
            offer_freed(tx, call, &now, &decision.order, &mut ids)?;
        }
        apply(tx, call, &mut ids, &now, decision, command.event())
    })
}

/// The order before and after the command that is taken back.
struct Undoing<'a> {
    call: &'a Call,
    before: &'a Order,
    now: &'a Order,
}

impl Undoing<'_> {
    fn decide(
        &self,
        tx: &mut Tx<'_>,
        command: Command,
        ids: &mut IdSource,
    ) -> Result<Decision, Error> {
        let (order, now) = (self.now, self.call.now);
        let at = At::plain(now);
        Ok(match command {
            Command::Cancel if self.before == self.now => cancel(order, &Cancel::Order, &at, ids)?,
            Command::Cancel => cancel_again(self.before, order, &at, ids)?,
            Command::Uncancel => {
                let gone = self.lines(|line| line.quantities.canceled, false);
                let mut decision = uncancel(order, &Cancel::Lines(gone), now, ids)?;
                source_again(tx, self.call, &mut decision.order, &[], ids)?;
                decision
            }
            Command::ReleaseHold => release_hold(order, self.hold(true)?, now, ids)?,
            Command::HoldAgain if order.head.state != OrderState::Placed => {
                let next = match order.head.state {
                    OrderState::Closed => Command::Reopen,
                    _ => Command::Uncancel,
                };
                let state = order.head.state.code();
                let detail = format!("order {} is {state}: nothing is held of it", order.number);
                return Err(Refusal::new(Code::NotReversible, detail).allowed(next.code()).into());
            }
            Command::HoldAgain => {
                let decided = hold_again(order, self.hold(false)?, now, ids)?;
                end_when_due(tx, self.call, &decided, ids)?;
                decided.0
            }
            Command::Recall => self.everywhere(|order, one| recall(order, one, now, ids))?,
            Command::Release => self.everywhere(|order, one| release(order, one, &at, ids))?,
            Command::Pack => {
                let catalog = catalog::load_ids(tx, &items_of(order))?;
                pack(order, self.worked_at()?, &self.packs(), &catalog, &at, ids)?
            }
            Command::Unpack => unpack(order, &self.packs(), now, ids)?,
            Command::Unpick => {
                let hand = Hand::of(tx, order, self.worked_at()?)?;
                unpick(order, &self.unpicks(), &hand.location, now, ids)?
            }
            Command::CloseShort => close::close_short(order, self.line()?, &at, ids)?,
            Command::ReopenShort => {
                let mut decision = close::reopen_short(order, self.line()?, now, ids)?;
                source_again(tx, self.call, &mut decision.order, &[], ids)?;
                decision
            }
            Command::Perform | Command::Unperform => self.performed(command, ids)?,
            Command::Close => close::close(order, &refunds::given(tx, order.id)?, now, ids)?,
            Command::Reopen => close::reopen(order, now, ids)?,
            other => self.shipped(tx, other, ids)?,
        })
    }

    fn shipped(
        &self,
        tx: &mut Tx<'_>,
        command: Command,
        ids: &mut IdSource,
    ) -> Result<Decision, Error> {
        let (order, now) = (self.now, self.call.now);
        let shipment = self.shipment()?;
        let booked = booked(tx, order, shipment)?;
        Ok(match command {
            Command::VoidShipment => ship::void_shipment(order, shipment, &booked, now, ids)?,
            Command::Undeliver => undeliver::undeliver(order, shipment, &booked, now, ids)?,
            Command::Deliver => deliver::deliver(order, shipment, &[], &booked, now, ids)?,
            Command::Find => undeliver::find(order, shipment, &booked, now, ids)?,
            Command::Lose => deliver::lose(order, shipment, &[], &booked, now, ids)?,
            Command::Retry => deliver::retry(order, shipment, now, ids)?,
            Command::Fail => deliver::fail(order, shipment, now, ids)?,
            Command::TakeOver => {
                self.ensure_begun_by_handing_over(shipment)?;
                let hand = Hand::of(tx, order, order.shipment(shipment)?.fulfillment)?;
                let location = &hand.location;
                hand_over::take_over(order, shipment, false, &booked, location, now, ids)?
            }
            // Goods are physically elsewhere by now: these are done anew, with their own facts.
            other => {
                let detail = format!("it is not taken back: `{}` instead", other.code());
                return Err(Refusal::new(Code::NotReversible, detail).allowed(other.code()).into());
            }
        })
    }

    /// Taking over puts goods on their shelves and calls the work back: no exact inverse where the
    /// work was released before it was handed over.
    fn ensure_begun_by_handing_over(&self, shipment: ShipmentId) -> Result<(), Error> {
        let fulfillment = self.now.shipment(shipment)?.fulfillment;
        let began = |work: &Work| work.fulfillment == fulfillment && !work.released.is_zero();
        if !self.before.work.iter().any(began) {
            return Ok(());
        }
        let next = Command::TakeOver.code();
        let detail = format!("the work had begun before it was handed over: `{next}` ends it");
        Err(Refusal::new(Code::NotReversible, detail).allowed(next).into())
    }

    fn refuse<T>(&self) -> Result<T, Error> {
        let detail = format!("the last command on order {} cannot be taken back", self.now.number);
        Err(Refusal::new(Code::NotReversible, detail).into())
    }

    /// The ordered lines whose counter differs, and by how much; `fell` where it went down.
    fn lines(&self, of: fn(&Line) -> Qty, fell: bool) -> Vec<(LineId, Option<Qty>)> {
        let own = self.now.lines.iter().filter(|line| line.parent.is_none());
        let moved = own.filter_map(|line| {
            let old = self.before.line(line.id).ok()?;
            let (old, new) = (of(old), of(line));
            let by = if fell { old.less(new) } else { new.less(old) };
            (!by.is_zero()).then_some((line.id, Some(by)))
        });
        moved.collect()
    }

    fn line(&self) -> Result<LineId, Error> {
        let short = |line: &Line| line.quantities.closed_short;
        let all = [self.lines(short, false), self.lines(short, true)].concat();
        all.first().map_or_else(|| self.refuse(), |(line, _)| Ok(*line))
    }

    fn performed(&self, command: Command, ids: &mut IdSource) -> Result<Decision, Error> {
        let fell = command == Command::Perform;
        let lines = self.lines(|line| line.quantities.delivered, fell);
        let Some((line, Some(qty))) = lines.first().copied() else { return self.refuse() };
        let step = if fell { close::perform } else { close::unperform };
        Ok(step(self.now, line, qty, self.call.now, ids)?)
    }

    /// The hold that was put, or released.
    fn hold(&self, put: bool) -> Result<HoldId, Error> {
        let found = self.now.holds.iter().find(|hold| {
            let old = self.before.hold(hold.id).ok();
            let was_open = old.is_some_and(|old| old.released_at.is_none());
            if put { old.is_none() } else { was_open && hold.released_at.is_some() }
        });
        found.map_or_else(|| self.refuse(), |hold| Ok(hold.id))
    }

    /// Claims with how far a counter moved.
    fn claims(&self, of: fn(&Work) -> Qty) -> Vec<(ClaimId, Qty)> {
        let moved = self.now.work.iter().map(|work| {
            let old = self.before.work_of(work.claim).map_or(Qty::ZERO, of);
            let new = of(work);
            (work.claim, new.less(old).max(old.less(new)))
        });
        moved.filter(|(_, by)| !by.is_zero()).collect()
    }

    /// Takes a step at each fulfillment whose work was released or recalled.
    fn everywhere(
        &self,
        mut step: impl FnMut(&Order, FulfillmentId) -> Result<Decision, Refusal>,
    ) -> Result<Decision, Error> {
        let mut places = Vec::new();
        for (claim, _) in self.claims(|work| work.released) {
            places.push(self.now.work_of(claim)?.fulfillment);
        }
        places.sort_unstable();
        places.dedup();
        let mut all = Decision::only(self.now.clone());
        for one in &places {
            let next = step(&all.order, *one)?;
            all.then(next);
        }
        if places.is_empty() { self.refuse() } else { Ok(all) }
    }

    fn worked_at(&self) -> Result<FulfillmentId, Error> {
        let moved = |of| self.claims(of);
        let moved = [moved(|w| w.released), moved(|w| w.picked), moved(|w| w.packed)].concat();
        let Some((claim, _)) = moved.first() else { return self.refuse() };
        Ok(self.now.work_of(*claim)?.fulfillment)
    }

    fn unpicks(&self) -> Vec<Unpick> {
        let moved = self.claims(|work| work.picked).into_iter();
        moved.map(|(claim, qty)| Unpick { claim, qty, keep_cut: false }).collect()
    }

    /// What was packed or unpacked; a line's measure goes with its first claim.
    fn packs(&self) -> Vec<Pack> {
        let mut measured: Vec<LineId> = Vec::new();
        let moved = self.claims(|work| work.packed).into_iter();
        moved
            .map(|(claim, qty)| {
                let line = self.now.work_of(claim).map(|work| work.line).ok();
                let by = line.and_then(|line| {
                    let of = |order: &Order| order.line(line).ok()?.measured;
                    let (old, new) = (of(self.before), of(self.now));
                    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                    let by = new.less(old).max(old.less(new));
                    (!by.is_zero() && !measured.contains(&line)).then(|| {
                        measured.push(line);
                        by
                    })
                });
                Pack { claim, qty, measured: by }
            })
            .collect()
    }

    /// The shipment that was made, or that something happened to.
    fn shipment(&self) -> Result<ShipmentId, Error> {
        let made = self.now.shipments.iter().find(|one| {
            one.state != ShipmentState::Voided && self.before.shipment(one.id).is_err()
        });
        if let Some(made) = made {
            return Ok(made.id);
        }
        let touched = self
            .now
            .shipment_lines
            .iter()
            .find(|line| self.before.shipment_line(line.id).is_ok_and(|old| old != *line));
        let turned = self
            .now
            .shipments
            .iter()
            .find(|one| self.before.shipment(one.id).is_ok_and(|old| old.state != one.state));
        let found = touched.map(|line| line.shipment).or(turned.map(|one| one.id));
        found.map_or_else(|| self.refuse(), Ok)
    }
}
