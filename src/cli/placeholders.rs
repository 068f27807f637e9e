//! `--placeholders FILE`: values for `%name%` under `|expand`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Stop;
use super::args::Values;
use crate::ir::Number;
use crate::lower::Options;
use crate::sigma::Value;

/// One value, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
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

/// Reads the file, if one is given: a YAML map from name to value or list of values.
pub(crate) fn read(values: &Values) -> Result<Options, Stop> {
    let Some(file) = &values.placeholders else { return Ok(Options::default()) };
    let problem = |why: String| Stop::Usage(format!("--placeholders `{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| problem(error.to_string()))?;
    let map: BTreeMap<String, Given> = serde_yaml::from_str(&text).map_err(|error| problem(error.to_string()))?;
    let mut placeholders = BTreeMap::new();
    for (name, values) in map {
        let scalars = match values {
            Given::Many(scalars) => scalars,
            Given::One(scalar) => vec![scalar],
        };
        let values: Option<Vec<Value>> = scalars.into_iter().map(value).collect();
        let values = values.ok_or_else(|| problem(format!("`{name}` has a number that is none")))?;
        // `%name%` and `name` are the same placeholder.
        placeholders.insert(name.trim_matches('%').to_owned(), values);
    }
    Ok(Options { placeholders })
}

fn value(scalar: Scalar) -> Option<Value> {
    Some(match scalar {
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Number(Number::Int(value.into())),
        Scalar::Float(value) => Value::Number(Number::from_f64(value)?),
        Scalar::Text(value) => Value::Text(value.into()),
    })
}
