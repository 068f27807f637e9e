//! Aggregates: each call remembers between the rows of its group (functions/aggregates.go).

use std::rc::Rc;

use super::super::Refusal;
use super::compare;
use super::functions::Arguments;
use super::scope::Scope;
use super::value::Value;

/// The aggregate after one more row.
pub(super) fn update<'a>(arguments: &Arguments<'a>, id: usize, scope: &Scope<'a>) -> Result<Value<'a>, Refusal> {
    let before = scope.memory().borrow().get(&id).cloned();
    let after = match (arguments.name(), before) {
        ("count", None) => Value::Int(1),
        ("count", Some(before)) => Value::Int(before.int().unwrap_or_default() + 1),
        ("sum", before) => match arguments.get("item") {
            Value::Int(item) => Value::Int(before.and_then(|sum| sum.int()).unwrap_or_default().wrapping_add(item)),
            _ => return Err(Refusal::Unknown("sum() of what is no whole number".to_owned())),
        },
        ("min" | "max", None) => arguments.get("item"),
        ("min", Some(before)) => {
            let item = arguments.get("item");
            if compare::ordered(&item, &before, false)? { item } else { before }
        }
        ("max", Some(before)) => {
            let item = arguments.get("item");
            if compare::ordered(&item, &before, false)? { before } else { item }
        }
        ("enumerate", None) => Value::List(Rc::new(vec![arguments.get("items")])),
        ("enumerate", Some(Value::List(mut items))) => {
            scope.memory().borrow_mut().remove(&id);
            Rc::make_mut(&mut items).push(arguments.get("items"));
            Value::List(items)
        }
        (other, _) => return Err(Refusal::Unknown(format!("the function {other}"))),
    };
    scope.memory().borrow_mut().insert(id, after.clone());
    Ok(after)
}
