//! Two attempts compared, in words.

use chrono::TimeDelta;

use crate::app::layout::words::lasting;
use crate::clean;
pub(crate) use crate::domain::conclude::comparison::{Comparison, compare};
use crate::domain::read::text::CleanText;

/// So many rows of each kind are told to people; the JSON form has all.
const MOST: usize = 10;

/// For people.
pub(crate) fn text(compared: &Comparison) -> CleanText {
    let mut out = CleanText::default();
    for side in [&compared.before, &compared.after] {
        let took = side.duration_ms.map_or_else(
            || "not ended".to_owned(),
            |ms| lasting(TimeDelta::milliseconds(ms)),
        );
        out.line(clean!(
            "deployment {}  {}  {}  {took}",
            side.attempt,
            side.operation.label(),
            side.outcome.label()
        ));
    }
    if let Some(words) = compared.apart() {
        out.line(words);
    }
    tell_failures(compared, &mut out);
    for (title, changes) in [("slower", &compared.slower), ("faster", &compared.faster)] {
        if changes.is_empty() {
            continue;
        }
        out.blank();
        out.line(clean!("{title}:"));
        for change in changes.iter().take(MOST) {
            let before = lasting(TimeDelta::milliseconds(change.before_ms));
            let after = lasting(TimeDelta::milliseconds(change.after_ms));
            out.line(clean!(
                "  {before} → {after}  {} in {}",
                change.logical_id,
                change.stack_name
            ));
        }
        if changes.len() > MOST {
            out.line(clean!("  and {} more", changes.len() - MOST));
        }
    }
    out
}

fn tell_failures(compared: &Comparison, out: &mut CleanText) {
    if compared.failures.is_empty() {
        out.blank();
        out.line("neither has a failure of its own");
    }
    for failure in &compared.failures {
        out.blank();
        out.line(clean!(
            "{}: {} in {}",
            failure.change.label(),
            failure.logical_id,
            failure.stack_name
        ));
        match (&failure.before, &failure.after) {
            (Some(before), Some(after)) if before != after => {
                out.line(clean!("  before: {before}"));
                out.line(clean!("  now:    {after}"));
            }
            (_, Some(said)) | (Some(said), None) => {
                out.line(clean!("  {said}"));
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::conclude::comparison::Recurrence;
    use crate::domain::investigate::diagnosis::Diagnosis;
    use crate::domain::model::event::{EventExtras, StackEvent};
    use crate::domain::model::fact::{Fact, Recorded};
    use crate::domain::model::stack::StackId;
    use crate::domain::model::status::Status;
    use crate::domain::session::Session;

    fn session(events: &[(i64, &str, &str, Option<&str>)]) -> Session {
        let root = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
        let event =
            |(index, (at, name, status, reason)): (usize, &(i64, &str, &str, Option<&str>))| StackEvent {
                stack_id: root.clone(),
                event_id: format!("e{index}"),
                at: DateTime::from_timestamp(1_800_000_000 + at, 0).unwrap(),
                logical_id: (*name).to_owned(),
                physical_id: (*name == "shop").then(|| root.to_string()),
                resource_type: if *name == "shop" {
                    "AWS::CloudFormation::Stack"
                } else {
                    "AWS::S3::Bucket"
                }
                .to_owned(),
                status: Status::new(status),
                reason: reason.map(ToOwned::to_owned),
                operation_id: None,
                extras: EventExtras::default(),
            };
        let events = events.iter().enumerate().map(event).collect();
        Session::replay_owned(
            root.clone(),
            [Recorded {
                observed_at: DateTime::from_timestamp(1_900_000_000, 0).unwrap(),
                fact: Fact::StackEventsSeen {
                    stack_id: root.clone(),
                    events,
                },
            }],
        )
    }

    #[test]
    fn a_create_and_a_delete_are_not_measured_by_each_other() {
        let session = session(&[
            (0, "shop", "CREATE_IN_PROGRESS", None),
            (1, "A", "CREATE_FAILED", Some("taken")),
            (2, "shop", "ROLLBACK_IN_PROGRESS", None),
            (3, "shop", "ROLLBACK_COMPLETE", None),
            (100, "shop", "DELETE_IN_PROGRESS", None),
            (101, "B", "DELETE_FAILED", Some("not empty")),
            (102, "shop", "DELETE_FAILED", None),
        ]);
        let diagnosis = Diagnosis::of(&session);
        let [before, after] = diagnosis.attempts.list() else {
            panic!("two attempts");
        };
        let comparison = compare(&session, &diagnosis, before, after);
        let changes: Vec<_> = comparison.failures.iter().map(|one| one.change).collect();
        assert_eq!(changes, [Recurrence::Apart, Recurrence::Apart]);
        let text = text(&comparison);
        assert!(text.contains("different operations, create and delete"), "{text}");
        assert!(
            !text.contains("no longer") && !text.contains("new failure"),
            "{text}"
        );
        let alike = compare(&session, &diagnosis, before, before);
        assert_eq!(alike.apart(), None);
    }

    #[test]
    fn failures_and_times_are_compared() {
        let session = session(&[
            (0, "shop", "UPDATE_IN_PROGRESS", None),
            (1, "A", "UPDATE_IN_PROGRESS", None),
            (
                2,
                "A",
                "UPDATE_FAILED",
                Some("Name bucket-1f taken (Request ID: 1f2e)"),
            ),
            (1, "B", "UPDATE_IN_PROGRESS", None),
            (3, "B", "UPDATE_FAILED", Some("too large")),
            (1, "C", "UPDATE_IN_PROGRESS", None),
            (4, "C", "UPDATE_COMPLETE", None),
            (5, "shop", "UPDATE_ROLLBACK_IN_PROGRESS", None),
            (6, "shop", "UPDATE_ROLLBACK_COMPLETE", None),
            (100, "shop", "UPDATE_IN_PROGRESS", None),
            (101, "A", "UPDATE_IN_PROGRESS", None),
            (
                102,
                "A",
                "UPDATE_FAILED",
                Some("Name bucket-9a taken (Request ID: 9c8d)"),
            ),
            (101, "C", "UPDATE_IN_PROGRESS", None),
            (161, "C", "UPDATE_COMPLETE", None),
            (162, "D", "UPDATE_FAILED", Some("new")),
            (165, "shop", "UPDATE_ROLLBACK_IN_PROGRESS", None),
            (166, "shop", "UPDATE_ROLLBACK_COMPLETE", None),
        ]);
        let diagnosis = Diagnosis::of(&session);
        let [before, after] = diagnosis.attempts.list() else {
            panic!("two attempts");
        };
        let comparison = compare(&session, &diagnosis, before, after);
        let changes: Vec<_> = comparison
            .failures
            .iter()
            .map(|failure| (failure.logical_id.as_str(), failure.change))
            .collect();
        assert_eq!(
            changes,
            [
                ("D", Recurrence::New),
                ("A", Recurrence::Same),
                ("B", Recurrence::Gone)
            ]
        );
        let slower: Vec<_> = comparison
            .slower
            .iter()
            .map(|change| (change.logical_id.as_str(), change.before_ms, change.after_ms))
            .collect();
        assert_eq!(slower, [("C", 3_000, 60_000)]);
        assert!(
            text(&comparison).contains("same failure: A in shop"),
            "{}",
            text(&comparison)
        );
    }
}
