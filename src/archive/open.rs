//! Opening the file: creating, examining, refusing, bringing up to date.
//!
//! A file that is not ours to change is never opened for writing, not even for a moment.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::archive::{FILE_NAME, schema, sqlite_error};
use crate::ports::archive::ArchiveError;

/// What an archive is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Recording.
    ReadWrite,
    /// Looking, while another process may record.
    ReadOnly,
}

/// How long to wait for another process's transaction. Ours take milliseconds; somebody who holds the
/// file longer must not keep events from the screen.
const BUSY: Duration = Duration::from_secs(2);

/// The length of an SQLite file's header.
const SHORTEST_FILE: u64 = 100;

/// What a look at an existing file shows.
pub(super) enum Found {
    Nothing,
    Version(i64),
}

/// A file that was opened.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    /// It was brought up to date for it.
    pub(super) was_old: bool,
}

/// Opens the file.
pub(super) fn open(directory: &Path, mode: Open) -> Result<Opened, ArchiveError> {
    let path = directory.join(FILE_NAME);
    refuse_links(&path)?;
    let found = examine(&path)?;
    let was_old = matches!(found, Found::Version(version) if version < schema::newest());
    let connection = match (mode, found) {
        (Open::ReadWrite, found) => open_to_write(directory, &path, &found)?,
        (Open::ReadOnly, Found::Nothing) => {
            empty().map_err(|error| sqlite_error::of(&path, "read", &error))?
        }
        (Open::ReadOnly, found @ Found::Version(version)) => {
            if version < schema::newest() {
                drop(open_to_write(directory, &path, &found)?);
            }
            open_to_read(&path).map_err(|error| sqlite_error::of(&path, "read", &error))?
        }
    };
    Ok(Opened {
        connection,
        path,
        was_old,
    })
}

/// A link would have somebody else's file filled, and closed to its readers; who opens a pipe waits for ever.
pub(super) fn refuse_links(path: &Path) -> Result<(), ArchiveError> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        refuse_link(Path::new(&name))?;
    }
    Ok(())
}

fn refuse_link(path: &Path) -> Result<(), ArchiveError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(ArchiveError::Linked {
            to: fs::read_link(path).unwrap_or_default(),
            path: path.to_owned(),
        }),
        Ok(metadata) if !metadata.is_file() => Err(ArchiveError::NotAFile {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// An archive with nothing in it, of which nothing remains.
pub(super) fn empty() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let usual = connect(path, false).and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    match usual {
        // On a read-only medium the shared memory of the log cannot be made; without a log none is needed.
        Err(_) if !has_log(path) => connect(path, true),
        other => other,
    }
}

fn open_to_write(directory: &Path, path: &Path, found: &Found) -> Result<Connection, ArchiveError> {
    let unusable = |source| ArchiveError::Directory {
        path: directory.to_path_buf(),
        source,
    };
    create_directory(directory).map_err(unusable)?;
    create_file(path).map_err(unusable)?;
    let version = match found {
        Found::Nothing => 0,
        Found::Version(version) => *version,
    };
    let written = |error| sqlite_error::of(path, "written", &error);
    let is_old = version < schema::newest();
    // Two programs may start at the same time: one at a time makes the file or brings it up to date. Where
    // the file system knows no such locks, SQLite's own keep the loser from doing harm.
    let turn = if is_old {
        let turn = lock_file(directory).map_err(unusable)?;
        let _ = turn.lock();
        Some(turn)
    } else {
        None
    };
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(written)?;
    set_up(&connection).map_err(written)?;
    if is_old {
        bring_up_to_date(&mut connection, path)?;
    }
    drop(turn);
    Ok(connection)
}

pub(super) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Brings an older or empty file up to date. Each older file is copied first; the copy is left in place.
fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), ArchiveError> {
    let written = |error| sqlite_error::of(path, "written", &error);
    let version = user_version(connection).map_err(written)?;
    if version > schema::newest() {
        return Err(newer(path, version));
    }
    if version > 0 && version < schema::newest() {
        back_up(connection, path, version)?;
    }
    migrate(connection).map_err(written)
}

pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    use rusqlite_migration::Error;
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let migrated = schema::migrations().to_latest(connection);
    connection.set_transaction_behavior(TransactionBehavior::Deferred);
    migrated.map_err(|error| match error {
        Error::RusqliteError { err, .. } => err,
        other => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
    })
}

/// Copies the file, log and all, to `stacktrail.db.schema-N.backup`.
fn back_up(connection: &Connection, path: &Path, version: i64) -> Result<(), ArchiveError> {
    let with_ending = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let unfinished = with_ending(".backup.part");
    let finished = with_ending(&format!(".schema-{version}.backup"));
    let unusable = |source| ArchiveError::Directory {
        path: path.to_path_buf(),
        source,
    };
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(unusable)?;
    }
    create_file(&unfinished).map_err(unusable)?;
    connection
        .execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])
        .map_err(|error| sqlite_error::of(path, "copied", &error))?;
    File::open(&unfinished)
        .and_then(|copy| copy.sync_all())
        .map_err(unusable)?;
    fs::rename(&unfinished, &finished).map_err(unusable)
}

/// Looks at the file without changing a byte of it.
///
/// Only SQLite ever opens the file: were it opened and closed otherwise, POSIX would drop the locks that
/// another connection of this process may hold on it.
pub(super) fn examine(path: &Path) -> Result<Found, ArchiveError> {
    refuse_link(path)?;
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(source) => {
            return Err(ArchiveError::Directory {
                path: path.to_path_buf(),
                source,
            });
        }
    };
    if length == 0 {
        return Ok(Found::Nothing);
    }
    if length < SHORTEST_FILE {
        // SQLite takes a file of one byte for an empty one.
        return Err(damaged(path, "it is too short"));
    }
    let read = |error| sqlite_error::of(path, "read", &error);
    let connection = connect(path, !has_log(path)).map_err(read)?;
    let found = identity(&connection).map_err(read)?;
    if found.application != schema::APPLICATION_ID && found != DatabaseIdentity::default() {
        return Err(damaged(path, "it belongs to another program"));
    }
    if found.version > schema::newest() {
        return Err(newer(path, found.version));
    }
    Ok(Found::Version(found.version))
}

/// What an SQLite file says that it is; a fresh one says nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DatabaseIdentity {
    /// The program that it belongs to.
    application: i64,
    /// Of its tables.
    pub(super) version: i64,
    /// How many tables and indexes it has.
    pub(super) tables: i64,
}

pub(super) fn identity(connection: &Connection) -> rusqlite::Result<DatabaseIdentity> {
    identity_seen(connection, || ())
}

/// In one transaction: another program may be making the file at this moment, and half of its work would be
/// somebody else's file. Something may happen after the first look.
pub(super) fn identity_seen(
    connection: &Connection,
    meanwhile: impl FnOnce(),
) -> rusqlite::Result<DatabaseIdentity> {
    let _transaction = connection.unchecked_transaction()?;
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    meanwhile();
    let version = user_version(connection)?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(DatabaseIdentity {
        application,
        version,
        tables,
    })
}

fn user_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn newer(path: &Path, found: i64) -> ArchiveError {
    ArchiveError::Newer {
        path: path.to_path_buf(),
        found,
        known: schema::newest(),
    }
}

fn damaged(path: &Path, reason: &str) -> ArchiveError {
    ArchiveError::Damaged {
        path: path.to_path_buf(),
        reason: reason.to_owned(),
    }
}

/// A read-only connection; `still` promises that nobody writes, so that nothing is put beside the file.
pub(super) fn connect(path: &Path, still: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if still {
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(format!("file:{}?immutable=1", escaped(path)), flags)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The file's write-ahead log exists and holds something, or somebody has the archive open.
pub(super) fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}

/// A path for a `file:` URI.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~:\\".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

pub(super) fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Creates the file for its owner alone; SQLite gives the files beside it the same mode. An existing
/// file that others may read is closed to them.
fn create_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            close_to_others(path);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn close_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let name = PathBuf::from(name);
        let open = fs::metadata(&name).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
        if open {
            // Somebody else's file stays as it is; opening it tells whether it can be used.
            let _ = fs::set_permissions(&name, fs::Permissions::from_mode(0o600));
        }
    }
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path) {}

pub(super) fn lock_file(directory: &Path) -> io::Result<File> {
    let path = directory.join("stacktrail.lock");
    create_file(&path)?;
    // Anything else could keep whoever opens it waiting.
    if !fs::symlink_metadata(&path)?.is_file() {
        return Err(io::Error::other(format!("{} is no file", path.display())));
    }
    File::open(path)
}
