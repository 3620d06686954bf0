//! The simulated days: a queue of what is to be done when, worked off by the real operations.

use std::collections::{BTreeMap, HashMap};

use orderly_core::catalog::ChannelKind;
use orderly_core::id::*;
use orderly_core::order::Order;
use orderly_core::time::{Day, Instant};

use super::catalog::Good;
use super::people::Merchant;
use super::random::Clock;
use super::story::Story;
use super::{Plan, shop};
use crate::ops::orders::place::{Placing, place_many};
use crate::ops::{events, orders, tasks};
use crate::wire::OrderIn;
use crate::{App, Call, Error};

/// The steps in which a day passes, in minutes.
const SLICE_MINUTES: i64 = 15;
const MINUTE: i64 = 60_000_000;

/// Something that is to be done.
#[derive(Debug, Clone, Copy)]
pub enum Job {
    /// Release the order's work to its locations.
    Release(OrderId),
    /// Pick, pack and ship what is released; the number counts the tries.
    Dispatch(OrderId, u32),
    /// The customer comes for goods that were put aside.
    Collect(OrderId),
    Deliver(OrderId, ShipmentId, u32),
    ReleaseHold(OrderId, HoldId),
    Settle(OrderId, PaymentId, TransactionId),
    Cancel(OrderId),
    GiveBack(OrderId),
    Inspect(OrderId, ReturnId),
    Arrive(TransferId),
}

/// What the operations do not need to know of an order, but its people do.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub kind: Option<ChannelKind>,
    pub payment: Option<PaymentId>,
}

/// How often each verb was done, and refused with which code.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub done: BTreeMap<&'static str, u64>,
    pub refused: BTreeMap<(&'static str, &'static str), u64>,
}

/// The merchant at work.
pub struct Trading<'a> {
    pub app: &'a App,
    pub clock: Clock,
    pub merchant: Merchant,
    pub goods: Vec<Good>,
    pub facts: HashMap<OrderId, Facts>,
    pub tally: Tally,
    pub story: Story,
    /// Counts what is numbered outside: channels' orders, providers' references, serials.
    pub outside: u64,
    jobs: BTreeMap<(Instant, u64), Job>,
    queued: u64,
    end: Instant,
}

impl<'a> Trading<'a> {
    pub fn new(app: &'a App, clock: Clock, merchant: Merchant, goods: Vec<Good>) -> Self {
        Self {
            app,
            clock,
            merchant,
            goods,
            facts: HashMap::new(),
            tally: Tally::default(),
            story: Story::default(),
            outside: 100_000,
            jobs: BTreeMap::new(),
            queued: 0,
            end: Instant::from_micros(i64::MAX),
        }
    }

    /// Lets the days of a plan pass.
    pub fn run(&mut self, plan: &Plan, each_day: &mut dyn FnMut(Day)) -> Result<(), Error> {
        self.end = plan.start_of(plan.days);
        self.begin_story(plan.days)?;
        for day in 0..plan.days {
            let start = plan.start_of(day);
            let name = start.day_in("UTC");
            self.day(day, start, name)?;
            each_day(name);
        }
        self.housekeeping()
    }

    fn day(&mut self, index: u32, start: Instant, day: Day) -> Result<(), Error> {
        let mut arrivals = shop::arrivals(&mut self.clock.random, day).into_iter().peekable();
        for slice in 0..(24 * 60 / SLICE_MINUTES) {
            let at = start.plus_micros(slice * SLICE_MINUTES * MINUTE);
            self.clock.reach(at);
            if slice * SLICE_MINUTES == 5 * 60 {
                self.morning(day)?;
            }
            let until = (slice + 1) * SLICE_MINUTES;
            let mut channels = Vec::new();
            while let Some((_, channel)) = arrivals.next_if(|(minute, _)| *minute < until) {
                channels.push(channel);
            }
            self.place(&channels)?;
            self.work(at.plus_micros(SLICE_MINUTES * MINUTE))?;
            if (slice + 1) % (60 / SLICE_MINUTES) == 0 {
                self.housekeeping()?;
                self.tell(index, day, (slice + 1) / (60 / SLICE_MINUTES))?;
            }
        }
        Ok(())
    }

    /// Runs the background tasks that are due, and brings events into the feed.
    fn housekeeping(&mut self) -> Result<(), Error> {
        let call = self.clock.call();
        let ran = tasks::run_due(self.app, call.now, call.seed)?;
        *self.tally.done.entry("task.run").or_default() += ran.done;
        events::sequence(self.app, "demo", call.now)?;
        Ok(())
    }

    /// Has something done after so many minutes; never, where that is after the last day.
    pub fn after(&mut self, minutes: i64, job: Job) {
        let at = self.clock.now.plus_micros(minutes * MINUTE);
        if at < self.end {
            self.queued += 1;
            self.jobs.insert((at, self.queued), job);
        }
    }

    /// Has something done at an hour of a later day, give or take an hour.
    pub fn on_day(&mut self, days: i64, hour: i64, job: Job) {
        let midnight = self.clock.now.micros().div_euclid(86_400_000_000);
        let at = Instant::from_micros(0).plus_days(midnight + days);
        let minutes = hour * 60 + self.clock.random.between(0, 110);
        let wait = at.plus_micros(minutes * MINUTE).micros() - self.clock.now.micros();
        self.after((wait / MINUTE).max(1), job);
    }

    fn work(&mut self, until: Instant) -> Result<(), Error> {
        while let Some(entry) = self.jobs.first_entry() {
            if entry.key().0 >= until {
                break;
            }
            let ((at, _), job) = entry.remove_entry();
            self.clock.reach(at);
            self.perform(job)?;
        }
        Ok(())
    }

    fn perform(&mut self, job: Job) -> Result<(), Error> {
        match job {
            Job::Release(order) => self.release(order),
            Job::Dispatch(order, tries) => self.dispatch(order, tries),
            Job::Collect(order) => self.collect(order),
            Job::Deliver(order, shipment, tries) => self.deliver(order, shipment, tries),
            Job::ReleaseHold(order, hold) => self.release_hold(order, hold),
            Job::Settle(order, payment, transaction) => self.settle(order, payment, transaction),
            Job::Cancel(order) => self.cancel(order),
            Job::GiveBack(order) => self.give_back(order),
            Job::Inspect(order, returned) => self.inspect(order, returned),
            Job::Arrive(transfer) => self.arrive(transfer),
        }
    }

    /// Places the orders of a slice together, as the channels send them.
    fn place(&mut self, channels: &[usize]) -> Result<(), Error> {
        let mut asked: Vec<(usize, Call, OrderIn)> = Vec::with_capacity(channels.len());
        for channel in channels {
            let order = self.order(*channel);
            let mut call = self.clock.call();
            if let Some(external) = &order.external_id {
                call = call.with_key(external.clone(), external.as_bytes());
            }
            asked.push((*channel, call, order));
        }
        let placings: Vec<Placing<'_>> =
            asked.iter().map(|(_, call, order)| Placing { call, order }).collect();
        let placed = place_many(self.app, &placings);
        for ((channel, _, _), placed) in asked.iter().zip(placed) {
            if let Some(order) = self.tried("order.place", placed)? {
                self.placed(*channel, &order)?;
            }
        }
        Ok(())
    }

    /// Counts an outcome. A refusal is business; anything else ends the demonstration.
    pub fn tried<T>(
        &mut self,
        verb: &'static str,
        result: Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => {
                *self.tally.done.entry(verb).or_default() += 1;
                Ok(Some(value))
            }
            Err(Error::Refused(refusal)) => {
                let code = refusal.code().code();
                *self.tally.refused.entry((verb, code)).or_default() += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The order as it is now.
    pub fn load(&self, order: OrderId) -> Result<Order, Error> {
        let missing = || Error::Internal(format!("{order} was placed and is gone"));
        orders::get(self.app, order)?.ok_or_else(missing)
    }

    pub fn fact(&self, order: OrderId) -> Facts {
        self.facts.get(&order).cloned().unwrap_or_default()
    }

    /// A number that somebody outside gives.
    pub fn outside(&mut self) -> u64 {
        self.outside += 1;
        self.outside
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.clock.random.percent(chance)
    }
}
