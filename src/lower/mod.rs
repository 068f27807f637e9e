//! Linked rules → the algebra: modifiers, selectors and encodings expanded, wildcards parsed once.
