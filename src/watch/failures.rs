//! Which failures of sources are news: the same trouble again and again is not a fact each time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::fact::Fact;
use crate::domain::model::fault::FaultKind;

/// So many in a row are recorded: what comes after trouble is decided by how often there was some.
const RECORDED: u32 = 5;
/// ... and then one in this time, so that the record shows that it lasts. What is not allowed stays so.
const REPEATED: TimeDelta = TimeDelta::minutes(5);

/// Failures in a row, by the key of what was asked, and the call where only a part of the answer is missing.
#[derive(Debug, Default)]
pub(super) struct Failures(BTreeMap<(String, Option<String>), Row>);

#[derive(Debug)]
struct Row {
    kind: FaultKind,
    times: u32,
    recorded_at: DateTime<Utc>,
}

impl Failures {
    /// An inquiry was answered, as far as these facts do not tell of a failure.
    pub(super) fn answered(&mut self, key: &str, facts: &[Fact]) {
        let failed = |fact: &Fact| matches!(fact, Fact::SourceFailed { key: failed, .. } if failed == key);
        if !facts.iter().any(failed) {
            self.0.remove(&(key.to_owned(), None));
        }
    }

    /// Whether a fact says something that was not said before.
    pub(super) fn is_news(&mut self, fact: &Fact, now: DateTime<Utc>) -> bool {
        let (asked, fault) = match fact {
            Fact::SourceFailed { key, fault, .. } => ((key.clone(), None), fault),
            Fact::SourceMissedPart { key, fault, .. } => ((key.clone(), Some(fault.action.clone())), fault),
            _ => return true,
        };
        let row = self.0.entry(asked).or_insert(Row {
            kind: fault.kind,
            times: 0,
            recorded_at: now,
        });
        if row.kind != fault.kind {
            (row.kind, row.times) = (fault.kind, 0);
        }
        row.times = row.times.saturating_add(1);
        let lasts = row.kind != FaultKind::Denied && now - row.recorded_at >= REPEATED;
        let news = row.times <= RECORDED || lasts;
        if news {
            row.recorded_at = now;
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fault::Fault;

    fn failure(kind: FaultKind) -> Fact {
        Fact::SourceFailed {
            source: "validation".into(),
            region: "eu-west-1".to_owned(),
            key: "change-sets:shop".to_owned(),
            fault: Fault::new("cloudformation:ListChangeSets", kind, "no"),
        }
    }

    #[test]
    fn trouble_that_lasts_is_recorded_less_and_less_and_another_kind_at_once() {
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap_or_default();
        let mut failures = Failures::default();
        let mut recorded = |kind, from: i64, to: i64| {
            let asked = (from..to).step_by(15);
            asked
                .filter(|second| failures.is_news(&failure(kind), at(*second)))
                .count()
        };
        assert_eq!(recorded(FaultKind::Service, 0, 3_600), 5 + 11);
        assert_eq!(recorded(FaultKind::Denied, 3_600, 7_200), 5);
        failures.answered("change-sets:shop", &[]);
        assert!(failures.is_news(&failure(FaultKind::Denied), at(7_300)));
    }
}
