//! Smaller algebra, same meaning: a pass a function, the list of passes is data.
