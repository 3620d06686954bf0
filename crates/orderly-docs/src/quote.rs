//! Quotes: what is offered at which price, until when.

use crate::address::Address;
use crate::error::{DocError, check_count, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::Paragraph;
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::Reference;
use crate::slip::{DocLine, check_head, draw_columns, draw_title};
use crate::table::{Align, Cell, Column, Row, Table, Width};

/// A quote or agreement as the customer gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuoteSheet {
    pub paper: Paper,
    /// What it is called: `Quote`, `Agreement`.
    pub title: String,
    pub seller: Address,
    pub recipient: Address,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub number: String,
    /// At most 8, for example the last day, the revision and the customer's own reference.
    pub references: Vec<Reference>,
    pub lines: Vec<PricedLine>,
    /// Captions with amounts below the lines, the last one in bold: net, tax, total. At most 10.
    pub totals: Vec<Reference>,
    /// A word to the customer below the table, at most 4,000 characters.
    pub message: String,
}

/// A line with its price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PricedLine {
    pub line: DocLine,
    /// With what it is the price of: `420.00 / thousand`.
    pub price: String,
    pub amount: String,
}

impl QuoteSheet {
    /// Renders the quote as PDF, over as many pages as its lines need.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        self.recipient.check_recipient()?;
        check_text("title", &self.title, 40)?;
        check_text("message", &self.message, 4_000)?;
        check_head(&self.number, &self.references, self.lines.len())?;
        check_count("totals", self.totals.len(), 10)?;
        for (index, line) in self.lines.iter().enumerate() {
            line.line.check(&format!("lines[{index}]"))?;
            check_text(&format!("lines[{index}].price"), &line.price, 60)?;
            check_text(&format!("lines[{index}].amount"), &line.amount, 40)?;
        }
        let seller = self.seller.written("seller", &self.recipient.country)?;
        let to = self.recipient.written("recipient", &self.seller.country)?;
        let fonts = Fonts::new();
        let mut sheets =
            Sheets::new(&fonts, self.paper, format!("{} · {}", self.title, self.number));
        let seller: Vec<String> = seller.into_iter().map(|line| line.text).collect();
        draw_title(&mut sheets, &self.title, &seller, &self.number)?;
        let to = to.into_iter().map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        });
        draw_columns(&mut sheets, ("FOR", to.collect()), &self.references)?;
        let columns = vec![
            Column::new("QUANTITY", Align::Right, Width::Content { least: 44.0, most: 90.0 }),
            Column::new("SKU", Align::Left, Width::Content { least: 50.0, most: 100.0 }),
            Column::new("DESCRIPTION", Align::Left, Width::Rest),
            Column::new("PRICE", Align::Right, Width::Content { least: 60.0, most: 110.0 }),
            Column::new("AMOUNT", Align::Right, Width::Content { least: 60.0, most: 90.0 }),
        ];
        let lines = self.lines.iter().map(|one| {
            let mut cells = one.line.cells();
            cells.push(Cell::new(&one.price, Weight::Regular));
            cells.push(Cell::new(&one.amount, Weight::Bold));
            Row::new(cells)
        });
        let last = self.totals.len().saturating_sub(1);
        let totals = self.totals.iter().enumerate().map(|(index, total)| {
            let weight = if index == last { Weight::Bold } else { Weight::Regular };
            let mut cells = vec![Cell::default(), Cell::default(), Cell::default()];
            cells.push(Cell::new(&total.label, weight));
            cells.push(Cell::new(&total.value, weight));
            Row::new(cells)
        });
        let rows = lines.chain(totals).collect();
        let table = Table::new(&fonts, columns, rows, 9.5, (MARGIN, sheets.inner()));
        sheets.table(&table);
        sheets.y += 16.0;
        sheets.paragraph(&self.message, 9.5, Weight::Regular);
        let title = format!("{} {}", self.title, self.number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }
}
