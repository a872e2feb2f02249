//! As much of JSON Schema as the contracts use, to hold real output against them.

use serde_json::Value;

/// The keywords understood here; a schema that uses another one is refused, so that nothing is checked less
/// strictly than it says.
const KNOWN: [&str; 19] = [
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "minimum",
    "format",
];

/// What in `value` is against the schema; nothing if it is valid.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

#[expect(clippy::too_many_lines, reason = "a keyword after the other")]
fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else {
        if schema != &Value::Bool(true) {
            found.push(format!("{at}: not allowed"));
        }
        return;
    };
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap_or_default().trim_start_matches('#');
                match root.pointer(pointer) {
                    Some(schema) => check(root, schema, value, at, found),
                    None => found.push(format!("{at}: the schema has no {pointer}")),
                }
            }
            "type" => {
                let names: Vec<&str> = match rule {
                    Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                    name => name.as_str().into_iter().collect(),
                };
                if !names.iter().any(|name| is_a(value, name)) {
                    found.push(format!("{at}: {value} is no {names:?}"));
                }
            }
            "enum" => {
                if !rule.as_array().is_some_and(|values| values.contains(value)) {
                    found.push(format!("{at}: {value} is none of {rule}"));
                }
            }
            "const" if rule != value => found.push(format!("{at}: {value} is not {rule}")),
            "anyOf" | "oneOf" => {
                let fitting = rule.as_array().into_iter().flatten().filter(|schema| {
                    let mut within = Vec::new();
                    check(root, schema, value, at, &mut within);
                    within.is_empty()
                });
                let fitting = fitting.count();
                if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                    found.push(format!("{at}: {fitting} of {keyword} fit {value}"));
                }
            }
            "minimum" => {
                if value
                    .as_f64()
                    .zip(rule.as_f64())
                    .is_some_and(|(value, least)| value < least)
                {
                    found.push(format!("{at}: {value} is below {rule}"));
                }
            }
            "pattern" => {
                let pattern = regex::Regex::new(rule.as_str().unwrap_or_default());
                let fits =
                    pattern.is_ok_and(|pattern| value.as_str().is_none_or(|text| pattern.is_match(text)));
                if !fits {
                    found.push(format!("{at}: {value} does not match {rule}"));
                }
            }
            "format" => {
                let is_time = value
                    .as_str()
                    .is_none_or(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok());
                if rule != "date-time" || !is_time {
                    found.push(format!("{at}: {value} is no {rule}"));
                }
            }
            other => {
                if !KNOWN.contains(&other) {
                    found.push(format!("the schema uses {other}"));
                }
            }
        }
    }
    match value {
        Value::Object(members) => check_members(root, schema, members, at, found),
        Value::Array(items) => check_items(root, schema, items, at, found),
        _ => {}
    }
}

fn check_members(
    root: &Value,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !members.contains_key(name.as_str().unwrap_or_default()) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    let properties = schema.get("properties");
    for (name, member) in members {
        let known = properties.and_then(|properties| properties.get(name));
        if let Some(schema) = known.or_else(|| schema.get("additionalProperties")) {
            check(root, schema, member, &format!("{at}.{name}"), found);
        }
    }
}

fn check_items(root: &Value, schema: &Value, items: &[Value], at: &str, found: &mut Vec<String>) {
    let limit = |name: &str| {
        schema
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|limit| usize::try_from(limit).ok())
    };
    if limit("minItems").is_some_and(|least| items.len() < least)
        || limit("maxItems").is_some_and(|most| items.len() > most)
    {
        found.push(format!("{at}: {} items", items.len()));
    }
    if let Some(schema) = schema.get("items") {
        for (index, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}[{index}]"), found);
        }
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
