//! Sales in another currency than the books': what the rates of exchange made of them.

use orderly::Error;
use orderly::ops::books::rates::{RateIn, set_rates};
use orderly::ops::books::reports::{self, Ask};
use orderly::ops::books::{periods, ready, revalue};
use orderly::ops::catalog::create_channel;
use orderly::ops::invoices::{self, Part, issue};
use orderly::ops::orders::place::place;
use orderly::ops::payments::allocate::{AllocateIn, allocate, deallocate, write_off};
use orderly::ops::payments::{self, PaymentIn, StepIn};
use orderly::ops::settings;
use orderly_core::books::Account;
use orderly_core::books::period::Period;
use orderly_core::id::PaymentId;
use orderly_core::invoice::Invoice;
use orderly_core::order::Order;
use orderly_core::payment::Payment;
use orderly_core::refusal::Code;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::invoices::sent;
use crate::sold::code;

const MARCH_2: &str = "2026-03-02T12:00:00Z";
const MARCH_10: &str = "2026-03-10T12:00:00Z";
const MARCH_12: &str = "2026-03-12T12:00:00Z";
const APRIL_2: &str = "2026-04-02T12:00:00Z";

pub(crate) fn dollar(shop: &Shop, on: &str, rate: &str) {
    let one =
        RateIn { currency: "USD".into(), into: "GBP".into(), on: on.into(), rate: rate.into() };
    set_rates(&shop.app, &shop.call(), &[one]).unwrap();
}

/// A channel in dollars, paint to sell, and what a dollar is worth on three days.
pub(crate) fn abroad(shop: &Shop) {
    let channel = json!({
        "code": "abroad", "name": "abroad", "kind": "web", "when_short": "refuse",
        "currency": "USD",
    });
    create_channel(&shop.app, &shop.call(), &read(channel)).unwrap();
    shop.worth("PAINT", "depot", 100, 10_000);
    dollar(shop, "2026-03-02", "0.75");
    dollar(shop, "2026-03-10", "0.79");
    dollar(shop, "2026-03-12", "0.80");
}

/// An order of paint for 10.00 USD each.
pub(crate) fn ordered(shop: &Shop, quantity: &str) -> Order {
    let new = read(json!({
        "channel": "abroad", "customer": { "email": "bo@example.com", "name": "Bo Hill" },
        "lines": [{ "sku": "PAINT", "quantity": quantity, "unit_price": "10.00" }],
    }));
    place(&shop.app, &shop.call_at(MARCH_2), &new).unwrap()
}

/// The invoice of an order, issued at a time.
pub(crate) fn invoiced(shop: &Shop, order: &Order, at: &str) -> Invoice {
    sent(shop, order);
    issue(&shop.app, &shop.call_at(at), order.id).unwrap()
}

/// Dollars that pay nothing yet.
pub(crate) fn received(shop: &Shop, order: &Order, amount: &str, at: &str) -> Payment {
    let new = PaymentIn {
        customer: order.head.customer,
        channel: Some(order.channel),
        method: "transfer".into(),
        amount: Some(amount.into()),
        ..PaymentIn::default()
    };
    payments::take(&shop.app, &shop.call_at(at), &new).unwrap()
}

pub(crate) fn pays(
    shop: &Shop,
    paid: PaymentId,
    invoice: &Invoice,
    (amount, at): (&str, &str),
) -> Result<Payment, Error> {
    let new = AllocateIn { invoices: vec![(invoice.id, Some(amount.into()))], oldest: false };
    allocate(&shop.app, &shop.call_at(at), paid, &new)
}

/// Receivables, unapplied receipts, deposits and exchange differences, debits positive.
fn standing(shop: &Shop) -> [i64; 4] {
    [
        Account::Receivables,
        Account::UnappliedReceipts,
        Account::CustomerDeposits,
        Account::FxDifferences,
    ]
    .map(|account| shop.booked(account))
}

#[test]
fn what_pays_an_invoice_at_another_rate_posts_the_difference_and_taken_back_none() {
    for shop in Shop::each() {
        abroad(&shop);
        let order = ordered(&shop, "10");
        let invoice = invoiced(&shop, &order, MARCH_2);
        assert_eq!(standing(&shop), [7_500, 0, 0, 0]);
        let paid = received(&shop, &order, "60.00", MARCH_10);
        assert_eq!(standing(&shop), [7_500, -4_740, 0, 0]);
        pays(&shop, paid.id, &invoice, ("60", MARCH_12)).unwrap();
        assert_eq!(standing(&shop), [3_000, 0, 0, -240]);
        let call = shop.call_at(APRIL_2);
        let unknown = deallocate(&shop.app, &call, paid.id, invoice.id, Some("20"));
        assert_eq!(code(unknown), Code::RateMissing, "never one for one");
        let part = |amount| {
            deallocate(&shop.app, &shop.call_at(MARCH_12), paid.id, invoice.id, Some(amount))
        };
        part("20").unwrap();
        assert_eq!(standing(&shop), [4_500, -1_580, 0, -160]);
        part("40").unwrap();
        assert_eq!(standing(&shop), [7_500, -4_740, 0, 0], "as it was");
        pays(&shop, paid.id, &invoice, ("0.07", MARCH_12)).unwrap();
        pays(&shop, paid.id, &invoice, ("59.93", MARCH_12)).unwrap();
        assert_eq!(standing(&shop), [3_000, 0, 0, -240]);
        let rest = received(&shop, &order, "45.00", MARCH_12);
        pays(&shop, rest.id, &invoice, ("40", MARCH_12)).unwrap();
        assert_eq!(standing(&shop), [0, -400, 0, -440], "5 USD are left at 0.80");
        let back = StepIn { amount: Some("5".into()), ..StepIn::default() };
        payments::give_back(&shop.app, &shop.call_at(MARCH_10), rest.id, &back).unwrap();
        assert_eq!(standing(&shop), [0, 0, 0, -440 - 5]);
        assert_eq!(shop.booked(Account::Clearing), 4_740 + 3_600 - 395);
        shop.is_clean();
    }
}

#[test]
fn a_deposit_keeps_its_rate_until_it_settles_an_invoice() {
    for shop in Shop::each() {
        abroad(&shop);
        let order = ordered(&shop, "10");
        let paid = received(&shop, &order, "100.00", MARCH_2);
        let step = StepIn { order: Some(order.id), ..StepIn::default() };
        payments::apply(&shop.app, &shop.call_at(MARCH_10), paid.id, &step).unwrap();
        assert_eq!(standing(&shop), [0, 0, -7_500, 0], "the place changes, not the value");
        payments::withdraw(&shop.app, &shop.call_at(MARCH_12), paid.id, &step).unwrap();
        assert_eq!(standing(&shop), [0, -7_500, 0, 0]);
        payments::apply(&shop.app, &shop.call_at(MARCH_12), paid.id, &step).unwrap();
        let invoice = invoiced(&shop, &order, MARCH_12);
        assert_eq!(standing(&shop), [0, 0, 0, 500], "8,000 of revenue, 7,500 came for it");
        assert_eq!(shop.booked(Account::Revenue), -8_000);
        // A credit note of all of it turns the money into a deposit at the rate of its day.
        let call = shop.call_at(MARCH_10);
        invoices::credit(&shop.app, &call, invoice.id, &[]).unwrap();
        shop.is_clean();
        let carried: i64 = standing(&shop).iter().sum();
        assert_eq!(carried, -shop.booked(Account::Clearing) - shop.booked(Account::Revenue));
    }
}

#[test]
fn a_credit_note_and_a_loss_settle_an_invoice_at_what_it_is_carried_at() {
    for shop in Shop::each() {
        abroad(&shop);
        let order = ordered(&shop, "10");
        let invoice = invoiced(&shop, &order, MARCH_2);
        let part = [(invoice.lines[0].id, Part::Amount(3_000))];
        invoices::credit(&shop.app, &shop.call_at(MARCH_12), invoice.id, &part).unwrap();
        // 30 USD at 0.80 are credited, which were booked at 0.75.
        assert_eq!(standing(&shop), [5_250, 0, 0, -150]);
        settings::set(&shop.app, &shop.call(), "write_off.limit", "100").unwrap();
        let call = shop.call_at(MARCH_12);
        write_off(&shop.app, &call, invoice.id, Some("10")).unwrap();
        assert_eq!(standing(&shop), [4_500, 0, 0, -150]);
        assert_eq!(shop.booked(Account::BadDebt), 750);
        shop.is_clean();
    }
}

#[test]
fn the_end_of_a_period_brings_open_amounts_to_the_rate_of_its_last_day_for_a_day() {
    for shop in Shop::each() {
        abroad(&shop);
        let order = ordered(&shop, "10");
        invoiced(&shop, &order, MARCH_2);
        received(&shop, &order, "50.00", MARCH_10);
        let app = &shop.app;
        let march = Period::parse("2026-03").unwrap();
        let run = |at: &str| revalue::revalue(app, &shop.call_at(at), None, march);
        let warned = || {
            let all = ready::preview(app, &shop.call(), None, march).unwrap();
            all.iter()
                .map(|one| one.code)
                .find(|one| ["not_revalued", "rate_missing"].contains(one))
        };
        assert_eq!(code(run(MARCH_12)), Code::PeriodNotOver);
        let rows = shop.rows();
        assert_eq!(code(run(APRIL_2)), Code::RateMissing);
        assert_eq!(shop.rows(), rows, "nothing is taken as one for one");
        assert_eq!(warned(), Some("rate_missing"));
        dollar(&shop, "2026-03-31", "0.82");
        assert_eq!(warned(), Some("not_revalued"));
        let stranger = revalue::revalue(app, &shop.stranger(), None, march);
        assert_eq!(stranger.unwrap_err().code(), "forbidden");
        let open = revalue::preview(app, &shop.call(), None, march).unwrap();
        let found: Vec<_> =
            open.iter().map(|one| (one.account, &one.open[..], &one.difference[..])).collect();
        let expected = [
            ("clearing", "50.00", "1.50"),
            ("receivables", "100.00", "7.00"),
            ("unapplied_receipts", "-50.00", "-1.50"),
        ];
        assert_eq!(found, expected);
        let call = shop.call_at(APRIL_2).with_key("revalue", b"1");
        let done = revalue::revalue(app, &call, None, march).unwrap();
        assert_eq!(done.result, "7.00");
        assert_eq!(revalue::revalue(app, &call, None, march).unwrap(), done, "the same answer");
        assert_eq!(warned(), None);
        assert_eq!(code(run(APRIL_2)), Code::NothingToDo);
        dollar(&shop, "2026-03-31", "0.81");
        assert_eq!(run(APRIL_2).unwrap().result, "-1.00", "what changed since");
        let trial = |month: &str| {
            let month = Period::parse(month).unwrap();
            reports::trial_balance(app, &shop.call(), &Ask::of(month, month)).unwrap()
        };
        let closing = |month: &str, account: &str| {
            trial(month).rows.iter().find(|row| row.account == account).unwrap().minor[3]
        };
        assert_eq!(closing("2026-03", "receivables"), 8_100);
        assert_eq!(closing("2026-03", "clearing"), 4_050);
        assert_eq!(closing("2026-03", "fx_differences"), -600);
        assert_eq!(closing("2026-04", "receivables"), 7_500, "the day of payment decides");
        assert_eq!(closing("2026-04", "clearing"), 4_050, "money stays at its new value");
        assert_eq!(trial("2026-03").sums_minor[3], 0);
        periods::close(app, &shop.call_at(APRIL_2), None, None).unwrap();
        assert_eq!(code(run(APRIL_2)), Code::PeriodClosed);
        shop.is_clean();
    }
}

/// A trade in dollars whose rate changes as it likes.
struct Trade<'a> {
    shop: &'a Shop,
    random: u64,
    orders: Vec<Order>,
    invoices: Vec<Invoice>,
    paid: Vec<PaymentId>,
}

impl Trade<'_> {
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 33) % below
    }

    fn one<T: Clone>(&mut self, of: impl Fn(&Self) -> &Vec<T>) -> Option<T> {
        let below = u64::try_from(of(self).len()).unwrap();
        let index = self.draw(below.max(1));
        of(self).get(usize::try_from(index).unwrap()).cloned()
    }

    fn amount(&mut self) -> String {
        format!("{}.{:02}", self.draw(25), 1 + self.draw(99))
    }

    /// What is refused is as good as what is done.
    fn tried<T>(outcome: Result<T, Error>) {
        if let Err(error) = outcome {
            assert!(matches!(error, Error::Refused(_)), "{error:?}");
        }
    }

    fn step(&mut self) {
        let (app, at) = (&self.shop.app, MARCH_2);
        match self.draw(9) {
            0 => {
                let rate = format!("0.{}", 60 + self.draw(39));
                dollar(self.shop, "2026-03-02", &rate);
            }
            1 => {
                let quantity = (1 + self.draw(3)).to_string();
                self.orders.push(ordered(self.shop, &quantity));
            }
            2 => {
                let Some(order) = self.orders.pop() else { return };
                self.invoices.push(invoiced(self.shop, &order, at));
            }
            3 => {
                let (Some(order), amount) = (self.one(|all| &all.orders), self.amount()) else {
                    return;
                };
                self.paid.push(received(self.shop, &order, &amount, at).id);
            }
            4 | 5 => {
                let pair = self.one(|all| &all.paid).zip(self.one(|all| &all.invoices));
                let (Some((paid, invoice)), amount) = (pair, self.amount()) else { return };
                Self::tried(pays(self.shop, paid, &invoice, (&amount, at)));
            }
            6 => {
                let pair = self.one(|all| &all.paid).zip(self.one(|all| &all.invoices));
                let Some((paid, invoice)) = pair else { return };
                let amount = (self.draw(2) == 0).then(|| self.amount());
                let call = self.shop.call_at(at);
                Self::tried(deallocate(app, &call, paid, invoice.id, amount.as_deref()));
            }
            7 => {
                let pair = self.one(|all| &all.paid).zip(self.one(|all| &all.orders));
                let Some((paid, order)) = pair else { return };
                let amount = (self.draw(2) == 0).then(|| self.amount());
                let step = StepIn { order: Some(order.id), amount, ..StepIn::default() };
                let call = self.shop.call_at(at);
                match self.draw(2) {
                    0 => Self::tried(payments::apply(app, &call, paid, &step)),
                    _ => Self::tried(payments::withdraw(app, &call, paid, &step)),
                }
            }
            _ => {
                let Some(invoice) = self.one(|all| &all.invoices) else { return };
                let now = invoices::get(app, invoice.id).unwrap().unwrap();
                let part = i64::try_from(1 + self.draw(300)).unwrap().min(now.open());
                let parts = [(now.lines[0].id, Part::Amount(part))];
                Self::tried(invoices::credit(app, &self.shop.call_at(at), now.id, &parts));
            }
        }
    }

    fn withdraw_what_is_too_much(&self, order: &Order) {
        let mut unused = order.head.paid.unused();
        for paid in &self.paid {
            let own = payments::get(&self.shop.app, *paid).unwrap().unwrap();
            let part = own.refundable_for(Some(order.id)).min(unused);
            if part > 0 {
                let amount = Some(format!("{}.{:02}", part / 100, part % 100));
                let step = StepIn { order: Some(order.id), amount, ..StepIn::default() };
                let call = self.shop.call_at(MARCH_2);
                payments::withdraw(&self.shop.app, &call, *paid, &step).unwrap();
                unused -= part;
            }
        }
        assert_eq!(unused, 0, "what an order does not need was somebody's payment");
    }

    /// Whatever is open is paid, and what pays nothing goes back.
    fn settle(&mut self) {
        let (shop, app, at) = (self.shop, &self.shop.app, MARCH_2);
        for order in std::mem::take(&mut self.orders) {
            self.invoices.push(invoiced(shop, &order, at));
        }
        let Some(buyer) = self.invoices.first().and_then(|one| one.order) else { return };
        let buyer = shop.order(buyer);
        for invoice in &self.invoices {
            let open = invoices::get(app, invoice.id).unwrap().unwrap().open();
            if open > 0 {
                let amount = format!("{}.{:02}", open / 100, open % 100);
                let paid = received(shop, &buyer, &amount, at).id;
                pays(shop, paid, invoice, (&amount, at)).unwrap();
            }
        }
        let orders: Vec<_> = self.invoices.iter().filter_map(|one| one.order).collect();
        for order in orders {
            self.withdraw_what_is_too_much(&shop.order(order));
        }
        for paid in &self.paid {
            if payments::get(app, *paid).unwrap().unwrap().unapplied() > 0 {
                payments::give_back(app, &shop.call_at(at), *paid, &StepIn::default()).unwrap();
            }
        }
    }
}

#[test]
fn whatever_pays_whatever_at_whatever_rate_nothing_is_left_of_it_in_the_books() {
    for (shop, random) in Shop::each().into_iter().zip([41, 42]) {
        abroad(&shop);
        shop.worth("PAINT", "depot", 1_000, 100_000);
        let (orders, invoices, paid) = (Vec::new(), Vec::new(), Vec::new());
        let mut trade = Trade { shop: &shop, random, orders, invoices, paid };
        for step in 1..=160 {
            trade.step();
            if step % 40 == 0 {
                shop.is_clean();
            }
        }
        assert!(trade.invoices.len() > 5 && trade.paid.len() > 5, "it was little");
        trade.settle();
        assert_eq!(standing(&shop)[..3], [0, 0, 0], "nothing is carried of what is settled");
        assert_ne!(standing(&shop)[3], 0);
        shop.is_clean();
    }
}
