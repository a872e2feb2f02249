//! What hangs is told while CloudFormation still waits, and what is only slow, or goes on again, is not.

use stacktrail::domain::conclude::hanging::{Hanging, HangingGround, hanging};
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::support::story::{Call, FUNCTION, ROLE, Story, at};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const STREAM: &str = "2026/05/04/[$LATEST]aaaa";

fn found(story: &Story, second: i64) -> Vec<Hanging> {
    let session = story.session();
    hanging(&session, &Diagnosis::of(&session), at(second))
}

/// Name and ground of what hangs.
fn told(story: &Story, second: i64) -> Vec<(String, &'static str)> {
    let found = found(story, second);
    found
        .into_iter()
        .map(|one| (one.logical_id, one.ground.code()))
        .collect()
}

fn only(id: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(id.to_owned(), code)]
}

/// A creation in which one resource is in progress from second 10 on.
fn creating(id: &str, kind: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(10.0, (id, kind, ""), "CREATE_IN_PROGRESS", "");
    story
}

fn custom() -> Story {
    let mut story = creating("Setup", "Custom::Setup");
    story
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole")
        .line(11.0, GROUP, STREAM, "START RequestId: 1111 Version: $LATEST\n");
    story
}

#[test]
fn a_function_that_crashed_and_is_not_heard_of_is_told_with_the_hour_that_cloudformation_waits() {
    let mut story = custom();
    story
        .line(
            14.0,
            GROUP,
            STREAM,
            "2026-05-04T12:00:14.000Z 1111 Task timed out after 3.00 seconds\n",
        )
        .line(14.1, GROUP, STREAM, "END RequestId: 1111\n");
    // Its answer may be on its way.
    assert_eq!(told(&story, 20), []);
    let found = found(&story, 60);
    assert_eq!(found[0].ground.code(), "function_crashed");
    assert_eq!(found[0].gives_up_at, Some(at(10 + 3_600)));
    let sentence = found[0].sentence(at(60));
    assert!(
        sentence
            .starts_with("Setup hangs, in progress for 50 s: its function ended in an error at 12:00:14 UTC")
            && sentence.ends_with("CloudFormation gives up about 13:00 UTC"),
        "{sentence}"
    );
    // Lambda begins it again, and nobody knows yet how that goes.
    story.line(75.0, GROUP, STREAM, "START RequestId: 1111 Version: $LATEST\n");
    assert_eq!(told(&story, 120), []);
}

#[test]
fn a_service_timeout_of_its_own_tells_when_it_is_given_up() {
    let mut story = custom();
    story
        .line(14.0, GROUP, STREAM, "[ERROR] KeyError: 'Endpoint'\n")
        .line(14.1, GROUP, STREAM, "END RequestId: 1111\n")
        .event(14.2, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .setting("ServiceTimeout", "300");
    assert_eq!(found(&story, 60)[0].gives_up_at, Some(at(310)));
}

#[test]
fn an_error_that_a_function_goes_on_past_and_one_that_ended_well_are_no_crash() {
    let mut story = custom();
    story.line(
        14.0,
        GROUP,
        STREAM,
        "[ERROR] KeyError: 'Endpoint', trying the other one\n",
    );
    assert_eq!(told(&story, 600), [], "it still runs");
    let mut story = custom();
    story.line(14.1, GROUP, STREAM, "END RequestId: 1111\n");
    assert_eq!(told(&story, 600), [], "it handed on to a waiter");
    let mut story = custom();
    story
        .line(14.0, GROUP, STREAM, "[ERROR] KeyError: 'Endpoint'\n")
        .line(14.1, GROUP, STREAM, "END RequestId: 1111\n")
        .event(20.0, ("Setup", "Custom::Setup", "x"), "CREATE_COMPLETE", "");
    assert_eq!(told(&story, 600), [], "it has answered");
}

#[test]
fn what_stood_in_the_log_before_is_not_of_this_resource() {
    let mut story = creating("Setup", "Custom::Setup");
    story
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole")
        .line(4.0, GROUP, STREAM, "[ERROR] KeyError: 'Endpoint'\n")
        .line(4.1, GROUP, STREAM, "END RequestId: 0000\n");
    assert_eq!(told(&story, 600), []);
}

#[test]
fn tasks_that_stop_again_and_again_are_told_and_replaced_ones_are_not() {
    let stopped = |texts: &[&str]| {
        let mut story = creating("Service", "AWS::ECS::Service");
        for (number, text) in (0..).zip(texts) {
            story.statement(30 + number * 20, "Service", &format!("task-{number}"), text, &[]);
        }
        story
    };
    let exited = "Essential container in task exited";
    let scaled = "Scaling activity initiated by (deployment ecs-svc/1)";
    assert_eq!(told(&stopped(&[exited, exited]), 120), []);
    assert_eq!(told(&stopped(&[scaled, scaled, scaled, scaled]), 120), []);
    let story = stopped(&[exited, exited, exited]);
    assert_eq!(told(&story, 120), only("Service", "tasks_stop"));
    assert_eq!(found(&story, 120)[0].gives_up_at, Some(at(10 + 3 * 3_600)));
}

#[test]
fn a_certificate_tells_the_record_that_it_waits_for() {
    let kind = "AWS::CertificateManager::Certificate";
    let mut story = creating("Cert", kind);
    story.event(
        14.0,
        ("Cert", kind, ""),
        "CREATE_IN_PROGRESS",
        "Content of DNS Record is: {Name: _ab12.example.com.,Type: CNAME,Value: _cd34.acm-validations.aws.}",
    );
    assert_eq!(told(&story, 300), [], "a hosted zone may have it in a moment");
    let found = found(&story, 900);
    let HangingGround::AwaitsRecord { record } = &found[0].ground else {
        panic!("{found:?}");
    };
    assert!(record.contains("_cd34.acm-validations.aws."), "{record}");
}

/// CloudFormation tells the record where it made the certificate in the old way, ACM always; ACM's word is newer.
#[test]
fn a_certificate_hangs_as_long_as_acm_does_not_find_its_record() {
    let kind = "AWS::CertificateManager::Certificate";
    let mut story = creating("Cert", kind);
    let said = |story: &mut Story, second: i64, name: &str, words: &str| {
        let text = format!("{name} {words}, as it was at 2026-05-04 12:00:03 UTC");
        story.stated("acm", second, "Cert", (&format!("c/{name}"), &text), &[]);
    };
    let missing = "is not validated yet: ACM does not find the DNS record _ab12.example.com. CNAME _cd34.acm-validations.aws.";
    said(&mut story, 620, "www.example.com", "is validated");
    assert_eq!(told(&story, 700), [], "nothing is missing");
    said(&mut story, 740, "example.com", missing);
    let hangs = found(&story, 800);
    assert_eq!(
        hangs[0].why(),
        "its certificate waits for a record in the DNS: _ab12.example.com. CNAME _cd34.acm-validations.aws."
    );
    assert_eq!(hangs[0].gives_up_at, Some(at(10 + 72 * 3_600)));
    let sentence = hangs[0].sentence(at(800));
    assert!(
        sentence.ends_with("CloudFormation gives up about 2026-05-07 12:00 UTC"),
        "{sentence}"
    );
    // Of another certificate of the stack nothing is said by that.
    story.event(12.0, ("Other", kind, ""), "CREATE_IN_PROGRESS", "");
    assert_eq!(told(&story, 800), only("Cert", "awaits_dns_record"));
    said(&mut story, 860, "example.com", "is validated");
    assert_eq!(told(&story, 900), [], "the record has come");
}

#[test]
fn a_slow_database_is_healthy_for_an_hour_and_a_half() {
    let story = creating("Db", "AWS::RDS::DBInstance");
    assert_eq!(told(&story, 85 * 60), []);
    assert_eq!(told(&story, 95 * 60), only("Db", "longer_than_most"));
    let story = creating("Topic", "AWS::SNS::Topic");
    assert_eq!(told(&story, 40 * 60), []);
    assert_eq!(told(&story, 50 * 60), only("Topic", "longer_than_most"));
}

#[test]
fn its_own_history_tells_what_is_long() {
    let kind = "AWS::AutoScaling::AutoScalingGroup";
    let mut story = Story::new();
    story
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Group", kind, "g"), "UPDATE_IN_PROGRESS", "")
        .event(362.0, ("Group", kind, "g"), "UPDATE_COMPLETE", "")
        .stack(370.0, "UPDATE_COMPLETE", "")
        .stack(1_000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(1_002.0, ("Group", kind, "g"), "UPDATE_IN_PROGRESS", "");
    assert_eq!(told(&story, 1_000 + 17 * 60), []);
    assert_eq!(told(&story, 1_000 + 19 * 60), only("Group", "longer_than_usual"));
    // An attempt that has ended has nothing that hangs.
    story.stack(1_100.0, "UPDATE_FAILED", "");
    assert_eq!(told(&story, 5_000), []);
}

const FIRST: &str = "i-0a1b2c3d4e5f60718";
const SECOND: &str = "i-0f1e2d3c4b5a69788";
const AUTO_SCALING_GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";

/// A group that waits since second 20 for so many signals, fifteen minutes long.
fn group(count: usize) -> Story {
    let mut story = creating("Web", AUTO_SCALING_GROUP);
    story.event(
        20.0,
        ("Web", AUTO_SCALING_GROUP, "web"),
        "CREATE_IN_PROGRESS",
        &format!("New instance(s) added to autoscaling group - Waiting on {count} resource signal(s) with a timeout of PT15M."),
    );
    story
}

fn activity(story: &mut Story, second: i64, text: &str) {
    story.stated("autoscaling", second, "Web", (&format!("a{second}"), text), &[]);
}

fn signal(story: &mut Story, second: f64, instance: &str) {
    let reason = format!("Received SUCCESS signal with UniqueId {instance}");
    story.event(
        second,
        ("Web", AUTO_SCALING_GROUP, "web"),
        "CREATE_IN_PROGRESS",
        &reason,
    );
}

const ENDED: &str = "Successful: Terminating EC2 instance: i-0a1b2c3d4e5f60718. an instance was taken out of service in response to an EC2 health check";
const SHRUNK: &str = "Successful: Terminating EC2 instance: i-0a1b2c3d4e5f60718. a user request update of AutoScalingGroup constraints to min: 0, max: 2, desired: 0 changing the desired capacity from 1 to 0. an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 1 to 0.";
const BEGUN: &str = "Successful: Launching a new EC2 instance: i-0a1b2c3d4e5f60718. an instance was started";
const BEGUN_AGAIN: &str =
    "Successful: Launching a new EC2 instance: i-0f1e2d3c4b5a69788. an instance was started";

#[test]
fn a_signal_that_nothing_is_left_to_send_is_told_with_the_time_at_which_it_is_given_up() {
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    assert_eq!(told(&story, 300), [], "it may still signal");
    activity(&mut story, 200, SHRUNK);
    let hangs = found(&story, 300);
    assert_eq!(hangs[0].ground.code(), "signal_cannot_come");
    assert_eq!(hangs[0].gives_up_at, Some(at(20 + 900)));
    let sentence = hangs[0].sentence(at(300));
    assert!(
        sentence.contains("the signal that it waits for cannot come any more")
            && sentence.ends_with("gives up about 12:15 UTC"),
        "{sentence}"
    );
}

/// Of a group that is to have instances nobody knows that none will come: it tries again for a day.
#[test]
fn a_group_that_begins_instances_in_vain_is_told_so_and_not_that_no_signal_can_come() {
    let no_room = |story: &mut Story, second: i64| {
        let text = "Failed: Launching a new EC2 instance.  Status Reason: No room in eu-west-1a.";
        activity(story, second, text);
    };
    let ill = |story: &mut Story, second: i64| {
        let id = format!("i-0a1b2c3d4e5f6{second:04}");
        let launched = format!("Successful: Launching a new EC2 instance: {id}. an instance was started");
        activity(story, second, &launched);
        let ended = format!(
            "Successful: Terminating EC2 instance: {id}. an instance was taken out of service in response to an EC2 health check"
        );
        activity(story, second + 60, &ended);
    };
    let mut story = group(2);
    no_room(&mut story, 40);
    no_room(&mut story, 70);
    assert_eq!(told(&story, 600), [], "it may find room");
    no_room(&mut story, 130);
    let hangs = found(&story, 300);
    assert_eq!(hangs[0].ground.code(), "instances_fail");
    assert_eq!(hangs[0].gives_up_at, Some(at(20 + 900)));
    assert!(
        hangs[0]
            .why()
            .starts_with("3 of its instances did not start or did not stay, the last one: Failed: Launching"),
        "{}",
        hangs[0].why()
    );
    // It found room.
    activity(&mut story, 200, BEGUN);
    assert_eq!(told(&story, 600), []);
    let mut story = group(1);
    for second in [30, 200, 370] {
        ill(&mut story, second);
    }
    assert_eq!(told(&story, 600), only("Web", "instances_fail"));
    // The next one stayed and signalled.
    signal(&mut story, 700.0, SECOND);
    assert_eq!(told(&story, 900), []);
    // What is taken away since others take its place is no failure.
    let mut story = group(4);
    for second in [100, 200, 300] {
        activity(
            &mut story,
            second,
            &format!(
                "Successful: Terminating EC2 instance: i-0a1b2c3d4e5f6{second:04}. an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 5 to 4."
            ),
        );
    }
    assert_eq!(told(&story, 600), []);
}

#[test]
fn a_signal_that_another_instance_may_send_or_that_came_is_not_lost() {
    // The group replaced it.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 200, ENDED);
    activity(&mut story, 230, BEGUN_AGAIN);
    assert_eq!(told(&story, 600), []);
    // ... or will: it is to have one.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 200, ENDED);
    assert_eq!(told(&story, 600), []);
    // It was to have none for a while.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 200, SHRUNK);
    activity(
        &mut story,
        230,
        "InProgress: Launching a new EC2 instance. increasing the capacity from 0 to 1.",
    );
    assert_eq!(told(&story, 600), []);
    // One of two was taken away.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 31, BEGUN_AGAIN);
    activity(&mut story, 200, &SHRUNK.replace("from 1 to 0", "from 2 to 1"));
    assert_eq!(told(&story, 600), []);
    // Its last one is only being taken away.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 200, &SHRUNK.replace("Successful", "InProgress"));
    assert_eq!(told(&story, 600), []);
    // It had signalled before it ended, and one signal was enough.
    let mut story = group(1);
    activity(&mut story, 30, BEGUN);
    signal(&mut story, 120.0, FIRST);
    activity(&mut story, 200, SHRUNK);
    assert_eq!(told(&story, 600), []);
    // Of two that are waited for one came; the other one's instance is there.
    let mut story = group(2);
    activity(&mut story, 30, BEGUN);
    activity(&mut story, 31, BEGUN_AGAIN);
    signal(&mut story, 120.0, FIRST);
    activity(&mut story, 200, SHRUNK);
    assert_eq!(told(&story, 600), [], "{SECOND} may still signal");
    // An update replaces the instances of before batch by batch: their ends are none of the new ones'.
    let mut story = group(1);
    activity(&mut story, 100, BEGUN_AGAIN);
    activity(&mut story, 200, ENDED);
    assert_eq!(told(&story, 600), []);
    // What was told before, and of another group.
    let mut story = group(1);
    activity(&mut story, 5, SHRUNK);
    story.stated("autoscaling", 200, "Other", ("x", SHRUNK), &[]);
    assert_eq!(told(&story, 600), []);
}

/// A wait condition that waits since second 70 for what an instance is to send, twenty minutes long.
fn wait_condition() -> Story {
    let mut story = creating("Box", "AWS::EC2::Instance");
    story
        .event(60.0, ("Box", "AWS::EC2::Instance", FIRST), "CREATE_COMPLETE", "")
        .event(
            70.0,
            ("Ready", "AWS::CloudFormation::WaitCondition", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .setting("Timeout", "1200");
    story
}

fn terminating(second: i64, instance: &str) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", "tom", "ec2:TerminateInstances")
        .request(serde_json::json!({"instancesSet": {"items": [{"instanceId": instance}]}}))
}

#[test]
fn a_wait_condition_whose_only_instance_was_terminated_is_told_and_one_of_others_is_not() {
    let mut story = wait_condition();
    story.record(&terminating(200, FIRST));
    let hangs = found(&story, 230);
    assert_eq!(hangs[0].ground.code(), "signal_cannot_come");
    assert_eq!(hangs[0].gives_up_at, Some(at(70 + 1_200)));
    assert!(
        hangs[0].why().contains("tom terminated i-0a1b2c3d4e5f60718"),
        "{}",
        hangs[0].why()
    );
    for (what, call) in [
        ("another instance", terminating(200, SECOND)),
        (
            "refused",
            terminating(200, FIRST).failed("Client.UnauthorizedOperation", "no"),
        ),
        (
            "a dry run",
            terminating(200, FIRST).failed(
                "Client.DryRunOperation",
                "Request would have succeeded, but DryRun flag is set.",
            ),
        ),
        ("before it waited", terminating(50, FIRST)),
    ] {
        let mut story = wait_condition();
        story.record(&call);
        assert_eq!(told(&story, 600), [], "{what}");
    }
    let mut grouped = wait_condition();
    grouped
        .event(65.0, ("Web", AUTO_SCALING_GROUP, "web"), "CREATE_COMPLETE", "")
        .record(&terminating(200, FIRST));
    assert_eq!(told(&grouped, 600), [], "a group has instances of its own");
}

/// EC2 tells at once what the trail tells minutes later, and what no call did.
#[test]
fn what_ec2_says_of_the_only_instance_is_enough_and_what_it_says_of_others_or_of_a_stop_is_not() {
    let says = |story: &mut Story, logical_id: &str, text: &str| {
        story.stated("ec2", 200, logical_id, (text, text), &[]);
    };
    let ended = "instance i-0a1b2c3d4e5f60718 is terminated since 2026-05-04 12:03:20 UTC: Client.InstanceInitiatedShutdown: Instance initiated shutdown";
    let mut story = wait_condition();
    says(&mut story, "Ready", ended);
    let hangs = found(&story, 230);
    assert_eq!(hangs[0].ground.code(), "signal_cannot_come");
    assert_eq!(hangs[0].gives_up_at, Some(at(70 + 1_200)));
    assert!(
        hangs[0]
            .why()
            .contains("since 12:03:20 UTC: instance i-0a1b2c3d4e5f60718 is terminated"),
        "{}",
        hangs[0].why()
    );
    for (what, text) in [
        (
            "it can be started again",
            ended.replace("is terminated", "is stopped"),
        ),
        (
            "it runs",
            "instance i-0a1b2c3d4e5f60718 is running, as it was at 2026-05-04 12:03:20 UTC".to_owned(),
        ),
        ("another one", ended.replace(FIRST, SECOND)),
        (
            "one with a longer name",
            ended.replace(FIRST, "i-0a1b2c3d4e5f607189"),
        ),
    ] {
        let mut story = wait_condition();
        says(&mut story, "Ready", &text);
        assert_eq!(told(&story, 600), [], "{what}");
    }
    // Of two that may signal one is left.
    let mut two = wait_condition();
    two.event(
        61.0,
        ("Other", "AWS::EC2::Instance", SECOND),
        "CREATE_COMPLETE",
        "",
    );
    says(&mut two, "Ready", ended);
    assert_eq!(told(&two, 600), []);
    // An instance that waits for itself.
    let mut alone = creating("Box", "AWS::EC2::Instance");
    alone.event(
        12.0,
        ("Box", "AWS::EC2::Instance", FIRST),
        "CREATE_IN_PROGRESS",
        "Resource creation Initiated",
    );
    assert_eq!(told(&alone, 600), []);
    says(&mut alone, "Box", ended);
    assert_eq!(told(&alone, 600), only("Box", "signal_cannot_come"));
    assert_eq!(
        found(&alone, 600)[0].gives_up_at,
        None,
        "its events do not tell how long it is waited for"
    );
}

/// A deletion waits for no signal: that the instance is terminated is what it is for.
#[test]
fn what_is_deleted_waits_for_no_signal() {
    let kind = "AWS::EC2::Instance";
    let mut story = creating("Box", kind);
    story
        .event(12.0, ("Box", kind, FIRST), "CREATE_COMPLETE", "")
        .stack(100.0, "ROLLBACK_IN_PROGRESS", "")
        .event(110.0, ("Box", kind, FIRST), "DELETE_IN_PROGRESS", "")
        .record(&terminating(111, FIRST));
    let ended = "instance i-0a1b2c3d4e5f60718 is terminated since 2026-05-04 12:01:51 UTC";
    story.stated("ec2", 111, "Box", ("x", ended), &[]);
    assert_eq!(told(&story, 300), []);
    let mut story = creating("Web", AUTO_SCALING_GROUP);
    story.event(20.0, ("Web", AUTO_SCALING_GROUP, "web"), "DELETE_IN_PROGRESS", "");
    for second in [40, 70, 100] {
        activity(&mut story, second, ENDED);
    }
    activity(&mut story, 130, SHRUNK);
    assert_eq!(told(&story, 300), []);
}
