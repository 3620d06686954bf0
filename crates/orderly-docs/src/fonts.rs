//! The embedded faces, and shaping, measuring and wrapping of text with them.

use std::cell::RefCell;
use std::ops::Range;

use rustybuzz::{Direction, Face, Script, ShapePlan, UnicodeBuffer};
use unicode_bidi::BidiInfo;

/// Faces by index: Noto Sans for Latin, Greek and Cyrillic, DejaVu for most that it lacks.
const FACES: usize = 4;

/// The weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The faces, parsed once per document.
pub(crate) struct Fonts {
    faces: [Face<'static>; FACES],
    /// How to shape a script with a face: costly to find out, so kept for the next run of text.
    plans: RefCell<Vec<(PlanKey, ShapePlan)>>,
    /// Emptied and used again for each run of text.
    buffer: RefCell<UnicodeBuffer>,
}

/// Face, direction and script of a run of text.
type PlanKey = (usize, Direction, Script);

/// One glyph of a shaped text; lengths are in ems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    /// Index of the face.
    pub face: usize,
    pub id: u16,
    pub advance: f32,
    pub x_offset: f32,
    pub y_offset: f32,
    /// Byte offset of the first character that this glyph stands for.
    pub cluster: usize,
}

impl Fonts {
    pub fn new() -> Fonts {
        let faces = [0, 1, 2, 3]
            .map(|face| Face::from_slice(data(face), 0).expect("the embedded faces are valid"));
        let buffer = RefCell::new(UnicodeBuffer::new());
        Fonts { faces, plans: RefCell::default(), buffer }
    }

    pub fn face(&self, face: usize) -> &Face<'static> {
        &self.faces[face]
    }

    /// Shapes a text into glyphs from left to right, also where the script runs from right to
    /// left. A character that no face covers becomes the replacement box of the first face.
    pub fn shape(&self, text: &str, weight: Weight) -> Vec<Glyph> {
        let mut glyphs = Vec::with_capacity(text.len());
        // Hebrew is the first script that runs from right to left.
        if text.chars().all(|c| c < '\u{590}') {
            self.shape_level(text, 0..text.len(), false, weight, &mut glyphs);
            return glyphs;
        }
        let bidi = BidiInfo::new(text, None);
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let to_left = levels[run.start].is_rtl();
                self.shape_level(text, run, to_left, weight, &mut glyphs);
            }
        }
        glyphs
    }

    /// Shapes a part of a text that runs one way, face by face.
    fn shape_level(
        &self,
        text: &str,
        part: Range<usize>,
        to_left: bool,
        weight: Weight,
        glyphs: &mut Vec<Glyph>,
    ) {
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, c) in text[part.clone()].char_indices() {
            let at = part.start + at;
            let face = self.face_for(c, weight, runs.last().map(|(face, _)| *face));
            match runs.last_mut() {
                Some((before, run)) if *before == face => run.end = at + c.len_utf8(),
                _ => runs.push((face, at..at + c.len_utf8())),
            }
        }
        if to_left {
            runs.reverse();
        }
        for (face, run) in runs {
            self.shape_run(&text[run.clone()], run.start, face, to_left, glyphs);
        }
    }

    /// Returns the width of a text in points.
    pub fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        self.shape(text, weight).iter().map(|glyph| glyph.advance).sum::<f32>() * size
    }

    /// Breaks a text into lines no wider than `width` points: at spaces, after hyphens and
    /// slashes, and inside a word only when it alone is too wide.
    pub fn wrap(&self, text: &str, weight: Weight, size: f32, width: f32) -> Vec<String> {
        let text = text.trim();
        let advances = self.advances(text, weight, size);
        let mut lines = Vec::new();
        let (mut start, mut line_width) = (0, 0.0);
        let mut last_break = None;
        for (at, c) in text.char_indices() {
            line_width += advances[at];
            // A space may hang over the edge.
            if line_width > width && !is_space(c) && at > start {
                let end = last_break.filter(|&end| end > start).unwrap_or(at);
                push_line(&mut lines, &text[start..end]);
                start = end;
                line_width = advances[start..at + c.len_utf8()].iter().sum();
                last_break = None;
            }
            if is_space(c) || matches!(c, '-' | '/' | '\u{2010}' | '\u{2013}') {
                last_break = Some(at + c.len_utf8());
            }
        }
        push_line(&mut lines, &text[start..]);
        lines
    }

    /// Returns the advance in points at the byte offset of each cluster, zero at all others.
    fn advances(&self, text: &str, weight: Weight, size: f32) -> Vec<f32> {
        let mut advances = vec![0.0; text.len()];
        for glyph in self.shape(text, weight) {
            advances[glyph.cluster] += glyph.advance * size;
        }
        advances
    }

    /// Spaces and marks stay with the face before them: marks for their place, spaces for fewer
    /// runs.
    fn face_for(&self, c: char, weight: Weight, before: Option<usize>) -> usize {
        let first = usize::from(weight == Weight::Bold);
        let covers = |face: usize| self.faces[face].glyph_index(c).is_some();
        match before {
            Some(before) if is_neutral(c) && covers(before) => before,
            _ if covers(first) => first,
            _ if covers(first + 2) => first + 2,
            _ => first,
        }
    }

    fn shape_run(
        &self,
        text: &str,
        start: usize,
        face: usize,
        to_left: bool,
        glyphs: &mut Vec<Glyph>,
    ) {
        let mut buffer = self.buffer.take();
        buffer.push_str(text);
        let way = if to_left { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(way);
        buffer.guess_segment_properties();
        let key = (face, buffer.direction(), buffer.script());
        let mut plans = self.plans.borrow_mut();
        let known = plans.iter().position(|(planned, _)| *planned == key);
        let place = known.unwrap_or_else(|| {
            let plan = ShapePlan::new(&self.faces[face], key.1, Some(key.2), None, &[]);
            plans.push((key, plan));
            plans.len() - 1
        });
        let shaped = rustybuzz::shape_with_plan(&self.faces[face], &plans[place].1, buffer);
        let em = self.faces[face].units_per_em() as f32;
        for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            glyphs.push(Glyph {
                face,
                id: info.glyph_id as u16,
                advance: place.x_advance as f32 / em,
                x_offset: place.x_offset as f32 / em,
                y_offset: place.y_offset as f32 / em,
                cluster: start + info.cluster as usize,
            });
        }
        self.buffer.replace(shaped.clear());
    }
}

/// Returns the bytes of a face.
pub(crate) fn data(face: usize) -> &'static [u8] {
    match face {
        0 => notosans::REGULAR_TTF,
        1 => notosans::BOLD_TTF,
        2 => dejavu::sans_condensed::regular(),
        _ => dejavu::sans_condensed::bold(),
    }
}

/// Returns the PostScript name of a face.
pub(crate) fn name(face: usize) -> &'static str {
    match face {
        0 => "NotoSans-Regular",
        1 => "NotoSans-Bold",
        2 => "DejaVuSansCondensed",
        _ => "DejaVuSansCondensed-Bold",
    }
}

/// Spaces at which a line may break; the no-break spaces are not.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{A0}' | '\u{2007}' | '\u{202F}')
}

fn is_neutral(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{0300}'..='\u{036F}' | '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}')
}

fn push_line(lines: &mut Vec<String>, line: &str) {
    let line = line.trim();
    if !line.is_empty() {
        lines.push(line.to_owned());
    }
}
