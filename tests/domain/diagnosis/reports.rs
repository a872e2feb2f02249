//! Calls by which a program reports how it runs, beside its work: it does not end of their being refused.

use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, Story, answered, finding};

fn denied(second: i64, action: &str, on: &str, id: &str) -> Call {
    Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
        .denied(on, " because no identity-based policy allows it")
        .id(id)
}

fn confidence_of(story: &Story, record: &str) -> Option<Confidence> {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Setup").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == record);
    listed.map(|one| one.confidence)
}

const TAKEN: &str = "InvalidParameterException: Domain already associated with another user pool.";

#[test]
fn a_trace_or_a_metric_that_was_refused_is_no_cause() {
    for action in [
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
        "monitoring:PutMetricData",
    ] {
        for words in [TAKEN, "KeyError: 'Endpoint'", "it could not be prepared"] {
            let mut story = answered(words);
            story.record(&denied(12, action, "*", "report"));
            let found = confidence_of(&story, "report").unwrap_or(Confidence::Low);
            assert_eq!(found, Confidence::Low, "{action} {words}");
        }
    }
}

/// What tempts the rule: a function whose work it is to put metrics, and says that it ended of that; other calls to
/// the same services.
#[test]
fn a_report_that_the_answer_speaks_of_and_other_calls_to_those_services_keep_their_place() {
    let caller = "arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn";
    let words = format!(
        "AccessDenied: User: {caller} is not authorized to perform: cloudwatch:PutMetricData because no identity-based policy allows it"
    );
    let mut story = answered(&words);
    story.record(
        &denied(12, "monitoring:PutMetricData", "*", "spoken")
            .failed("AccessDenied", words.trim_start_matches("AccessDenied: ")),
    );
    assert!(confidence_of(&story, "spoken").unwrap() <= Confidence::High);
    for action in ["xray:CreateGroup", "monitoring:PutMetricAlarm"] {
        let mut story = answered("it could not be prepared");
        story.record(&denied(12, action, "*", "work"));
        assert!(
            confidence_of(&story, "work").unwrap() <= Confidence::High,
            "{action}"
        );
    }
}

/// The framework points to the handler's log; that is no word about what was done with the log group.
#[test]
fn an_answer_that_points_to_its_log_does_not_speak_of_what_was_done_with_the_log_group() {
    let group = "/aws/lambda/shop-SetupFn";
    let pointing = format!("{TAKEN}\n\nLogs: {group}\n");
    let on = format!("arn:aws:logs:eu-west-1:123456789012:log-group:{group}");
    let mut story = answered(&pointing);
    story
        .line(
            12.4,
            group,
            "s",
            "[WARNING] could not set the retention of my log (AccessDeniedException), going on",
        )
        .line(20.0, group, "s", &format!("[ERROR] {TAKEN}"))
        .record(&denied(12, "logs:PutRetentionPolicy", &on, "retention"));
    assert_eq!(confidence_of(&story, "retention"), Some(Confidence::Low));
    // One that ends of it says so, or says nothing else.
    let mut ended = answered("it could not be prepared");
    ended
        .line(12.4, group, "s", "[ERROR] AccessDeniedException: cannot continue")
        .record(&denied(12, "logs:PutRetentionPolicy", &on, "retention"));
    assert_eq!(confidence_of(&ended, "retention"), Some(Confidence::High));
}
