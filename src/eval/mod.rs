//! The reference evaluator: what a rule means, in the fewest lines (SEMANTICS sections 2 to 4).
