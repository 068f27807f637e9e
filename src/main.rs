//! The `sigmaglot` program; everything is in the library.

fn main() {}
