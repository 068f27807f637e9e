//! `convert --out DIR`: a file a rule and target, in folders like those of the rules.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Stop;
use super::load::Unit;
use crate::compile::Target;

/// Writes queries below a folder.
pub(crate) struct Out<'a> {
    folder: &'a Path,
    /// The paths of the command line: a folder among them is not repeated below `folder`.
    inputs: &'a [PathBuf],
    /// For each target, the folder its files go to (none where extensions tell them apart) and their extension.
    targets: Vec<(Option<String>, &'static str)>,
    written: HashSet<String>,
}

impl<'a> Out<'a> {
    /// Files go below `folder`; those of targets with the same extension to a folder a target.
    pub(crate) fn new(folder: &'a Path, inputs: &'a [PathBuf], targets: &[&Target]) -> Self {
        let places = targets.iter().map(|target| {
            let extension = target.backend.extension();
            let shared = targets.iter().filter(|other| other.backend.extension() == extension).count() > 1;
            (shared.then(|| target.name().replace(':', "-")), extension)
        });
        Out { folder, inputs, targets: places.collect(), written: HashSet::new() }
    }

    /// Writes the query of a rule for the target of that number. `alone`: the only rule of its file.
    pub(crate) fn write(&mut self, unit: &Unit, target: usize, alone: bool, text: &str) -> Result<(), Stop> {
        let Some((below, extension)) = self.targets.get(target) else { return Ok(()) };
        let mut path = below.as_ref().map(PathBuf::from).unwrap_or_default();
        path.push(self.relative(Path::new(&*unit.path)));
        let stem = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let suffix = if alone { String::new() } else { format!("-{}", unit.document + 1) };
        let mut name = format!("{stem}{suffix}.{extension}");
        // Two inputs may hold files of one name; letters' case does not tell files apart everywhere.
        let mut n = 1;
        while !self.written.insert(path.with_file_name(&name).to_string_lossy().to_lowercase()) {
            n += 1;
            name = format!("{stem}{suffix}.{n}.{extension}");
        }
        let file = self.folder.join(path.with_file_name(&name));
        let parent = file.parent().unwrap_or(self.folder);
        let write = || {
            fs::create_dir_all(parent)?;
            // A link in the folder may lead out of it.
            if !parent.canonicalize()?.starts_with(self.folder.canonicalize()?) {
                return Err(std::io::Error::other("a link leads out of the folder"));
            }
            if fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_symlink()) {
                fs::remove_file(&file)?;
            }
            fs::write(&file, text)
        };
        write().map_err(|error| Stop::Usage(format!("cannot write `{}`: {error}", file.display())))
    }

    /// Where a rule's file stands below the folder that was given, without its extension: plain names only, so that
    /// nothing leads upwards.
    fn relative(&self, path: &Path) -> PathBuf {
        if path.as_os_str() == "<stdin>" {
            return PathBuf::from("stdin");
        }
        let given = self.inputs.iter().filter(|input| *input != path).filter_map(|input| path.strip_prefix(input).ok());
        let shortest = given.min_by_key(|rest| rest.components().count());
        let relative = shortest.unwrap_or_else(|| Path::new(path.file_name().unwrap_or_default()));
        let plain = relative.components().filter(|part| matches!(part, Component::Normal(_)));
        plain.collect::<PathBuf>().with_extension("")
    }
}
