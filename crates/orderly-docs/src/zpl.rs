//! Pages to ZPL II, for label printers of 203 and 300 dots per inch.
//!
//! Text inside Windows-1252 is printed by the printer's scalable font 0; any other text is sent as
//! a picture of our own faces, since what font 0 covers differs between printers. Everything that
//! a person may have typed goes through hex escapes, so that no text can become a command.

use std::fmt::Write;

use crate::fonts::{Fonts, Weight};
use crate::page::{Item, Page};
use crate::raster;

/// The resolution of a label printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dpi {
    Dpi203,
    Dpi300,
}

impl Dpi {
    fn value(self) -> f32 {
        match self {
            Dpi::Dpi203 => 203.0,
            Dpi::Dpi300 => 300.0,
        }
    }

    /// Points to whole dots.
    fn dots(self, points: f32) -> i32 {
        (points * self.value() / 72.0).round() as i32
    }

    /// Points to whole dots, rounded down, for what must not outgrow its place.
    fn whole_dots(self, points: f32) -> i32 {
        (points * self.value() / 72.0 + 0.01).floor() as i32
    }

    /// Module widths are whole dots, at least one.
    fn module(self, points: f32) -> i32 {
        self.dots(points).max(1)
    }
}

/// Writes one page as one label.
pub(crate) fn write(fonts: &Fonts, page: &Page, dpi: Dpi) -> String {
    // UTF-8, and nothing turned, mirrored or inverted that an earlier label left behind.
    let mut zpl = String::from("^XA\n^CI28\n^LH0,0^FWN^LRN^PMN^PON\n");
    line(&mut zpl, format_args!("^PW{}^LL{}", dpi.dots(page.width), dpi.dots(page.height)));
    for item in &page.items {
        match item {
            Item::Text { x, baseline, size, weight, text, .. } => {
                write_text(&mut zpl, fonts, dpi, (*x, *baseline), *size, *weight, text);
            }
            Item::Fill { x, y, width, height, .. } => {
                let (width, height) = (dpi.module(*width), dpi.module(*height));
                let thick = width.min(height);
                line(
                    &mut zpl,
                    format_args!(
                        "^FO{},{}^GB{width},{height},{thick}^FS",
                        dpi.dots(*x),
                        dpi.dots(*y)
                    ),
                );
            }
            Item::Bars { x, y, module, height, bars } => {
                line(
                    &mut zpl,
                    format_args!(
                        "^FO{},{}^BY{}^BCN,{},N,N,N,N^FH_^FD{}^FS",
                        dpi.dots(*x),
                        dpi.dots(*y),
                        dpi.module(*module),
                        dpi.dots(*height),
                        escaped(&bars.zpl)
                    ),
                );
            }
            Item::Qr { x, y, module, matrix } => {
                let dots = dpi.whole_dots(*module).clamp(1, 10);
                // Whole dots may make it smaller: it stays right-aligned and centered in height.
                let side = matrix.size as i32;
                let spare = dpi.dots(*module * side as f32) - dots * side;
                // Printers put a QR code 10 dots below its origin; half of that is made up for.
                let (x, y) = (dpi.dots(*x) + spare, dpi.dots(*y) + spare / 2 - 5);
                let text = escaped(&matrix.text);
                line(&mut zpl, format_args!("^FO{x},{y}^BQN,2,{dots}^FH_^FDMA,{text}^FS"));
            }
        }
    }
    zpl.push_str("^XZ\n");
    zpl
}

fn write_text(
    zpl: &mut String,
    fonts: &Fonts,
    dpi: Dpi,
    (x, baseline): (f32, f32),
    size: f32,
    weight: Weight,
    text: &str,
) {
    let (x, baseline) = (dpi.dots(x), dpi.dots(baseline));
    if text.chars().all(is_resident) {
        let height = dpi.dots(size).max(10);
        line(
            zpl,
            format_args!("^FT{x},{baseline}^A0N,{height},{height}^FH_^FD{}^FS", escaped(text)),
        );
        return;
    }
    let dots_per_em = size * dpi.value() / 72.0;
    if let Some(picture) = raster::text(fonts, text, weight, dots_per_em) {
        let (x, y) = ((x + picture.left).max(0), (baseline + picture.top).max(0));
        let total = picture.bytes_per_row * picture.rows.len();
        let mut hex = String::with_capacity(total * 2);
        for byte in picture.rows.iter().flatten() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02X}");
        }
        line(
            zpl,
            format_args!("^FO{x},{y}^GFA,{total},{total},{},{hex}^FS", picture.bytes_per_row),
        );
    }
}

fn line(zpl: &mut String, commands: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(zpl, "{commands}");
}

/// Characters that font 0 of every printer has: Latin-1 and the punctuation of Windows-1252.
fn is_resident(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{FF}')
        || matches!(c, '–' | '—' | '‘' | '’' | '‚' | '“' | '”' | '„' | '•' | '…' | '€' | '™')
}

/// Spells every byte that is not plainly harmless as `_XX`, for a field opened with `^FH_`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b'0'..=b'9'
            | b'A'..=b'Z'
            | b'a'..=b'z'
            | b' '
            | b'.'
            | b','
            | b'-'
            | b'/'
            | b':'
            | b';'
            | b'>' => {
                out.push(char::from(byte));
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "_{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn commands_in_text_are_spelled_in_hex() {
        assert_eq!(escaped("^XZ~JA_\\>"), "_5EXZ_7EJA_5F_5C>");
        assert_eq!(escaped("Łódź 1/2"), "_C5_81_C3_B3d_C5_BA 1/2");
    }
}
