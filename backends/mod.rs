//! The languages. Adding one takes five steps: `backends/README.md`.

use crate::render::Backend;

pub mod kql;
pub mod spl;
pub mod vql;

/// Every language there is.
pub const BACKENDS: &[&dyn Backend] = &[&kql::Kql, &spl::Spl, &vql::Vql];
