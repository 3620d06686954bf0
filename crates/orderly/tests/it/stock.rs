//! Stock: receiving, adjusting, transferring, counting; what waits is served, facts are taken.

mod counts;
mod facts;
mod property;
mod races;
pub mod transfers;

use orderly::ops::stock::{adjust, count, receive, transfer};
use orderly::ops::tasks;
use orderly::{App, Call, Error};
use orderly_core::books::Account;
use orderly_core::id::ReceiptId;
use orderly_core::refusal::Code;
use orderly_core::stock::{Receipt, TransferState};
use orderly_core::units::CauseKind;
use orderly_store::tables::{books, units};
use orderly_store::{StoreError, Tx};
use serde_json::{Value, json};

use crate::fixture::{Shop, read};

pub fn receipt(app: &App, call: &Call, location: &str, lines: Value) -> Result<Receipt, Error> {
    receive::receive(app, call, &read(json!({ "location": location, "lines": lines })))
}

impl Shop {
    /// Receives goods at a cost of one unit.
    pub fn buy(&self, location: &str, sku: &str, quantity: &str, cost: &str) -> Receipt {
        let line = json!([{ "sku": sku, "quantity": quantity, "cost": cost }]);
        receipt(&self.app, &self.call(), location, line).unwrap()
    }

    pub fn adjust(&self, location: &str, sku: &str, quantity: &str) -> Result<(), Error> {
        let new = json!({
            "location": location, "sku": sku, "quantity": quantity, "reason": "broken",
        });
        adjust::adjust(&self.app, &self.call(), &read(new)).map(|_| ())
    }

    pub fn balance(&self, account: Account) -> i64 {
        self.app.store.read(|tx| books::balance_of(tx, account, None)).unwrap()
    }

    /// Runs the tasks that are due.
    pub fn work(&self) -> tasks::Ran {
        let call = self.call();
        tasks::run_due(&self.app, call.now, call.seed).unwrap()
    }

    /// How many rows the tables hold that a refused command must not touch.
    pub fn rows(&self) -> Vec<i64> {
        let tables = [
            "movement",
            "journal",
            "posting",
            "event",
            "receipt",
            "receipt_line",
            "adjustment",
            "transfer",
            "count_line",
            "exception",
            "task",
            "claim",
            "lot",
        ];
        let count = |tx: &mut Tx<'_>, table: &str| {
            let sql = ["SELECT COUNT(*) AS n FROM", table].join(" ");
            Ok::<i64, StoreError>(tx.query_one(&sql, &[], |row| row.get("n"))?.unwrap())
        };
        let all = |tx: &mut Tx<'_>| tables.iter().map(|table| count(tx, table)).collect();
        self.app.store.read(all).unwrap()
    }
}

pub fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().refused().expect("a refusal")
}

#[test]
fn received_goods_are_held_valued_and_booked() {
    for shop in Shop::each() {
        let lines = json!([
            { "sku": "NAIL", "quantity": "2", "unit": "thousand", "cost": "31.50" },
            { "sku": "ROPE", "quantity": "12.5", "cost": "0.333" },
        ]);
        let receipt = receipt(&shop.app, &shop.call(), "depot", lines).unwrap();
        assert_eq!(receipt.number, "R1001");
        let values: Vec<i64> = receipt.lines.iter().map(|line| line.value).collect();
        assert_eq!(values, [6_300, 416]);
        let nails = shop.level("NAIL", "depot");
        assert_eq!((nails.on_hand.get(), nails.held.get(), nails.value), (2_000, 2_000, 6_300));
        assert_eq!(shop.sums("ROPE", "depot").0, 12_500);
        assert_eq!(shop.balance(Account::Inventory), 6_716);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), -6_716);
        let found = receive::get(&shop.app, &shop.call(), receipt.id).unwrap();
        assert_eq!(found, receipt);
    }
}

#[test]
fn lots_serials_and_lengths_are_asked_for() {
    for shop in Shop::each() {
        let try_line = |line: Value| receipt(&shop.app, &shop.call(), "depot", json!([line]));
        let before = shop.rows();
        assert_eq!(code(try_line(json!({ "sku": "DRILL", "quantity": "2" }))), Code::LotRequired);
        let board = json!({ "sku": "BOARD", "quantity": "2" });
        assert_eq!(code(try_line(board)), Code::CutLengthRequired);
        let kit = json!({ "sku": "KIT-A", "quantity": "2" });
        assert_eq!(code(try_line(kit)), Code::UnknownItem);
        let lot = json!({ "sku": "NAIL", "quantity": "2", "lot": "A" });
        assert_eq!(code(try_line(lot)), Code::InvalidField);
        let bin = json!({ "sku": "NAIL", "quantity": "2", "bin": "nowhere" });
        assert_eq!(code(try_line(bin)), Code::UnknownBin);
        let none = json!({ "sku": "NAIL", "quantity": "0" });
        assert_eq!(code(try_line(none)), Code::QuantityZero);
        assert_eq!(shop.rows(), before, "a refused receipt leaves nothing");

        let boards = json!({ "sku": "BOARD", "quantity": "20", "length": "2.4 m", "cost": "5" });
        try_line(boards).unwrap();
        assert_eq!(shop.sums("BOARD", "depot").0, 48_000);
        assert_eq!(shop.balance(Account::Inventory), 10_000, "a piece costs five pounds");
    }
}

#[test]
fn a_serial_number_is_in_one_place_at_most() {
    for shop in Shop::each() {
        let drills = |location: &str, serials: &[&str]| {
            let line = json!([{
                "sku": "DRILL", "quantity": serials.len().to_string(), "serials": serials,
                "cost": "50.01",
            }]);
            receipt(&shop.app, &shop.call(), location, line)
        };
        let first = drills("depot", &["S1", "S2"]).unwrap();
        assert_eq!(first.lines.len(), 2);
        let before = shop.rows();
        assert_eq!(code(drills("york", &["S3", "S2"])), Code::SerialTaken);
        assert_eq!(code(drills("york", &["S4", "S4"])), Code::SerialTaken);
        assert_eq!(shop.rows(), before);
        receive::reverse(&shop.app, &shop.call(), first.id).unwrap();
        drills("york", &["S2"]).unwrap();
        assert_eq!(shop.sums("DRILL", "york").0, 1);
        assert_eq!(shop.balance(Account::Inventory), 5_001);
    }
}

#[test]
fn a_receipt_is_taken_back_exactly_or_not_at_all() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "3", "1.00");
        let second = shop.buy("depot", "NAIL", "7", "2.00");
        receive::reverse(&shop.app, &shop.call(), second.id).unwrap();
        let level = shop.level("NAIL", "depot");
        assert_eq!((level.on_hand.get(), level.value), (3, 300));
        assert_eq!(shop.balance(Account::Inventory), 300);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), -300);
        let again = receive::reverse(&shop.app, &shop.call(), second.id);
        assert_eq!(code(again), Code::NotReversible);

        let third = shop.buy("depot", "NAIL", "2", "1.00");
        shop.adjust("depot", "NAIL", "-4").unwrap();
        let before = shop.rows();
        let gone = receive::reverse(&shop.app, &shop.call(), third.id);
        assert_eq!(code(gone), Code::NotReversible);
        let unknown = receive::reverse(&shop.app, &shop.call(), ReceiptId::from_bytes([1; 16]));
        assert_eq!(unknown.unwrap_err().code(), "not_found");
        assert_eq!(shop.rows(), before);
    }
}

#[test]
fn the_moving_average_is_exact() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "3", "1.00");
        shop.buy("depot", "NAIL", "4", "1.01");
        assert_eq!(shop.level("NAIL", "depot").value, 704);
        // 704 / 7 = 100.57…: one takes 101, then 603 / 6 = 100.5 takes 100 (half to even).
        shop.adjust("depot", "NAIL", "-1").unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 603);
        shop.adjust("depot", "NAIL", "-1").unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 503);
        shop.adjust("depot", "NAIL", "1").unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 604, "503 / 5 = 100.6");
        shop.adjust("depot", "NAIL", "-6").unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 0, "the last ones take the rest");
        assert_eq!(shop.balance(Account::Inventory), 0);
        shop.adjust("depot", "NAIL", "2").unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 201, "604 / 6 × 2 = 201.33, what they were");
    }
}

#[test]
fn an_adjustment_says_why_and_can_be_taken_back() {
    for shop in Shop::each() {
        shop.buy("depot", "PAINT", "5", "10.00");
        let adjust = |quantity: &str, to: Option<&str>, reason: &str| {
            let new = json!({
                "location": "depot", "sku": "PAINT", "quantity": quantity, "to": to,
                "reason": reason,
            });
            adjust::adjust(&shop.app, &shop.call(), &read(new))
        };
        assert_eq!(code(adjust("-1", None, " ")), Code::ReasonRequired);
        assert_eq!(code(adjust("-6", None, "lost")), Code::NotHeld);
        assert_eq!(code(adjust("1", Some("scrap"), "found")), Code::InvalidField);
        assert_eq!(code(adjust("0", None, "nothing")), Code::QuantityZero);
        let broken = adjust("-2", Some("scrap"), "dropped").unwrap();
        assert_eq!(shop.balance(Account::WriteOffs), 2_000);
        adjust("-1", Some("own_use"), "painted the shop").unwrap();
        assert_eq!(shop.balance(Account::OwnUse), 1_000);
        let back = adjust::reverse(&shop.app, &shop.call(), broken.id).unwrap();
        assert_eq!((back.delta.0, back.reverses), (2, Some(broken.id)));
        assert_eq!(
            (shop.balance(Account::WriteOffs), shop.balance(Account::Inventory)),
            (0, 4_000)
        );
        let again = adjust::reverse(&shop.app, &shop.call(), broken.id);
        assert_eq!(code(again), Code::NotReversible);
        let back_again = adjust::reverse(&shop.app, &shop.call(), back.id);
        assert_eq!(code(back_again), Code::NotReversible);
    }
}

#[test]
fn a_repeated_command_answers_the_same_and_a_stranger_changes_nothing() {
    for shop in Shop::each() {
        let line = json!([{ "sku": "NAIL", "quantity": "5", "cost": "1" }]);
        let call = shop.call().with_key("k1", b"five nails");
        let first = receipt(&shop.app, &call, "depot", line.clone()).unwrap();
        assert_eq!(receipt(&shop.app, &call, "depot", line.clone()).unwrap(), first);
        assert_eq!(shop.level("NAIL", "depot").on_hand.get(), 5);
        let before = shop.rows();
        let refused = receipt(&shop.app, &shop.stranger(), "depot", line);
        assert_eq!(refused.unwrap_err().code(), "forbidden");
        assert_eq!(shop.rows(), before);
    }
}

#[test]
fn a_transfer_carries_goods_and_value() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        shop.buy("york", "NAIL", "1", "3.00");
        let new = json!({
            "from": "depot", "to": "york", "lines": [{ "sku": "NAIL", "quantity": "7" }],
        });
        let sent = transfer::ship(&shop.app, &shop.call(), &read(new)).unwrap();
        assert_eq!(shop.sums("NAIL", "depot").0, 3);
        assert_eq!(shop.balance(Account::InventoryInTransit), 700);
        let arrive =
            |arrival: Value| transfer::receive(&shop.app, &shop.call(), sent.id, &read(arrival));
        let too_many = json!({ "lines": [{ "position": 1, "quantity": 8 }] });
        assert_eq!(code(arrive(too_many)), Code::AboveOpen);
        let unknown = json!({ "lines": [{ "position": 2, "quantity": 1 }] });
        assert_eq!(code(arrive(unknown)), Code::UnknownLine);
        assert_eq!(code(arrive(json!({}))), Code::NothingToDo);
        let part = json!({ "lines": [{ "position": 1, "quantity": 2 }] });
        assert_eq!(arrive(part.clone()).unwrap().state, TransferState::PartReceived);
        arrive(part).unwrap();
        let rest = json!({
            "lines": [{ "position": 1, "quantity": 1 }], "write_off": "fell off the van",
        });
        let done = arrive(rest).unwrap();
        assert_eq!(done.state, TransferState::Received);
        assert_eq!((done.lines[0].received.get(), done.lines[0].written_off.get()), (5, 2));
        let york = shop.level("NAIL", "york");
        assert_eq!((york.on_hand.get(), york.value), (6, 800));
        assert_eq!(shop.balance(Account::InventoryInTransit), 0);
        assert_eq!(shop.balance(Account::WriteOffs), 200);
        assert_eq!(code(arrive(json!({ "write_off": "again" }))), Code::InvalidTransition);
        assert_eq!(transfer::get(&shop.app, &shop.call(), sent.id).unwrap(), done);
    }
}

#[test]
fn a_transfer_is_called_back_until_some_of_it_has_arrived() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "3", "1.01");
        let line = json!({ "sku": "NAIL", "quantity": "2" });
        let new = json!({ "from": "depot", "to": "york", "lines": [line] });
        let ship = || transfer::ship(&shop.app, &shop.call(), &read(new.clone())).unwrap();
        let sent = ship();
        let back = transfer::cancel(&shop.app, &shop.call(), sent.id).unwrap();
        assert_eq!(back.state, TransferState::Canceled);
        let depot = shop.level("NAIL", "depot");
        assert_eq!((depot.on_hand.get(), depot.value), (3, 303));
        assert_eq!(shop.balance(Account::InventoryInTransit), 0);
        let again = transfer::cancel(&shop.app, &shop.call(), sent.id);
        assert_eq!(code(again), Code::NotReversible);
        let sent = ship();
        let part = json!({ "lines": [{ "position": 1, "quantity": 1 }] });
        transfer::receive(&shop.app, &shop.call(), sent.id, &read(part)).unwrap();
        let late = transfer::cancel(&shop.app, &shop.call(), sent.id);
        assert_eq!(code(late), Code::NotReversible);
    }
}

#[test]
fn a_transfer_needs_two_places_and_goods_that_nobody_claims() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let web = crate::fixture::order("web", &[("NAIL", "8")]);
        orderly::ops::orders::place::place(&shop.app, &shop.call(), &web).unwrap();
        let ship = |to: &str, quantity: &str| {
            let line = json!({ "sku": "NAIL", "quantity": quantity });
            let new = json!({ "from": "depot", "to": to, "lines": [line] });
            transfer::ship(&shop.app, &shop.call(), &read(new))
        };
        let before = shop.rows();
        assert_eq!(code(ship("depot", "1")), Code::SamePlace);
        assert_eq!(code(ship("york", "3")), Code::InsufficientStock);
        assert_eq!(code(ship("york", "11")), Code::NotHeld);
        assert_eq!(shop.rows(), before);
        ship("york", "2").unwrap();
    }
}

#[test]
fn a_count_is_compared_with_the_moment_it_was_made() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        shop.buy("depot", "BOLT", "4", "2.00");
        let opened =
            count::open(&shop.app, &shop.call(), &read(json!({ "location": "depot" }))).unwrap();
        let nothing = count::finish(&shop.app, &shop.call(), opened.id);
        assert_eq!(code(nothing), Code::NothingToDo);
        let counted = read(json!([
            { "sku": "NAIL", "quantity": "9" }, { "sku": "BOLT", "quantity": "6" },
        ]));
        let seen: Vec<_> = counted;
        let recorded = count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
        assert!(recorded.lines.iter().all(|line| line.expected.is_none()));
        let shown = count::get(&shop.app, &shop.call(), opened.id).unwrap();
        assert_eq!(shown.lines[0].expected, Some(10), "this count is not blind");
        // Business goes on: two leave after the count, one arrives.
        shop.adjust("depot", "NAIL", "-2").unwrap();
        shop.buy("depot", "NAIL", "1", "1.00");
        let posted = count::finish(&shop.app, &shop.call(), opened.id).unwrap();
        let lines: Vec<_> =
            posted.lines.iter().map(|line| (line.expected, line.difference)).collect();
        assert_eq!(lines, [(Some(10), Some(-1)), (Some(4), Some(2))]);
        assert_eq!(shop.sums("NAIL", "depot").0, 8);
        assert_eq!(shop.sums("BOLT", "depot").0, 6);
        assert_eq!(shop.level("BOLT", "depot").value, 1_200, "found at the average of two pounds");
        let before = shop.rows();
        assert_eq!(count::finish(&shop.app, &shop.call(), opened.id).unwrap(), posted);
        assert_eq!(shop.rows(), before, "posting again changes nothing");
        let late = count::record(&shop.app, &shop.call(), opened.id, &seen);
        assert_eq!(code(late), Code::InvalidTransition);
    }
}

#[test]
fn a_blind_count_shows_nothing_and_can_be_given_up() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let new = read(json!({ "location": "depot", "blind": true }));
        let opened = count::open(&shop.app, &shop.call(), &new).unwrap();
        let seen: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "3" }]));
        count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
        let again: Vec<_> = read(json!([{ "sku": "NAIL", "quantity": "4" }]));
        count::record(&shop.app, &shop.call(), opened.id, &again).unwrap();
        let shown = count::get(&shop.app, &shop.call(), opened.id).unwrap();
        let lines: Vec<_> = shown.lines.iter().map(|l| (l.counted.get(), l.expected)).collect();
        assert_eq!(lines, [(4, None)]);
        count::cancel(&shop.app, &shop.call(), opened.id).unwrap();
        let late = count::finish(&shop.app, &shop.call(), opened.id);
        assert_eq!(code(late), Code::InvalidTransition);
        assert_eq!(shop.sums("NAIL", "depot").0, 10);
    }
}

#[test]
fn the_history_of_an_item_explains_its_stock() {
    for shop in Shop::each() {
        let receipt = shop.buy("depot", "NAIL", "9", "1.00");
        shop.adjust("depot", "NAIL", "-2").unwrap();
        let item = shop.item("NAIL");
        let history =
            orderly::ops::stock::history(&shop.app, &shop.call(), item, None, 10).unwrap();
        let told: Vec<_> = history
            .iter()
            .map(|one| (one.movement.cause.kind, one.movement.qty.get(), one.movement.value))
            .collect();
        assert_eq!(told, [(CauseKind::Adjustment, 2, 200), (CauseKind::ReceiptLine, 9, 900)]);
        assert_eq!(history[1].movement.cause.id, receipt.lines[0].id.as_bytes());
        let page = orderly::ops::stock::list(&shop.app, &shop.call(), None, None, 10).unwrap();
        assert_eq!(page.len(), 1);
        let depot = shop.location("depot");
        let held = orderly::ops::stock::holdings(&shop.app, &shop.call(), depot, None, 10).unwrap();
        assert_eq!(held[0].qty.get(), 7);
        let lot = shop.app.store.read(|tx| units::last_worth(tx, item)).unwrap();
        assert_eq!(lot.map(|(value, qty)| (value, qty.get())), Some((200, 2)));
    }
}
