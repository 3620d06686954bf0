//! What goes with a load: the driver's list of stops, and a delivery note for each of them.

use crate::address::Address;
use crate::error::{DocError, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::Paragraph;
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::Reference;
use crate::slip::{DocLine, check_head, draw_columns, draw_references, draw_title};
use crate::table::{Align, Cell, Column, Row, Table, Width};

/// Advice of what is handed over now; the invoice comes later. The receiver signs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryNote {
    pub paper: Paper,
    pub seller: Address,
    pub recipient: Address,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub number: String,
    /// At most 8, for example the order, the day and the time window.
    pub references: Vec<Reference>,
    pub lines: Vec<DocLine>,
    /// Who took the goods and when, at most 200 characters; empty: lines to sign on.
    pub received: String,
}

/// One stop on the driver's list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadStop {
    pub position: u32,
    /// Such as `08:00–10:30`.
    pub slot: String,
    /// Where to: each line of the address, the phone.
    pub address: Vec<String>,
    /// `12 each SLAB Slab` and notes.
    pub goods: Vec<String>,
    /// Money to be taken.
    pub due: String,
}

/// What a driver sets out with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadList {
    pub paper: Paper,
    /// Where the load leaves and with which vehicle.
    pub from: String,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub number: String,
    /// At most 8, for example the day, the driver and the weight.
    pub references: Vec<Reference>,
    /// In the order of the run.
    pub stops: Vec<LoadStop>,
}

impl DeliveryNote {
    /// Renders the note as PDF, over as many pages as its lines need.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        self.recipient.check_recipient()?;
        check_text("received", &self.received, 200)?;
        check_head(&self.number, &self.references, self.lines.len())?;
        for (index, line) in self.lines.iter().enumerate() {
            line.check(&format!("lines[{index}]"))?;
        }
        let seller = self.seller.written("seller", &self.recipient.country)?;
        let to = self.recipient.written("recipient", &self.seller.country)?;
        let fonts = Fonts::new();
        let mut sheets =
            Sheets::new(&fonts, self.paper, format!("Delivery note · {}", self.number));
        let seller: Vec<String> = seller.into_iter().map(|line| line.text).collect();
        draw_title(&mut sheets, "Delivery note", &seller, &self.number)?;
        let to = to.into_iter().map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        });
        draw_columns(&mut sheets, ("DELIVER TO", to.collect()), &self.references)?;
        let columns = vec![
            Column::new("QUANTITY", Align::Right, Width::Content { least: 44.0, most: 112.0 }),
            Column::new("SKU", Align::Left, Width::Content { least: 50.0, most: 120.0 }),
            Column::new("DESCRIPTION", Align::Left, Width::Rest),
            Column::new("TAKEN", Align::Box, Width::Content { least: 28.0, most: 36.0 }),
        ];
        let rows = self.lines.iter().map(|line| {
            let mut cells = line.cells();
            cells.push(Cell::default());
            Row::new(cells)
        });
        let table = Table::new(&fonts, columns, rows.collect(), 9.5, (MARGIN, sheets.inner()));
        sheets.table(&table);
        sheets.y += 18.0;
        if self.received.is_empty() {
            let blank = "_".repeat(40);
            let sign = format!("Received by (name): {blank}\n\nSignature: {blank}");
            for part in sign.split("\n\n") {
                sheets.paragraph(part, 9.5, Weight::Regular);
                sheets.y += 22.0;
            }
        } else {
            sheets.paragraph(&self.received, 9.5, Weight::Bold);
        }
        let title = format!("Delivery note {}", self.number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }
}

impl LoadList {
    /// Renders the list as PDF, a row for each stop with a box to tick.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        check_text("from", &self.from, 200)?;
        check_head(&self.number, &self.references, self.stops.len())?;
        for (index, stop) in self.stops.iter().enumerate() {
            check_text(&format!("stops[{index}].slot"), &stop.slot, 40)?;
            check_text(&format!("stops[{index}].due"), &stop.due, 40)?;
            for text in stop.address.iter().chain(&stop.goods) {
                check_text(&format!("stops[{index}]"), text, 2_000)?;
            }
        }
        let fonts = Fonts::new();
        let mut sheets = Sheets::new(&fonts, self.paper, format!("Load list · {}", self.number));
        draw_title(&mut sheets, "Load list", std::slice::from_ref(&self.from), &self.number)?;
        draw_references(&mut sheets, &self.references)?;
        let columns = vec![
            Column::new("STOP", Align::Right, Width::Content { least: 28.0, most: 40.0 }),
            Column::new("TIME", Align::Left, Width::Content { least: 40.0, most: 80.0 }),
            Column::new("TO", Align::Left, Width::Content { least: 90.0, most: 150.0 }),
            Column::new("GOODS", Align::Left, Width::Rest),
            Column::new("TO TAKE", Align::Right, Width::Content { least: 40.0, most: 80.0 }),
            Column::new("DONE", Align::Box, Width::Content { least: 22.0, most: 30.0 }),
        ];
        let rows = self.stops.iter().map(|stop| {
            Row::new(vec![
                Cell::new(&stop.position.to_string(), Weight::Bold),
                Cell::new(&stop.slot, Weight::Regular),
                many(&stop.address),
                many(&stop.goods),
                Cell::new(&stop.due, Weight::Bold),
                Cell::default(),
            ])
        });
        let table = Table::new(&fonts, columns, rows.collect(), 9.5, (MARGIN, sheets.inner()));
        sheets.table(&table);
        let title = format!("Load list {}", self.number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }
}

/// A cell of several lines.
fn many(lines: &[String]) -> Cell {
    let mut cell = Cell::default();
    for line in lines {
        cell.lines.extend(Cell::new(line, Weight::Regular).lines);
    }
    cell
}
