//! An archive that is opened as soon as it can be, so that a full or read-only disk keeps nobody from watching.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Open, SqliteArchive};
use crate::domain::fact::{Fact, Recorded};
use crate::domain::stack::StackId;
use crate::ports::archive::{Archive, ArchiveError, Hit, SessionSummary};

/// The archive of a data directory, or the wish for it.
///
/// Until it can be opened every call fails with the reason; each [`Archive::append`] tries once more.
#[derive(Debug)]
pub struct PatientArchive {
    directory: PathBuf,
    open: Option<SqliteArchive>,
}

impl PatientArchive {
    /// Opens the archive of a data directory for recording, now or as soon as it can be.
    ///
    /// # Errors
    ///
    /// What will not pass by itself: a newer file, a damaged one, a directory that can never be.
    pub fn open(directory: &Path) -> Result<Self, ArchiveError> {
        let open = match SqliteArchive::open(directory, Open::ReadWrite) {
            Ok(archive) => Some(archive),
            Err(error) if may_pass(&error) => {
                tracing::warn!(%error, "the archive cannot be opened yet");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            directory: directory.to_owned(),
            open,
        })
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What earlier sessions tell of the trail; see [`SqliteArchive::trail_delays`].
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn trail_delays(&self, root: &StackId) -> Result<Vec<Fact>, ArchiveError> {
        self.read(|archive| archive.trail_delays(root))
    }

    fn opened(&mut self) -> Result<&mut SqliteArchive, ArchiveError> {
        let archive = match self.open.take() {
            Some(archive) => archive,
            None => SqliteArchive::open(&self.directory, Open::ReadWrite)?,
        };
        Ok(self.open.insert(archive))
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&SqliteArchive) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        match &self.open {
            Some(archive) => read(archive),
            None => read(&SqliteArchive::open(&self.directory, Open::ReadOnly)?),
        }
    }
}

/// Room may come back, a lock may go, a medium may become writable.
fn may_pass(error: &ArchiveError) -> bool {
    match error {
        ArchiveError::Storage { passing, .. } => *passing,
        ArchiveError::Directory { source, .. } => matches!(
            source.kind(),
            ErrorKind::PermissionDenied
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
        ),
        ArchiveError::Newer { .. }
        | ArchiveError::Damaged { .. }
        | ArchiveError::NoSession { .. }
        | ArchiveError::Ambiguous { .. } => false,
    }
}

impl Archive for PatientArchive {
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError> {
        self.opened()?.append(root, facts)
    }

    fn load(&self, root: &StackId) -> Result<Vec<Recorded>, ArchiveError> {
        self.read(|archive| archive.load(root))
    }

    fn sessions(&self) -> Result<Vec<SessionSummary>, ArchiveError> {
        self.read(SqliteArchive::sessions)
    }

    fn find(&self, wanted: &str) -> Result<StackId, ArchiveError> {
        self.read(|archive| archive.find(wanted))
    }

    fn search(&self, words: &str, most: usize) -> Result<Vec<Hit>, ArchiveError> {
        self.read(|archive| archive.search(words, most))
    }
}
