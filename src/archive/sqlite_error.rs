//! SQLite's errors in words for people.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::ports::archive::ArchiveError;

/// What an error means for somebody who was reading or writing the file at `path`.
pub(super) fn of(path: &Path, doing: &'static str, error: &rusqlite::Error) -> ArchiveError {
    let Some(code) = error.sqlite_error_code() else {
        return ArchiveError::Storage {
            doing,
            reason: super::damage::words(error),
            passing: false,
        };
    };
    let storage = |reason: String, passing: bool| ArchiveError::Storage {
        doing,
        reason,
        passing,
    };
    match code {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => ArchiveError::Damaged {
            path: path.to_path_buf(),
            reason: error.to_string(),
        },
        ErrorCode::DiskFull => storage("the disk is full".to_owned(), true),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            storage(format!("another program keeps {} locked", path.display()), true)
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            storage(format!("{} or its directory is read-only", path.display()), true)
        }
        ErrorCode::CannotOpen => storage(format!("{} cannot be opened", path.display()), true),
        ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory => storage(error.to_string(), true),
        _ => storage(error.to_string(), false),
    }
}
