//! What stands in a query or a form: names with values, in order, as text.

/// The fields of a query or a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=2`; what cannot be read is left out.
    pub fn parse(text: &[u8]) -> Self {
        Self(serde_html_form::from_bytes(text).unwrap_or_default())
    }

    /// The trimmed value of a field, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The trimmed value of a field, or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Whether a box was ticked.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every value of a field, in order, the empty ones too.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// The fields whose name starts so, without that start, where they are not empty.
    pub fn under<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.0.iter().filter_map(move |(name, value)| {
            Some((name.strip_prefix(start)?, value.trim())).filter(|(_, value)| !value.is_empty())
        });
        all.into_iter()
    }

    /// The address of the same page with one field set to another value, or without it.
    pub fn but(&self, path: &str, name: &str, value: Option<&str>) -> String {
        let kept = self.0.iter().filter(|(own, text)| own != name && !text.is_empty());
        let kept = kept.map(|(own, text)| (own.as_str(), text.as_str()));
        let all: Vec<(&str, &str)> = kept.chain(value.map(|value| (name, value))).collect();
        address(path, &all)
    }
}

/// An address with these fields.
pub fn address(path: &str, fields: &[(&str, &str)]) -> String {
    match serde_html_form::to_string(fields) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// A segment of a path: what is not plain is percent-encoded.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_send_them() {
        let fields = Fields::parse(b"q=a+b%26&line.1=2&line.2=&box=on&q=c");
        assert_eq!(fields.text("q"), "a b&");
        assert_eq!(fields.all("q").collect::<Vec<_>>(), ["a b&", "c"]);
        assert_eq!(fields.under("line.").collect::<Vec<_>>(), [("1", "2")]);
        assert!(fields.is_on("box") && !fields.is_on("line.2"));
        assert_eq!(fields.but("/x", "q", None), "/x?line.1=2&box=on");
        assert_eq!(Fields::default().but("/x", "after", Some("1.2")), "/x?after=1.2");
        assert_eq!(segment("a/b ü"), "a%2Fb%20%C3%BC");
    }
}
