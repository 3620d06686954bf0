//! What the days came to, in a merchant's words.

mod told;

use std::collections::BTreeMap;
use std::fmt;

use orderly_core::books::period::Period;
use orderly_core::catalog::ChannelKind;
use orderly_core::order::price::slice;
use orderly_core::order::{Line, Order, OrderState};
use orderly_core::qty::Qty;
use serde::Serialize;

use super::story::{Books, Closed};
use super::trade::Trading;
use super::{Plan, story::Named};
use crate::Error;
use crate::ops::read::books::{self, Sums};
use crate::ops::read::catalog;
use crate::verify;
use crate::wire::out::amount;

/// One channel's month.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ChannelRow {
    pub channel: String,
    pub orders: u64,
    /// Goods and charges without tax, less what was canceled, as a decimal.
    pub revenue: String,
    /// In sale units, rounded up on each line.
    pub units: i64,
    pub average: String,
    pub canceled: u64,
    /// Of the units that were shipped, in tenths of a percent.
    pub returned_per_mille: i64,
    /// Of the orders that were shipped, in tenths of a percent.
    pub same_day_per_mille: i64,
}

/// What became of the demonstration.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub merchant: String,
    pub currency: String,
    pub from: String,
    pub until: String,
    pub items: usize,
    pub customers: usize,
    pub accounts: usize,
    pub channels: Vec<ChannelRow>,
    /// The firm's story, a sentence for each chapter.
    pub story: Vec<String>,
    /// The months that are over, with their reports as they were closed.
    pub closed: Vec<Closed>,
    /// The reports of all days.
    pub books: Books,
    pub exceptions_open: usize,
    /// Value of the goods by stock levels, by movements' journals, and whether they agree.
    pub stock_value: String,
    pub inventory_account: String,
    pub debits: String,
    pub credits: String,
    /// How often each operation was done.
    pub done: BTreeMap<&'static str, u64>,
    /// How often each operation was refused, by its code.
    pub refused: BTreeMap<String, u64>,
    /// Whether the books agree with each other and with `verify`.
    pub clean: bool,
    /// How many checks `verify` made.
    pub checks: usize,
    pub violations: Vec<String>,
    #[serde(skip)]
    first_order: Option<String>,
    #[serde(skip)]
    named: Named,
}

#[derive(Default)]
struct Sum {
    orders: u64,
    canceled: u64,
    net: i64,
    units: i64,
    shipped: i64,
    returned: i64,
    shipped_orders: u64,
    same_day: u64,
}

impl Sum {
    fn add(&mut self, order: &Order) {
        self.orders += 1;
        if order.head.state == OrderState::Canceled {
            self.canceled += 1;
            return;
        }
        let own = || order.lines.iter().filter(|line| line.parent.is_none());
        let net = |line: &Line| {
            let gone = line.quantities.canceled.plus(line.quantities.closed_short);
            let gone = gone.unwrap_or(Qty::ZERO);
            line.amounts.net() - slice(line, Qty::ZERO, gone).net()
        };
        self.net += own().map(net).sum::<i64>();
        self.net += order.charges.iter().map(|one| one.amount - one.tax_included).sum::<i64>();
        for line in own() {
            let q = &line.quantities;
            let units = |qty: Qty| {
                let per = line.unit_ratio;
                (qty.get() * per.den + per.num - 1) / per.num
            };
            self.units += units(q.ordered.less(q.canceled));
            self.shipped += units(q.shipped);
            self.returned += units(q.returned);
        }
        if let Some(first) = order.shipments.iter().map(|one| one.shipped_at).min() {
            self.shipped_orders += 1;
            self.same_day += u64::from(first.day_in("UTC") == order.placed_at.day_in("UTC"));
        }
    }

    fn row(&self, channel: &str, money: impl Fn(i64) -> String) -> ChannelRow {
        let per_mille = |part: i64, whole: i64| if whole == 0 { 0 } else { part * 1_000 / whole };
        let sold = i64::try_from(self.orders - self.canceled).unwrap_or(0);
        let whole = i64::try_from(self.shipped_orders).unwrap_or(0);
        ChannelRow {
            channel: channel.into(),
            orders: self.orders,
            revenue: money(self.net),
            units: self.units,
            average: money(if sold == 0 { 0 } else { self.net / sold }),
            canceled: self.canceled,
            returned_per_mille: per_mille(self.returned, self.shipped),
            same_day_per_mille: per_mille(i64::try_from(self.same_day).unwrap_or(0), whole),
        }
    }
}

/// Sums up what the merchant did, and proves it.
pub fn of(trading: &mut Trading<'_>, plan: &Plan) -> Result<Summary, Error> {
    let kinds = [
        (ChannelKind::Store, "Stores"),
        (ChannelKind::Web, "Web store"),
        (ChannelKind::Marketplace, "Marketplace"),
        (ChannelKind::Phone, "Phone and trade desk"),
    ];
    let mut sums: Vec<Sum> = kinds.iter().map(|_| Sum::default()).collect();
    let mut all = Sum::default();
    let mut first_order = None;
    let mut ids: Vec<_> = trading.facts.iter().collect();
    ids.sort_unstable_by_key(|(id, _)| **id);
    for (id, facts) in ids {
        let order = trading.load(*id)?;
        let at = kinds.iter().position(|(kind, _)| Some(*kind) == facts.kind);
        sums[at.unwrap_or(0)].add(&order);
        all.add(&order);
        if order.shipments.len() > 1 {
            first_order = Some(order.number.clone());
        }
    }
    let currency = trading.merchant.channels[0].currency;
    let money = |minor: i64| amount(minor, currency);
    let named = sums.iter().zip(kinds);
    let mut channels: Vec<ChannelRow> =
        named.map(|(sum, (_, name))| sum.row(name, money)).collect();
    channels.push(all.row("All", money));
    let mut clock = trading.clock.clone();
    let call = clock.call();
    let Sums { stock_value, inventory, debits, credits } = books::sums(trading.app, &call)?;
    let (first, last) = (plan.start_of(0).day_in("UTC").plus_days(-1), plan.until.plus_days(-1));
    let books = trading.report(Period::of(first), Period::of(last), last)?;
    let closed = trading.story.closed.clone();
    let balanced = books.balanced && closed.iter().all(|month| month.books.balanced);
    let agree = stock_value == inventory && debits == credits && balanced;
    let report = verify::run(trading.app, &verify::Options::default())?;
    let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
    Ok(Summary {
        merchant: trading.merchant.name.clone(),
        currency: currency.to_string(),
        from: plan.start_of(0).day_in("UTC").to_string(),
        until: plan.until.plus_days(-1).to_string(),
        items: trading.goods.len(),
        customers: trading.merchant.customers.len(),
        accounts: trading.merchant.accounts.len(),
        channels,
        story: trading.story.sentences.clone(),
        closed,
        books,
        exceptions_open: catalog::exceptions(trading.app, &call, 10_000)?.len(),
        stock_value: money(stock_value),
        inventory_account: money(inventory),
        debits: money(debits),
        credits: money(credits),
        done: trading.tally.done.clone(),
        refused: {
            let refused = trading.tally.refused.iter();
            refused.map(|((verb, code), times)| (format!("{verb} {code}"), *times)).collect()
        },
        clean: agree && report.clean,
        checks: report.checks.len(),
        violations,
        first_order,
        named: trading.story.named.clone(),
    })
}

impl Summary {
    /// 0 where the books are clean, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.clean)
    }

    /// How often an operation was done.
    pub fn done(&self, verb: &str) -> u64 {
        self.done.get(verb).copied().unwrap_or(0)
    }

    fn refused_with(&self, code: &str) -> u64 {
        let own = self.refused.iter().filter(|(key, _)| key.ends_with(code));
        own.map(|(_, times)| times).sum()
    }
}

fn grouped(number: impl fmt::Display) -> String {
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let rest = rest.map(|rest| format!(".{rest}")).unwrap_or_default();
    format!("{sign}{out}{rest}")
}

fn percent(per_mille: i64) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} to {}", self.merchant, self.from, self.until)?;
        writeln!(
            f,
            "A warehouse and three branches, {} items, {} customers, {} trade accounts.\n",
            grouped(self.items),
            grouped(self.customers),
            self.accounts
        )?;
        writeln!(
            f,
            "{:<22}{:>8}{:>16}{:>10}{:>10}{:>10}{:>10}{:>14}",
            "Channel",
            "Orders",
            format!("Revenue {}", self.currency),
            "Units",
            "Average",
            "Canceled",
            "Returned",
            "Same day out"
        )?;
        for row in &self.channels {
            writeln!(
                f,
                "{:<22}{:>8}{:>16}{:>10}{:>10}{:>10}{:>10}{:>14}",
                row.channel,
                grouped(row.orders),
                grouped(&row.revenue),
                grouped(row.units),
                grouped(&row.average),
                grouped(row.canceled),
                percent(row.returned_per_mille),
                percent(row.same_day_per_mille)
            )?;
        }
        writeln!(f, "\nRevenue is without tax, after cancellations and before returns.\n")?;
        self.days(f)?;
        self.told(f)?;
        self.months(f)?;
        self.proof(f)?;
        self.next(f)
    }
}

impl Summary {
    fn days(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = |verb: &str| grouped(self.done(verb));
        writeln!(f, "In these days:")?;
        let lines = [
            (done("fulfillment.hand_over"), "handed over at the counter"),
            (done("fulfillment.ship"), "shipments sent"),
            (done("shipment.fail"), "deliveries met nobody at home"),
            (done("fulfillment.reject"), "jobs a location had to turn down, sent from elsewhere"),
            (done("order.hold"), "orders held until somebody had asked"),
            (done("order.cancel"), "cancellations, of an order, a line or a part of one"),
            (grouped(self.refused_with("insufficient_stock")), "orders refused: not in stock"),
            (grouped(self.exceptions_open), "exceptions waiting for a person"),
            (done("stock.receive"), "deliveries from suppliers"),
            (done("transfer.ship"), "transfers to branches"),
            (done("count.post"), "counts of a location's shelves"),
            (done("refund.make"), "refunds"),
        ];
        for (count, what) in lines {
            writeln!(f, "{count:>10}  {what}")?;
        }
        Ok(())
    }

    fn proof(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stock = grouped(&self.stock_value);
        let account = grouped(&self.inventory_account);
        writeln!(
            f,
            "\nStock is worth {stock} {}; the inventory account says {account}.",
            self.currency
        )?;
        let (debits, credits) = (grouped(&self.debits), grouped(&self.credits));
        writeln!(f, "The journals' debits are {debits}, their credits {credits}.")?;
        if self.clean {
            let checks = self.checks;
            writeln!(
                f,
                "verify: {checks} checks; every order, every unit and every penny is accounted for."
            )
        } else {
            writeln!(f, "verify: {} violations.", self.violations.len())?;
            self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
        }
    }
}
