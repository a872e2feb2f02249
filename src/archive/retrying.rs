//! An archive that is opened as soon as it can be, so that a full or read-only disk keeps nobody from watching.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Open, SqliteArchive};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::ports::archive::{Archive, ArchiveError, Hit, SessionSummary};

/// The archive of a data directory, or the wish for it.
///
/// Until it can be opened every call fails with the reason; each [`Archive::append`] tries once more.
///
/// A file that somebody removes while it is open can still be read by whoever has it open. So what was recorded
/// into it here is read out of it, and saved again where it should be.
#[derive(Debug)]
pub struct RetryingArchive {
    directory: PathBuf,
    open: Option<(SqliteArchive, Option<FileId>)>,
    /// The sessions that were recorded here.
    recorded: BTreeSet<StackId>,
    /// What was read out of a file that is gone, and is nowhere else yet.
    rescued: Vec<(StackId, Vec<Recorded>)>,
}

/// What tells a file from another under the same name.
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn file_id(_path: &Path) -> Option<FileId> {
    None
}

impl RetryingArchive {
    /// Opens the archive of a data directory for recording, now or as soon as it can be.
    ///
    /// # Errors
    ///
    /// What will not pass by itself: a newer file, a damaged one, a directory that can never be.
    pub fn open(directory: &Path) -> Result<Self, ArchiveError> {
        let open = match SqliteArchive::open(directory, Open::ReadWrite) {
            Ok(archive) => Some(with_id(archive)),
            Err(error) if may_pass(&error) => {
                tracing::warn!(%error, "the archive cannot be opened yet");
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            directory: directory.to_owned(),
            open,
            recorded: BTreeSet::new(),
            rescued: Vec::new(),
        })
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What opening the file set aside; see [`SqliteArchive::news`].
    pub fn news(&self) -> &[String] {
        self.open.as_ref().map_or(&[], |(archive, _)| archive.news())
    }

    /// What earlier sessions tell of the trail; see [`SqliteArchive::trail_delays`].
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn trail_delays(&self, root: &StackId, with_queue: bool) -> Result<Vec<Fact>, ArchiveError> {
        self.read(|archive| archive.trail_delays(root, with_queue))
    }

    fn opened(&mut self) -> Result<&mut SqliteArchive, ArchiveError> {
        self.look()?;
        let mut open = match self.open.take() {
            Some(open) => open,
            None => with_id(SqliteArchive::open(&self.directory, Open::ReadWrite)?),
        };
        while let Some((root, facts)) = self.rescued.last() {
            if let Err(error) = open.0.append(root, facts) {
                self.open = Some(open);
                return Err(error);
            }
            self.rescued.pop();
        }
        Ok(&mut self.open.insert(open).0)
    }

    /// Looks whether the file is still where it was. If not, what was recorded into it is read out of it before it
    /// is closed, which is the end of it.
    fn look(&mut self) -> Result<(), ArchiveError> {
        let Some((archive, id)) = &self.open else {
            return Ok(());
        };
        let path = archive.path().to_path_buf();
        if id.is_none() || file_id(&path) == *id {
            return Ok(());
        }
        tracing::warn!("the archive's file is no longer where it was; it is written again");
        for root in &self.recorded {
            match archive.load(root) {
                Ok(facts) => self.rescued.push((root.clone(), facts)),
                Err(error) => tracing::error!(%error, "what was saved in it is lost"),
            }
        }
        self.open = None;
        Err(ArchiveError::Lost { path })
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&SqliteArchive) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        match &self.open {
            Some((archive, _)) => read(archive),
            None => read(&SqliteArchive::open(&self.directory, Open::ReadOnly)?),
        }
    }
}

fn with_id(archive: SqliteArchive) -> (SqliteArchive, Option<FileId>) {
    let id = file_id(archive.path());
    (archive, id)
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
        ArchiveError::Lost { .. } => true,
        ArchiveError::Newer { .. }
        | ArchiveError::Linked { .. }
        | ArchiveError::NotAFile { .. }
        | ArchiveError::Damaged { .. }
        | ArchiveError::NoSession { .. }
        | ArchiveError::NoneYet
        | ArchiveError::Ambiguous { .. } => false,
    }
}

impl Archive for RetryingArchive {
    fn append(&mut self, root: &StackId, facts: &[Recorded]) -> Result<(), ArchiveError> {
        self.opened()?.append(root, facts)?;
        if !self.recorded.contains(root) {
            self.recorded.insert(root.clone());
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), ArchiveError> {
        self.look()?;
        if self.rescued.is_empty() {
            return Ok(());
        }
        self.opened().map(|_| ())
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::archive::FILE_NAME;

    fn stack(name: &str) -> StackId {
        StackId::parse(&format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1f31")).unwrap()
    }

    fn gone(root: &StackId, second: i64) -> Recorded {
        Recorded {
            observed_at: DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap(),
            fact: Fact::StackGone {
                stack_id: root.clone(),
            },
        }
    }

    /// Whoever records goes on after this was done to the directory, and keeps everything of its own sessions.
    fn survives(harm: impl FnOnce(&Path)) {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let mut before = SqliteArchive::open(&data, Open::ReadWrite).unwrap();
        before
            .append(&stack("other"), &[gone(&stack("other"), 0)])
            .unwrap();
        before.append(&stack("shop"), &[gone(&stack("shop"), 0)]).unwrap();
        drop(before);
        let shop = stack("shop");
        let mut archive = RetryingArchive::open(&data).unwrap();
        archive.append(&shop, &[gone(&shop, 1)]).unwrap();
        archive.settle().unwrap();
        harm(&data);
        let told = archive.settle().unwrap_err();
        assert!(matches!(told, ArchiveError::Lost { .. }), "{told}");
        archive.settle().unwrap();
        archive.append(&shop, &[gone(&shop, 2)]).unwrap();
        let there = SqliteArchive::open(&data, Open::ReadOnly).unwrap();
        assert_eq!(there.load(&shop).unwrap().len(), 3);
        assert!(
            there.load(&stack("other")).is_err(),
            "what nobody records here was removed on purpose"
        );
    }

    #[test]
    fn what_was_recorded_is_saved_again_when_its_file_is_removed_or_replaced() {
        survives(|data| fs::remove_dir_all(data).unwrap());
        survives(|data| fs::remove_file(data.join(FILE_NAME)).unwrap());
        survives(|data| {
            for ending in ["", "-wal", "-shm"] {
                fs::remove_file(data.join(format!("{FILE_NAME}{ending}"))).unwrap();
            }
            drop(SqliteArchive::open(data, Open::ReadWrite).unwrap());
        });
    }
}
