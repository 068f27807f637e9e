//! `--placeholders FILE`: values for `%name%` under `|expand`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Stop;
use crate::ir::Number;
use crate::sigma::Value;

/// One value, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    Many(Vec<Scalar>),
    One(Scalar),
}

/// A value as YAML writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// Reads the file: a YAML map from name to value or list of values.
pub(crate) fn read(file: Option<&Path>) -> Result<BTreeMap<String, Vec<Value>>, Stop> {
    let Some(file) = file else { return Ok(BTreeMap::new()) };
    let problem = |why: String| Stop::Usage(format!("--placeholders `{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| problem(error.to_string()))?;
    let map: BTreeMap<String, Values> = serde_yaml::from_str(&text).map_err(|error| problem(error.to_string()))?;
    let mut placeholders = BTreeMap::new();
    for (name, values) in map {
        let scalars = match values {
            Values::Many(scalars) => scalars,
            Values::One(scalar) => vec![scalar],
        };
        let values: Option<Vec<Value>> = scalars.into_iter().map(value).collect();
        let values = values.ok_or_else(|| problem(format!("`{name}` has a number that is none")))?;
        // `%name%` and `name` are the same placeholder.
        placeholders.insert(name.trim_matches('%').to_owned(), values);
    }
    Ok(placeholders)
}

fn value(scalar: Scalar) -> Option<Value> {
    Some(match scalar {
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Number(Number::Int(value.into())),
        Scalar::Float(value) => Value::Number(Number::from_f64(value)?),
        Scalar::Text(value) => Value::Text(value.into()),
    })
}
