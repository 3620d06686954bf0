//! Filling the blanks of templates: no code, nothing unknown, an end in sight.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use orderly_core::refusal::{Code, Refusal};
use serde::Serialize;

/// Steps after which a template is given up.
const FUEL: u64 = 50_000;
/// The longest text a template makes, in characters.
const LONGEST: usize = 4_000;

/// What templates may say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Blanks {
    pub merchant: Merchant,
    pub order: OrderBlanks,
    pub customer: Person,
    pub supplier: Person,
    pub account: AccountBlanks,
    /// The order's lines.
    pub lines: Vec<LineBlanks>,
    /// The lines of which something is missing.
    pub short_lines: Vec<LineBlanks>,
    pub shipments: Vec<ShipmentBlanks>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Merchant {
    pub name: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct OrderBlanks {
    pub number: String,
    pub external_id: String,
    pub reference: String,
    pub placed_on: String,
    pub total: String,
    pub currency: String,
    pub channel: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Person {
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountBlanks {
    pub number: String,
    pub name: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct LineBlanks {
    pub sku: String,
    pub description: String,
    pub quantity: String,
    pub unit: String,
    pub amount: String,
    /// How much is missing, in the line's unit.
    pub short: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct ShipmentBlanks {
    pub carrier: String,
    pub tracking: String,
    pub shipped_on: String,
}

impl Blanks {
    /// Something in every blank: what a template is tried with before it is saved.
    pub fn sample() -> Self {
        let text = || "sample".to_owned();
        let line = LineBlanks {
            sku: text(),
            description: text(),
            quantity: "1".into(),
            unit: text(),
            amount: "1.00".into(),
            short: "1".into(),
        };
        let shipment =
            ShipmentBlanks { carrier: text(), tracking: text(), shipped_on: "2026-01-01".into() };
        Self {
            merchant: Merchant { name: text() },
            order: OrderBlanks {
                number: "10001".into(),
                total: "1.00".into(),
                ..OrderBlanks::default()
            },
            customer: Person { name: text(), email: text() },
            supplier: Person { name: text(), email: text() },
            account: AccountBlanks { number: text(), name: text() },
            lines: vec![line.clone()],
            short_lines: vec![line],
            shipments: vec![shipment],
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

/// Fills the blanks of a text.
///
/// # Errors
/// `invalid_template` where it cannot be read, does not end or says too much; `unknown_variable`
/// where it names what there is not.
pub fn fill(text: &str, blanks: &Blanks) -> Result<String, Refusal> {
    let filled = environment().render_str(text, blanks).map_err(|error| refusal(&error))?;
    if filled.chars().count() > LONGEST {
        let detail = format!("the text is longer than {LONGEST} characters");
        return Err(Refusal::new(Code::InvalidTemplate, detail));
    }
    Ok(filled)
}

/// Checks a template before it is saved: every blank in it exists, also in parts that are shown
/// only sometimes.
///
/// # Errors
/// Those of [`fill`].
pub fn check(text: &str) -> Result<(), Refusal> {
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| refusal(&error))?;
    let sample = serde_json::to_value(Blanks::sample()).unwrap_or_default();
    let mut named: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    named.sort();
    for path in named {
        let found = path.split('.').try_fold(&sample, |value, name| value.get(name));
        let builtin = matches!(path.as_str(), "range" | "dict" | "namespace" | "debug");
        if found.is_none() && !builtin {
            let shown: String = path.chars().take(60).collect();
            let detail = format!("there is nothing called `{shown}`");
            return Err(Refusal::new(Code::UnknownVariable, detail));
        }
    }
    fill(text, &Blanks::sample()).map(|_| ())
}

fn refusal(error: &minijinja::Error) -> Refusal {
    let line = error.line().map_or_else(String::new, |line| format!(" in line {line}"));
    match error.kind() {
        minijinja::ErrorKind::UndefinedError => {
            let detail = format!("the template names what there is not{line}");
            Refusal::new(Code::UnknownVariable, detail)
        }
        _ => {
            let what = error.detail().unwrap_or("it does not end, or says too much");
            let detail = format!("the template cannot be read{line}: {what}");
            Refusal::new(Code::InvalidTemplate, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_and_nothing_else_is_known() {
        let blanks = Blanks::sample();
        let text = "Order {{ order.number }}:{% for line in lines %} {{ line.sku }}{% endfor %}";
        check(text).unwrap();
        assert_eq!(fill(text, &blanks).unwrap(), "Order 10001: sample");
        for bad in [
            "{{ order.nummer }}",
            "{{ secret }}",
            "{% if false %}{{ nope }}{% endif %}",
            "{% for line in lines %}{{ line.price }}{% endfor %}",
        ] {
            assert_eq!(check(bad).unwrap_err().code(), Code::UnknownVariable, "{bad}");
        }
        for bad in [
            "{{ order.number",
            "{% for %}",
            "{% include 'x' %}",
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        ] {
            let refused = check(bad).map_err(|refusal| refusal.code());
            assert_eq!(refused, Err(Code::InvalidTemplate), "{bad}");
        }
    }

    #[test]
    fn what_is_filled_in_is_never_read_as_a_template() {
        let mut blanks = Blanks::sample();
        blanks.customer.name = "{{ order.number }}".into();
        assert_eq!(fill("Dear {{ customer.name }}", &blanks).unwrap(), "Dear {{ order.number }}");
    }
}
