//! Files and directories that are their owner's alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a directory, and those above it, for its owner alone. One that exists stays as it is.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Closes a directory of the program's own to others, as it is made. Somebody else's stays as it is.
#[cfg(unix)]
pub(crate) fn close_directory(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::symlink_metadata(directory).is_ok_and(|metadata| metadata.is_dir())
        && open_to_others(directory).is_some()
    {
        // Whose it is decides the system: what is not ours cannot be changed.
        let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o700));
    }
}

/// Closes a directory to others; other systems have other rules.
#[cfg(not(unix))]
pub(crate) fn close_directory(_: &Path) {}

/// How a file is opened that is made for its owner alone. Opening never waits for somebody else, as a pipe
/// with a name would make it.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Opens an existing or new file to write, closed to others; nothing that is no file.
///
/// # Errors
/// It cannot be opened, or is no file.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    // A look first: opening a named pipe waits until somebody reads it.
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is no file", path.display()),
            ));
        }
        _ => {}
    }
    let file = options.open(path)?;
    close_to_others(&file);
    Ok(file)
}

/// Writes a file whole, for its owner alone.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    let mut file = open(path, options().write(true).create(true).truncate(true))?;
    file.write_all(text.as_bytes())
}

/// Somebody else's file stays as it is.
#[cfg(unix)]
fn close_to_others(file: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    let open = file
        .metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if open {
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
fn close_to_others(_: &File) {}

/// What others can do in a directory that should be its owner's alone; none where they can do nothing.
#[cfg(unix)]
pub(crate) fn open_to_others(directory: &Path) -> Option<&'static str> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(directory).ok()?.permissions().mode();
    match mode & 0o077 {
        0 => None,
        others if others & 0o022 != 0 => Some("others can write there"),
        _ => Some("others can read there"),
    }
}

/// Anybody can put something in the place of what is kept there.
#[cfg(unix)]
pub(crate) fn is_anybodys(directory: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(directory).map_or(0, |metadata| metadata.permissions().mode());
    mode & 0o022 != 0
}

/// Anybody can put something in the place of what is kept there; other systems have other rules.
#[cfg(not(unix))]
pub(crate) fn is_anybodys(_: &Path) -> bool {
    false
}

/// What others can do in a directory; other systems have other rules.
#[cfg(not(unix))]
pub(crate) fn open_to_others(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them_when_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        write(&path, "after").unwrap();
        assert_eq!(
            (mode(&path), fs::read_to_string(&path).unwrap()),
            (0o600, "after".to_owned())
        );
        let new = directory.path().join("new");
        write(&new, "x").unwrap();
        assert_eq!(mode(&new), 0o600);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(write(directory.path(), "x").is_err());
    }

    #[test]
    fn a_directory_of_ones_own_is_closed_and_a_link_to_another_is_not_followed() {
        let above = tempfile::tempdir().unwrap();
        let (own, other) = (above.path().join("own"), above.path().join("other"));
        for place in [&own, &other] {
            fs::create_dir(place).unwrap();
            fs::set_permissions(place, fs::Permissions::from_mode(0o777)).unwrap();
        }
        close_directory(&own);
        assert_eq!(mode(&own), 0o700);
        let link = above.path().join("link");
        std::os::unix::fs::symlink(&other, &link).unwrap();
        close_directory(&link);
        close_directory(&above.path().join("nowhere"));
        assert_eq!(mode(&other), 0o777);
    }

    #[test]
    fn a_directory_that_others_can_use_is_told() {
        let above = tempfile::tempdir().unwrap();
        let own = above.path().join("own");
        directory(&own).unwrap();
        assert_eq!((mode(&own), open_to_others(&own)), (0o700, None));
        fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(open_to_others(&own), Some("others can write there"));
        fs::set_permissions(&own, fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(open_to_others(&own), Some("others can read there"));
    }
}
