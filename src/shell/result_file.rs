//! The file that `-o` names: a result, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::{output, private};
use crate::clean;
use crate::domain::read::text::one_line;

/// How it is written.
#[derive(Debug, PartialEq, Eq)]
enum WriteMode {
    /// Beside this file, and then put in its place.
    Replacing(PathBuf),
    /// Into what is there: a device, a pipe, what is open already.
    Into,
}

/// The file that was named. `-` is standard output, and so is what the system calls by other names: opened anew it
/// would be written from its beginning where it is a file.
pub(crate) fn named(path: &Path) -> Option<&Path> {
    const OUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    (!OUT.iter().any(|name| path == Path::new(name))).then_some(path)
}

/// Writes a file that only its owner may read, whole or not at all; into a device or a pipe what it is given. A
/// link stays, and what it leads to is written.
///
/// # Errors
/// It cannot be written, or leads nowhere.
pub(crate) fn save(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    match way(path)? {
        WriteMode::Replacing(path) => {
            let before = path.exists();
            replace(&path, write)?;
            tell_written(&path, before);
            Ok(())
        }
        WriteMode::Into => {
            let mut out = BufWriter::new(OpenOptions::new().append(true).open(path)?);
            write(&mut out)?;
            out.flush()
        }
    }
}

/// Says on a terminal what was written, and whether something went for it.
fn tell_written(path: &Path, before: bool) {
    let mut out = output::stderr();
    if !out.is_terminal() {
        return;
    }
    let bytes = fs::metadata(path).map_or(0, |written| written.len());
    let instead = if before {
        ", in place of what was there"
    } else {
        ""
    };
    let (whole, tenths) = (bytes / 1_000, bytes % 1_000 / 100);
    // Nothing can be done where even that cannot be told.
    let _ = out.line(clean!(
        "wrote {} ({whole}.{tenths} kB){instead}",
        one_line(&path.display().to_string())
    ));
}

fn way(path: &Path) -> io::Result<WriteMode> {
    if leads_to_what_is_open(path) {
        return Ok(WriteMode::Into);
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(WriteMode::Replacing(path.to_owned())),
        Err(error) => Err(error),
        Ok(itself) if itself.is_file() => Ok(WriteMode::Replacing(path.to_owned())),
        // Where it leads nowhere nobody knows what was meant.
        Ok(_) if fs::metadata(path)?.is_file() => fs::canonicalize(path).map(WriteMode::Replacing),
        Ok(_) => Ok(WriteMode::Into),
    }
}

/// `/dev/stdout`, `/dev/fd/3` and links to them are doors to what is open, even where that is a file: whoever opened
/// it goes on with it, and would not see another in its place.
fn leads_to_what_is_open(path: &Path) -> bool {
    /// More links than the system follows.
    const LINKS: usize = 40;
    const DOORS: [&str; 5] = ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/proc"];
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        if DOORS.iter().any(|door| at.starts_with(door)) {
            return true;
        }
        let Ok(to) = fs::read_link(&at) else {
            return false;
        };
        at = at
            .parent()
            .map_or_else(|| to.clone(), |directory| directory.join(&to));
    }
    false
}

/// Writes a file that only its owner may read beside it, and puts it in its place: whole or not at all.
///
/// # Errors
/// It cannot be written.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let unfinished = beside(path);
    // What somebody else put there stays, and is not followed.
    let file = private::options()
        .write(true)
        .create_new(true)
        .open(&unfinished)?;
    let written = (|| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// A name in the same directory that nobody else uses.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    use std::process::Command;

    use super::*;

    fn put(path: &Path, text: &str) -> io::Result<()> {
        save(path, |out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_file_is_replaced_whole_and_stays_as_it_was_when_writing_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report");
        put(&path, "first").unwrap();
        put(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        let failed = save(&path, |out| {
            out.write_all(b"third")?;
            Err(io::Error::other("no"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_and_the_file_behind_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "before").unwrap();
        symlink("file", &link).unwrap();
        put(&link, "after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        let nowhere = directory.path().join("nowhere");
        symlink("missing", &nowhere).unwrap();
        assert!(put(&nowhere, "x").is_err());
        assert!(fs::symlink_metadata(&nowhere).unwrap().is_symlink());
        assert!(put(directory.path(), "x").is_err());
    }

    #[test]
    fn a_pipe_with_a_name_gets_what_is_written_and_stays_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reading = pipe.clone();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            File::open(reading).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        put(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn devices_and_what_is_open_are_written_into_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("out");
        for door in ["/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert_eq!(way(Path::new(door)).unwrap(), WriteMode::Into, "{door}");
            let _ = fs::remove_file(&link);
            symlink(door, &link).unwrap();
            assert_eq!(way(&link).unwrap(), WriteMode::Into, "a link to {door}");
        }
        // A file in memory is a file.
        let memory = PathBuf::from("/dev/shm/of-nobody.txt");
        assert_eq!(way(&memory).unwrap(), WriteMode::Replacing(memory));
        assert_eq!(named(Path::new("-")), None);
        assert_eq!(named(Path::new("/dev/stdout")), None);
        assert_eq!(named(Path::new("./-")), Some(Path::new("./-")));
    }
}
