//! The 4 × 6 inch shipping label.

use crate::address::{Address, Written};
use crate::barcode::{LINEAR_QUIET, QR_QUIET, gs1_sscc, qr};
use crate::error::{DocError, check_barcode_text, check_count, check_text};
use crate::fonts::{Fonts, Weight};
use crate::page::{Area, BLACK, Item, Page, Paragraph, Sizes};
use crate::pdf;
use crate::reference::{self, Reference};
use crate::sscc::Sscc;
use crate::zpl::{self, Dpi};

/// Characters of an order number.
const ORDER_MAX: usize = 40;

/// What a shipping label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub sender: Address,
    pub recipient: Address,
    /// The carrier's service as the driver knows it, for example `Express 24`.
    pub service: String,
    /// Printable ASCII, at most 40 characters; it is also the text of the QR code.
    pub order_number: String,
    /// This parcel's number, from 1.
    pub parcel: u32,
    /// How many parcels the shipment has.
    pub parcels: u32,
    /// Gross weight in grams; it is printed in kilograms, and in pounds too from or to the US.
    pub weight_g: u32,
    pub sscc: Sscc,
    /// At most 3 further lines, for example `PO` and `4500012345`.
    pub references: Vec<Reference>,
    /// The day as it is to be printed; empty leaves it out.
    pub date: String,
}

// All lengths are points. The barcode module of 0.02 inch is 4 dots at 203 dpi and 6 at 300, and
// within the 0.495 to 0.94 mm of GS1 logistic labels; so is the bar height of 1.25 inch.
const WIDTH: f32 = 288.0;
const HEIGHT: f32 = 432.0;
const LEFT: f32 = 14.0;
const INNER: f32 = WIDTH - 2.0 * LEFT;
const BAR_MODULE: f32 = 1.44;
const BAR_HEIGHT: f32 = 90.0;
/// The largest QR module: 10 dots at 300 dpi, the most that `^BQ` prints.
const QR_MODULE: f32 = 2.4;
const RULE: f32 = 1.0;

const SERVICE_X: f32 = 176.0;
const TO_Y: f32 = 76.0;
const FACTS_Y: f32 = 196.0;
const ORDER_Y: f32 = 230.0;
const BARS_Y: f32 = 312.0;

impl Label {
    /// Renders the label as a PDF page of 4 × 6 inches.
    pub fn to_pdf(&self) -> Result<Vec<u8>, DocError> {
        let fonts = Fonts::new();
        let page = self.page(&fonts)?;
        let title = format!("Label {} {}", self.order_number, self.sscc);
        Ok(pdf::write(&fonts, &[page], &title, true))
    }

    /// Renders the label as ZPL II text in UTF-8, ready to be sent to a printer.
    pub fn to_zpl(&self, dpi: Dpi) -> Result<String, DocError> {
        let fonts = Fonts::new();
        let page = self.page(&fonts)?;
        Ok(zpl::write(&fonts, &page, dpi))
    }

    fn check(&self) -> Result<(), DocError> {
        self.recipient.check_recipient()?;
        check_text("service", &self.service, 60)?;
        check_text("date", &self.date, 30)?;
        check_barcode_text("order_number", &self.order_number, ORDER_MAX)?;
        check_count("references", self.references.len(), 3)?;
        reference::check("references", &self.references)?;
        if self.parcel == 0 || self.parcel > self.parcels {
            return Err(DocError::ParcelNumber { number: self.parcel, total: self.parcels });
        }
        Ok(())
    }

    fn page(&self, fonts: &Fonts) -> Result<Page, DocError> {
        self.check()?;
        let from = self.sender.written("sender", &self.recipient.country)?;
        let to = self.recipient.written("recipient", &self.sender.country)?;
        let mut page = Page::new(WIDTH, HEIGHT);
        self.draw_head(&mut page, fonts, &from)?;
        draw_recipient(&mut page, fonts, &to)?;
        self.draw_facts(&mut page, fonts)?;
        self.draw_order(&mut page, fonts)?;
        self.draw_sscc(&mut page);
        Ok(page)
    }

    /// The sender, small, and the service, large.
    fn draw_head(&self, page: &mut Page, fonts: &Fonts, from: &[Written]) -> Result<(), DocError> {
        caption(page, LEFT, 14.0, "FROM");
        let area = Area { x: LEFT, y: 24.0, width: SERVICE_X - LEFT - 14.0, height: 44.0 };
        let sizes = Sizes { best: 8.0, wrap_below: 6.0, least: 5.0 };
        let lines: Vec<Paragraph> = from
            .iter()
            .map(|line| Paragraph { text: line.text.clone(), weight: Weight::Regular })
            .collect();
        page.block(fonts, area, sizes, &lines, "sender")?;

        page.fill(Area { x: SERVICE_X - 7.0, y: 10.0, width: RULE, height: 60.0 }, BLACK);
        caption(page, SERVICE_X, 14.0, "SERVICE");
        let width = WIDTH - LEFT - SERVICE_X;
        let area = Area { x: SERVICE_X, y: 25.0, width, height: 42.0 };
        let sizes = Sizes { best: 22.0, wrap_below: 15.0, least: 7.0 };
        page.block(fonts, area, sizes, &[bold(&self.service)], "service")?;
        rule(page, TO_Y - 6.0, 2.0);
        Ok(())
    }

    fn draw_facts(&self, page: &mut Page, fonts: &Fonts) -> Result<(), DocError> {
        rule(page, FACTS_Y, RULE);
        let parcel = format!("{} of {}", self.parcel, self.parcels);
        let facts = [("PARCEL", "parcels", parcel), ("WEIGHT", "weight_g", self.weight())]
            .into_iter()
            .chain([("DATE", "date", self.date.clone())]);
        let pitch = INNER / 3.0;
        for (column, (name, field, value)) in facts.enumerate() {
            let x = LEFT + column as f32 * pitch + if column == 0 { 0.0 } else { 4.0 };
            if column > 0 {
                let x = x - 9.0;
                page.fill(Area { x, y: FACTS_Y + 4.0, width: RULE, height: 26.0 }, BLACK);
            }
            caption(page, x, FACTS_Y + 5.0, name);
            let area = Area { x, y: FACTS_Y + 15.0, width: pitch - 14.0, height: 14.0 };
            let sizes = Sizes { best: 14.0, wrap_below: 5.0, least: 5.0 };
            page.block(fonts, area, sizes, &[bold(&value)], field)?;
        }
        rule(page, ORDER_Y, RULE);
        Ok(())
    }

    /// The order number as text and as QR code, and the references.
    fn draw_order(&self, page: &mut Page, fonts: &Fonts) -> Result<(), DocError> {
        let matrix = qr("order_number", &self.order_number)?;
        let room = BARS_Y - 8.0 - ORDER_Y - RULE;
        let modules = matrix.size as f32 + 2.0 * QR_QUIET;
        let module = (room / modules).min(QR_MODULE);
        let side = modules * module;
        let x = WIDTH - LEFT + QR_QUIET * module - side;
        let corner = (x + QR_QUIET * module, ORDER_Y + RULE + (room - side) / 2.0);
        let y = corner.1 + QR_QUIET * module;
        page.items.push(Item::Qr { x: corner.0, y, module, matrix });

        caption(page, LEFT, ORDER_Y + 6.0, "ORDER");
        let width = x - LEFT - 2.0;
        let area = Area { x: LEFT, y: ORDER_Y + 16.0, width, height: 20.0 };
        let sizes = Sizes { best: 18.0, wrap_below: 11.0, least: 5.0 };
        page.block(fonts, area, sizes, &[bold(&self.order_number)], "order_number")?;
        let references: Vec<Paragraph> = self
            .references
            .iter()
            .map(|reference| Paragraph { text: reference.line(), weight: Weight::Regular })
            .collect();
        let area = Area { x: LEFT, y: ORDER_Y + 42.0, width, height: 34.0 };
        let sizes = Sizes { best: 9.0, wrap_below: 7.0, least: 5.0 };
        page.block(fonts, area, sizes, &references, "references")?;
        Ok(())
    }

    /// The SSCC as GS1-128 with its quiet zones, and below it for people.
    fn draw_sscc(&self, page: &mut Page) {
        rule(page, BARS_Y - 8.0, 2.0);
        let bars = gs1_sscc(self.sscc);
        let width = bars.modules.len() as f32 * BAR_MODULE;
        let x = (WIDTH - width) / 2.0;
        debug_assert!(x >= LINEAR_QUIET * BAR_MODULE, "the quiet zone lies on the label");
        page.items.push(Item::Bars { x, y: BARS_Y, module: BAR_MODULE, height: BAR_HEIGHT, bars });
        let text = format!("(00) {}", self.sscc);
        page.text(x, BARS_Y + BAR_HEIGHT + 14.0, 13.0, Weight::Bold, &text);
    }

    /// Kilograms with up to three decimals; for the US also pounds, rounded up to a tenth.
    fn weight(&self) -> String {
        let grams = u64::from(self.weight_g);
        let mut text = format!("{}.{:03}", grams / 1000, grams % 1000);
        while text.ends_with('0') {
            text.pop();
        }
        let kilograms = text.trim_end_matches('.');
        let american = [&self.sender, &self.recipient]
            .iter()
            .any(|address| address.country.eq_ignore_ascii_case("US"));
        if !american {
            return format!("{kilograms} kg");
        }
        // A pound is 453.59237 g.
        let tenths = (grams * 1_000_000).div_ceil(45_359_237);
        format!("{}.{} lb · {kilograms} kg", tenths / 10, tenths % 10)
    }
}

fn draw_recipient(page: &mut Page, fonts: &Fonts, to: &[Written]) -> Result<(), DocError> {
    caption(page, LEFT, TO_Y, "SHIP TO");
    let lines: Vec<Paragraph> = to
        .iter()
        .map(|line| Paragraph {
            text: line.text.clone(),
            weight: if line.strong { Weight::Bold } else { Weight::Regular },
        })
        .collect();
    let area = Area { x: LEFT, y: TO_Y + 12.0, width: INNER, height: FACTS_Y - TO_Y - 18.0 };
    let sizes = Sizes { best: 17.0, wrap_below: 11.0, least: 6.0 };
    page.block(fonts, area, sizes, &lines, "recipient")?;
    Ok(())
}

fn bold(text: &str) -> Paragraph {
    Paragraph { text: text.to_owned(), weight: Weight::Bold }
}

fn caption(page: &mut Page, x: f32, top: f32, text: &str) {
    page.text(x, top + 5.0, 6.0, Weight::Bold, text);
}

fn rule(page: &mut Page, y: f32, thickness: f32) {
    page.fill(Area { x: LEFT, y, width: INNER, height: thickness }, BLACK);
}
