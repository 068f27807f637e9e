//! Reads Sigma's regular expressions (PCRE's portable part, SEMANTICS 3.1).
