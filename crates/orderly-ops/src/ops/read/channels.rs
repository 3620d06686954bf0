//! Channels compared: what each sold in a span and in the one before, and day by day.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Channel;
use orderly_core::money::Currency;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::channels;
use orderly_store::tables::orders::performance::{self, Counted, Key, Span, Worth};

use crate::ops::settings;
use crate::{App, Call, Error};

/// The longest span, in days.
const LONGEST: i32 = 1_100;

/// Days from the first up to, not including, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Day,
    pub until: Day,
}

impl Days {
    fn length(self) -> i32 {
        self.until.number() - self.from.number()
    }

    /// As many days, just before these.
    fn before(self) -> Self {
        Self { from: self.from.plus_days(-self.length()), until: self.from }
    }
}

/// Which spans are compared.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub days: Days,
    /// As many days just before where `None`.
    pub against: Option<Days>,
}

/// What was sold. Amounts in minor units of the currency, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub counted: Counted,
    pub worth: Worth,
    /// What the goods that were sent and kept cost us.
    pub cost: i64,
}

impl Figures {
    /// What was ordered and not canceled.
    pub const fn revenue(&self) -> i64 {
        self.worth.ordered - self.worth.canceled
    }

    /// Revenue of an order that was not canceled; rounded down.
    pub const fn average(&self) -> Option<i64> {
        let orders = self.counted.orders - self.counted.canceled;
        if orders == 0 { None } else { Some(self.revenue() / orders) }
    }

    fn add(&mut self, other: &Self) {
        self.counted.orders += other.counted.orders;
        self.counted.canceled += other.counted.canceled;
        self.counted.shipped += other.counted.shipped;
        self.counted.waited += other.counted.waited;
        self.worth.ordered += other.worth.ordered;
        self.worth.canceled += other.worth.canceled;
        self.worth.returned += other.worth.returned;
        self.worth.kept += other.worth.kept;
        self.cost += other.cost;
    }
}

/// One channel in one currency.
#[derive(Debug, Clone)]
pub struct Compared {
    pub channel: Channel,
    pub currency: Currency,
    pub now: Figures,
    pub before: Figures,
    /// Each day of the span, also those on which nothing was sold.
    pub days: Vec<(Day, Figures)>,
    /// Whether costs are in the currency, so that there is a margin.
    pub has_margin: bool,
}

/// Channels in two spans.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub days: Days,
    pub against: Days,
    pub channels: Vec<Compared>,
}

/// Compares what the channels sold. Orders count on the day they were placed, in the merchant's
/// zone; where its clock changes within a span, by the offset at the span's beginning.
///
/// # Errors
/// `invalid_field` for a span without days, or of more than three years.
pub fn compare(app: &App, call: &Call, asked: &Asked) -> Result<Comparison, Error> {
    call.require(Permission::Read, Scope::default())?;
    let against = asked.against.unwrap_or(asked.days.before());
    for (days, pointer) in [(asked.days, "/until"), (against, "/against_until")] {
        ensure((1..=LONGEST).contains(&days.length()), || {
            let detail = format!("a span has 1 to {LONGEST} days");
            Refusal::at(Code::InvalidField, pointer, detail)
        })?;
    }
    app.store.read(|tx| {
        let merchant = settings::merchant(tx)?;
        let now = figures(tx, asked.days, &merchant.zone)?;
        let before = figures(tx, against, &merchant.zone)?;
        let all = channels::all(tx)?;
        let seen = call.actor.grants.iter().filter(|one| one.permission == Permission::Read);
        let may = |channel: &Channel| {
            let mut own = seen.clone();
            let named =
                own.any(|one| one.channels.is_empty() || one.channels.contains(&channel.id));
            call.actor.all || named
        };
        let mut channels = Vec::new();
        for channel in all.into_iter().filter(may) {
            let own = now.keys().chain(before.keys()).filter(|key| key.channel == channel.id);
            let mut currencies: Vec<Currency> = own.map(|key| key.currency).collect();
            currencies.push(channel.currency);
            currencies.sort_unstable_by_key(|currency| currency.code());
            currencies.dedup();
            for currency in currencies {
                let has_margin = currency == merchant.currency;
                let days = daily(&now, &channel, currency, asked.days);
                let sum = |days: &[(Day, Figures)]| {
                    let mut sum = Figures::default();
                    days.iter().for_each(|(_, figures)| sum.add(figures));
                    sum
                };
                let earlier = daily(&before, &channel, currency, against);
                let (now, before) = (sum(&days), sum(&earlier));
                let channel = channel.clone();
                channels.push(Compared { channel, currency, now, before, days, has_margin });
            }
        }
        Ok(Comparison { days: asked.days, against, channels })
    })
}

fn daily(
    all: &HashMap<Key, Figures>,
    channel: &Channel,
    currency: Currency,
    days: Days,
) -> Vec<(Day, Figures)> {
    (days.from.number()..days.until.number())
        .map(|number| {
            let key = Key { channel: channel.id, currency, day: i64::from(number) };
            let figures = all.get(&key).copied().unwrap_or_default();
            (Day::from_number(number), figures)
        })
        .collect()
}

fn figures(tx: &mut Tx<'_>, days: Days, zone: &str) -> Result<HashMap<Key, Figures>, Error> {
    let (from, until) = (days.from.start_in(zone), days.until.start_in(zone));
    let shift = i64::from(days.from.number()) * 86_400_000_000 - from.micros();
    let span = Span { from, until, shift };
    let mut all: HashMap<Key, Figures> = HashMap::new();
    for (key, counted) in performance::counted(tx, span)? {
        all.entry(key).or_default().counted = counted;
    }
    for (key, worth) in performance::worth(tx, span)? {
        all.entry(key).or_default().worth = worth;
    }
    for (key, cost) in performance::cost(tx, span)? {
        all.entry(key).or_default().cost = cost;
    }
    // An hour that the clock was set forward belongs to the last day.
    let last = i64::from(days.until.number()) - 1;
    let late: Vec<Key> = all.keys().filter(|key| key.day > last).copied().collect();
    for key in late {
        if let Some(figures) = all.remove(&key) {
            all.entry(Key { day: last, ..key }).or_default().add(&figures);
        }
    }
    Ok(all)
}
