//! What every text must survive as a CloudTrail record: shared by the fuzz target and the property tests.

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

const STACK: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec-902e-02bac4959566";

/// Reads `text` as a record, asks it everything, and diagnoses a failure with it.
pub(crate) fn check(text: &str) {
    let Ok(record) = TrailRecord::read(text) else {
        return;
    };
    assert_eq!(
        TrailRecord::read(text).as_ref(),
        Ok(&record),
        "reading is a function of the text"
    );
    let again = TrailRecord::read(&record.raw).map(|again| again.raw);
    assert_eq!(
        again.as_ref(),
        Ok(&record.raw),
        "the raw record stands for itself"
    );
    let _ = (
        record.operation(),
        record.action(),
        record.error(),
        record.service(),
    );
    let _ = (record.is_denial(), record.is_not_found(), record.only_reads());
    let _ = (record.caller(), record.subject(), record.is_by_cloudformation());
    let _ = (record.requested(&["a", "b"]), record.answered(&["id"]));
    diagnose(record);
}

/// A failure in the very second of the record.
fn diagnose(record: TrailRecord) {
    let Some(stack_id) = StackId::parse(STACK) else {
        return;
    };
    let at = record.at.clamp(
        DateTime::UNIX_EPOCH,
        DateTime::UNIX_EPOCH + TimeDelta::days(40_000),
    );
    let event = |id: &str, at: DateTime<Utc>, status: &str| StackEvent {
        stack_id: stack_id.clone(),
        event_id: format!("{id}-{status}"),
        at,
        logical_id: id.to_owned(),
        physical_id: None,
        resource_type: "AWS::S3::Bucket".to_owned(),
        status: Status::new(status),
        reason: status.ends_with("FAILED").then(|| "Internal Failure".to_owned()),
        operation_id: None,
        extras: EventExtras::default(),
    };
    let events = vec![
        event("shop", at - TimeDelta::seconds(9), "CREATE_IN_PROGRESS"),
        event("Data", at - TimeDelta::seconds(5), "CREATE_IN_PROGRESS"),
        event("Data", at + TimeDelta::seconds(1), "CREATE_FAILED"),
    ];
    let answer = TrailAnswer {
        search: TrailSearch {
            region: record.region.clone(),
            attribute: None,
            from: at - TimeDelta::minutes(1),
            to: at + TimeDelta::minutes(1),
        },
        records: vec![record],
        complete: true,
        calls: 1,
        source: SourceId::CLOUDTRAIL,
    };
    let seen = Fact::StackEventsSeen {
        stack_id: stack_id.clone(),
        events,
    };
    let facts = [seen, Fact::TrailSearched { answer }].map(|fact| Recorded {
        observed_at: at + TimeDelta::minutes(5),
        fact,
    });
    let session = Session::replay(stack_id.clone(), &facts);
    let backwards = Session::replay(stack_id, facts.iter().rev());
    assert_eq!(
        Diagnosis::of(&session),
        Diagnosis::of(&backwards),
        "the order of facts does not matter"
    );
}
