//! Lists in which nothing stands twice.

use std::collections::HashSet;
use std::hash::Hash;

/// The items in their order, of equal ones the first. A rule may have a hundred thousand: each is looked up, not searched for.
pub fn distinct<T: Eq + Hash>(items: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::with_capacity(items.len());
    let first: Vec<bool> = items.iter().map(|item| seen.insert(item)).collect();
    items.into_iter().zip(first).filter_map(|(item, first)| first.then_some(item)).collect()
}
