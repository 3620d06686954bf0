//! The shop that random commands run in, and what is known of it.

use std::collections::BTreeMap;
use std::fmt;

use orderly::ops::orders::get;
use orderly::ops::{payments, returns};
use orderly::{Call, Error};
use orderly_core::id::*;
use orderly_core::order::Order;

use super::balance::Balance;
use crate::fixture::Shop;
use crate::proof;

/// Numbers that a seed determines (SplitMix64).
pub struct Rng(u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
    pub fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let index = usize::try_from(self.below(all.len() as u64)).unwrap();
        all.get(index).cloned()
    }
    pub fn pick<T: Copy, const N: usize>(&mut self, all: [T; N]) -> T {
        self.of(&all).unwrap()
    }
    pub fn qty(&mut self, most: i64) -> i64 {
        let most = u64::try_from(most.max(1)).unwrap();
        i64::try_from(self.below(most)).unwrap() + 1
    }
    /// One of the latest `last` of a list.
    pub fn late<T: Clone>(&mut self, all: &[T], last: usize) -> Option<T> {
        self.of(&all[all.len().saturating_sub(last)..])
    }
}

pub struct World {
    pub shop: Shop,
    pub rng: Rng,
    seed: u64,
    number: u64,
    command: &'static str,
    tally: BTreeMap<&'static str, (u64, u64)>,
    pub orders: Vec<OrderId>,
    pub payments: Vec<PaymentId>,
    pub returns: Vec<ReturnId>,
    pub refunds: Vec<RefundId>,
    pub waiting: Vec<RefundId>,
    pub exchanges: Vec<ExchangeId>,
    pub receipts: Vec<ReceiptId>,
    pub adjustments: Vec<AdjustmentId>,
    pub transfers: Vec<TransferId>,
    pub purchases: Vec<PurchaseOrderId>,
    pub work: Vec<WorkOrderId>,
    pub transfers_in: Vec<PaymentId>,
    pub bills: Vec<String>,
    pub paid_out: Vec<SupplierPaymentId>,
    touched: Vec<OrderId>,
    touched_payments: Vec<PaymentId>,
    touched_returns: Vec<ReturnId>,
}

/// Says where it happened, to repeat it.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, number, command, .. } = self;
        write!(f, "seed {seed}, command {number} (`{command}`)")
    }
}

impl World {
    pub fn new(shop: Shop, seed: u64) -> Self {
        super::exchange::policies(&shop);
        super::trade::parties(&shop);
        crate::tills::with_drawer(&shop, "K1");
        for (sku, qty) in [("NAIL", 400), ("BOLT", 300), ("PAINT", 20), ("BRICK", 2_000)] {
            for location in ["depot", "leeds", "york"] {
                shop.stock(sku, location, qty, None);
            }
        }
        shop.stock("ROPE", "depot", 50_000, None);
        shop.stock("TILE", "leeds", 1_440_000, None);
        shop.stock("BOARD", "depot", 60_000, Some(5_000));
        Self {
            shop,
            rng: Rng(seed),
            seed,
            number: 0,
            command: "",
            tally: BTreeMap::new(),
            orders: Vec::new(),
            payments: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            waiting: Vec::new(),
            exchanges: Vec::new(),
            receipts: Vec::new(),
            adjustments: Vec::new(),
            transfers: Vec::new(),
            purchases: Vec::new(),
            work: Vec::new(),
            transfers_in: Vec::new(),
            bills: Vec::new(),
            paid_out: Vec::new(),
            touched: Vec::new(),
            touched_payments: Vec::new(),
            touched_returns: Vec::new(),
        }
    }

    pub fn begin(&mut self, number: u64, command: &'static str) {
        self.number = number;
        self.command = command;
        self.touched.clear();
        self.touched_payments.clear();
        self.touched_returns.clear();
    }

    /// A call of the owner, now and then of somebody without any right.
    pub fn call(&mut self) -> Call {
        if self.rng.once_in(50) { self.shop.stranger() } else { self.shop.call() }
    }

    pub fn touch(&mut self, order: OrderId) {
        self.touched.push(order);
    }
    pub fn touch_payment(&mut self, id: PaymentId) {
        self.touched_payments.push(id);
    }
    pub fn touch_return(&mut self, id: ReturnId) {
        self.touched_returns.push(id);
    }

    /// One of the orders at work, now and then any order.
    pub fn order(&mut self) -> Option<Order> {
        let last = if self.rng.once_in(10) { usize::MAX } else { 40 };
        let id = self.rng.late(&self.orders, last)?;
        self.touch(id);
        Some(self.stored(id))
    }

    pub fn stored(&self, id: OrderId) -> Order {
        get(&self.shop.app, id).unwrap().unwrap()
    }

    pub fn balance(&self, order: Option<&Order>, loosely: bool) -> Balance {
        Balance::of(&self.shop.app, order, loosely)
    }

    /// Counts the outcome; anything but an answer or a refusal ends the run.
    pub fn judge(&mut self, outcome: Result<(), Error>) {
        let tally = self.tally.entry(self.command).or_default();
        match outcome {
            Ok(()) => tally.0 += 1,
            Err(Error::Refused(_) | Error::NotFound { .. } | Error::Forbidden { .. }) => {
                tally.1 += 1;
            }
            Err(error) => panic!("{self}: {error:?}"),
        }
    }

    /// A refusal of what is tried beside the command is as good as success.
    pub fn leave<T>(&self, outcome: Result<T, Error>) {
        match outcome {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => panic!("{self}: {error:?}"),
        }
    }

    pub fn happened(&self, command: &str) -> bool {
        self.tally.get(command).is_some_and(|(done, _)| *done > 0)
    }

    pub fn tally(&self) -> String {
        let one =
            |(name, (done, refused)): (&&str, &(u64, u64))| format!("{name} {done}/{refused}");
        self.tally.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Everything that the command touched holds.
    pub fn check(&self) {
        let app = &self.shop.app;
        let here = self.to_string();
        for id in &self.touched {
            proof::order_holds(app, *id, &here);
            let order = self.stored(*id);
            let items = order.lines.iter().filter_map(|line| line.item);
            for item in items {
                proof::item_holds(app, item, &here);
            }
        }
        for id in &self.touched_payments {
            let stored = payments::get(app, *id).unwrap();
            let fold = app.store.read(|tx| payments::folded(tx, *id, i64::MAX)).unwrap();
            assert_eq!(fold, stored, "{here}: a payment folds otherwise");
        }
        for id in &self.touched_returns {
            let stored = returns::get(app, *id).unwrap();
            let fold = app.store.read(|tx| returns::folded(tx, *id, i64::MAX)).unwrap();
            assert_eq!(fold, stored, "{here}: a return folds otherwise");
        }
    }

    /// Everything holds.
    pub fn check_all(&self) {
        let app = &self.shop.app;
        proof::levels_are_claims(app);
        proof::levels_are_holdings(app);
        let report = orderly::verify::run(app, &orderly::verify::Options::default()).unwrap();
        assert!(report.clean, "{self}\n{report}");
    }
}
