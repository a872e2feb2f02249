//! How long records took to come in earlier sessions of the account.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// The delays that were looked up last, by region.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownDelays {
    by_region: BTreeMap<String, (DateTime<Utc>, Vec<u32>)>,
}

impl KnownDelays {
    /// Keeps what was looked up last, whatever the order in which it comes.
    pub(super) fn remember(&mut self, at: DateTime<Utc>, region: &str, delays: &[u32]) {
        let entry = self.by_region.entry(region.to_owned()).or_default();
        if (entry.0, entry.1.as_slice()) < (at, delays) {
            *entry = (at, delays.to_vec());
        }
    }

    /// Those of a region, in seconds.
    pub(super) fn of(&self, region: &str) -> &[u32] {
        let known = self.by_region.get(region);
        known.map_or(&[], |(_, delays)| delays.as_slice())
    }
}
