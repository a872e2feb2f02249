//! The objects of a store: written whole or not at all, listed, read and removed.

use std::path::Path as FilePath;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};

use super::store_error::StoreError;

/// A larger object is none of ours, and would be held in memory.
const LARGEST: u64 = 256 << 20;

/// The objects of a store.
#[derive(Debug, Clone)]
pub(super) struct Objects {
    inner: Arc<dyn ObjectStore>,
    /// What the store is called in messages.
    name: Arc<str>,
}

impl Objects {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, name: &str) -> Self {
        Self {
            inner,
            name: name.into(),
        }
    }

    /// Those of a folder, which is there.
    pub(super) fn folder(folder: &FilePath) -> Result<Self, StoreError> {
        let name = folder.display().to_string();
        let inner = LocalFileSystem::new_with_prefix(folder).map_err(|error| StoreError::Unusable {
            store: name.clone(),
            reason: told(&error),
        })?;
        Ok(Self::new(Arc::new(inner), &name))
    }

    /// What the store is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes an object whole. Its name holds its content's digest, so that one which is there already is the same.
    pub(super) async fn put(&self, path: &Path, bytes: Vec<u8>) -> Result<(), StoreError> {
        let put = self.inner.put(path, bytes.into()).await;
        put.map(drop)
            .map_err(|error| self.failed("written", path, &error))
    }

    /// The names under a folder, in their order.
    pub(super) async fn list(&self, folder: &Path) -> Result<Vec<Path>, StoreError> {
        let listed = self.inner.list(Some(folder)).map_ok(|meta| meta.location);
        let mut names: Vec<Path> = match listed.try_collect().await {
            Err(Error::NotFound { .. }) => Vec::new(),
            listed => listed.map_err(|error| self.failed("listed", folder, &error))?,
        };
        names.sort();
        Ok(names)
    }

    /// An object's bytes; `None` where it is gone.
    pub(super) async fn get(&self, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        let found = match self.inner.get(path).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| self.failed("read", path, &error))?,
        };
        if found.meta.size > LARGEST {
            return Err(StoreError::TooLarge {
                store: self.name.to_string(),
                path: path.to_string(),
            });
        }
        let bytes = found.bytes().await;
        bytes
            .map(|bytes| Some(bytes.to_vec()))
            .map_err(|error| self.failed("read", path, &error))
    }

    /// Removes an object; one that is gone is removed.
    pub(super) async fn delete(&self, path: &Path) -> Result<(), StoreError> {
        match self.inner.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed("removed", path, &error)),
        }
    }

    fn failed(&self, doing: &'static str, path: &Path, error: &Error) -> StoreError {
        StoreError::Failed {
            store: self.name.to_string(),
            doing,
            path: path.to_string(),
            reason: told(error),
            denied: matches!(
                error,
                Error::PermissionDenied { .. } | Error::Unauthenticated { .. }
            ),
        }
    }
}

/// The innermost words of an error, which say what happened.
fn told(error: &Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
