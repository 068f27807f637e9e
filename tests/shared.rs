//! The material beside the project (real rules, events, conformance cases), where it is there.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder: `SIGMAGLOT_SHARED`, or `../shared` from the project's root. Says that the test was skipped where it is absent.
pub(crate) fn folder() -> Option<PathBuf> {
    let path = std::env::var_os("SIGMAGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there (SIGMAGLOT_SHARED names another place)", path.display());
    None
}

/// All rule files below a folder of it, sorted by path: path below the folder, text.
pub(crate) fn rules(below: &str) -> Option<Vec<(String, String)>> {
    let root = folder()?.join(below);
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort();
    Some(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            files.push((name, fs::read_to_string(&path).expect("a readable file")));
        }
    }
}
