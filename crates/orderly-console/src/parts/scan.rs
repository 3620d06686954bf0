//! The scan line: on bench pages the whole page listens. GS1 element strings are understood.

use maud::{Markup, html};

use super::form;
use crate::Fields;
use crate::words::t;

/// What a scan says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// A GTIN, or the whole code where it is none of GS1's.
    pub code: String,
    pub lot: Option<String>,
    pub serial: Option<String>,
    /// `YYYY-MM-DD`.
    pub expires_on: Option<String>,
    pub count: Option<String>,
}

impl Scanned {
    /// The codes under which an item may be known: a GTIN is written with or without its zeros.
    pub fn codes(&self) -> Vec<&str> {
        let mut all = vec![self.code.as_str()];
        if self.code.len() == 14 && self.code.bytes().all(|byte| byte.is_ascii_digit()) {
            for zeros in [1, 2, 6] {
                let start = &self.code[..zeros];
                if start.bytes().all(|byte| byte == b'0') {
                    all.push(&self.code[zeros..]);
                }
            }
        }
        all
    }
}

/// Characters that scanners send for FNC1.
const SEPARATORS: [char; 2] = ['\u{1d}', '|'];

/// Reads what a scanner sent: symbology identifier, GS1 element string with or without brackets,
/// or any other code as it is.
pub fn read(text: &str) -> Scanned {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{1d}');
    let plain = ["]C1", "]d2", "]Q3", "]e0"].iter().find_map(|mark| text.strip_prefix(mark));
    let elements = match (plain, text.starts_with("(01)")) {
        (Some(rest), _) => rest.to_owned(),
        (None, true) => unbracketed(text),
        (None, false) => text.to_owned(),
    };
    let whole = || Scanned { code: text.to_owned(), ..Scanned::default() };
    if elements.len() < 16 || !elements.starts_with("01") {
        return whole();
    }
    gs1(&elements).unwrap_or_else(whole)
}

/// `(01)…(10)…` as a scanner would send it.
fn unbracketed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split('(').skip(1) {
        if !out.is_empty() {
            out.push(SEPARATORS[0]);
        }
        out.extend(part.chars().filter(|c| *c != ')'));
    }
    out
}

fn gs1(text: &str) -> Option<Scanned> {
    let mut found = Scanned::default();
    let mut rest = text;
    while !rest.is_empty() {
        rest = rest.trim_start_matches(SEPARATORS);
        let (key, value) = (rest.get(..2)?, rest.get(2..)?);
        let fixed = match key {
            "01" => Some(14),
            "11" | "13" | "15" | "17" => Some(6),
            _ => None,
        };
        let end = match fixed {
            Some(length) => length,
            None => value.find(SEPARATORS).unwrap_or(value.len()),
        };
        let own = value.get(..end)?;
        rest = value.get(end..)?;
        match key {
            "01" if own.bytes().all(|byte| byte.is_ascii_digit()) => {
                own.clone_into(&mut found.code);
            }
            "10" => found.lot = Some(own.to_owned()),
            "21" => found.serial = Some(own.to_owned()),
            "17" => found.expires_on = day(own),
            "30" | "37" => found.count = Some(own.trim_start_matches('0').to_owned()),
            "11" | "13" | "15" => {}
            _ => return None,
        }
    }
    (!found.code.is_empty()).then_some(found)
}

/// `YYMMDD`; a day `00` is the last of its month.
fn day(text: &str) -> Option<String> {
    let part = |at: usize| text.get(at..at + 2)?.parse::<i16>().ok();
    let (year, month, day) = (2_000 + part(0)?, part(2)?, part(4)?);
    let first = jiff::civil::Date::new(year, i8::try_from(month).ok()?, 1).ok()?;
    let date = match i8::try_from(day).ok()? {
        0 => first.last_of_month(),
        day => first.with().day(day).build().ok()?,
    };
    Some(date.to_string())
}

/// The line: a field that takes every fast keystroke of the page, and what came of the last scan.
pub fn line(action: &str, kept: &Fields, said: Option<&(bool, String)>) -> Markup {
    let result = said.map(|(good, _)| if *good { "good" } else { "bad" });
    html! {
        div data-scan data-result=[result] {
            @if let Some((_, text)) = said {
                p.scan role="status" data-result=[result] { (text) }
            }
            form.scan.noprint action=(action) {
                @for (name, value) in &kept.0 {
                    @if name != "scan" && name != "csrf" && name != "key" && name != "done" {
                        (form::hidden(name, value))
                    }
                }
                label for="scan" { (t("scan.label")) }
                input #scan name="scan" autocomplete="off" autocapitalize="off"
                    spellcheck="false" enterkeyhint="done" data-enter="submit"
                    placeholder=(t("scan.hint"));
                button type="submit" { (t("scan.add")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_read_as_gs1_says() {
        let read = |text: &str| read(text);
        assert_eq!(read(" NAIL ").code, "NAIL");
        assert_eq!(read("4006381333931").code, "4006381333931");
        let full = read("]C10104006381333931172612001042A\u{1d}3712");
        assert_eq!(full.code, "04006381333931");
        assert_eq!(full.expires_on.as_deref(), Some("2026-12-31"));
        assert_eq!((full.lot.as_deref(), full.count.as_deref()), (Some("42A"), Some("12")));
        assert_eq!(full.codes(), ["04006381333931", "4006381333931"]);
        let shown = read("(01)04006381333931(21)S-1");
        assert_eq!((shown.code.as_str(), shown.serial.as_deref()), ("04006381333931", Some("S-1")));
        for odd in ["0104", "01ABCDEFGHIJKLMN", "]C1", "0104006381333931\u{1d}99x", "(01)", "é(01)"]
        {
            let _ = read(odd);
        }
        assert_eq!(read("0104006381333931\u{1d}99x").code, "0104006381333931\u{1d}99x");
    }
}
