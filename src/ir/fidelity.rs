//! How a query's hits relate to a rule's.

/// The claim a query makes, and the algebra it follows (DESIGN section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Fidelity {
    /// Finds what the rule means, no more, no fewer.
    #[default]
    Exact,
    /// Finds all that the rule means, and may find more.
    Wider,
    /// Finds only what the rule means, and may miss some.
    Narrower,
    /// May find more and may miss some.
    Either,
}

impl Fidelity {
    /// The claim of a conjunction or a disjunction of two parts: their errors add up.
    pub fn join(self, other: Fidelity) -> Fidelity {
        match (self, other) {
            (Fidelity::Exact, other) => other,
            (this, Fidelity::Exact) => this,
            (this, other) if this == other => this,
            _ => Fidelity::Either,
        }
    }

    /// The claim of the negation.
    pub fn negate(self) -> Fidelity {
        match self {
            Fidelity::Wider => Fidelity::Narrower,
            Fidelity::Narrower => Fidelity::Wider,
            same => same,
        }
    }

    /// `exact`, `wider`, `narrower` or `either`, as in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Fidelity::Exact => "exact",
            Fidelity::Wider => "wider",
            Fidelity::Narrower => "narrower",
            Fidelity::Either => "either",
        }
    }
}
