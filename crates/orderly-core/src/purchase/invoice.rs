//! What suppliers invoice and credit: matched with what was ordered and received, then booked.

use serde::{Deserialize, Serialize};

use super::{PurchaseLine, too_large};
use crate::books::{Account, Dimensions, Posting};
use crate::id::*;
use crate::money::{Currency, Money, cumulative_share, split_minor};
use crate::order::codes;
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::time::{Day, Instant};

codes! {
    /// Whether a supplier wants money or gives it back.
    SupplierDocument { Invoice "invoice", CreditNote "credit_note" }
}
codes! {
    /// How far a supplier's document is. Held ones wait for goods or for an approval.
    SupplierInvoiceState { Held "held", Posted "posted", Rejected "rejected" }
}
codes! {
    /// What a line is for: goods of a purchase line, goods that were sent back, freight and the
    /// like, or a rebate.
    SupplierLineKind { Goods "goods", Return "return", Charge "charge", Rebate "rebate" }
}
codes! {
    /// How a charge is shared among the goods of its invoice.
    Spread { Value "value", Weight "weight", None "none" }
}
codes! {
    /// Where a difference of price goes: an expense, or into the value of the goods.
    Variance { Expense "expense", Stock "stock" }
}
codes! {
    /// Why a document does not match what was ordered and received.
    Reason {
        QuantityAboveReceived "quantity_above_received", PriceAboveOrder "price_above_order",
    }
}

/// One reason why a document is held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mismatch {
    /// The line of the document, from 1.
    pub line: i64,
    pub reason: Reason,
    pub expected: String,
    pub actual: String,
}

/// One line. Amounts are positive, in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SupplierInvoiceLine {
    pub id: SupplierInvoiceLineId,
    pub position: i64,
    pub kind: SupplierLineKind,
    pub purchase_line: Option<PurchaseLineId>,
    pub vendor_return_line: Option<VendorReturnLineId>,
    pub item: Option<ItemId>,
    pub description: String,
    pub qty: Qty,
    /// In the document's currency.
    pub net: i64,
    /// In the legal entity's currency, once posted.
    pub booked: i64,
    /// What of it cleared goods received and not invoiced, or goods sent back.
    pub cleared: i64,
    pub spread: Option<Spread>,
}

/// A supplier's invoice or credit note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SupplierInvoice {
    pub id: SupplierInvoiceId,
    pub supplier: SupplierId,
    pub legal_entity: LegalEntityId,
    pub kind: SupplierDocument,
    /// The supplier's own number: once per supplier.
    pub number: String,
    pub state: SupplierInvoiceState,
    pub currency: Currency,
    /// The lines but charges.
    pub net: i64,
    pub charges: i64,
    pub tax: i64,
    pub total: i64,
    /// What of the total is paid, credited or, of a credit note, used.
    pub settled: i64,
    /// The total in the legal entity's currency, once posted.
    pub booked: i64,
    pub tax_code: Option<String>,
    pub reasons: Vec<Mismatch>,
    pub entered_by: UserId,
    pub approved_by: Option<UserId>,
    pub invoiced_on: Day,
    pub due_on: Day,
    pub entered_at: Instant,
    pub posted_at: Option<Instant>,
    pub version: i64,
    pub lines: Vec<SupplierInvoiceLine>,
}

impl SupplierInvoice {
    /// What is not settled yet; nothing before it is posted.
    pub fn open(&self) -> i64 {
        if self.state == SupplierInvoiceState::Posted { self.total - self.settled } else { 0 }
    }
    /// The value in the books of the next `amount` that settles it: slices sum to the whole.
    pub fn booked_slice(&self, amount: i64) -> i64 {
        let share = |part| cumulative_share(self.booked, part, self.total);
        share(self.settled + amount) - share(self.settled)
    }
}

/// Compares an invoice with what was ordered and received: a reason for each line that is too
/// much. `find` gives the purchase line as it stands.
///
/// A line may invoice what was received and not yet invoiced, and cost what was agreed and
/// `price_ppm` millionths more; several lines of one purchase line are counted together. A
/// credit note matches whatever it says: it only gives.
///
/// # Errors
/// `money_too_large`.
pub fn mismatches<'a>(
    invoice: &SupplierInvoice,
    price_ppm: i64,
    find: impl Fn(PurchaseLineId) -> Option<&'a PurchaseLine>,
) -> Result<Vec<Mismatch>, Refusal> {
    let mut out = Vec::new();
    if invoice.kind == SupplierDocument::CreditNote {
        return Ok(out);
    }
    let mut taken: Vec<(PurchaseLineId, i64)> = Vec::new();
    for line in &invoice.lines {
        let Some(bought) = line.purchase_line.and_then(&find) else { continue };
        let before: i64 = taken.iter().filter(|(id, _)| *id == bought.id).map(|(_, qty)| qty).sum();
        taken.push((bought.id, line.qty.get()));
        let free = (bought.uninvoiced().get() - before).max(0);
        if line.qty.get() > free {
            out.push(Mismatch {
                line: line.position,
                reason: Reason::QuantityAboveReceived,
                expected: free.to_string(),
                actual: line.qty.to_string(),
            });
        }
        let agreed = bought.amount(line.qty, invoice.currency)?;
        let most = i128::from(agreed) * (1_000_000 + i128::from(price_ppm)) / 1_000_000;
        if i128::from(line.net) > most {
            let money = |minor: i64| Money::new(minor, invoice.currency).to_string();
            out.push(Mismatch {
                line: line.position,
                reason: Reason::PriceAboveOrder,
                expected: money(agreed),
                actual: money(line.net),
            });
        }
    }
    Ok(out)
}

/// The value of goods received and not invoiced that invoicing `qty` more of a line clears.
///
/// Consecutive parts clear all of it. What is invoiced beyond what was received clears `beyond`,
/// its value at the order's price: the goods will bring it when they come.
pub fn clears(line: &PurchaseLine, qty: Qty, beyond: i64) -> i64 {
    let (free, left) = (line.uninvoiced(), line.received_minor - line.cleared_minor);
    let within = qty.min(free);
    let share = if free.is_zero() { 0 } else { cumulative_share(left, within.get(), free.get()) };
    share + beyond
}

/// What crediting `qty` invoiced of a line puts back to goods received and not invoiced.
pub fn puts_back(line: &PurchaseLine, qty: Qty) -> i64 {
    let (cleared, invoiced) = (line.cleared_minor, line.invoiced.get());
    cleared - cumulative_share(cleared, invoiced - qty.get(), invoiced)
}

/// Fills in what each line is worth in the books: the parts of `total` in proportion to their
/// amounts, by largest remainder. Returns the tax.
///
/// # Errors
/// `money_too_large`.
pub fn book(invoice: &mut SupplierInvoice, total: i64) -> Result<i64, Refusal> {
    let mut weights: Vec<i64> = invoice.lines.iter().map(|line| line.net).collect();
    weights.push(invoice.tax);
    let parts = split_minor(total, &weights).map_err(|_| too_large())?;
    for (line, part) in invoice.lines.iter_mut().zip(&parts) {
        line.booked = *part;
    }
    invoice.booked = total;
    Ok(parts.last().copied().unwrap_or(0))
}

/// The account that a line clears, beside the difference of its price.
const fn clearing(kind: SupplierLineKind) -> Option<Account> {
    match kind {
        SupplierLineKind::Goods => Some(Account::GoodsReceivedNotInvoiced),
        SupplierLineKind::Return => Some(Account::VendorReturns),
        SupplierLineKind::Rebate => Some(Account::RebatesReceivable),
        SupplierLineKind::Charge => None,
    }
}

/// The postings of a booked document: what its lines clear, the input tax, the debt, and on
/// `variance` what the lines cost beyond what they clear, less `capitalized`, which is posted as
/// late cost against the same account.
pub fn postings(
    invoice: &SupplierInvoice,
    tax: i64,
    variance: Account,
    shared: Dimensions,
) -> Vec<Posting> {
    let sign = if invoice.kind == SupplierDocument::Invoice { 1 } else { -1 };
    let mut out = Vec::with_capacity(invoice.lines.len() + 3);
    let mut differs = 0;
    for line in &invoice.lines {
        differs += line.booked - line.cleared;
        if let Some(account) = clearing(line.kind)
            && line.cleared != 0
        {
            out.push(Posting::new(account, sign * line.cleared, shared));
        }
    }
    if differs != 0 {
        out.push(Posting::new(variance, sign * differs, shared));
    }
    if tax != 0 {
        let base: i64 = invoice.lines.iter().map(|line| line.booked).sum();
        out.push(Posting {
            tax_code: Some(invoice.tax_code.clone().unwrap_or_else(|| "input".into())),
            tax_base_minor: Some(sign * base),
            ..Posting::new(Account::Tax, sign * tax, shared)
        });
    }
    let foreign = Money::new(-sign * invoice.total, invoice.currency);
    out.push(Posting {
        foreign: Some(foreign),
        ..Posting::new(Account::Payables, -sign * invoice.booked, shared)
    });
    out.retain(|posting| posting.amount_minor != 0);
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::line;
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn qty(base: i64) -> Qty {
        Qty::new(base).unwrap()
    }

    fn invoice(lines: &[(i64, i64)], tax: i64) -> SupplierInvoice {
        let bought = line(1, 0, 0).id;
        let own = |(position, (qty_, net)): (i64, &(i64, i64))| SupplierInvoiceLine {
            id: SupplierInvoiceLineId::from_bytes([7; 16]),
            position,
            kind: SupplierLineKind::Goods,
            purchase_line: Some(bought),
            vendor_return_line: None,
            item: None,
            description: "Brick".into(),
            qty: qty(*qty_),
            net: *net,
            booked: 0,
            cleared: 0,
            spread: None,
        };
        let net = lines.iter().map(|(_, net)| net).sum();
        let day = Day::parse("2026-11-23").unwrap();
        SupplierInvoice {
            id: SupplierInvoiceId::from_bytes([8; 16]),
            supplier: SupplierId::from_bytes([4; 16]),
            legal_entity: LegalEntityId::from_bytes([6; 16]),
            kind: SupplierDocument::Invoice,
            number: "I-1".into(),
            state: SupplierInvoiceState::Held,
            currency: Currency::parse("EUR").unwrap(),
            net,
            charges: 0,
            tax,
            total: net + tax,
            settled: 0,
            booked: 0,
            tax_code: None,
            reasons: Vec::new(),
            entered_by: UserId::NONE,
            approved_by: None,
            invoiced_on: day,
            due_on: day,
            entered_at: Instant::from_micros(1),
            posted_at: None,
            version: 1,
            lines: (1..).zip(lines).map(own).collect(),
        }
    }

    #[test]
    fn more_than_came_or_dearer_than_agreed_is_held() {
        let mut bought = line(30, 0, 0);
        bought.received = qty(12);
        bought.invoiced = qty(3);
        let found = |invoice: &SupplierInvoice, ppm| {
            let all = mismatches(invoice, ppm, |_| Some(&bought)).unwrap();
            all.iter().map(|one| (one.line, one.reason)).collect::<Vec<_>>()
        };
        assert_eq!(found(&invoice(&[(9, 3_000)], 0), 0), []);
        let above = [(2, Reason::QuantityAboveReceived)];
        assert_eq!(found(&invoice(&[(6, 2_000), (6, 2_000)], 0), 0), above);
        let dear = [(1, Reason::PriceAboveOrder)];
        assert_eq!(found(&invoice(&[(9, 3_031)], 0), 10_000), dear);
        assert_eq!(found(&invoice(&[(9, 3_030)], 0), 10_000), []);
        let credit =
            SupplierInvoice { kind: SupplierDocument::CreditNote, ..invoice(&[(99, 99_000)], 0) };
        assert_eq!(found(&credit, 0), []);
    }

    proptest! {
        /// However goods are invoiced, part by part, all their value is cleared, and crediting
        /// everything puts all of it back.
        #[test]
        fn parts_clear_the_whole(
            value in 0_i64..1_000_000, parts in proptest::collection::vec(1_i64..40, 1..10),
        ) {
            let mut bought = line(1_000, 0, 0);
            bought.received = qty(parts.iter().sum());
            bought.received_minor = value;
            for part in &parts {
                bought.cleared_minor += clears(&bought, qty(*part), 0);
                bought.invoiced = bought.invoiced.plus(qty(*part)).unwrap();
            }
            prop_assert_eq!(bought.cleared_minor, value);
            for part in parts {
                bought.cleared_minor -= puts_back(&bought, qty(part));
                bought.invoiced = bought.invoiced.less(qty(part));
            }
            prop_assert_eq!(bought.cleared_minor, 0);
        }

        /// A booked document balances, whatever its currency is worth.
        #[test]
        fn a_booked_document_balances(
            lines in proptest::collection::vec((1_i64..9, 1_i64..50_000, -400_i64..400), 1..6),
            tax in 0_i64..9_000, total in 1_i64..2_000_000, credit: bool,
        ) {
            let plain: Vec<(i64, i64)> = lines.iter().map(|(qty, net, _)| (*qty, *net)).collect();
            let mut own = invoice(&plain, tax);
            if credit {
                own.kind = SupplierDocument::CreditNote;
            }
            let tax = book(&mut own, total).unwrap();
            for (line, (_, _, off)) in own.lines.iter_mut().zip(&lines) {
                line.cleared = line.booked + off;
            }
            let postings =
                postings(&own, tax, Account::PriceVariance, Dimensions::default());
            prop_assert_eq!(postings.iter().map(|one| one.amount_minor).sum::<i64>(), 0);
            own.state = SupplierInvoiceState::Posted;
            let mut settled = 0;
            while own.open() > 0 {
                let part = (own.total / 3 + 1).min(own.open());
                settled += own.booked_slice(part);
                own.settled += part;
            }
            prop_assert_eq!(settled, total);
        }
    }
}
