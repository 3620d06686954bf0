//! Records of a CSV file, one at a time in bounded memory, whatever the file holds.
//!
//! A record is a line, or several where a quoted field holds line breaks. What is malformed is one
//! bad record of one line; reading goes on with the next line.

use std::io::{self, BufRead};

/// The longest record taken, in bytes; a quote that is never closed is looked for no further.
const LONGEST: usize = 256 * 1024;

/// The fields of one record, or why it has none.
#[derive(Debug, Default)]
pub struct Record {
    /// The line it starts on, from 1.
    pub line: i64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// What is wrong with it; its fields are then not to be used.
    pub wrong: Option<String>,
}

impl Record {
    pub fn fields(&self) -> usize {
        self.ends.len()
    }
    /// A field's bytes; none beyond the last.
    pub fn field(&self, index: usize) -> &[u8] {
        let Some(end) = self.ends.get(index) else { return &[] };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..*end]
    }
    fn clear(&mut self, line: i64) {
        self.line = line;
        self.bytes.clear();
        self.ends.clear();
        self.wrong = None;
    }
}

/// Reads records one after the other.
pub struct Records<R> {
    reader: R,
    delimiter: u8,
    /// Lines that were read ahead and given back, and how far they are used up.
    back: Vec<u8>,
    used: usize,
    text: Vec<u8>,
    line: i64,
}

/// Where in a record the scanner is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After a quote within a quoted field: its end, or half of a doubled one.
    Quote,
}

impl<R: BufRead> Records<R> {
    pub fn new(reader: R, delimiter: u8) -> Self {
        let (back, text) = (Vec::new(), Vec::new());
        Self { reader, delimiter, back, used: 0, text, line: 1 }
    }

    /// Reads the next record into `record`; false at the end. Empty lines are skipped.
    pub fn read(&mut self, record: &mut Record) -> io::Result<bool> {
        loop {
            self.text.clear();
            if !self.more()? {
                return Ok(false);
            }
            if self.line == 1 && self.text.starts_with(b"\xef\xbb\xbf") {
                self.text.drain(..3);
            }
            if self.text.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                self.line += 1;
                continue;
            }
            record.clear(self.line);
            self.take(record)?;
            return Ok(true);
        }
    }

    /// Appends one more line to the text; false at the end of the file.
    fn more(&mut self) -> io::Result<bool> {
        if self.used < self.back.len() {
            let rest = &self.back[self.used..];
            let length =
                rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
            self.text.extend_from_slice(&rest[..length]);
            self.used += length;
            if length > 0 && self.text.ends_with(b"\n") {
                return Ok(true);
            }
        }
        let before = self.text.len();
        let mut limited = io::Read::take(&mut self.reader, LONGEST as u64);
        limited.read_until(b'\n', &mut self.text)?;
        Ok(self.text.len() > before || before > 0)
    }

    /// Splits the text into fields, with further lines where a quoted field goes on.
    fn take(&mut self, record: &mut Record) -> io::Result<()> {
        let mut at = At::Start;
        let mut from = 0;
        let mut lines = 1;
        loop {
            at = match split(&self.text[from..], self.delimiter, at, record) {
                Ok(at) => at,
                Err(reason) => return self.give_up(record, reason),
            };
            from = self.text.len();
            if at != At::Quoted {
                break;
            }
            if from > LONGEST {
                return self.give_up(record, "a quote is opened and never closed");
            }
            let before = self.text.len();
            let has_line = self.more()? && self.text.len() > before;
            if !has_line {
                return self.give_up(record, "a quote is opened and never closed");
            }
            lines += 1;
        }
        if self.text.len() >= LONGEST {
            return self.give_up(record, "the line is longer than 256 KiB");
        }
        self.line += lines;
        Ok(())
    }

    /// Makes the first line a bad record and gives the others back.
    fn give_up(&mut self, record: &mut Record, reason: &str) -> io::Result<()> {
        record.wrong = Some(reason.to_owned());
        let first = self.text.iter().position(|byte| *byte == b'\n');
        match first {
            Some(end) => {
                let mut back = self.text.split_off(end + 1);
                back.extend_from_slice(&self.back[self.used..]);
                (self.back, self.used) = (back, 0);
            }
            // The line itself is too long: the rest of it is skipped.
            None => self.skip_line()?,
        }
        self.line += 1;
        Ok(())
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let found = buffer.iter().position(|byte| *byte == b'\n');
            let length = found.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(length);
            if found.is_some() {
                return Ok(());
            }
        }
    }
}

/// Splits one line. Returns where it ends: `Quoted` where a field goes on in the next line.
fn split(text: &[u8], delimiter: u8, at: At, record: &mut Record) -> Result<At, &'static str> {
    let mut at = at;
    for byte in text {
        let byte = *byte;
        at = match at {
            At::Quoted if byte == b'"' => At::Quote,
            At::Quoted => {
                record.bytes.push(byte);
                At::Quoted
            }
            At::Quote if byte == b'"' => {
                record.bytes.push(byte);
                At::Quoted
            }
            At::Start if byte == b'"' => At::Quoted,
            At::Start | At::Plain | At::Quote if byte == delimiter => {
                record.ends.push(record.bytes.len());
                At::Start
            }
            At::Start | At::Plain | At::Quote if byte == b'\n' => break,
            At::Quote if byte == b'\r' => At::Quote,
            At::Quote => return Err("there is text after a closing quote"),
            At::Start | At::Plain => {
                record.bytes.push(byte);
                At::Plain
            }
        };
    }
    if at == At::Quoted {
        return Ok(at);
    }
    if at == At::Plain && record.bytes.last() == Some(&b'\r') {
        record.bytes.pop();
    }
    record.ends.push(record.bytes.len());
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every record as `line: fields` or `line! reason`.
    fn read(text: &[u8]) -> Vec<String> {
        let mut records = Records::new(text, b',');
        let mut record = Record::default();
        let mut out = Vec::new();
        while records.read(&mut record).unwrap() {
            let fields = (0..record.fields()).map(|at| String::from_utf8_lossy(record.field(at)));
            out.push(match &record.wrong {
                None => format!("{}: {}", record.line, fields.collect::<Vec<_>>().join("|")),
                Some(reason) => format!("{}! {reason}", record.line),
            });
        }
        out
    }

    #[test]
    fn fields_are_split_with_quotes_and_line_breaks_in_them() {
        let text = b"\xef\xbb\xbfa,b\r\n\"x,1\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n\n5\" pipe,z";
        let expected = ["1: a|b", "2: x,1|say \"hi\"", "3: two\nlines|", "6: 5\" pipe|z"];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn what_is_malformed_is_one_line_and_reading_goes_on() {
        let text = b"a,b\n\"open,1\nc,d\n\"x\"y,2\ne,f\n";
        let expected = [
            "1: a|b",
            // The quote is closed by that of the fourth line, after which there is text.
            "2! there is text after a closing quote",
            "3: c|d",
            "4! there is text after a closing quote",
            "5: e|f",
        ];
        assert_eq!(read(text), expected);
        let open = ["1! a quote is opened and never closed", "2: b|c"];
        assert_eq!(read(b"\"a,1\nb,c"), open);
    }

    #[test]
    fn a_line_without_end_is_skipped_in_bounded_memory() {
        let mut text = b"a,b\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3 * LONGEST));
        text.extend_from_slice(b"\nc,d\n");
        let expected = ["1: a|b", "2! the line is longer than 256 KiB", "3: c|d"];
        assert_eq!(read(&text), expected);
    }
}
