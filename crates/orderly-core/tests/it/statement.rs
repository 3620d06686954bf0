//! Statements add up, whatever settled what and when.

use orderly_core::id::InvoiceId;
use orderly_core::party::statement::{Aged, Document, EntryKind, Settled, statement};
use orderly_core::time::Day;
use proptest::prelude::*;

fn day(number: i32) -> Day {
    Day::from_number(20_000 + number)
}

fn invoice(number: u8, issued: i32, due: i32, total: i64) -> Document {
    Document {
        id: InvoiceId::from_bytes([number; 16]),
        kind: if total < 0 { EntryKind::CreditNote } else { EntryKind::Invoice },
        name: format!("INV-{number:06}"),
        site: None,
        reference: None,
        issued_on: day(issued),
        due_on: day(due),
        total,
        settled: Vec::new(),
    }
}

fn paid(mut document: Document, on: i32, amount: i64) -> Document {
    document.settled.push(Settled { kind: EntryKind::Application, on: day(on), amount });
    document
}

#[test]
fn a_statement_carries_the_balance_from_one_entry_to_the_next() {
    let documents = [
        paid(invoice(1, 0, 30, 10_000), 20, 10_000),
        paid(invoice(2, 10, 40, 5_000), 45, 2_000),
        invoice(3, 50, 80, 700),
        invoice(4, 60, 60, -300),
    ];
    let one = statement(&documents, day(20), day(60));
    assert_eq!((one.opening, one.closing), (15_000, 3_400));
    let told: Vec<(i64, i64)> = one.entries.iter().map(|one| (one.amount, one.balance)).collect();
    assert_eq!(told, [(-10_000, 5_000), (-2_000, 3_000), (700, 3_700), (-300, 3_400)]);
    let open: Vec<(&str, i64, i64)> =
        one.open.iter().map(|one| (one.name.as_str(), one.open, one.late)).collect();
    assert_eq!(
        open,
        [("INV-000002", 3_000, 20), ("INV-000003", 700, -20), ("INV-000004", -300, 0)]
    );
    assert_eq!(one.aged, Aged { current: 400, to_30: 3_000, ..Aged::default() });
    // The day before, the note was not there and nothing else is different.
    let before = statement(&documents, day(20), day(59));
    assert_eq!(before.entries[..], one.entries[..3]);
}

#[test]
fn lateness_is_counted_in_whole_days_from_the_due_day() {
    for (late, slot) in
        [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
    {
        let mut aged = Aged::default();
        aged.add(day(100), day(100 + late), 7);
        assert_eq!(aged.parts()[slot], 7, "{late} days late");
        assert_eq!(aged.sum(), 7);
    }
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let settled = proptest::collection::vec((0_i32..120, 1_i64..5_000), 0..4);
    let one = (0_i32..100, 0_i32..60, 1_i64..20_000, any::<bool>(), settled);
    proptest::collection::vec(one, 0..20).prop_map(|all| {
        let document = |(number, (issued, terms, total, credit, settled)): (
            u8,
            (_, _, i64, bool, Vec<(i32, i64)>),
        )| {
            let sign = if credit { -1 } else { 1 };
            let mut one = invoice(number, issued, issued + terms, sign * total);
            let mut left = total;
            for (after, amount) in settled {
                let amount = amount.min(left);
                left -= amount;
                if amount > 0 {
                    one = paid(one, issued + after, sign * amount);
                }
            }
            one
        };
        (1..).zip(all).map(document).collect()
    })
}

proptest! {
    /// Opening and entries are the closing balance; so are the open items, and so are their ages.
    /// A statement that goes on where another ended opens with its closing balance.
    #[test]
    fn every_statement_adds_up(documents in documents(), from in 0_i32..120, more in 0_i32..120) {
        let one = statement(&documents, day(from), day(from + more));
        let sum: i64 = one.entries.iter().map(|entry| entry.amount).sum();
        prop_assert_eq!(one.opening + sum, one.closing);
        prop_assert_eq!(one.open.iter().map(|item| item.open).sum::<i64>(), one.closing);
        prop_assert_eq!(one.aged.sum(), one.closing);
        let next = statement(&documents, day(from + more + 1), day(400));
        prop_assert_eq!(next.opening, one.closing);
    }
}
