//! Sheets of paper and the flow of a table over them.

use crate::error::DocError;
use crate::fonts::{Fonts, Weight};
use crate::page::{Area, BLACK, CAP, GRAY, HAIR, LEADING, Page};
use crate::table::{Align, CellLine, Row, Table};

/// The paper of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

impl Paper {
    /// Width and height in points.
    pub(crate) fn size(self) -> (f32, f32) {
        match self {
            Paper::A4 => (595.28, 841.89),
            Paper::Letter => (612.0, 792.0),
        }
    }
}

/// Margin on all sides, in points.
pub(crate) const MARGIN: f32 = 42.0;
/// Space between a row's rule and its text, in points.
const PAD: f32 = 5.0;
/// Lowest point of the table above the lower edge, in points.
const FOOT: f32 = 62.0;

/// Pages being filled from top to bottom.
pub(crate) struct Sheets<'a> {
    pub fonts: &'a Fonts,
    pub pages: Vec<Page>,
    /// Where the next thing goes on the last page, in points from the top.
    pub y: f32,
    paper: Paper,
    /// What every page after the first says at its head, and every page at its foot.
    running: String,
}

impl<'a> Sheets<'a> {
    pub fn new(fonts: &'a Fonts, paper: Paper, running: String) -> Sheets<'a> {
        let (width, height) = paper.size();
        let pages = vec![Page::new(width, height)];
        Sheets { fonts, pages, y: MARGIN, paper, running }
    }

    /// Returns the width between the margins.
    pub fn inner(&self) -> f32 {
        self.paper.size().0 - 2.0 * MARGIN
    }

    /// Returns the page being filled.
    pub fn page(&mut self) -> &mut Page {
        self.pages.last_mut().expect("there is a first page from the start")
    }

    fn bottom(&self) -> f32 {
        self.paper.size().1 - FOOT
    }

    fn turn(&mut self) {
        let (width, height) = self.paper.size();
        let mut page = Page::new(width, height);
        page.text(MARGIN, MARGIN + 9.0, 9.0, Weight::Bold, &self.running);
        self.pages.push(page);
        self.y = MARGIN + 22.0;
    }

    /// Turns the page where less than `height` is left of it.
    pub fn keep(&mut self, height: f32) {
        if self.y + height > self.bottom() {
            self.turn();
        }
    }

    /// Goes on at `y` of the same page; refuses what already ran into its foot, naming `field`.
    pub fn skip_to(&mut self, y: f32, field: &str) -> Result<(), DocError> {
        if y > self.bottom() {
            return Err(DocError::DoesNotFit { field: field.to_owned() });
        }
        self.y = y;
        Ok(())
    }

    /// Lets a table flow: its header is repeated on each page, a row stays whole unless it alone
    /// is higher than a page.
    pub fn table(&mut self, table: &Table) {
        if self.y + HEAD_HEIGHT + 2.0 * PAD + table.leading() > self.bottom() {
            self.turn();
        }
        self.table_head(table);
        let start = MARGIN + 22.0 + HEAD_HEIGHT;
        let per_page = ((self.bottom() - start - 2.0 * PAD) / table.leading()).floor() as usize;
        for row in &table.rows {
            let mut rest = row.clone();
            while !rest.is_empty() {
                let part = rest.take_lines(per_page.max(1));
                let height = part.height(table.leading()) + 2.0 * PAD;
                if self.y + height > self.bottom() {
                    self.turn();
                    self.table_head(table);
                }
                self.row(table, &part, height);
            }
        }
    }

    fn table_head(&mut self, table: &Table) {
        let y = self.y;
        let inner = self.inner();
        for column in &table.columns {
            let x = column.text_x(self.fonts, &column.title, Weight::Bold, HEAD_SIZE);
            let title = column.title.clone();
            self.page().text_in(x, y + HEAD_SIZE, HEAD_SIZE, Weight::Bold, GRAY, &title);
        }
        let rule = Area { x: MARGIN, y: y + HEAD_HEIGHT - 1.0, width: inner, height: 1.0 };
        self.page().fill(rule, BLACK);
        self.y = y + HEAD_HEIGHT;
    }

    fn row(&mut self, table: &Table, row: &Row, height: f32) {
        let inner = self.inner();
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            let mut top = self.y + PAD;
            for line in &cell.lines {
                let CellLine { text, weight, gray } = line;
                let x = column.text_x(self.fonts, text, *weight, table.size);
                let baseline = top + table.size * (CAP + (LEADING - CAP) / 2.0);
                self.page().text_in(x, baseline, table.size, *weight, *gray, text);
                top += table.leading();
            }
        }
        if let Some(column) = table.columns.iter().find(|column| column.align == Align::Box)
            && row.first
        {
            let (x, y) = (column.x + column.width - BOX, self.y + PAD);
            self.page().frame(Area { x, y, width: BOX, height: BOX }, 0.9);
        }
        self.y += height;
        let rule = Area { x: MARGIN, y: self.y - 0.5, width: inner, height: 0.5 };
        self.page().fill(rule, HAIR);
    }

    /// Puts a paragraph, wrapped, and turns the page where it must.
    pub fn paragraph(&mut self, text: &str, size: f32, weight: Weight) {
        for line in self.fonts.wrap(text, weight, size, self.inner()) {
            if self.y + size * LEADING > self.bottom() {
                self.turn();
            }
            let baseline = self.y + size;
            self.page().text(MARGIN, baseline, size, weight, &line);
            self.y += size * LEADING;
        }
    }

    /// Writes `Page n of m` on all pages and returns them.
    pub fn finish(mut self) -> Vec<Page> {
        let total = self.pages.len();
        let (width, height) = self.paper.size();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let baseline = height - MARGIN + 6.0;
            let rule = Area { x: MARGIN, y: baseline - 13.0, width: width - 84.0, height: 0.5 };
            page.fill(rule, HAIR);
            page.text_in(MARGIN, baseline, 8.0, Weight::Regular, GRAY, &self.running);
            let text = format!("Page {} of {total}", index + 1);
            let x = width - MARGIN - self.fonts.width(&text, Weight::Regular, 8.0);
            page.text_in(x, baseline, 8.0, Weight::Regular, GRAY, &text);
        }
        self.pages
    }
}

/// Size of the column titles, in points.
pub(crate) const HEAD_SIZE: f32 = 7.5;
/// Height of the row of column titles with its rule, in points.
const HEAD_HEIGHT: f32 = 14.0;
/// Side of the box to tick, in points.
const BOX: f32 = 11.0;
