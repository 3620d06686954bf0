//! Packing slips and pick lists.

use std::fmt;

use crate::address::Address;
use crate::barcode::{LINEAR_QUIET, QR_QUIET, code128, qr};
use crate::error::{DocError, check_barcode_text, check_count, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::{Area, CAP, GRAY, Item, LEADING, Page, Paragraph, Sizes};
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::{self, Reference};
use crate::table::{Align, Cell, CellLine, Column, Row, Table, Width};

/// Lines allowed on one document.
const LINES_MAX: usize = 5_000;

/// What goes into the box with the goods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackingSlip {
    pub paper: Paper,
    pub seller: Address,
    pub recipient: Address,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub order_number: String,
    /// At most 8, for example the date, the shipment and the customer's own order number.
    pub references: Vec<Reference>,
    pub lines: Vec<DocLine>,
    /// A word to the customer below the table, at most 1,000 characters.
    pub message: String,
}

/// What a picker walks through the warehouse with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickList {
    pub paper: Paper,
    /// Where the goods are picked, for example `Hamburg-Harburg DC`.
    pub location: String,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub order_number: String,
    /// At most 8, for example the fulfillment, the carrier's cut-off and the customer.
    pub references: Vec<Reference>,
    /// In the order of the walk.
    pub lines: Vec<PickLine>,
}

/// One line of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocLine {
    /// The quantity with its unit, as the merchant writes it: `12 pcs`, `2.4 m`.
    pub quantity: String,
    pub sku: String,
    pub description: String,
    pub cuts: Vec<Cut>,
    /// Further lines below the description: lot, serial numbers, backordered rest.
    pub notes: Vec<String>,
}

/// One line of a pick list: what, and the bin it lies in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickLine {
    pub bin: String,
    pub line: DocLine,
}

/// How to cut a length. Displayed as `Cut 2 × 2.4 m from 5 m, offcut 0.2 m`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    pub pieces: u32,
    /// Length of one piece with its unit.
    pub length: String,
    /// Length that is cut from, with its unit.
    pub from: String,
    /// What is left, with its unit; empty when nothing is.
    pub offcut: String,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cut {} × {} from {}", self.pieces, self.length, self.from)?;
        if !self.offcut.is_empty() {
            write!(f, ", offcut {}", self.offcut)?;
        }
        Ok(())
    }
}

impl PackingSlip {
    /// Renders the slip as PDF, over as many pages as its lines need.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        self.recipient.check_recipient()?;
        check_text("message", &self.message, 1_000)?;
        check_head(&self.order_number, &self.references, self.lines.len())?;
        for (index, line) in self.lines.iter().enumerate() {
            line.check(&format!("lines[{index}]"))?;
        }
        let seller = self.seller.written("seller", &self.recipient.country)?;
        let to = self.recipient.written("recipient", &self.seller.country)?;

        let fonts = Fonts::new();
        let running = format!("Packing slip · {}", self.order_number);
        let mut sheets = Sheets::new(&fonts, self.paper, running);
        let seller: Vec<String> = seller.into_iter().map(|line| line.text).collect();
        draw_title(&mut sheets, "Packing slip", &seller, &self.order_number)?;
        let to = to.into_iter().map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        });
        draw_columns(&mut sheets, ("SHIP TO", to.collect()), &self.references)?;

        let columns = vec![
            Column::new("QUANTITY", Align::Right, Width::Content { least: 44.0, most: 112.0 }),
            Column::new("SKU", Align::Left, Width::Content { least: 50.0, most: 120.0 }),
            Column::new("DESCRIPTION", Align::Left, Width::Rest),
        ];
        let rows = self.lines.iter().map(|line| Row::new(line.cells())).collect();
        let table = Table::new(&fonts, columns, rows, 9.5, (MARGIN, sheets.inner()));
        sheets.table(&table);
        sheets.y += 16.0;
        sheets.paragraph(&self.message, 9.5, Weight::Regular);
        let title = format!("Packing slip {}", self.order_number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }
}

impl PickList {
    /// Renders the list as PDF, lines in the order given, each with a box to tick.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        check_text("location", &self.location, 100)?;
        check_head(&self.order_number, &self.references, self.lines.len())?;
        for (index, line) in self.lines.iter().enumerate() {
            check_text(&format!("lines[{index}].bin"), &line.bin, 40)?;
            line.line.check(&format!("lines[{index}]"))?;
        }
        let fonts = Fonts::new();
        let running = format!("Pick list · {}", self.order_number);
        let mut sheets = Sheets::new(&fonts, self.paper, running);
        let location = [self.location.clone()];
        draw_title(&mut sheets, "Pick list", &location, &self.order_number)?;
        draw_references(&mut sheets, &self.references)?;

        let columns = vec![
            Column::new("BIN", Align::Left, Width::Content { least: 50.0, most: 100.0 }),
            Column::new("QUANTITY", Align::Right, Width::Content { least: 44.0, most: 112.0 }),
            Column::new("SKU", Align::Left, Width::Content { least: 50.0, most: 110.0 }),
            Column::new("DESCRIPTION", Align::Left, Width::Rest),
            Column::new("DONE", Align::Box, Width::Content { least: 22.0, most: 30.0 }),
        ];
        let rows = self.lines.iter().map(|line| {
            let mut cells = line.line.cells();
            cells.insert(0, Cell::new(&line.bin, Weight::Bold));
            cells.push(Cell::default());
            Row::new(cells)
        });
        let table = Table::new(&fonts, columns, rows.collect(), 10.5, (MARGIN, sheets.inner()));
        sheets.table(&table);
        let title = format!("Pick list {}", self.order_number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }
}

impl DocLine {
    pub(crate) fn check(&self, field: &str) -> Result<(), DocError> {
        check_text(&format!("{field}.quantity"), &self.quantity, 40)?;
        check_text(&format!("{field}.sku"), &self.sku, 80)?;
        check_text(&format!("{field}.description"), &self.description, 2_000)?;
        check_count(&format!("{field}.cuts"), self.cuts.len(), 50)?;
        for (index, cut) in self.cuts.iter().enumerate() {
            for text in [&cut.length, &cut.from, &cut.offcut] {
                check_text(&format!("{field}.cuts[{index}]"), text, 40)?;
            }
        }
        check_count(&format!("{field}.notes"), self.notes.len(), 200)?;
        for (index, note) in self.notes.iter().enumerate() {
            check_text(&format!("{field}.notes[{index}]"), note, 500)?;
        }
        Ok(())
    }

    /// Quantity, SKU, and the description with cuts and notes below it.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut text = Cell::new(&self.description, Weight::Regular);
        for cut in &self.cuts {
            text.lines.extend(Cell::new(&cut.to_string(), Weight::Bold).lines);
        }
        let notes = self.notes.iter().map(|note| CellLine {
            text: note.clone(),
            weight: Weight::Regular,
            gray: GRAY,
        });
        text.lines.extend(notes);
        let quantity = Cell::new(&self.quantity, Weight::Bold);
        vec![quantity, Cell::new(&self.sku, Weight::Regular), text]
    }
}

pub(crate) fn check_head(
    order: &str,
    references: &[Reference],
    lines: usize,
) -> Result<(), DocError> {
    check_barcode_text("order_number", order, 40)?;
    check_count("references", references.len(), 8)?;
    reference::check("references", references)?;
    check_count("lines", lines, LINES_MAX)?;
    if lines == 0 {
        return Err(DocError::Missing { field: "lines".to_owned() });
    }
    Ok(())
}

/// The head of the first page: who, what, and the order number as text and barcode.
pub(crate) fn draw_title(
    sheets: &mut Sheets<'_>,
    title: &str,
    from: &[String],
    order: &str,
) -> Result<(), DocError> {
    let fonts = sheets.fonts;
    let right = MARGIN + sheets.inner();
    let left_of_code = draw_code(sheets.page(), order, right)?;
    let width = left_of_code - MARGIN - 16.0;
    let inner = sheets.inner();
    let page = sheets.page();
    page.text(MARGIN, MARGIN + 20.0, 26.0, Weight::Bold, title);
    let sizes = Sizes { best: 13.0, wrap_below: 8.0, least: 6.0 };
    let area = Area { x: MARGIN, y: MARGIN + 33.0, width, height: 14.0 };
    let number = [Paragraph { text: order.to_owned(), weight: Weight::Regular }];
    page.block(fonts, area, sizes, &number, "order_number")?;
    let sizes = Sizes { best: 8.5, wrap_below: 8.0, least: 5.0 };
    let area = Area { x: MARGIN, y: MARGIN + 61.0, width: inner, height: 30.0 };
    let from = [Paragraph { text: from.join("\u{A0}· "), weight: Weight::Regular }];
    page.block(fonts, area, sizes, &from, "seller")?;
    sheets.y = MARGIN + 100.0;
    Ok(())
}

/// Draws the order number as Code 128, or as QR where that would be too wide; its right edge,
/// not its quiet zone, ends at `right`. Returns where its left quiet zone starts.
fn draw_code(page: &mut Page, order: &str, right: f32) -> Result<f32, DocError> {
    let bars = code128("order_number", order)?;
    let module = 1.0;
    let width = bars.modules.len() as f32 * module;
    if width <= 230.0 {
        let x = right - width;
        page.items.push(Item::Bars { x, y: MARGIN, module, height: 42.0, bars });
        return Ok(x - LINEAR_QUIET * module);
    }
    let matrix = qr("order_number", order)?;
    let module = 50.0 / matrix.size as f32;
    let x = right - 50.0;
    page.items.push(Item::Qr { x, y: MARGIN, module, matrix });
    Ok(x - QR_QUIET * module)
}

/// An address on the left, captioned values on the right.
pub(crate) fn draw_columns(
    sheets: &mut Sheets<'_>,
    (caption, address): (&str, Vec<Paragraph>),
    references: &[Reference],
) -> Result<(), DocError> {
    let fonts = sheets.fonts;
    let half = sheets.inner() / 2.0;
    let top = sheets.y;
    let page = sheets.page();
    page.text_in(MARGIN, top + 7.5, 7.5, Weight::Bold, GRAY, caption);
    let area = Area { x: MARGIN, y: top + 15.0, width: half - 16.0, height: 110.0 };
    let sizes = Sizes { best: 11.0, wrap_below: 9.0, least: 6.0 };
    let end = page.block(fonts, area, sizes, &address, "recipient")?;
    let area = Area { x: MARGIN + half, y: top, width: half, height: 0.0 };
    let other = draw_captioned(page, fonts, area, references);
    sheets.skip_to(end.max(other) + 14.0, "references")
}

/// Captioned values in two columns over the whole width.
pub(crate) fn draw_references(
    sheets: &mut Sheets<'_>,
    references: &[Reference],
) -> Result<(), DocError> {
    let fonts = sheets.fonts;
    let (top, half) = (sheets.y - 16.0, sheets.inner() / 2.0);
    let (left, right) = references.split_at(references.len().div_ceil(2));
    let mut end = top;
    for (x, part) in [(MARGIN, left), (MARGIN + half, right)] {
        let area = Area { x, y: top, width: half - 16.0, height: 0.0 };
        end = end.max(draw_captioned(sheets.page(), fonts, area, part));
    }
    sheets.skip_to(end + 14.0, "references")
}

/// Captions in one column, values in the next, both wrapped. Returns where they end.
fn draw_captioned(page: &mut Page, fonts: &Fonts, area: Area, references: &[Reference]) -> f32 {
    let size = 9.5;
    let caption = |reference: &Reference| fonts.width(&reference.label, Weight::Regular, size);
    // A hair more, so that the widest caption stays on one line.
    let indent = references.iter().map(caption).fold(0.0, f32::max) + 0.5;
    let indent = indent.min(area.width * 0.45);
    let mut top = area.y;
    for Reference { label, value } in references {
        let value_x = area.x + indent + 12.0;
        let value_width = area.x + area.width - value_x;
        let mut most = 1;
        for (x, width, text, weight) in
            [(area.x, indent, label, Weight::Regular), (value_x, value_width, value, Weight::Bold)]
        {
            let lines = fonts.wrap(text, weight, size, width);
            for (index, line) in lines.iter().enumerate() {
                let baseline = top + size * (CAP + LEADING * index as f32);
                page.text(x, baseline, size, weight, line);
            }
            most = most.max(lines.len());
        }
        top += size * (LEADING * most as f32 + 0.28);
    }
    top
}
