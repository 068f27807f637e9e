//! Text → YAML tree whose nodes know their bytes.
