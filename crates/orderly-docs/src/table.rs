//! The columns and rows of a table, measured and wrapped.

use crate::fonts::{Fonts, Weight};
use crate::page::{BLACK, LEADING};
use crate::paper::HEAD_SIZE;

/// Space between two columns, in points.
const GAP: f32 = 12.0;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    /// No text but a box to tick, at the right.
    Box,
}

/// How wide a column may get, in points.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Width {
    /// As wide as its widest text, within these limits.
    Content { least: f32, most: f32 },
    /// What the others leave.
    Rest,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub title: String,
    pub align: Align,
    pub limits: Width,
    /// Left edge and width, set when the table is measured.
    pub x: f32,
    pub width: f32,
}

/// One line of text in a cell.
#[derive(Debug, Clone)]
pub(crate) struct CellLine {
    pub text: String,
    pub weight: Weight,
    pub gray: f32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub lines: Vec<CellLine>,
}

/// A row; `first` is false for what is left of a row that was too high for one page.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub cells: Vec<Cell>,
    pub first: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Text size, in points.
    pub size: f32,
}

impl Column {
    pub fn new(title: &str, align: Align, limits: Width) -> Column {
        Column { title: title.to_owned(), align, limits, x: 0.0, width: 0.0 }
    }

    /// Returns where a text of this column starts.
    pub fn text_x(&self, fonts: &Fonts, text: &str, weight: Weight, size: f32) -> f32 {
        match self.align {
            Align::Left => self.x,
            Align::Right | Align::Box => self.x + self.width - fonts.width(text, weight, size),
        }
    }
}

impl Cell {
    pub fn new(text: &str, weight: Weight) -> Cell {
        Cell { lines: vec![CellLine { text: text.to_owned(), weight, gray: BLACK }] }
    }
}

impl Row {
    pub fn new(cells: Vec<Cell>) -> Row {
        Row { cells, first: true }
    }

    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.lines.is_empty())
    }

    /// Returns the height of the text, in points.
    pub fn height(&self, leading: f32) -> f32 {
        self.cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0) as f32 * leading
    }

    /// Takes the first `count` lines of every cell off this row.
    pub fn take_lines(&mut self, count: usize) -> Row {
        let first = self.first;
        let take = |cell: &mut Cell| Cell {
            lines: cell.lines.drain(..count.min(cell.lines.len())).collect(),
        };
        let cells = self.cells.iter_mut().map(take).collect();
        self.first = false;
        Row { cells, first }
    }
}

impl Table {
    /// Measures the columns between `left` and `left + inner`, and wraps every cell.
    pub fn new(
        fonts: &Fonts,
        columns: Vec<Column>,
        rows: Vec<Row>,
        size: f32,
        (left, inner): (f32, f32),
    ) -> Table {
        let mut table = Table { columns, rows, size };
        table.measure(fonts, left, inner);
        for row in &mut table.rows {
            for (column, cell) in table.columns.iter().zip(&mut row.cells) {
                cell.lines = wrapped(fonts, cell, table.size, column.width);
            }
        }
        table
    }

    /// Returns the line pitch, in points.
    pub fn leading(&self) -> f32 {
        self.size * LEADING
    }

    fn measure(&mut self, fonts: &Fonts, left: f32, inner: f32) {
        for (index, column) in self.columns.iter_mut().enumerate() {
            if let Width::Content { least, most } = column.limits {
                let lines = self.rows.iter().flat_map(|row| &row.cells[index].lines);
                let widest = lines
                    .map(|line| fonts.width(&line.text, line.weight, self.size))
                    .fold(fonts.width(&column.title, Weight::Bold, HEAD_SIZE), f32::max);
                // A hair more, so that what was measured here never wraps.
                column.width = (widest + 0.5).clamp(least, most);
            }
        }
        let gaps = (self.columns.len() as f32 - 1.0) * GAP;
        let taken: f32 = self.columns.iter().map(|column| column.width).sum();
        let mut x = left;
        for column in &mut self.columns {
            if matches!(column.limits, Width::Rest) {
                column.width = inner - gaps - taken;
            }
            column.x = x;
            x += column.width + GAP;
        }
    }
}

fn wrapped(fonts: &Fonts, cell: &Cell, size: f32, width: f32) -> Vec<CellLine> {
    let mut lines = Vec::new();
    for CellLine { text, weight, gray } in &cell.lines {
        for text in fonts.wrap(text, *weight, size, width) {
            lines.push(CellLine { text, weight: *weight, gray: *gray });
        }
    }
    lines
}
