//! Takes Rust source apart into code, strings and comments, line by line.
//!
//! Not a parser: enough of the lexical rules that a word in a comment or a string is never taken
//! for code, and that test modules are told from the product.

/// One line of a Rust file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Line {
    /// The code, with each string literal as `""` and each character literal as `' '`.
    pub code: String,
    /// The contents of the string literals that begin on this line, escapes left as written.
    pub strings: Vec<String>,
    /// The text of comments on this line.
    pub comment: String,
    /// Inside an item under `#[cfg(test)]`.
    pub is_test: bool,
}

/// Returns the lines of `text`, taken apart.
pub fn scan(text: &str) -> Vec<Line> {
    let mut scanner = Scanner {
        chars: text.chars().collect(),
        at: 0,
        lines: vec![Line::default()],
        previous: ' ',
    };
    scanner.run();
    let mut lines = scanner.lines;
    mark_tests(&mut lines);
    lines
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    lines: Vec<Line>,
    /// The last character of code, to tell `r"…"` from a name that ends in r.
    previous: char,
}

impl Scanner {
    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(0, false),
                ('r' | 'b' | 'c', _) if !is_word(self.previous) && self.raw_prefix().is_some() => {
                    let (skip, hashes, is_raw) = self.raw_prefix().expect("just looked at");
                    self.at += skip;
                    self.string(hashes, is_raw);
                }
                ('\'', Some(next)) => self.quote(next),
                _ => self.code(c),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().expect("there is always a line")
    }

    fn code(&mut self, c: char) {
        self.at += 1;
        self.previous = c;
        if c == '\n' {
            self.lines.push(Line::default());
        } else {
            self.line().code.push(c);
        }
    }

    fn line_comment(&mut self) {
        while let Some(c) = self.peek(0).filter(|c| *c != '\n') {
            self.line().comment.push(c);
            self.at += 1;
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(c) = self.peek(0) {
            let pair = (c, self.peek(1));
            let step = if matches!(pair, ('/', Some('*')) | ('*', Some('/'))) { 2 } else { 1 };
            match pair {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                ('\n', _) => self.lines.push(Line::default()),
                _ => self.line().comment.push(c),
            }
            self.at += step;
            if depth == 0 {
                return;
            }
        }
    }

    /// At `r"`, `r#"`, `b"`, `br#"`, `c"` …: how many characters precede the quote, how many
    /// hashes, and whether escapes mean nothing.
    fn raw_prefix(&self) -> Option<(usize, usize, bool)> {
        let letters = (0..2).take_while(|n| matches!(self.peek(*n), Some('r' | 'b' | 'c'))).count();
        let is_raw = (0..letters).any(|n| self.peek(n) == Some('r'));
        let mut hashes = 0;
        while is_raw && self.peek(letters + hashes) == Some('#') {
            hashes += 1;
        }
        (self.peek(letters + hashes) == Some('"')).then_some((letters + hashes, hashes, is_raw))
    }

    /// Reads the literal whose opening quote is here.
    fn string(&mut self, hashes: usize, is_raw: bool) {
        let first = self.lines.len() - 1;
        let mut content = String::new();
        self.line().code.push('"');
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '"' if (0..hashes).all(|n| self.peek(n) == Some('#')) => {
                    self.at += hashes;
                    break;
                }
                '\\' if !is_raw => {
                    content.push(c);
                    if let Some(escaped) = self.peek(0) {
                        content.push(escaped);
                        self.at += 1;
                        if escaped == '\n' {
                            self.lines.push(Line::default());
                        }
                    }
                }
                '\n' => {
                    content.push(c);
                    self.lines.push(Line::default());
                }
                _ => content.push(c),
            }
        }
        self.line().code.push('"');
        self.previous = '"';
        self.lines[first].strings.push(content);
    }

    /// At a single quote: a character literal or a lifetime.
    fn quote(&mut self, next: char) {
        let is_char = next == '\\' || self.peek(2) == Some('\'');
        if !is_char {
            return self.code('\'');
        }
        self.at += if next == '\\' { 3 } else { 2 };
        while self.peek(0).is_some_and(|c| c != '\'') {
            self.at += 1;
        }
        self.at += 1;
        self.line().code.push_str("' '");
        self.previous = '\'';
    }
}

/// Marks the item that follows each `#[cfg(test)]`, up to its closing brace or semicolon.
fn mark_tests(lines: &mut [Line]) {
    let mut index = 0;
    while index < lines.len() {
        if !lines[index].code.contains("#[cfg(test)]") {
            index += 1;
            continue;
        }
        let mut depth = 0_i32;
        let mut ended = false;
        while index < lines.len() && !ended {
            lines[index].is_test = true;
            let code = lines[index].code.replace("#[cfg(test)]", "");
            for c in code.chars() {
                depth += i32::from(matches!(c, '{' | '[' | '('));
                depth -= i32::from(matches!(c, '}' | ']' | ')'));
                ended |= depth == 0 && matches!(c, '}' | ';');
            }
            index += 1;
        }
    }
}

/// Whether `c` may stand in a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The names, keywords and numbers in a piece of code.
pub fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

/// Splits `StockLevel`, `stock_level` and `STOCK_LEVEL` into `stock`, `level`.
pub fn parts(identifier: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in identifier.chars() {
        let breaks = c == '_' || (c.is_uppercase() && was_lower);
        if breaks && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        if c != '_' {
            parts.last_mut().expect("never empty").extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether `text` contains `word` with no letter, digit or underscore beside it.
pub fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_word)
            && !text[at + word.len()..].chars().next().is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_not_code() {
        let lines = scan("let a = \"use b\"; // c\n/* d /* e */ f */ let g = r#\"h\"i\"#;\n");
        assert_eq!(lines[0].code, "let a = \"\"; ");
        assert_eq!(lines[0].strings, ["use b"]);
        assert_eq!(lines[0].comment, "// c");
        assert_eq!(lines[1].code, " let g = \"\";");
        assert_eq!(lines[1].strings, ["h\"i"]);
    }

    #[test]
    fn escapes_characters_and_lifetimes_do_not_confuse_the_scanner() {
        let lines = scan("let q = '\"'; let e = '\\''; fn f<'a>(x: &'a str) { g(\"\\\"h\") }");
        assert_eq!(lines[0].code, "let q = ' '; let e = ' '; fn f<'a>(x: &'a str) { g(\"\") }");
        assert_eq!(lines[0].strings, ["\\\"h"]);
    }

    #[test]
    fn a_string_over_several_lines_belongs_to_its_first() {
        let lines = scan("a(\n    \"SELECT 1\n       FROM t\",\n);\nb();");
        assert_eq!(lines[1].strings, ["SELECT 1\n       FROM t"]);
        assert_eq!(lines[4].code, "b();");
    }

    #[test]
    fn a_test_module_ends_at_its_brace() {
        let lines = scan("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        let marks: Vec<bool> = lines.iter().map(|line| line.is_test).collect();
        assert_eq!(marks, [false, true, true, true, true, false, false]);
    }

    #[test]
    fn identifiers_split_into_lower_case_parts() {
        assert_eq!(parts("StockLevel"), ["stock", "level"]);
        assert_eq!(parts("STOCK_LEVEL"), ["stock", "level"]);
        assert_eq!(parts("to_vendor2Id"), ["to", "vendor2", "id"]);
    }

    #[test]
    fn a_word_is_found_only_whole() {
        assert!(has_word("see not_reversible.", "not_reversible"));
        assert!(!has_word("was_not_reversible", "not_reversible"));
    }
}
