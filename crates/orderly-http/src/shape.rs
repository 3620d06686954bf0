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

/// Whether the type has a property of this name.
pub fn property(shape: Shape, name: &str) -> bool {
    let schema = resolved(&mut generator(), shape);
    schema.get("properties").is_some_and(|all| all.get(name).is_some())
}
