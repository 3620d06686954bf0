//! Schemas of types: JSON Schema 2020-12, as OpenAPI 3.1 takes them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::operation::Shape;

/// The schema of a type, by reference where it has a name.
pub fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A generator that keeps named types where OpenAPI looks for them.
pub fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12();
    settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into()
}

/// The schema with its outermost reference resolved.
pub fn resolved(generator: &mut SchemaGenerator, shape: Shape) -> Value {
    let schema = shape(generator).to_value();
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|path| path.rsplit('/').next());
    match name.and_then(|name| generator.definitions().get(name)) {
        Some(found) => found.clone(),
        None => schema,
    }
}

/// The properties that are no texts: nothing at all is no value of theirs.
pub fn never_empty(shape: Shape) -> Vec<String> {
    let schema = resolved(&mut generator(), shape);
    let properties = schema.get("properties").and_then(Value::as_object);
    let kinds = |property: &Value| -> Vec<String> {
        match property.get("type") {
            Some(Value::Array(all)) => {
                all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        }
    };
    let number = |property: &Value| {
        kinds(property).iter().any(|kind| ["integer", "number", "boolean"].contains(&kind.as_str()))
    };
    let all = properties.into_iter().flatten();
    all.filter(|(_, property)| number(property)).map(|(name, _)| name.clone()).collect()
}

/// Whether the type has a property of this name.
pub fn property(shape: Shape, name: &str) -> bool {
    let schema = resolved(&mut generator(), shape);
    schema.get("properties").is_some_and(|all| all.get(name).is_some())
}
