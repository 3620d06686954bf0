//! What of an answer its reader may see: people's data and costs take rights of their own.

use orderly_core::actor::{Actor, Permission, Scope};
use serde_json::Value;

/// Which fields an actor may see. The edges pass every JSON answer through it, so that a shape that
/// is added needs no rule of its own as long as it uses the words of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Names, addresses, e-mail addresses and phone numbers of people.
    pub pii: bool,
    /// What goods cost us, and what that leaves.
    pub cost: bool,
}

/// Fields that hold a person; what is in them is hidden but for [`KEPT`].
const PEOPLE: &[&str] = &[
    "customer",
    "customers",
    "person",
    "ship_to",
    "bill_to",
    "contact",
    "contacts",
    "recipient",
    "ordered_by",
    "collected_by",
    "party",
    "address",
    "subject",
];
/// What of a person names nobody: ids, codes, and where taxes and carriage come from.
const KEPT: &[&str] = &[
    "id",
    "number",
    "object",
    "kind",
    "state",
    "status",
    "code",
    "account",
    "group",
    "country",
    "version",
    "created_at",
    "updated_at",
    "active",
    "limit",
    "currency",
    "terms",
];
/// Fields that are a person's wherever they are.
const PERSONAL: &[&str] = &[
    "email",
    "phone",
    "postcode",
    "address_lines",
    "customer_name",
    "contact_name",
    "signed_by",
    "received_by",
    "payer",
    "payer_iban",
    "driver",
    "latitude_e6",
    "longitude_e6",
];
/// Fields that tell what goods cost us, wherever they are.
const COSTS: &[&str] = &[
    "cost",
    "costs",
    "cost_minor",
    "unit_cost",
    "average_cost",
    "landed_cost",
    "cost_of_goods",
    "margin",
    "margin_minor",
    "margin_percent",
    "stock_value",
    "value_minor",
    "floor",
    "floor_price",
];
/// What stands for a text that is hidden.
const HIDDEN: &str = "•••";

impl View {
    /// Everything: for the owner, and where an answer leaves for nobody.
    pub const ALL: Self = Self { pii: true, cost: true };

    /// What the actor may see anywhere: a right that is bounded to places does not open lists.
    pub fn of(actor: &Actor) -> Self {
        let may = |permission| actor.may(permission, Scope::default());
        Self { pii: may(Permission::ReadPii), cost: may(Permission::ReadCost) }
    }

    /// Hides in an answer what may not be seen: texts become `•••`, lists of texts empty, numbers
    /// and costs null. Keys stay, so that the shape is the same for everybody.
    pub fn hide(self, answer: &mut Value) {
        if self != Self::ALL {
            self.walk(answer, false);
        }
    }

    /// Whether a field may be shown, sorted or filtered by.
    pub fn may_use(self, field: &str) -> bool {
        let name = field.rsplit('.').next().unwrap_or(field);
        let in_person = field.split('.').rev().skip(1).any(|part| PEOPLE.contains(&part));
        let is_personal = PERSONAL.contains(&name)
            || (in_person && !KEPT.contains(&name))
            || (field.contains('.') && PEOPLE.contains(&name));
        (self.pii || !is_personal) && (self.cost || !COSTS.contains(&name))
    }

    fn walk(self, value: &mut Value, in_person: bool) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    if !self.cost && COSTS.contains(&name.as_str()) {
                        *field = Value::Null;
                        continue;
                    }
                    // What an event changed is named by its path, and is what was and what is.
                    if name.contains('.') && !self.may_use(name) {
                        *field = Value::Array(Vec::new());
                        continue;
                    }
                    let is_personal = PERSONAL.contains(&name.as_str())
                        || (in_person && !KEPT.contains(&name.as_str()));
                    let holds_person = in_person || PEOPLE.contains(&name.as_str());
                    let is_leaf = !field.is_object() && !is_list_of_objects(field);
                    if !self.pii && is_leaf && (is_personal || PEOPLE.contains(&name.as_str())) {
                        hide(field);
                    } else {
                        self.walk(field, holds_person);
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.walk(item, in_person);
                }
            }
            _ => {}
        }
    }
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
}

fn hide(field: &mut Value) {
    *field = match field {
        Value::String(_) => Value::String(HIDDEN.into()),
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Null,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn people_and_costs_are_hidden_and_the_shape_stays() {
        let whole = json!({
            "number": "O-1",
            "customer": { "id": "cus_1", "number": "C1", "name": "Ann Field" },
            "deliveries": [{
                "ship_to": {
                    "name": "Ann", "lines": ["1 High St"], "country": "GB", "postcode": "N1",
                },
                "location": "LEEDS",
            }],
            "lines": [{ "sku": "NAIL", "price": "0.10", "cost": "0.04", "margin": "0.06" }],
            "email": "ann@example.com",
        });
        let mut seen = whole.clone();
        View { pii: false, cost: false }.hide(&mut seen);
        let text = seen.to_string();
        for canary in ["Ann", "High St", "N1", "0.04", "0.06", "example.com"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
        assert_eq!(seen["customer"]["number"], "C1");
        assert_eq!(seen["deliveries"][0]["ship_to"]["country"], "GB");
        assert_eq!(seen["lines"][0]["price"], "0.10");
        let keys = |value: &Value| value.as_object().unwrap().len();
        assert_eq!(keys(&seen["lines"][0]), keys(&whole["lines"][0]));
        let mut all = whole.clone();
        View::ALL.hide(&mut all);
        assert_eq!(all, whole);
    }

    #[test]
    fn what_changed_is_hidden_by_its_path() {
        let mut seen = json!({ "changes": {
            "customer.name": ["Ann", "Bea"], "deliveries.dlv_1.ship_to": [null, { "name": "Ann" }],
            "lines.oln_1.cost": [1, 2], "lines.oln_1.quantity": [1, 2],
        } });
        View { pii: false, cost: false }.hide(&mut seen);
        let text = seen.to_string();
        assert!(!text.contains("Ann") && !text.contains("Bea"), "{text}");
        assert_eq!(seen["changes"]["lines.oln_1.cost"], json!([]));
        assert_eq!(seen["changes"]["lines.oln_1.quantity"], json!([1, 2]));
    }

    #[test]
    fn hidden_fields_cannot_be_sorted_by() {
        let plain = View { pii: false, cost: false };
        for field in ["customer.name", "ship_to.city", "email", "lines.cost", "margin"] {
            assert!(!plain.may_use(field) && View::ALL.may_use(field), "{field}");
        }
        assert!(plain.may_use("placed_at") && plain.may_use("customer.number"));
    }

    #[test]
    fn rights_open_the_view() {
        let mut reader = Actor { all: false, ..Actor::task() };
        assert_eq!(View::of(&reader), View { pii: false, cost: false });
        reader.grants = vec![orderly_core::actor::Grant::everywhere(Permission::ReadPii)];
        assert_eq!(View::of(&reader), View { pii: true, cost: false });
        assert_eq!(View::of(&Actor::owner()), View::ALL);
    }
}
