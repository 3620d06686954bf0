//! The firm's story, the months, and what to look at next.

use std::fmt;

use super::{Summary, grouped};
use crate::demo::Books;

/// The widest line of a sentence.
const WIDTH: usize = 96;

/// Breaks a sentence into lines that are indented but for the first.
fn wrapped(text: &str) -> String {
    let mut out = String::from("  - ");
    let mut column = 4;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 4 && column + 1 + length > WIDTH {
            out.push_str("\n    ");
            column = 4;
        } else if column > 4 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

impl Summary {
    pub(super) fn told(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.story.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nAmong all that, one story:")?;
        self.story.iter().try_for_each(|sentence| writeln!(f, "{}", wrapped(sentence)))
    }

    /// What the reports say of the months that were closed, and of all days.
    pub(super) fn months(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = &self.currency;
        writeln!(
            f,
            "\n{:<26}{:>16}{:>16}{:>16}{:>16}  Reports",
            format!("The books, in {currency}"),
            "Revenue",
            "Result",
            "Tax owed",
            "Assets"
        )?;
        let mut row = |name: String, books: &Books| {
            writeln!(
                f,
                "{name:<26}{:>16}{:>16}{:>16}{:>16}  {}",
                grouped(&books.revenue),
                grouped(&books.result),
                grouped(&books.tax_reported),
                grouped(&books.assets),
                if books.balanced { "equal the books" } else { "do not agree" }
            )
        };
        for month in &self.closed {
            row(format!("{}, closed", month.period), &month.books)?;
        }
        row("All days".into(), &self.books)?;
        let all = self.closed.iter().map(|month| &month.books).chain([&self.books]);
        let said = if all.into_iter().all(|books| books.balanced) {
            "The trial balance is zero; tax, stock value and balance sheet equal their accounts."
        } else {
            "A report does not agree with its account: `orderly verify` says where."
        };
        writeln!(f, "{said}")
    }

    pub(super) fn next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = self.first_order.as_deref().unwrap_or("10001");
        let named = &self.named;
        writeln!(f, "\nWhat to look at next:")?;
        let mut line = |command: String, what: &str| writeln!(f, "  orderly {command:<36}{what}");
        line("orders list --channel WEB".into(), "the latest orders of the web store")?;
        line(format!("orders show {order}"), "one that went out in parts, with its story")?;
        line(format!("quotes show {}", named.quote), "what was offered, and what became of it")?;
        line(format!("agreements show {}", named.agreement), "what was agreed, and is called off")?;
        line(format!("loads show {}", named.load), "a van with a part drop and a locked gate")?;
        line(
            format!("invoices show {}", named.invoice),
            "a fortnight's deliveries on one invoice",
        )?;
        line(format!("accounts statement {}", named.account), "what the firm owes, line by line")?;
        line("bank lines".into(), "the transfer, and what it paid")?;
        line("tills report DRAWER-1".into(), "a day's cash, counted blind")?;
        line("books trial-balance".into(), "every account; also profit-loss, balance-sheet, tax")?;
        line("books stock-value".into(), "what the stock is worth, as of any day")?;
        line("stock history BRD-001".into(), "why there are so many boards, and cuts")?;
        line("exceptions".into(), "what waits for a person")?;
        line("verify".into(), "the proof, again")
    }
}
