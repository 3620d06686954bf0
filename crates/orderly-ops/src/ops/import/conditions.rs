//! The conditions of a map's rules.

use super::map::{Map, Sign, Test};
use super::records::Record;
use super::rows::Layout;
use crate::Error;

/// A condition on a column.
struct Condition {
    index: usize,
    test: Test,
}

/// The conditions of one rule.
struct RuleConditions {
    order_is_worthless: Option<bool>,
    all: Vec<Condition>,
}

/// The conditions of all rules, in their order.
pub struct Conditions(Vec<RuleConditions>);

impl Conditions {
    /// `index_of` finds the column of a name.
    pub fn new(map: &Map, index_of: impl Fn(&str) -> Result<usize, Error>) -> Result<Self, Error> {
        let mut rules = Vec::with_capacity(map.rules.len());
        for rule in &map.rules {
            let tests = rule.when.iter().map(|(column, test)| {
                Ok(Condition { index: index_of(column)?, test: test.clone() })
            });
            let mut all = tests.collect::<Result<Vec<_>, Error>>()?;
            // Numbers are read last: most rules are told apart by their texts.
            all.sort_by_key(|condition| condition.test.sign.is_some());
            rules.push(RuleConditions { order_is_worthless: rule.order_is_worthless, all });
        }
        Ok(Self(rules))
    }

    /// The first rule whose conditions hold, where the row's order is worth nothing, and where it
    /// is worth something.
    pub fn rules(&self, layout: &Layout<'_>, record: &Record) -> [Option<usize>; 2] {
        let mut found = [None, None];
        for (index, rule) in self.0.iter().enumerate() {
            let open = |worthless: bool| {
                found[usize::from(!worthless)].is_none()
                    && rule.order_is_worthless.is_none_or(|wanted| wanted == worthless)
            };
            let (nothing, something) = (open(true), open(false));
            let wanted = nothing || something;
            if !wanted || !rule.all.iter().all(|one| holds(one, layout, record)) {
                continue;
            }
            if nothing {
                found[0] = Some(index);
            }
            if something {
                found[1] = Some(index);
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        found
    }
}

fn holds(condition: &Condition, layout: &Layout<'_>, record: &Record) -> bool {
    let Ok(text) = std::str::from_utf8(record.field(condition.index)) else { return false };
    let (text, test) = (text.trim(), &condition.test);
    let sign = |wanted: Sign| {
        layout.number(text).is_ok_and(|number| match wanted {
            Sign::Zero => number.is_zero(),
            Sign::Negative => number.is_sign_negative() && !number.is_zero(),
            Sign::Positive => number.is_sign_positive() && !number.is_zero(),
        })
    };
    test.is.as_deref().is_none_or(|wanted| wanted == text)
        && test.any_of.as_ref().is_none_or(|all| all.iter().any(|one| one == text))
        && test.starts_with.as_deref().is_none_or(|start| text.starts_with(start))
        && test.ends_with.as_deref().is_none_or(|end| text.ends_with(end))
        && test.contains.as_deref().is_none_or(|part| text.contains(part))
        && test.empty.is_none_or(|wanted| wanted == text.is_empty())
        && test.sign.is_none_or(sign)
        && test.shape.as_deref().is_none_or(|shape| has_shape(text, shape))
}

/// Whether a text has a shape: `#` is a digit, `@` a letter, `*` anything, others themselves.
fn has_shape(text: &str, shape: &str) -> bool {
    let mut shapes = shape.chars();
    let Some(first) = shapes.next() else { return text.is_empty() };
    let rest = shapes.as_str();
    if first == '*' {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return ends.into_iter().any(|at| has_shape(&text[at..], rest));
    }
    let mut letters = text.chars();
    letters.next().is_some_and(|letter| match first {
        '#' => letter.is_ascii_digit(),
        '@' => letter.is_alphabetic(),
        other => letter == other,
    }) && has_shape(letters.as_str(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_matched_whole() {
        assert!(has_shape("C536379", "C######"));
        assert!(has_shape("85123A", "#####*"));
        assert!(has_shape("gift_0001_10", "@@@@_*"));
        assert!(!has_shape("C53637", "C######") && !has_shape("C5363799", "C######"));
        assert!(has_shape("", "*") && has_shape("", "") && !has_shape("a", ""));
    }
}
