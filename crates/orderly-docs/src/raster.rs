//! Text as black dots, for what a label printer's own font may not cover.

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

use crate::fonts::{Fonts, Weight};

/// A picture of black and white dots, rows from the top, packed eight to a byte, left one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    /// Where the picture's left column stands, in dots right of the text's origin.
    pub left: i32,
    /// Where its top row stands, in dots below the baseline (so mostly negative).
    pub top: i32,
    pub bytes_per_row: usize,
    pub rows: Vec<Vec<u8>>,
}

/// Draws one line of text with `dots_per_em` dots to the em. Returns nothing for blank text.
pub(crate) fn text(fonts: &Fonts, text: &str, weight: Weight, dots_per_em: f32) -> Option<Bitmap> {
    let mut outline = Outline::default();
    let mut pen = 0.0;
    for glyph in fonts.shape(text, weight) {
        let face = fonts.face(glyph.face);
        outline.scale = dots_per_em / face.units_per_em() as f32;
        outline.origin = ((pen + glyph.x_offset) * dots_per_em, -glyph.y_offset * dots_per_em);
        face.outline_glyph(GlyphId(glyph.id), &mut outline);
        pen += glyph.advance;
    }
    outline.fill()
}

/// The edges of all glyphs, in dots, y downward.
#[derive(Default)]
struct Outline {
    edges: Vec<[(f32, f32); 2]>,
    scale: f32,
    origin: (f32, f32),
    start: (f32, f32),
    at: (f32, f32),
}

impl Outline {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.origin.0 + x * self.scale, self.origin.1 - y * self.scale)
    }

    fn edge_to(&mut self, to: (f32, f32)) {
        self.edges.push([self.at, to]);
        self.at = to;
    }

    /// Fills the outline by the non-zero rule; a dot is black when its center is inside.
    fn fill(&self) -> Option<Bitmap> {
        let points = || self.edges.iter().flatten();
        let left = points().map(|p| p.0).reduce(f32::min)?.floor() as i32;
        let right = points().map(|p| p.0).reduce(f32::max)?.ceil() as i32;
        let top = points().map(|p| p.1).reduce(f32::min)?.floor() as i32;
        let bottom = points().map(|p| p.1).reduce(f32::max)?.ceil() as i32;
        let bytes_per_row = ((right - left).max(1) as usize).div_ceil(8);
        let rows = (top..bottom).map(|y| self.row(y, left, bytes_per_row)).collect();
        Some(Bitmap { left, top, bytes_per_row, rows })
    }

    fn row(&self, y: i32, left: i32, bytes_per_row: usize) -> Vec<u8> {
        let center = y as f32 + 0.5;
        let mut crossings: Vec<(f32, i32)> = Vec::new();
        for [from, to] in &self.edges {
            if (from.1 <= center) != (to.1 <= center) {
                let share = (center - from.1) / (to.1 - from.1);
                let turn = if to.1 > from.1 { 1 } else { -1 };
                crossings.push((from.0 + share * (to.0 - from.0), turn));
            }
        }
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut row = vec![0_u8; bytes_per_row];
        let mut winding = 0;
        for pair in crossings.windows(2) {
            winding += pair[0].1;
            if winding != 0 {
                let first = (pair[0].0 - left as f32 - 0.5).ceil().max(0.0) as usize;
                let end = (pair[1].0 - left as f32 - 0.5).ceil().max(0.0) as usize;
                for dot in first..end.min(bytes_per_row * 8) {
                    row[dot / 8] |= 0x80 >> (dot % 8);
                }
            }
        }
        row
    }
}

/// Steps that a curve is drawn in: text on a label is at most some 100 dots high.
const STEPS: usize = 8;

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = self.place(x, y);
        self.start = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.edge_to(to);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, control, to) = (self.at, self.place(x1, y1), self.place(x, y));
        for step in 1..=STEPS {
            let t = step as f32 / STEPS as f32;
            let mix = |a: f32, b: f32, c: f32| {
                (1.0 - t) * (1.0 - t) * a + 2.0 * (1.0 - t) * t * b + t * t * c
            };
            self.edge_to((mix(from.0, control.0, to.0), mix(from.1, control.1, to.1)));
        }
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (from, to) = (self.at, self.place(x, y));
        let (one, two) = (self.place(x1, y1), self.place(x2, y2));
        for step in 1..=STEPS {
            let t = step as f32 / STEPS as f32;
            let u = 1.0 - t;
            let mix = |a: f32, b: f32, c: f32, d: f32| {
                u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
            };
            self.edge_to((mix(from.0, one.0, two.0, to.0), mix(from.1, one.1, two.1, to.1)));
        }
    }

    fn close(&mut self) {
        self.edge_to(self.start);
    }
}
