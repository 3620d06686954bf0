//! Postal addresses and how the post of the destination wants them written.

use crate::countries::Country;
use crate::error::{DocError, check_count, check_text};

/// Characters allowed in one address field.
const FIELD_MAX: usize = 100;
/// Street lines allowed.
const LINES_MAX: usize = 5;

/// A postal address as the merchant knows it. Empty fields are left out when it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The person.
    pub name: String,
    pub company: String,
    /// Street and house number, PO box, floor, district: in the order they are written.
    pub lines: Vec<String>,
    pub city: String,
    /// State, province, county or prefecture, as its post abbreviates it (`CA`, `NSW`, `RM`).
    /// Left out where the country's post does not want it.
    pub region: String,
    pub postcode: String,
    /// ISO 3166-1 alpha-2, for example `DE`.
    pub country: String,
}

impl Address {
    /// Returns the lines to write on paper, in the destination country's postal format. The
    /// country stands last, in English and in capitals, when `from_country` (alpha-2) is another.
    ///
    /// Fails on an unknown country, too long fields and control characters.
    pub fn postal_lines(&self, from_country: &str) -> Result<Vec<String>, DocError> {
        let lines = self.written("address", from_country)?;
        Ok(lines.into_iter().map(|line| line.text).collect())
    }

    /// Returns the lines with their weight; `field` is the path of this address in the input.
    pub(crate) fn written(&self, field: &str, from: &str) -> Result<Vec<Written>, DocError> {
        let country = self.check(field)?;
        let mut lines = self.head(country);
        for template in country.template.split('\n') {
            match template {
                "A" => lines.extend(self.lines.iter().map(|line| Written::plain(line))),
                _ => lines.push(Written::strong(&self.tail_line(template, country))),
            }
        }
        if !from.eq_ignore_ascii_case(country.code) {
            lines.push(Written::strong(&country.name.to_uppercase()));
        }
        lines.retain(|line| !line.text.is_empty());
        Ok(lines)
    }

    /// Refuses an address that nothing can be delivered to.
    pub(crate) fn check_recipient(&self) -> Result<(), DocError> {
        let blank = |text: &String| text.trim().is_empty();
        let nobody = blank(&self.name) && blank(&self.company);
        let nowhere = self.lines.iter().all(blank) && blank(&self.city);
        if nobody || nowhere { Err(DocError::EmptyRecipient) } else { Ok(()) }
    }

    fn check(&self, field: &str) -> Result<&'static Country, DocError> {
        let named = [
            ("name", &self.name),
            ("company", &self.company),
            ("city", &self.city),
            ("region", &self.region),
            ("postcode", &self.postcode),
        ];
        for (part, text) in named {
            check_text(&format!("{field}.{part}"), text, FIELD_MAX)?;
        }
        check_count(&format!("{field}.lines"), self.lines.len(), LINES_MAX)?;
        for (index, line) in self.lines.iter().enumerate() {
            check_text(&format!("{field}.lines[{index}]"), line, FIELD_MAX)?;
        }
        let code = self.country.to_ascii_uppercase();
        Country::find(&code).ok_or_else(|| DocError::UnknownCountry {
            field: format!("{field}.country"),
            code: self.country.chars().take(20).collect(),
        })
    }

    /// The person and the company, in the country's order.
    fn head(&self, country: &Country) -> Vec<Written> {
        let mut head = vec![Written::strong(&self.name), Written::strong(&self.company)];
        if country.style.company_first {
            head.reverse();
        }
        head.retain(|line| !line.text.is_empty());
        for line in head.iter_mut().skip(1) {
            line.strong = false;
        }
        head
    }

    /// Fills one line of a template: the text between two parts is kept where both are present.
    fn tail_line(&self, template: &str, country: &Country) -> String {
        let mut line = String::new();
        let mut between = String::new();
        for c in template.chars() {
            let part = match c {
                'P' => self.postcode.trim().to_owned(),
                'C' => cased(self.city.trim(), country),
                'R' => self.region_unless_city(country),
                _ => {
                    between.push(c);
                    continue;
                }
            };
            if !part.is_empty() {
                if !line.is_empty() {
                    line.push_str(&between);
                }
                line.push_str(&part);
            }
            between.clear();
        }
        line
    }

    /// Nobody writes Madrid twice.
    fn region_unless_city(&self, country: &Country) -> String {
        let region = cased(self.region.trim(), country);
        if region == cased(self.city.trim(), country) { String::new() } else { region }
    }
}

/// One line of an address on paper; strong lines are those the sorter reads first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub text: String,
    pub strong: bool,
}

impl Written {
    fn plain(text: &str) -> Written {
        Written { text: text.trim().to_owned(), strong: false }
    }

    fn strong(text: &str) -> Written {
        Written { text: text.trim().to_owned(), strong: true }
    }
}

/// Capitals where the country's post writes them. Greek capitals carry no accent.
fn cased(text: &str, country: &Country) -> String {
    if !country.style.upper {
        return text.to_owned();
    }
    let upper = text.to_uppercase();
    if country.code != "GR" {
        return upper;
    }
    let plain = |c| match c {
        'Ά' => 'Α',
        'Έ' => 'Ε',
        'Ή' => 'Η',
        'Ί' => 'Ι',
        'Ό' => 'Ο',
        'Ύ' => 'Υ',
        'Ώ' => 'Ω',
        other => other,
    };
    upper.chars().map(plain).collect()
}
