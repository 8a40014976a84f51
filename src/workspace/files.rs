//! Files and folders that are not trusted: bounded reads that never block on a pipe or a device,
//! walks that end, and writes that are whole or not there.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Files of one folder of a site, in all its folders below; more is a wrong folder.
const MAX_FILES: usize = 10_000;
/// Folders below a site's folder that are walked.
const MAX_DEPTH: usize = 4;

/// Why a file or folder could not be read, in words; names no path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileError {
    pub rule: &'static str,
    pub message: String,
    pub help: String,
}

impl FileError {
    fn new(rule: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { rule, message: message.into(), help: help.into() }
    }

    /// What the operating system said.
    pub fn io(error: &io::Error) -> Self {
        let (message, help) = match error.kind() {
            io::ErrorKind::NotFound => ("there is no such file".to_owned(), "check the path"),
            io::ErrorKind::PermissionDenied => ("it may not be read".to_owned(), "give this user the right to read it"),
            _ => (format!("it cannot be read: {}", reason(error)), "check the file and the path to it"),
        };
        Self::new("unreadable-file", message, help)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.help)
    }
}

impl std::error::Error for FileError {}

/// The text of an operating system's error without its number, which says nothing to most.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text.get(..end).unwrap_or(&text).to_lowercase()
}

/// The bytes of a plain file of at most `max` bytes. Never opens a pipe, socket or device, which
/// could block for ever.
///
/// # Errors
/// In words for the person whose file it is.
pub fn read_bounded(path: &Path, max: usize) -> Result<Vec<u8>, FileError> {
    let about = fs::metadata(path).map_err(|e| FileError::io(&e))?;
    if about.is_dir() {
        return Err(FileError::new("not-a-file", "it is a folder, not a file", "rename it"));
    }
    if !about.is_file() {
        let message = "it is a pipe, a socket or a device, not a file";
        return Err(FileError::new("not-a-file", message, "put a plain file in its place"));
    }
    let too_large = |bytes: u64| {
        let help = "split it, or check that it is the file you mean";
        FileError::new("file-too-large", format!("it has {bytes} bytes; at most {max} are read"), help)
    };
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    if about.len() > limit {
        return Err(too_large(about.len()));
    }
    let file = File::open(path).map_err(|e| FileError::io(&e))?;
    let mut bytes = Vec::new();
    // The file may have grown since it was measured.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| FileError::io(&e))?;
    if bytes.len() > max {
        return Err(too_large(limit.saturating_add(1)));
    }
    Ok(bytes)
}

/// What was found below a folder, in the order of names.
#[derive(Default, Debug)]
pub struct Walk {
    pub files: Vec<PathBuf>,
    pub problems: Vec<(PathBuf, FileError)>,
}

/// Every file below `folder` whose name `wanted` takes; a folder that is not there is empty.
///
/// Names that begin with a dot are passed over. Links to folders are reported, not followed: what
/// they lead to could be the folder itself.
pub fn walk(folder: &Path, wanted: fn(&str) -> bool) -> Walk {
    let mut walk = Walk::default();
    match fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => walk.problems.push((folder.to_owned(), FileError::io(&error))),
        Ok(about) if !about.is_dir() => {
            let problem = FileError::new("not-a-folder", "it should be a folder", "rename it, or make a folder of it");
            walk.problems.push((folder.to_owned(), problem));
        }
        Ok(_) => descend(folder, wanted, 0, &mut walk),
    }
    walk
}

fn descend(folder: &Path, wanted: fn(&str) -> bool, depth: usize, walk: &mut Walk) {
    let mut entries: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(Result::ok).map(|e| e.path()).take(MAX_FILES + 1).collect(),
        Err(error) => {
            walk.problems.push((folder.to_owned(), FileError::io(&error)));
            return;
        }
    };
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if walk.files.len() + walk.problems.len() >= MAX_FILES {
            let message = format!("there are more than {MAX_FILES} files here");
            let problem = FileError::new("too-many-files", message, "check that it is the folder of a site");
            walk.problems.push((folder.to_owned(), problem));
            return;
        }
        visit(path, &name, wanted, depth, walk);
    }
}

fn visit(path: PathBuf, name: &str, wanted: fn(&str) -> bool, depth: usize, walk: &mut Walk) {
    let is_link = fs::symlink_metadata(&path).is_ok_and(|about| about.is_symlink());
    match fs::metadata(&path) {
        Ok(about) if about.is_dir() && wanted(name) => {
            let problem = FileError::new("not-a-file", "it is a folder, but named like a file", "rename it");
            walk.problems.push((path, problem));
        }
        Ok(about) if about.is_dir() && is_link => {
            let message = "a link to a folder is not followed";
            walk.problems.push((path, FileError::new("not-a-folder", message, "put the folder itself here")));
        }
        Ok(about) if about.is_dir() && depth >= MAX_DEPTH => {
            let message = format!("folders are read to a depth of {MAX_DEPTH}");
            walk.problems.push((path, FileError::new("folder-too-deep", message, "move its files up")));
        }
        Ok(about) if about.is_dir() => descend(&path, wanted, depth + 1, walk),
        Ok(_) if wanted(name) => walk.files.push(path),
        Err(error) if wanted(name) => walk.problems.push((path, FileError::io(&error))),
        Ok(_) | Err(_) => {}
    }
}

/// Puts a file there whole or not at all, even if the machine stops in between: written beside
/// its place, made durable, then renamed. `mode` is its permission bits, where there are such.
///
/// # Errors
/// What the operating system said; the old file is then still there.
pub fn write_atomically(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let beside = folder.join(name);
    let written = write_new(&beside, bytes, mode).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to tell; what is left behind is overwritten next time.
        let _ = fs::remove_file(&beside);
        return written;
    }
    // A rename is durable when its folder is; not every file system lets a folder be opened.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
