//! Purchase orders: what a supplier is asked to deliver, where and at what price.

use crate::address::Address;
use crate::error::{DocError, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::{GRAY, Paragraph};
use crate::paper::{MARGIN, Paper, Sheets};
use crate::pdf;
use crate::reference::Reference;
use crate::slip::{check_head, draw_columns, draw_title};
use crate::table::{Align, Cell, CellLine, Column, Row, Table, Width};

/// An order to a supplier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurchaseDocument {
    pub paper: Paper,
    pub buyer: Address,
    pub supplier: Address,
    /// Where the goods are to arrive.
    pub ship_to: Address,
    /// Printable ASCII, at most 40 characters; also shown as a barcode.
    pub number: String,
    /// At most 8, for example the date, the supplier's number of the order and its currency.
    pub references: Vec<Reference>,
    pub rows: Vec<PurchaseRow>,
    /// With its currency: `1,200.00 EUR`.
    pub total: String,
    /// A word to the supplier below the table, at most 1,000 characters.
    pub message: String,
}

/// One line of a purchase order, as the buyer writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurchaseRow {
    pub position: String,
    /// The supplier's own number of the article.
    pub supplier_sku: String,
    pub sku: String,
    pub description: String,
    /// With its unit: `12 pcs`.
    pub quantity: String,
    /// With its unit: `420.00 / thousand`.
    pub price: String,
    pub amount: String,
    pub expected: String,
    /// Whether the goods go straight to the customer.
    pub direct: bool,
}

impl PurchaseDocument {
    /// Renders the order as PDF, over as many pages as its lines need.
    ///
    /// # Errors
    /// What cannot be printed, with its field.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        check_text("message", &self.message, 1_000)?;
        check_text("total", &self.total, 60)?;
        check_head(&self.number, &self.references, self.rows.len())?;
        for (index, row) in self.rows.iter().enumerate() {
            row.check(index)?;
        }
        let fonts = Fonts::new();
        let running = format!("Purchase order · {}", self.number);
        let mut sheets = Sheets::new(&fonts, self.paper, running);
        let buyer: Vec<String> =
            written(&self.buyer, "buyer")?.into_iter().map(|line| line.text).collect();
        draw_title(&mut sheets, "Purchase order", &buyer, &self.number)?;
        let supplier = written(&self.supplier, "supplier")?;
        draw_columns(&mut sheets, ("SUPPLIER", supplier), &self.references)?;
        let ship_to = written(&self.ship_to, "ship_to")?;
        draw_columns(&mut sheets, ("DELIVER TO", ship_to), &[])?;
        let table = Table::new(&fonts, columns(), self.table(), 9.0, (MARGIN, sheets.inner()));
        sheets.table(&table);
        sheets.y += 12.0;
        sheets.paragraph(&format!("Total without tax: {}", self.total), 11.0, Weight::Bold);
        sheets.y += 8.0;
        sheets.paragraph(&self.message, 9.5, Weight::Regular);
        let title = format!("Purchase order {}", self.number);
        Ok(pdf::write(&fonts, &sheets.finish(), &title, false))
    }

    fn table(&self) -> Vec<Row> {
        let row = |row: &PurchaseRow| {
            let mut text = Cell::new(&row.description, Weight::Regular);
            let mut notes = vec![format!("Our number {}", row.sku)];
            if row.direct {
                notes.push("Please send it straight to our customer".to_owned());
            }
            text.lines.extend(notes.into_iter().map(|text| CellLine {
                text,
                weight: Weight::Regular,
                gray: GRAY,
            }));
            Row::new(vec![
                Cell::new(&row.position, Weight::Regular),
                Cell::new(&row.supplier_sku, Weight::Bold),
                text,
                Cell::new(&row.expected, Weight::Regular),
                Cell::new(&row.quantity, Weight::Bold),
                Cell::new(&row.price, Weight::Regular),
                Cell::new(&row.amount, Weight::Regular),
            ])
        };
        self.rows.iter().map(row).collect()
    }
}

fn columns() -> Vec<Column> {
    let content = |least: f32, most: f32| Width::Content { least, most };
    vec![
        Column::new("NO", Align::Right, content(18.0, 30.0)),
        Column::new("YOUR SKU", Align::Left, content(44.0, 84.0)),
        Column::new("DESCRIPTION", Align::Left, Width::Rest),
        Column::new("EXPECTED", Align::Left, content(50.0, 60.0)),
        Column::new("QUANTITY", Align::Right, content(44.0, 70.0)),
        Column::new("PRICE", Align::Right, content(40.0, 80.0)),
        Column::new("AMOUNT", Align::Right, content(44.0, 70.0)),
    ]
}

/// The lines of an address: as its country writes it, or just its name where it is no more.
fn written(address: &Address, field: &str) -> Result<Vec<Paragraph>, DocError> {
    if address.city.is_empty() {
        let name = if address.company.is_empty() { &address.name } else { &address.company };
        check_text(field, name, 100)?;
        return Ok(vec![Paragraph { text: name.clone(), weight: Weight::Bold }]);
    }
    let lines = address.written(field, &address.country)?.into_iter();
    Ok(lines
        .map(|line| Paragraph {
            text: line.text,
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        })
        .collect())
}

impl PurchaseRow {
    fn check(&self, index: usize) -> Result<(), DocError> {
        let field = |name: &str| format!("rows[{index}].{name}");
        check_text(&field("position"), &self.position, 10)?;
        check_text(&field("supplier_sku"), &self.supplier_sku, 80)?;
        check_text(&field("sku"), &self.sku, 80)?;
        check_text(&field("description"), &self.description, 2_000)?;
        check_text(&field("quantity"), &self.quantity, 40)?;
        check_text(&field("price"), &self.price, 60)?;
        check_text(&field("amount"), &self.amount, 40)?;
        check_text(&field("expected"), &self.expected, 20)
    }
}
