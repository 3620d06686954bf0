//! A page before it becomes PDF or ZPL: what stands where, in points from the top left corner.

use crate::barcode::{Linear, Matrix};
use crate::error::DocError;
use crate::fonts::{Fonts, Weight};

/// Line pitch as a multiple of the text size.
pub(crate) const LEADING: f32 = 1.22;
/// Height of a capital letter of Noto Sans, as a share of the text size.
pub(crate) const CAP: f32 = 0.714;

pub(crate) const BLACK: f32 = 0.0;
pub(crate) const GRAY: f32 = 0.42;
pub(crate) const HAIR: f32 = 0.78;

/// One page, in points (1/72 inch).
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub width: f32,
    pub height: f32,
    pub items: Vec<Item>,
}

/// Something on a page. `gray` runs from 0 (black) to 1 (white).
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Text { x: f32, baseline: f32, size: f32, weight: Weight, gray: f32, text: String },
    Fill { x: f32, y: f32, width: f32, height: f32, gray: f32 },
    Bars { x: f32, y: f32, module: f32, height: f32, bars: Linear },
    Qr { x: f32, y: f32, module: f32, matrix: Matrix },
}

/// A rectangle of a layout, in points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// The sizes that a block of text may take, in points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// The size that looks best.
    pub best: f32,
    /// Below this, a line wraps rather than shrinks.
    pub wrap_below: f32,
    /// The smallest legible size.
    pub least: f32,
}

/// One paragraph of a block.
#[derive(Debug, Clone)]
pub(crate) struct Paragraph {
    pub text: String,
    pub weight: Weight,
}

impl Page {
    pub fn new(width: f32, height: f32) -> Page {
        Page { width, height, items: Vec::new() }
    }

    /// Puts one line of text; `baseline` is where its letters stand.
    pub fn text(&mut self, x: f32, baseline: f32, size: f32, weight: Weight, text: &str) {
        self.text_in(x, baseline, size, weight, BLACK, text);
    }

    /// Puts one line of text in a shade of gray.
    pub fn text_in(
        &mut self,
        x: f32,
        baseline: f32,
        size: f32,
        weight: Weight,
        gray: f32,
        text: &str,
    ) {
        let text = text.to_owned();
        self.items.push(Item::Text { x, baseline, size, weight, gray, text });
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, area: Area, gray: f32) {
        let Area { x, y, width, height } = area;
        self.items.push(Item::Fill { x, y, width, height, gray });
    }

    /// Draws the outline of a rectangle, inside its edges.
    pub fn frame(&mut self, area: Area, thickness: f32) {
        let Area { x, y, width, height } = area;
        for (y, height) in [(y, thickness), (y + height - thickness, thickness)] {
            self.fill(Area { x, y, width, height }, BLACK);
        }
        for (x, width) in [(x, thickness), (x + width - thickness, thickness)] {
            self.fill(Area { x, y, width, height }, BLACK);
        }
    }

    /// Puts paragraphs into an area: at the best size that fits without wrapping, else wrapped at
    /// the largest size that fits. Returns where the block ends, or `DoesNotFit` with `field`.
    pub fn block(
        &mut self,
        fonts: &Fonts,
        area: Area,
        sizes: Sizes,
        paragraphs: &[Paragraph],
        field: &str,
    ) -> Result<f32, DocError> {
        let (size, lines) = fit(fonts, area, sizes, paragraphs)
            .ok_or_else(|| DocError::DoesNotFit { field: field.to_owned() })?;
        let mut top = area.y;
        for line in &lines {
            self.text(area.x, top + size * CAP, size, line.weight, &line.text);
            top += size * LEADING;
        }
        Ok(top)
    }
}

/// Finds the size and the lines of a block.
fn fit(
    fonts: &Fonts,
    area: Area,
    sizes: Sizes,
    paragraphs: &[Paragraph],
) -> Option<(f32, Vec<Paragraph>)> {
    let natural: f32 = paragraphs
        .iter()
        .map(|paragraph| fonts.width(&paragraph.text, paragraph.weight, 1.0))
        .fold(0.0, f32::max);
    let mut size = sizes.best;
    while size >= sizes.wrap_below {
        if natural * size <= area.width && height(paragraphs.len(), size) <= area.height {
            return Some((size, paragraphs.to_vec()));
        }
        size -= 0.5;
    }
    // A word is broken only when that is the last resort.
    let longest = longest_word(fonts, paragraphs);
    for whole_words in [true, false] {
        let mut size = sizes.best;
        while size >= sizes.least {
            let may_wrap = !whole_words || longest * size <= area.width;
            let lines = if may_wrap { wrap(fonts, paragraphs, size, area.width) } else { vec![] };
            if may_wrap && height(lines.len(), size) <= area.height {
                return Some((size, lines));
            }
            size -= 0.5;
        }
    }
    None
}

fn wrap(fonts: &Fonts, paragraphs: &[Paragraph], size: f32, width: f32) -> Vec<Paragraph> {
    let mut lines = Vec::new();
    for Paragraph { text, weight } in paragraphs {
        let wrapped = fonts.wrap(text, *weight, size, width);
        lines.extend(wrapped.into_iter().map(|text| Paragraph { text, weight: *weight }));
    }
    lines
}

/// Returns the width of the widest word, in ems.
fn longest_word(fonts: &Fonts, paragraphs: &[Paragraph]) -> f32 {
    let words = paragraphs.iter().flat_map(|paragraph| {
        paragraph.text.split_whitespace().map(|word| fonts.width(word, paragraph.weight, 1.0))
    });
    words.fold(0.0, f32::max)
}

/// Height of a block from the top of its first capital to below its last descender.
fn height(lines: usize, size: f32) -> f32 {
    match lines {
        0 => 0.0,
        _ => (lines as f32 - 1.0) * size * LEADING + size,
    }
}
