//! Mechanics that all engines share: limits of work and depth.

use super::Refusal;

/// Counts steps and depth, so that no query and no row can take unbounded time or stack.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
    depth: u32,
}

/// Steps a run may take.
const STEPS: u64 = 200_000_000;

/// How deep expressions may nest.
const DEPTH: u32 = 400;

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: STEPS, depth: DEPTH }
    }
}

impl Budget {
    /// Takes so many steps.
    pub fn step(&mut self, steps: u64) -> Result<(), Refusal> {
        self.steps = self.steps.checked_sub(steps).ok_or(Refusal::Limit)?;
        Ok(())
    }

    /// Goes one level deeper, for the time of `inner`.
    pub fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.depth = self.depth.checked_sub(1).ok_or(Refusal::Limit)?;
        let result = inner(self);
        self.depth += 1;
        result
    }
}
