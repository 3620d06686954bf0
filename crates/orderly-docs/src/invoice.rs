//! Invoices, receipts and credit notes.

use crate::address::Address;
use crate::error::{DocError, check_count, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::{Area, GRAY, Paragraph};
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::{self, Reference};
use crate::slip::{draw_columns, draw_title};
use crate::table::{Align, Cell, CellLine, Column, Row, Table, Width};

/// Lines allowed on one document.
const LINES_MAX: usize = 5_000;
/// Above this many lines the amounts stand on a sheet of their own where they do not fit.
const TEXT: f32 = 9.0;

/// A document of revenue. Every amount is text as people read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceDoc {
    pub paper: Paper,
    /// `Invoice`, `Receipt` or `Credit note`.
    pub title: String,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub number: String,
    pub seller: Address,
    /// The seller's tax number; empty where there is none.
    pub tax_number: String,
    /// Nobody, on a simplified receipt.
    pub buyer: Option<Address>,
    /// At most 8: the date, when it is due, the order, the customer's own reference.
    pub references: Vec<Reference>,
    /// In the order of the document.
    pub lines: Vec<InvoiceDocLine>,
    /// One row per tax: its name with the rate, the net amount, the tax.
    pub taxes: Vec<[String; 3]>,
    /// The sums, the last one in bold: net, tax, total, paid, open.
    pub sums: Vec<Reference>,
    /// A word below, at most 1,000 characters: how to pay, what is corrected and why.
    pub message: String,
}

/// One line of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceDocLine {
    /// What the lines from here on belong to, such as an order and its delivery; empty where it is
    /// the same as before.
    pub group: String,
    pub sku: String,
    pub description: String,
    /// With its unit: `12 pcs`.
    pub quantity: String,
    pub price: String,
    /// The rates, such as `19%`.
    pub tax: String,
    pub amount: String,
}

impl InvoiceDoc {
    /// Renders the document as PDF, over as many pages as its lines need.
    ///
    /// # Errors
    /// What is missing, too long or does not fit.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        self.check()?;
        let country = self.buyer.as_ref().map_or("", |buyer| buyer.country.as_str());
        let seller = self.seller.written("seller", country)?;
        let mut seller: Vec<String> = seller.into_iter().map(|line| line.text).collect();
        if !self.tax_number.is_empty() {
            seller.push(format!("Tax number {}", self.tax_number));
        }
        let buyer = match &self.buyer {
            Some(buyer) => buyer.written("buyer", &self.seller.country)?,
            None => Vec::new(),
        };
        let fonts = Fonts::new();
        let running = format!("{} · {}", self.title, self.number);
        let mut sheets = Sheets::new(&fonts, self.paper, running);
        draw_title(&mut sheets, &self.title, &seller, &self.number)?;
        let to = buyer.into_iter().map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        });
        let caption = if self.buyer.is_some() { "BILL TO" } else { "" };
        draw_columns(&mut sheets, (caption, to.collect()), &self.references)?;
        let table = self.line_table(&fonts, sheets.inner());
        sheets.table(&table);
        sheets.y += 14.0;
        if !self.taxes.is_empty() {
            let table = self.tax_table(&fonts, sheets.inner());
            sheets.table(&table);
            sheets.y += 14.0;
        }
        self.draw_sums(&mut sheets, &fonts);
        sheets.y += 12.0;
        sheets.paragraph(&self.message, TEXT, Weight::Regular);
        let title = format!("{} {}", self.title, self.number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }

    fn check(&self) -> Result<(), DocError> {
        check_text("title", &self.title, 40)?;
        check_text("tax_number", &self.tax_number, 60)?;
        check_text("message", &self.message, 1_000)?;
        check_count("references", self.references.len(), 8)?;
        reference::check("references", &self.references)?;
        check_count("lines", self.lines.len(), LINES_MAX)?;
        if self.lines.is_empty() {
            return Err(DocError::Missing { field: "lines".to_owned() });
        }
        for (index, line) in self.lines.iter().enumerate() {
            let field = |name: &str| format!("lines[{index}].{name}");
            check_text(&field("group"), &line.group, 200)?;
            check_text(&field("sku"), &line.sku, 80)?;
            check_text(&field("description"), &line.description, 2_000)?;
            for (name, text) in [
                ("quantity", &line.quantity),
                ("price", &line.price),
                ("tax", &line.tax),
                ("amount", &line.amount),
            ] {
                check_text(&field(name), text, 60)?;
            }
        }
        check_count("taxes", self.taxes.len(), 50)?;
        for text in self.taxes.iter().flatten() {
            check_text("taxes", text, 80)?;
        }
        check_count("sums", self.sums.len(), 10)?;
        reference::check("sums", &self.sums)
    }

    fn line_table(&self, fonts: &Fonts, inner: f32) -> Table {
        let content = |least: f32, most: f32| Width::Content { least, most };
        let columns = vec![
            Column::new("SKU", Align::Left, content(40.0, 90.0)),
            Column::new("DESCRIPTION", Align::Left, Width::Rest),
            Column::new("QUANTITY", Align::Right, content(44.0, 84.0)),
            Column::new("PRICE", Align::Right, content(36.0, 76.0)),
            Column::new("TAX", Align::Right, content(24.0, 60.0)),
            Column::new("AMOUNT", Align::Right, content(52.0, 90.0)),
        ];
        let rows = self.lines.iter().map(InvoiceDocLine::row).collect();
        Table::new(fonts, columns, rows, TEXT, (MARGIN, inner))
    }

    fn tax_table(&self, fonts: &Fonts, inner: f32) -> Table {
        let columns = vec![
            Column::new("TAX", Align::Left, Width::Rest),
            Column::new("NET", Align::Right, Width::Content { least: 70.0, most: 110.0 }),
            Column::new("TAX AMOUNT", Align::Right, Width::Content { least: 70.0, most: 110.0 }),
        ];
        let cell = |text: &String| Cell::new(text, Weight::Regular);
        let rows = self.taxes.iter().map(|tax| Row::new(tax.iter().map(cell).collect()));
        Table::new(fonts, columns, rows.collect(), TEXT, (MARGIN, inner))
    }

    /// The sums at the right, one below the other, kept together.
    fn draw_sums(&self, sheets: &mut Sheets<'_>, fonts: &Fonts) {
        let (size, leading) = (10.5, 17.0);
        sheets.keep(leading * self.sums.len() as f32);
        let right = MARGIN + sheets.inner();
        for Reference { label, value } in &self.sums {
            let bold = label == "Total" || label.starts_with("To pay") || label.starts_with("Open");
            let weight = if bold { Weight::Bold } else { Weight::Regular };
            let baseline = sheets.y + size;
            let x = right - fonts.width(value, weight, size);
            let left = right - 220.0;
            let page = sheets.page();
            page.text(left, baseline, size, weight, label);
            page.text(x, baseline, size, weight, value);
            if label == "Total" {
                let rule = Area { x: left, y: baseline - size - 4.0, width: 220.0, height: 0.6 };
                page.fill(rule, GRAY);
            }
            sheets.y += leading;
        }
    }
}

impl InvoiceDocLine {
    fn row(&self) -> Row {
        let cell = |text: &str| Cell::new(text, Weight::Regular);
        let mut cells = vec![
            cell(&self.sku),
            cell(&self.description),
            cell(&self.quantity),
            cell(&self.price),
            cell(&self.tax),
            Cell::new(&self.amount, Weight::Bold),
        ];
        if !self.group.is_empty() {
            // What it belongs to stands above the description, in all columns one line higher.
            for (index, cell) in cells.iter_mut().enumerate() {
                let (text, weight) = match index {
                    1 => (self.group.clone(), Weight::Bold),
                    _ => (String::new(), Weight::Regular),
                };
                cell.lines.insert(0, CellLine { text, weight, gray: GRAY });
            }
        }
        Row::new(cells)
    }
}
