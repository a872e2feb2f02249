//! One function that serves several resources: what it called for another one is no cause.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::diagnosis::confidence::{Case, Truth};
use crate::diagnosis::ties::{of_record, rank_of};
use crate::support::story::{Call, ROLE, Story, finding};

const TOKEN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:shared-dns";
const GROUP: &str = "/aws/lambda/shared-dns";
const REQUEST: &str = "2ff00f3a-48e0-451f-b9ab-27b905f17730";
const MINE: &str = "1f5a36a3-a5ed-4d45-af70-bda8e63c782a";
const OTHERS: &str = "9e82dc34-d9fd-406f-ba9b-ae46190ba13c";

/// A custom resource that fails at second 24 with these words.
fn record_set(words: &str) -> Story {
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: {words} (RequestId: {REQUEST})"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(5.0, ("Record", "Custom::Dns", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", TOKEN)
        .setting("DomainName", "a.example.com")
        .event(24.0, ("Record", "Custom::Dns", "x"), "CREATE_FAILED", &reason)
        .setting("ServiceToken", TOKEN)
        .setting("DomainName", "a.example.com")
        .stack(
            25.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Record]. Rollback requested by user.",
        )
        .function("shared-dns", "shared-dns-role");
    story
}

/// Lines of one invocation, in a stream of its own.
fn invocation(story: &mut Story, id: &str, from: f64, to: f64, lines: &[(f64, &str)]) {
    let stream = format!("2026/05/04/[$LATEST]{id}");
    story.line(
        from,
        GROUP,
        &stream,
        &format!("START RequestId: {id} Version: $LATEST\n"),
    );
    for (second, words) in lines {
        story.line(*second, GROUP, &stream, &format!("{id}\t{words}\n"));
    }
    story.line(to, GROUP, &stream, &format!("END RequestId: {id}\n"));
}

fn mine(story: &mut Story, last: &str) {
    let event = format!(
        "INFO\tCreate {{\"RequestId\":\"{REQUEST}\",\"LogicalResourceId\":\"Record\",\"Name\":\"a.example.com\"}}"
    );
    invocation(story, MINE, 21.0, 23.6, &[(21.2, &event), (23.4, last)]);
}

fn others(story: &mut Story, from: f64, lines: &[(f64, &str)]) {
    invocation(story, OTHERS, from, from + 3.0, lines);
}

fn denied(second: i64, zone: &str, name: &str) -> Call {
    Call::as_role(
        second,
        "shared-dns-role",
        "shared-dns",
        "route53:ChangeResourceRecordSets",
    )
    .denied(
        &format!("arn:aws:route53:::hostedzone/{zone}"),
        " because no identity-based policy allows the route53:ChangeResourceRecordSets action",
    )
    .request(
        json!({"hostedZoneId": zone, "changeBatch": {"changes": [{"resourceRecordSet": {"name": name}}]}}),
    )
    .id("denied")
}

fn refused_topic(second: i64) -> Call {
    Call::as_role(second, "shared-dns-role", "shared-dns", "sns:SetTopicAttributes")
        .denied("arn:aws:sns:eu-west-1:123456789012:ops", "")
        .request(
            json!({"topicArn": "arn:aws:sns:eu-west-1:123456789012:ops", "attributeName": "DisplayName"}),
        )
        .id("denied")
}

const RESERVED: &str = "ERROR\tname a.example.com is reserved by the registry";

/// Another stack's name is refused in an invocation that runs at the same time.
fn another_at_the_same_time() -> Story {
    let mut story = record_set("name a.example.com is reserved");
    others(
        &mut story,
        20.0,
        &[
            (20.2, "INFO\tCreate {\"Name\":\"b.example.com\"}"),
            (
                22.9,
                "ERROR\tAccessDenied when calling ChangeResourceRecordSets for b.example.com",
            ),
        ],
    );
    mine(&mut story, RESERVED);
    story
}

/// The other one was over before this one began, and wrote nothing.
fn another_before() -> Story {
    let mut story = record_set("name a.example.com is reserved");
    others(&mut story, 8.0, &[]);
    mine(&mut story, RESERVED);
    story
}

/// This very invocation is refused, beside one that fares well.
fn this_one() -> Story {
    let mut story = record_set("the name could not be set");
    others(
        &mut story,
        20.0,
        &[(20.2, "INFO\tCreate {\"Name\":\"b.example.com\"}")],
    );
    mine(&mut story, "ERROR\tthe name could not be set");
    story
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "another invocation at the same time",
            another_at_the_same_time(),
            &[denied(22, "Z0B", "b.example.com")],
            vec![Truth::none("Record")],
        ),
        Case::new(
            "another invocation before",
            another_before(),
            &[refused_topic(10)],
            vec![Truth::none("Record")],
        ),
        Case::new(
            "this invocation of a shared function",
            this_one(),
            &[denied(22, "Z0A", "a.example.com")],
            vec![Truth::of("Record", &["denied"])],
        ),
    ]
}

#[test]
fn what_another_invocation_of_the_function_was_denied_is_no_cause() {
    let mut story = another_at_the_same_time();
    story.record(&denied(22, "Z0B", "b.example.com"));
    let mut sibling = record_set("name a.example.com is reserved");
    others(
        &mut sibling,
        20.0,
        &[(22.9, "INFO\tignored by ignoreErrorCodesMatching: AccessDenied")],
    );
    mine(&mut sibling, RESERVED);
    sibling.record(&refused_topic(22));
    let mut before = another_before();
    before.record(&refused_topic(10));
    for story in [story, sibling, before] {
        let diagnosis = story.diagnosis();
        let record = finding(&diagnosis, "Record");
        assert_eq!(of_record(record, "denied"), Some(Confidence::Low));
        assert_eq!(rank_of(record, "denied"), None);
        let first = record.assessment.causes.first().expect("its log tells");
        assert!(
            first.claim.contains("is reserved by the registry"),
            "{}",
            first.claim
        );
    }
}

#[test]
fn what_this_invocation_of_a_shared_function_was_denied_stays_the_cause() {
    // Told by the names in the request, and by the log of this one.
    let mut by_name = this_one();
    by_name.record(&denied(22, "Z0A", "a.example.com"));
    let mut by_log = record_set("the topic could not be set up");
    others(&mut by_log, 20.0, &[(20.2, "INFO\tall is well")]);
    mine(&mut by_log, "ERROR\tSetTopicAttributes: AccessDenied");
    by_log.record(&refused_topic(22));
    // The other one was over by then.
    let mut alone = record_set("the topic could not be set up");
    others(
        &mut alone,
        8.0,
        &[(9.0, "ERROR\tSetTopicAttributes: AccessDenied")],
    );
    mine(&mut alone, "ERROR\tthe topic could not be set up");
    alone.record(&refused_topic(22));
    for story in [by_name, by_log, alone] {
        let diagnosis = story.diagnosis();
        let record = finding(&diagnosis, "Record");
        assert_eq!(of_record(record, "denied"), Some(Confidence::High));
        assert_eq!(rank_of(record, "denied"), Some(1));
    }
}

#[test]
fn a_denial_that_either_of_two_invocations_may_have_met_is_not_above_medium() {
    let mut story = record_set("it did not work out");
    others(
        &mut story,
        20.0,
        &[(20.2, "INFO\tCreate {\"Name\":\"b.example.com\"}")],
    );
    mine(&mut story, "ERROR\tit did not work out");
    story.record(&refused_topic(22));
    let diagnosis = story.diagnosis();
    assert_eq!(
        of_record(finding(&diagnosis, "Record"), "denied"),
        Some(Confidence::Medium)
    );
}

#[test]
fn an_invocation_that_was_tried_again_is_still_this_one() {
    let mut story = record_set("the name could not be set");
    let stream = "2026/05/04/[$LATEST]again";
    // The second try logs no event, only Lambda's id of the request.
    mine(&mut story, "ERROR\tcrashed");
    story
        .line(
            7.0,
            GROUP,
            stream,
            &format!("START RequestId: {MINE} Version: $LATEST\n"),
        )
        .line(10.0, GROUP, stream, &format!("END RequestId: {MINE}\n"))
        .record(&refused_topic(8));
    let diagnosis = story.diagnosis();
    assert_eq!(
        of_record(finding(&diagnosis, "Record"), "denied"),
        Some(Confidence::High)
    );
}

/// The same resource, whose function's log nobody could read, beside another that was worked on from a second on
/// until another. The other one is a resource of this stack.
fn beside(from: f64, to: f64, token: &str) -> Story {
    let mut story = record_set("the topic could not be set up");
    story
        .event(from, ("Other", "Custom::Dns", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", token)
        .setting("DomainName", "b.example.com")
        .event(to, ("Other", "Custom::Dns", "y"), "CREATE_COMPLETE", "")
        .setting("ServiceToken", token)
        .setting("DomainName", "b.example.com");
    story
}

#[test]
fn without_a_log_what_a_function_was_denied_while_it_worked_for_two_is_not_above_medium() {
    for (from, to) in [(5.0, 40.0), (20.0, 23.0), (5.5, 21.5), (23.0, 600.0)] {
        let mut story = beside(from, to, TOKEN);
        story.record(&refused_topic(22));
        let diagnosis = story.diagnosis();
        let found = finding(&diagnosis, "Record");
        assert_eq!(
            of_record(found, "denied"),
            Some(Confidence::Medium),
            "{from}..{to}"
        );
        assert_eq!(rank_of(found, "denied"), Some(1));
        let why = &found.assessment.causes.first().unwrap().why;
        assert!(
            why.iter().any(|why| why.contains("no log tells the two apart")),
            "{why:?}"
        );
    }
    // A log that does not hold the request tells no more.
    let mut story = beside(5.0, 40.0, TOKEN);
    invocation(&mut story, OTHERS, 20.0, 23.0, &[(20.2, "INFO\tall is well")]);
    story.record(&refused_topic(22));
    let diagnosis = story.diagnosis();
    assert_eq!(
        of_record(finding(&diagnosis, "Record"), "denied"),
        Some(Confidence::Medium)
    );
}

#[test]
fn what_ties_the_call_to_the_resource_without_a_log_keeps_it_high() {
    // The other was over, or had not begun; another function works for it; only one of them was asked for at all.
    let over = beside(5.0, 19.0, TOKEN);
    let later = beside(24.5, 40.0, TOKEN);
    let elsewhere = beside(
        5.0,
        40.0,
        "arn:aws:lambda:eu-west-1:123456789012:function:other-dns",
    );
    let alone = record_set("the topic could not be set up");
    for mut story in [over, later, elsewhere, alone] {
        story.record(&refused_topic(22));
        let diagnosis = story.diagnosis();
        assert_eq!(
            of_record(finding(&diagnosis, "Record"), "denied"),
            Some(Confidence::High)
        );
    }
    // What the request names is a property of this one; of the other one; or CloudFormation's words name the call.
    let words = "User is not authorized to perform: sns:SetTopicAttributes on the topic";
    let mut spoken = record_set(words);
    let mut other = beside(5.0, 40.0, TOKEN);
    spoken.facts.extend(other.facts.drain(8..));
    spoken.record(&refused_topic(22));
    assert_eq!(
        of_record(finding(&spoken.diagnosis(), "Record"), "denied"),
        Some(Confidence::High)
    );
    for (name, told) in [
        ("a.example.com", Confidence::High),
        ("b.example.com", Confidence::Low),
        ("c.example.com", Confidence::Medium),
    ] {
        let mut named = beside(5.0, 40.0, TOKEN);
        named.record(&denied(22, "Z0A", name));
        assert_eq!(
            of_record(finding(&named.diagnosis(), "Record"), "denied"),
            Some(told),
            "{name}"
        );
    }
}

#[test]
fn what_a_new_environment_does_before_its_first_invocation_belongs_to_that_one() {
    let stream = |id: &str| format!("2026/05/04/[$LATEST]{id}");
    // Both get ready at the time of the call; the other one's first invocation is another's.
    let told = |of: &str, other: &str| {
        let mut story = record_set("the topic could not be set up");
        story.line(
            14.0,
            GROUP,
            &stream(of),
            "INIT_START Runtime Version: nodejs:22.v9\n",
        );
        story.line(
            6.0,
            GROUP,
            &stream(other),
            "INIT_START Runtime Version: nodejs:22.v9\n",
        );
        others(&mut story, 8.0, &[(9.0, "INFO\tall is well")]);
        mine(&mut story, "ERROR\tthe topic could not be set up");
        story.record(&refused_topic(15));
        of_record(finding(&story.diagnosis(), "Record"), "denied")
    };
    assert_eq!(told(MINE, OTHERS), Some(Confidence::High));
    // Nobody was called after this one had got ready: it is not this one that called.
    assert_eq!(told("third", OTHERS), Some(Confidence::Low));
    let mut others_first = record_set("the topic could not be set up");
    others_first.line(
        14.0,
        GROUP,
        &stream(OTHERS),
        "INIT_START Runtime Version: nodejs:22.v9\n",
    );
    others(&mut others_first, 19.0, &[(20.0, "INFO\tall is well")]);
    mine(&mut others_first, "ERROR\tthe topic could not be set up");
    others_first.record(&refused_topic(15));
    assert_eq!(
        of_record(finding(&others_first.diagnosis(), "Record"), "denied"),
        Some(Confidence::Low)
    );
}
