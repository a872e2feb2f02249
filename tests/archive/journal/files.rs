//! The file: what is no archive is refused untouched, and nobody else may read it.

use std::path::Path;

use stacktrail::archive::{FILE_NAME, Open, Repair, SqliteArchive};
use stacktrail::ports::archive::{Archive, ArchiveError};

use super::{moment, open, page, stack};

// ---------------------------------------------------------------- the file

fn refused(directory: &Path, mode: Open) -> ArchiveError {
    let path = directory.join(FILE_NAME);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteArchive::open(directory, mode).expect_err("refused");
    assert!(std::fs::read(&path).unwrap() == before, "the file was touched");
    assert!(error.to_string().contains(FILE_NAME), "{error}");
    error
}

#[test]
fn a_newer_file_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let path = directory.path().join(FILE_NAME);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 4711).unwrap();
    drop(connection);
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Newer { found: 4711, .. }
        ));
        let beside: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
        assert_eq!(beside.len(), 2, "only the file and its lock: {beside:?}");
    }
}

#[test]
fn a_newer_file_whose_version_is_still_in_its_log_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let connection = rusqlite::Connection::open(directory.path().join(FILE_NAME)).unwrap();
    connection.pragma_update(None, "user_version", 4711).unwrap();
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Newer { .. }
        ));
    }
}

#[test]
fn garbage_and_other_programs_files_are_refused_untouched() {
    for mode in [Open::ReadWrite, Open::ReadOnly] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        for garbage in [vec![0_u8; 5000], b"# notes\n".repeat(1000), b"x".to_vec()] {
            std::fs::write(&path, garbage).unwrap();
            assert!(matches!(
                refused(directory.path(), mode),
                ArchiveError::Damaged { .. }
            ));
        }
        std::fs::remove_file(&path).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE recipes (text TEXT)")
            .unwrap();
        drop(connection);
        assert!(matches!(
            refused(directory.path(), mode),
            ArchiveError::Damaged { .. }
        ));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = SqliteArchive::open(directory.path(), mode).expect_err("refused");
        assert!(matches!(error, ArchiveError::NotAFile { .. }), "{error}");
    }
}

#[test]
fn a_file_overwritten_inside_gives_what_is_left_and_is_called_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let root = stack(0);
    let mut archive = open(directory.path());
    archive.append(&root, &[page(&root, 1, 0..5000)]).unwrap();
    drop(archive);
    let path = directory.path().join(FILE_NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[8192..length - 4096].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let archive = SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let left = archive.load(&root);
    let told = archive.damage().map(|damage| damage.told(Some(&root)));
    match left {
        Ok(_) => assert!(told.is_some_and(|told| told.len() > 1)),
        Err(error) => assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}"),
    }
}

#[test]
fn reading_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("data");
    let archive = SqliteArchive::open(&inside, Open::ReadOnly).unwrap();
    assert_eq!(archive.sessions().unwrap(), []);
    assert!(!inside.exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = SqliteArchive::open(&file.join("data"), Open::ReadWrite).expect_err("refused");
    assert!(matches!(error, ArchiveError::Directory { .. }), "{error}");
    assert!(error.to_string().contains("--data-dir"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("a/data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = stack(0);
    let mut archive = open(&inside);
    archive.append(&root, &[page(&root, 1, [1])]).unwrap();
    let names = [
        "stacktrail.db",
        "stacktrail.db-wal",
        "stacktrail.db-shm",
        "stacktrail.lock",
    ];
    for name in names {
        assert_eq!(mode(&inside.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&inside), 0o700);
    // A file that came from elsewhere is closed, too.
    drop(archive);
    std::fs::set_permissions(inside.join(FILE_NAME), std::fs::Permissions::from_mode(0o644)).unwrap();
    let _archive = open(&inside);
    assert_eq!(mode(&inside.join(FILE_NAME)), 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_and_what_it_leads_to_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let theirs = directory.path().join("theirs");
    std::fs::write(&theirs, "").unwrap();
    for name in [FILE_NAME, "stacktrail.db-wal", "stacktrail.db-shm"] {
        let data = directory.path().join(format!("data of {name}"));
        std::fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&theirs, data.join(name)).unwrap();
        for mode in [Open::ReadWrite, Open::ReadOnly] {
            let error = SqliteArchive::open(&data, mode).expect_err("refused");
            assert!(matches!(error, ArchiveError::Linked { .. }), "{error}");
            assert!(error.to_string().contains("--data-dir"), "{error}");
        }
        assert!(Repair::of(&data, moment(0)).is_err());
    }
    assert_eq!(std::fs::read(&theirs).unwrap(), b"");
}
