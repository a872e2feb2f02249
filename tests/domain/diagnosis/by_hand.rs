//! A person was quicker: began work on the very thing, made the very rule, deleted the nested stack.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, STACK_TYPE, Story, cause_by, child_id, finding};

const REQUEST: &str = "11111111-2222-4333-8444-555555555555";
const OPERATION: &str = "5a6b7c8d-0000-4111-8222-333344445555";

fn person(second: i64, who: &str, action: &str, request: Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", who, action)
        .request(request)
        .id(who)
}

/// An update whose resource fails at second 7017.
fn update(kind: &str, physical: &str, operation: &str, settings: &[(&str, &str)], reason: &str) -> Story {
    let mut story = Story::new();
    story.failed_update(
        [7000.0, 7004.0, 7017.0, 7020.0],
        (kind, physical, operation),
        settings,
        reason,
    );
    story
}

fn causes(story: &Story) -> Vec<Cause> {
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

fn told(causes: &[Cause], id: &str) -> Option<(u32, Confidence)> {
    cause_by(causes, id).map(|cause| (cause.rank, cause.confidence))
}

const BUSY: &str = "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:eu-west-1:123456789012:function:api-Fn";

fn function_is_busy() -> Story {
    update(
        "AWS::Lambda::Function",
        "api-Fn",
        "UPDATE",
        &[],
        &format!(
            "Resource handler returned message: \"{BUSY} (Service: Lambda, Status Code: 409, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: ResourceConflict)"
        ),
    )
}

fn refused(second: i64) -> Call {
    Call::by_cloudformation(second, "lambda:UpdateFunctionCode20150331v2")
        .failed("ResourceConflictException", BUSY)
        .request(json!({"functionName": "api-Fn"}))
        .request_id(REQUEST)
        .id("refused")
}

fn configured(second: i64, who: &str, function: &str) -> Call {
    let action = "lambda:UpdateFunctionConfiguration20150331v2";
    person(second, who, action, json!({"functionName": function}))
}

#[test]
fn who_keeps_a_function_busy_is_told_with_and_without_the_refused_call() {
    for with_record in [true, false] {
        let mut story = function_is_busy();
        story
            .record(&configured(7013, "eve", "api-Fn"))
            .record(&configured(7014, "mira", "pay-Fn"))
            // What tempts the rule: done in a moment, long ago, only read, or refused itself.
            .record(&person(
                7015,
                "tom",
                "lambda:PutFunctionConcurrency20171031",
                json!({"functionName": "api-Fn"}),
            ))
            .record(&person(
                7015,
                "ann",
                "lambda:GetFunction20150331v2",
                json!({"functionName": "api-Fn"}),
            ))
            .record(&configured(7016, "bob", "api-Fn").failed("ResourceConflictException", BUSY));
        if with_record {
            story.record(&refused(7016));
        }
        let causes = causes(&story);
        let rank = if with_record { 2 } else { 1 };
        assert_eq!(
            told(&causes, "eve"),
            Some((rank, Confidence::Medium)),
            "{causes:#?}"
        );
        for silent in ["mira", "tom", "ann", "bob"] {
            assert_eq!(told(&causes, silent), None, "{silent}: {causes:#?}");
        }
    }
}

#[test]
fn a_function_is_not_kept_busy_by_what_was_begun_long_ago_or_before_the_stacks_own_work() {
    let mut old = function_is_busy();
    old.record(&configured(2000, "eve", "api-Fn"))
        .record(&refused(7016));
    assert_eq!(told(&causes(&old), "eve"), None);
    let mut own = function_is_busy();
    own.record(&configured(7001, "eve", "api-Fn"))
        .record(
            &Call::by_cloudformation(7010, "lambda:UpdateFunctionConfiguration20150331v2")
                .request(json!({"functionName": "api-Fn"}))
                .id("own"),
        )
        .record(&refused(7016));
    let causes = causes(&own);
    assert_eq!(
        (told(&causes, "eve"), told(&causes, "own")),
        (None, None),
        "{causes:#?}"
    );
}

#[test]
fn the_operation_on_a_stack_set_is_found_by_its_id() {
    let set =
        "arn:aws:cloudformation:eu-west-1:123456789012:stackset/base:0a1b2c3d-0000-4111-8222-333344445555";
    let reason = format!(
        "Resource handler returned message: \"Another Operation on StackSet {set} is in progress: {OPERATION} (Service: CloudFormation, Status Code: 409, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: ResourceConflict)"
    );
    let physical = "base:0a1b2c3d-0000-4111-8222-333344445555";
    let mut story = update("AWS::CloudFormation::StackSet", physical, "UPDATE", &[], &reason);
    let begun = |second, who, set: &str, id: &str| {
        let request = json!({"stackSetName": set, "operationId": id});
        person(second, who, "cloudformation:CreateStackInstances", request)
    };
    story
        .record(&begun(6960, "mira", "base", OPERATION))
        // Another set, and another operation on this one, which was over by then.
        .record(&begun(
            6980,
            "jane",
            "other",
            "77777777-0000-4111-8222-333344445555",
        ))
        .record(&begun(
            6990,
            "ann",
            "base",
            "66666666-0000-4111-8222-333344445555",
        ))
        .record(&person(
            7000,
            "bob",
            "cloudformation:StopStackSetOperation",
            json!({"stackSetName": "base", "operationId": OPERATION}),
        ));
    let causes = causes(&story);
    assert_eq!(
        told(&causes, "mira").map(|(_, sure)| sure),
        Some(Confidence::High),
        "{causes:#?}"
    );
    for silent in ["jane", "ann", "bob"] {
        assert_eq!(told(&causes, silent), None, "{silent}: {causes:#?}");
    }
}

const GROUP: &str = "sg-0aa11bb22cc33dd44";

fn rule(port: i64, range: &str) -> Value {
    json!({"ipProtocol": "tcp", "fromPort": port, "toPort": port, "groups": {}, "ipRanges": {"items": [{"cidrIp": range}]}, "ipv6Ranges": {}})
}

fn rules(group: &str, items: &[Value]) -> Value {
    json!({"groupId": group, "ipPermissions": {"items": items}})
}

fn rule_is_there() -> Story {
    update(
        "AWS::EC2::SecurityGroupIngress",
        "",
        "CREATE",
        &[
            ("GroupId", GROUP),
            ("IpProtocol", "tcp"),
            ("FromPort", "443"),
            ("ToPort", "443"),
            ("CidrIp", "10.0.0.0/8"),
            ("Description", "from the office"),
        ],
        &format!(
            "Resource handler returned message: \"the specified rule \"peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW\" already exists (Service: Ec2, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)"
        ),
    )
}

const ALLOW: &str = "ec2:AuthorizeSecurityGroupIngress";

#[test]
fn who_made_the_very_rule_is_told_and_not_who_made_another() {
    let mut story = rule_is_there();
    let both = [rule(443, "10.0.0.0/8"), rule(22, "192.0.2.0/24")];
    // What tempts the rule: its port for another range and its range for another port, in one request.
    let crossed = [rule(443, "192.0.2.0/24"), rule(8443, "10.0.0.0/8")];
    story
        .record(&person(5900, "mira", ALLOW, rules(GROUP, &both)))
        .record(&person(
            5950,
            "eve",
            ALLOW,
            rules(GROUP, &[rule(8443, "10.0.0.0/8")]),
        ))
        .record(&person(5960, "jane", ALLOW, rules("sg-0ffffeeeeddddcccc", &both)))
        .record(&person(5970, "tom", ALLOW, rules(GROUP, &crossed)))
        .record(&person(5980, "ann", ALLOW, rules(GROUP, &both)).failed("Client.DryRunOperation", ""))
        .record(&person(5990, "bob", ALLOW, rules(GROUP, &both)).region("us-east-1"));
    let causes = causes(&story);
    assert!(
        told(&causes, "mira").is_some_and(|(_, sure)| sure <= Confidence::High),
        "{causes:#?}"
    );
    for silent in ["eve", "jane", "tom", "ann", "bob"] {
        assert_eq!(told(&causes, silent), None, "{silent}: {causes:#?}");
    }
    let steps = causes.iter().filter_map(|cause| cause.next_step.as_ref());
    let said: Vec<String> = steps.map(|step| format!("{step:?}")).collect();
    assert!(
        said.iter()
            .any(|step| step.contains("RevokeSecurityGroupIngress")),
        "{said:?}"
    );
    assert!(!said.iter().any(|step| step.contains("fixed name")), "{said:?}");
}

#[rstest]
#[case("mira", false)]
#[case("AWSCloudFormation", true)]
fn a_rule_that_was_revoked_or_that_the_stack_itself_made_is_nobodys(#[case] who: &str, #[case] is_own: bool) {
    let only = [rule(443, "10.0.0.0/8")];
    let mut story = rule_is_there();
    if is_own {
        let own = Call::by_cloudformation(7008, ALLOW)
            .request(rules(GROUP, &only))
            .id(who);
        story
            .record(&person(5000, "eve", ALLOW, rules(GROUP, &only)))
            .record(&own);
    } else {
        let revoked = person(6000, "tom", "ec2:RevokeSecurityGroupIngress", rules(GROUP, &only));
        story
            .record(&person(5000, who, ALLOW, rules(GROUP, &only)))
            .record(&revoked);
    }
    let causes = causes(&story);
    for silent in [who, "eve", "tom"] {
        assert_eq!(told(&causes, silent), None, "{silent}: {causes:#?}");
    }
}

#[test]
fn who_took_the_rule_away_again_is_asked_for_as_well() {
    let diagnosis = rule_is_there().diagnosis();
    let asked: Vec<&str> = diagnosis
        .plan
        .iter()
        .filter_map(|one| Some(one.search.attribute.as_ref()?.value.as_str()))
        .collect();
    for operation in ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"] {
        assert!(asked.contains(&operation), "{operation} in {asked:?}");
    }
}

#[test]
fn who_made_a_record_of_a_zone_is_told() {
    let mut story = update(
        "AWS::Route53::RecordSet",
        "",
        "CREATE",
        &[
            ("HostedZoneId", "Z0ABC"),
            ("Name", "api.example.com"),
            ("Type", "A"),
        ],
        "[Tried to create resource record set [name='api.example.com.', type='A'] but it already exists]",
    );
    let change = |second, who, action: &str, kind: &str| {
        let set = json!({"name": "api.example.com.", "type": kind});
        let request = json!({"hostedZoneId": "Z0ABC", "changeBatch": {"changes": [{"action": action, "resourceRecordSet": set}]}});
        person(second, who, "route53:ChangeResourceRecordSets", request).region("us-east-1")
    };
    story
        .record(&change(5000, "mira", "CREATE", "A"))
        .record(&change(6000, "eve", "CREATE", "TXT"));
    let first = causes(&story);
    assert!(
        told(&first, "mira").is_some_and(|(_, sure)| sure <= Confidence::High),
        "{first:#?}"
    );
    assert_eq!(told(&first, "eve"), None);
    story.record(&change(6500, "tom", "DELETE", "A"));
    let second = causes(&story);
    assert_eq!(
        (told(&second, "mira"), told(&second, "tom")),
        (None, None),
        "{second:#?}"
    );
}

#[test]
fn who_deleted_a_nested_stack_is_told() {
    let id = |uuid: &str| {
        format!(
            "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Db-1ABC/{uuid}-0000-4111-8222-333344445555"
        )
    };
    let nested = id("aaaaaaaa");
    let reason = format!("Stack:{nested} is in DELETE_COMPLETE state and can not be updated.");
    let mut story = update(STACK_TYPE, &nested, "UPDATE", &[], &reason);
    let delete = |second, who, stack: &str| {
        person(
            second,
            who,
            "cloudformation:DeleteStack",
            json!({"stackName": stack}),
        )
    };
    story
        .record(&delete(5800, "mira", &nested))
        // A stack of that name that was there before, and another.
        .record(&delete(5900, "jane", &id("bbbbbbbb")))
        .record(&delete(5950, "eve", "shop-Db-1XYZ"));
    let causes = causes(&story);
    assert_eq!(
        told(&causes, "mira").map(|(_, sure)| sure),
        Some(Confidence::High),
        "{causes:#?}"
    );
    for silent in ["jane", "eve"] {
        assert_eq!(told(&causes, silent), None, "{silent}: {causes:#?}");
    }
    let deed = causes.iter().find(|cause| cause.claim.contains("DeleteStack"));
    let step = deed
        .and_then(|cause| cause.next_step.as_ref())
        .and_then(|step| step.template.clone());
    assert!(
        step.is_some_and(|step| step.contains("take It out of the template")),
        "{causes:#?}"
    );
}

/// Of a nested stack whose part of the update went well, and whose rollback finds its topic gone.
fn gone_on_the_way_back(delete: &Call) -> Option<(u32, Confidence)> {
    let topic = "arn:aws:sns:eu-west-1:123456789012:shop-alerts";
    let child = child_id("shop-Back-1ABC");
    let back = ("Back", STACK_TYPE, child.as_str());
    let own = ("shop-Back-1ABC", STACK_TYPE, child.as_str());
    let alerts = ("Alerts", "AWS::SNS::Topic", topic);
    let missing = format!(
        "Resource handler returned message: \"Topic does not exist: {topic} (Service: Sns, Status Code: 404, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: NotFound)"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(2.0, back, "CREATE_COMPLETE", "")
        .event_in(&child, 3.0, own, "CREATE_COMPLETE", "")
        .stack(100.0, "CREATE_COMPLETE", "")
        .stack(7000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(7002.0, back, "UPDATE_IN_PROGRESS", "")
        .event_in(&child, 7003.0, own, "UPDATE_IN_PROGRESS", "User Initiated")
        .event_in(&child, 7008.0, own, "UPDATE_COMPLETE", "")
        .event(7009.0, back, "UPDATE_COMPLETE", "")
        .event(
            7020.0,
            ("Api", "AWS::SQS::Queue", "q"),
            "UPDATE_FAILED",
            "Queue name is too long",
        )
        .stack(
            7021.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Api]. ",
        )
        .event(7022.0, back, "UPDATE_IN_PROGRESS", "")
        .event_in(
            &child,
            7023.0,
            own,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "User Initiated",
        )
        .event_in(&child, 7024.0, alerts, "UPDATE_IN_PROGRESS", "")
        .event_in(&child, 7026.0, alerts, "UPDATE_FAILED", &missing)
        .record(delete);
    let causes = finding(&story.diagnosis(), "Alerts").assessment.causes.clone();
    told(&causes, "mira")
}

#[test]
fn who_took_what_a_rollback_misses_is_looked_for_back_to_the_last_good_deployment_of_all() {
    let delete = |second| {
        let topic = json!({"topicArn": "arn:aws:sns:eu-west-1:123456789012:shop-alerts"});
        person(second, "mira", "sns:DeleteTopic", topic)
    };
    for second in [5000, 7015] {
        let told = gone_on_the_way_back(&delete(second));
        assert_eq!(told.map(|(_, sure)| sure), Some(Confidence::High), "{second}");
    }
    // What was there at the last good deployment of the whole had not been deleted before.
    assert_eq!(gone_on_the_way_back(&delete(50)), None);
}
