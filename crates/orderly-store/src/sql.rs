//! SQL as text: placeholders, statements of a file, their normal form.

/// Rewrites PostgreSQL's `$1` to SQLite's `?1`, outside of quotes and comments. SQLite takes `$1`
/// for a named parameter that binds in order of first appearance, silently wrong.
pub(crate) fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut before = ' ';
    for token in Tokens::new(sql) {
        match token {
            Token::Char('$') if !is_word(before) => out.push('?'),
            Token::Char(c) => out.push(c),
            Token::Quoted(text) | Token::Comment(text) => out.push_str(text),
        }
        before = out.chars().next_back().unwrap_or(' ');
    }
    out
}

/// The statements of a schema file in their normal form: no comments, single spaces outside of
/// quotes. Bodies of triggers (`BEGIN … END`) and dollar-quoted functions stay whole.
pub(crate) fn statements(file: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut text = String::new();
    let mut word = String::new();
    let mut depth = 0_u32;
    for token in Tokens::new(file) {
        let c = match token {
            Token::Char(c) if is_word(c) => {
                word.push(c);
                text.push(c);
                continue;
            }
            Token::Char(c) => c,
            Token::Comment(_) => ' ',
            Token::Quoted(quoted) => {
                word.clear();
                text.push_str(quoted);
                continue;
            }
        };
        depth = nesting(depth, &word, &text);
        word.clear();
        if c == ';' && depth == 0 {
            finish(&mut text, &mut found);
        } else if !c.is_whitespace() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
    finish(&mut text, &mut found);
    found
}

/// How often a word stands in a statement, outside of quotes and comments, in any case.
pub(crate) fn count_word(statement: &str, wanted: &str) -> u64 {
    let mut count = 0;
    let mut word = String::new();
    for token in Tokens::new(statement).chain([Token::Char(' ')]) {
        match token {
            Token::Char(c) if is_word(c) => word.push(c),
            _ => {
                count += u64::from(word.eq_ignore_ascii_case(wanted));
                word.clear();
            }
        }
    }
    count
}

fn finish(text: &mut String, found: &mut Vec<String>) {
    let statement = std::mem::take(text);
    let statement = statement.trim();
    if !statement.is_empty() {
        found.push(statement.to_owned());
    }
}

/// How deep in `BEGIN … END` and `CASE … END` the text is after `word`, within a body.
fn nesting(depth: u32, word: &str, text: &str) -> u32 {
    let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
    if is("BEGIN") && has_body(text) || is("CASE") && depth > 0 {
        depth + 1
    } else if is("END") {
        depth.saturating_sub(1)
    } else {
        depth
    }
}

fn has_body(statement: &str) -> bool {
    let mut words = statement.split_whitespace();
    words.next().is_some_and(|first| first.eq_ignore_ascii_case("CREATE"))
        && words.take(4).any(|word| {
            ["TRIGGER", "FUNCTION", "PROCEDURE"].iter().any(|kind| word.eq_ignore_ascii_case(kind))
        })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

enum Token<'a> {
    Char(char),
    /// A literal, a quoted name or a dollar-quoted body, with its quotes.
    Quoted(&'a str),
    Comment(&'a str),
}

struct Tokens<'a> {
    rest: &'a str,
    before: char,
}

impl<'a> Tokens<'a> {
    fn new(sql: &'a str) -> Tokens<'a> {
        Tokens { rest: sql, before: ' ' }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (token, rest) = self.rest.split_at(len);
        self.rest = rest;
        self.before = token.chars().next_back().unwrap_or(' ');
        token
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.rest;
        let first = rest.chars().next()?;
        let end_of = |from: usize, mark: &str| {
            rest[from..].find(mark).map_or(rest.len(), |at| from + at + mark.len())
        };
        if first == '\'' || first == '"' {
            return Some(Token::Quoted(self.take(end_of(1, &rest[..1]))));
        }
        if rest.starts_with("--") {
            return Some(Token::Comment(self.take(end_of(2, "\n"))));
        }
        if rest.starts_with("/*") {
            return Some(Token::Comment(self.take(end_of(2, "*/"))));
        }
        if let Some(tag) = dollar_tag(rest).filter(|_| !is_word(self.before)) {
            return Some(Token::Quoted(self.take(end_of(tag.len(), tag))));
        }
        self.take(first.len_utf8());
        Some(Token::Char(first))
    }
}

/// `$$` or `$name$` at the start of `text`; `$1` is none.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find(|c: char| !is_word(c))?;
    let named = inner[..end].chars().next().is_none_or(|c| !c.is_ascii_digit());
    (named && inner[end..].starts_with('$')).then(|| &text[..end + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_rewritten_outside_of_quotes_and_comments_only() {
        let sql = "SELECT $1, '$2 ''$3', \"a$4\", a$5 -- $6\n, $10 /* $7 */ || '$8'";
        let want = "SELECT ?1, '$2 ''$3', \"a$4\", a$5 -- $6\n, ?10 /* $7 */ || '$8'";
        assert_eq!(numbered(sql), want);
    }

    #[test]
    fn a_file_splits_into_statements_around_bodies_quotes_and_comments() {
        let file = "-- first; comment\nCREATE TABLE a (x TEXT DEFAULT ';' /* ; */ );;\n\
            CREATE TRIGGER t BEFORE UPDATE ON a BEGIN\n  SELECT CASE WHEN 1 THEN 2 END;\n\
            SELECT 3;\nEND;\nCREATE FUNCTION f() RETURNS int AS $body$ BEGIN; $$;$$ END; $body$;\n\
            SELECT 'begin;'";
        assert_eq!(
            statements(file),
            [
                "CREATE TABLE a (x TEXT DEFAULT ';' )",
                "CREATE TRIGGER t BEFORE UPDATE ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; \
                 SELECT 3; END",
                "CREATE FUNCTION f() RETURNS int AS $body$ BEGIN; $$;$$ END; $body$",
                "SELECT 'begin;'",
            ]
        );
    }

    #[test]
    fn comments_and_spacing_do_not_change_the_normal_form() {
        let one = statements("CREATE TABLE a (\n  x INTEGER -- why\n);");
        let two = statements("CREATE   TABLE a (\r\n x INTEGER\n\n);");
        assert_eq!(one, two);
    }
}
