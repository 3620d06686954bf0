//! Statements of account.

use crate::address::Address;
use crate::error::{DocError, check_count, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::Paragraph;
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::{self, Reference};
use crate::slip::{draw_columns, draw_title};
use crate::table::{Align, Cell, Column, Row, Table, Width};

/// Entries and open items allowed on one statement.
const LINES_MAX: usize = 20_000;

/// What a customer is sent about an account: what happened, what is open, how late it is. Amounts
/// are texts as the merchant writes them, in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountStatement {
    pub paper: Paper,
    pub seller: Address,
    pub recipient: Address,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub account_number: String,
    /// At most 8: the period, the terms, the currency.
    pub references: Vec<Reference>,
    /// What was owed before the first entry; without entries, the activity is left out.
    pub opening: String,
    pub entries: Vec<StatementEntry>,
    pub closing: String,
    pub open: Vec<StatementItem>,
    /// What is owed by how late it is, each with its caption, and the sum.
    pub aged: Vec<Reference>,
    /// A word below the tables, such as how to pay; at most 1,000 characters.
    pub message: String,
}

/// One thing that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementEntry {
    pub date: String,
    /// What it is: `Invoice`, `Payment`.
    pub what: String,
    pub document: String,
    pub reference: String,
    pub amount: String,
    pub balance: String,
}

/// One document that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementItem {
    pub date: String,
    pub due: String,
    pub document: String,
    pub reference: String,
    /// Such as `12 days`; empty where it is not late.
    pub late: String,
    pub total: String,
    pub open: String,
}

impl AccountStatement {
    /// Renders the statement as PDF, over as many pages as its lines need.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        self.check()?;
        let seller = self.seller.written("seller", &self.recipient.country)?;
        let to = self.recipient.written("recipient", &self.seller.country)?;
        let fonts = Fonts::new();
        let running = format!("Statement of account · {}", self.account_number);
        let mut sheets = Sheets::new(&fonts, self.paper, running);
        let seller: Vec<String> = seller.into_iter().map(|line| line.text).collect();
        draw_title(&mut sheets, "Statement of account", &seller, &self.account_number)?;
        let to = to.into_iter().map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        });
        draw_columns(&mut sheets, ("TO", to.collect()), &self.references)?;
        if !self.entries.is_empty() {
            let table = self.activity(&fonts, sheets.inner());
            sheets.table(&table);
            sheets.y += 18.0;
        }
        if self.open.is_empty() {
            sheets.paragraph("Nothing is open on this account.", 9.5, Weight::Regular);
        } else {
            sheets.paragraph("Open items", 12.0, Weight::Bold);
            sheets.y += 4.0;
            let table = self.open_items(&fonts, sheets.inner());
            sheets.table(&table);
        }
        if !self.aged.is_empty() {
            sheets.y += 18.0;
            let table = self.ages(&fonts, sheets.inner());
            sheets.table(&table);
        }
        sheets.y += 16.0;
        sheets.paragraph(&self.message, 9.5, Weight::Regular);
        let title = format!("Statement of account {}", self.account_number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }

    fn check(&self) -> Result<(), DocError> {
        check_text("message", &self.message, 1_000)?;
        check_count("references", self.references.len(), 8)?;
        reference::check("references", &self.references)?;
        check_count("aged", self.aged.len(), 8)?;
        reference::check("aged", &self.aged)?;
        check_count("entries", self.entries.len(), LINES_MAX)?;
        check_count("open", self.open.len(), LINES_MAX)?;
        for (index, one) in self.entries.iter().enumerate() {
            let texts = [&one.date, &one.what, &one.document, &one.amount, &one.balance];
            texts.iter().try_for_each(|text| check_text(&format!("entries[{index}]"), text, 60))?;
            check_text(&format!("entries[{index}].reference"), &one.reference, 200)?;
        }
        for (index, one) in self.open.iter().enumerate() {
            let texts = [&one.date, &one.due, &one.document, &one.late, &one.total, &one.open];
            texts.iter().try_for_each(|text| check_text(&format!("open[{index}]"), text, 60))?;
            check_text(&format!("open[{index}].reference"), &one.reference, 200)?;
        }
        Ok(())
    }

    /// What happened, between what was owed before and what is owed after.
    fn activity(&self, fonts: &Fonts, inner: f32) -> Table {
        let columns = vec![
            Column::new("DATE", Align::Left, content(52.0, 70.0)),
            Column::new("WHAT", Align::Left, content(44.0, 90.0)),
            Column::new("DOCUMENT", Align::Left, content(60.0, 110.0)),
            Column::new("REFERENCE", Align::Left, Width::Rest),
            Column::new("AMOUNT", Align::Right, content(56.0, 90.0)),
            Column::new("BALANCE", Align::Right, content(56.0, 90.0)),
        ];
        let edge = |caption: &str, balance: &str| {
            let mut cells = vec![Cell::default(); 6];
            cells[3] = Cell::new(caption, Weight::Bold);
            cells[5] = Cell::new(balance, Weight::Bold);
            Row::new(cells)
        };
        let mut rows = vec![edge("Opening balance", &self.opening)];
        rows.extend(self.entries.iter().map(|one| {
            let texts =
                [&one.date, &one.what, &one.document, &one.reference, &one.amount, &one.balance];
            Row::new(texts.map(|text| Cell::new(text, Weight::Regular)).to_vec())
        }));
        rows.push(edge("Closing balance", &self.closing));
        Table::new(fonts, columns, rows, 9.0, (MARGIN, inner))
    }

    fn open_items(&self, fonts: &Fonts, inner: f32) -> Table {
        let columns = vec![
            Column::new("DATE", Align::Left, content(52.0, 70.0)),
            Column::new("DUE", Align::Left, content(52.0, 70.0)),
            Column::new("DOCUMENT", Align::Left, content(60.0, 110.0)),
            Column::new("REFERENCE", Align::Left, Width::Rest),
            Column::new("LATE", Align::Right, content(40.0, 60.0)),
            Column::new("TOTAL", Align::Right, content(50.0, 90.0)),
            Column::new("OPEN", Align::Right, content(50.0, 90.0)),
        ];
        let row = |one: &StatementItem| {
            let texts = [&one.date, &one.due, &one.document, &one.reference, &one.late, &one.total];
            let mut cells = texts.map(|text| Cell::new(text, Weight::Regular)).to_vec();
            cells.push(Cell::new(&one.open, Weight::Bold));
            Row::new(cells)
        };
        let rows = self.open.iter().map(row).collect();
        Table::new(fonts, columns, rows, 9.0, (MARGIN, inner))
    }

    fn ages(&self, fonts: &Fonts, inner: f32) -> Table {
        let width = inner / self.aged.len() as f32 - 12.0;
        let last = self.aged.len() - 1;
        let column = |(index, age): (usize, &Reference)| {
            let limits = if index == 0 { Width::Rest } else { content(width, width) };
            Column::new(&age.label.to_uppercase(), Align::Right, limits)
        };
        let columns = self.aged.iter().enumerate().map(column).collect();
        let cell = |(index, age): (usize, &Reference)| {
            let weight = if index == last { Weight::Bold } else { Weight::Regular };
            Cell::new(&age.value, weight)
        };
        let row = Row::new(self.aged.iter().enumerate().map(cell).collect());
        Table::new(fonts, columns, vec![row], 9.0, (MARGIN, inner))
    }
}

const fn content(least: f32, most: f32) -> Width {
    Width::Content { least, most }
}
