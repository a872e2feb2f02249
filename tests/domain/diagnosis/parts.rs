//! Parts without a name: who made or took away the very one, and nobody who made another that has the same values elsewhere.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, Story, cause_by, finding};

fn person(second: i64, who: &str, action: &str, request: Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", who, action)
        .request(request)
        .id(who)
}

fn answered(mut call: Call, answer: Value) -> Call {
    call.response = answer;
    call
}

/// An update in which one part fails at second 7017.
fn part(operation: &str, kind: &str, settings: &[(&str, &str)], words: &str) -> Story {
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: Any, Status Code: 400, Request ID: 11111111-2222-4333-8444-555555555555)\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"
    );
    let mut story = Story::new();
    story.failed_update(
        [7000.0, 7004.0, 7017.0, 7020.0],
        (kind, "", operation),
        settings,
        &reason,
    );
    story
}

fn causes(story: &Story) -> Vec<Cause> {
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

/// How surely each of these is told, of a story in which all of them called.
fn told(story: &mut Story, calls: &[Call]) -> Vec<(String, Option<Confidence>)> {
    for call in calls {
        story.record(call);
    }
    let causes = causes(story);
    let sure = |call: &Call| cause_by(&causes, &call.id).map(|cause| cause.confidence);
    calls.iter().map(|call| (call.id.clone(), sure(call))).collect()
}

fn is_told(found: &[(String, Option<Confidence>)], truth: Option<(&str, Confidence)>) {
    for (id, sure) in found {
        let expected = truth.filter(|(who, _)| who == id).map(|(_, sure)| sure);
        assert_eq!(*sure, expected, "{id} in {found:?}");
    }
}

const GROUP: &str = "sg-0aa11bb22cc33dd44";
const ALLOW: &str = "ec2:AuthorizeSecurityGroupIngress";
const REVOKE: &str = "ec2:RevokeSecurityGroupIngress";

fn rule_is_there(peer: &[(&str, &str)]) -> Story {
    let mut settings = vec![
        ("GroupId", GROUP),
        ("IpProtocol", "tcp"),
        ("FromPort", "443"),
        ("ToPort", "443"),
    ];
    settings.extend(peer);
    let words =
        "the specified rule \"peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW\" already exists";
    part("CREATE", "AWS::EC2::SecurityGroupIngress", &settings, words)
}

const PEER: [(&str, &str); 1] = [("CidrIp", "10.0.0.0/8")];

fn allows(from: i64, to: i64) -> Value {
    let ranges = json!({"items": [{"cidrIp": "10.0.0.0/8"}]});
    let item = json!({"ipProtocol": "tcp", "fromPort": from, "toPort": to, "ipRanges": ranges});
    json!({"groupId": GROUP, "ipPermissions": {"items": [item]}})
}

fn is_rule(id: &str) -> Value {
    json!({"requestId": "1", "_return": true, "securityGroupRuleSet": {"items": [{"groupId": GROUP, "securityGroupRuleId": id}]}})
}

fn by_id(second: i64, who: &str, id: &str) -> Call {
    let request = json!({"groupId": GROUP, "securityGroupRuleIds": {"items": [{"securityGroupRuleId": id}]}});
    person(second, who, REVOKE, request)
}

#[test]
fn a_rule_is_not_one_whose_range_of_ports_begins_or_ends_there() {
    let found = told(
        &mut rule_is_there(&PEER),
        &[
            person(5800, "mira", ALLOW, allows(443, 443)),
            person(5900, "eve", ALLOW, allows(400, 443)),
            person(5950, "jane", ALLOW, allows(443, 500)),
        ],
    );
    is_told(&found, Some(("mira", Confidence::High)));
}

#[test]
fn a_rule_whose_peer_is_not_known_is_nobodys() {
    let found = told(
        &mut rule_is_there(&[]),
        &[person(5800, "mira", ALLOW, allows(443, 443))],
    );
    is_told(&found, None);
}

#[rstest]
#[case::it_was_taken_away_by_its_id(is_rule("sgr-1"), "sgr-1", None)]
#[case::another_was(is_rule("sgr-1"), "sgr-2", Some(Confidence::High))]
#[case::nothing_tells_which(Value::Null, "sgr-2", Some(Confidence::Medium))]
fn a_rule_may_be_taken_away_by_the_id_that_the_answer_gave_it(
    #[case] answer: Value,
    #[case] taken: &str,
    #[case] expected: Option<Confidence>,
) {
    let found = told(
        &mut rule_is_there(&PEER),
        &[
            answered(person(5800, "mira", ALLOW, allows(443, 443)), answer),
            by_id(6000, "tom", taken),
        ],
    );
    is_told(&found, expected.map(|sure| ("mira", sure)));
}

#[test]
fn what_another_stack_made_is_told_of_its_cloudformation_and_not_surely() {
    let mut other = Call::as_role(5800, "other-exec", "AWSCloudFormation", ALLOW);
    other.by_cloudformation = true;
    let other = other.request(allows(443, 443)).id("other");
    let found = told(&mut rule_is_there(&PEER), &[other]);
    is_told(&found, Some(("other", Confidence::Medium)));
}

const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1f31aa22bb33cc44";

fn listener_is_there() -> Story {
    let words = format!("A listener already exists on this port for this load balancer '{BALANCER}'");
    part(
        "CREATE",
        "AWS::ElasticLoadBalancingV2::Listener",
        &[("LoadBalancerArn", BALANCER), ("Port", "443")],
        &words,
    )
}

fn listens(second: i64, who: &str, balancer: &str, port: i64, to: &str) -> Call {
    let redirect =
        json!([{"type": "redirect", "redirectConfig": {"port": to, "statusCode": "HTTP_301"}, "order": 443}]);
    let request =
        json!({"loadBalancerArn": balancer, "port": port, "protocol": "HTTPS", "defaultActions": redirect});
    let call = person(second, who, "elasticloadbalancing:CreateListener", request);
    let listener = format!("{}/{who}", balancer.replace(":loadbalancer/", ":listener/"));
    answered(
        call,
        json!({"listeners": [{"listenerArn": listener, "port": port}]}),
    )
}

#[test]
fn a_listener_that_sends_on_to_the_port_does_not_listen_on_it() {
    let other = BALANCER.replace("/shop/", "/blog/");
    let calls = [
        listens(5800, "mira", BALANCER, 443, "8443"),
        listens(5900, "eve", BALANCER, 80, "443"),
        listens(5950, "jane", &other, 443, "443"),
    ];
    is_told(
        &told(&mut listener_is_there(), &calls),
        Some(("mira", Confidence::High)),
    );
}

#[test]
fn a_listener_is_taken_away_by_its_own_arn() {
    let delete = |who: &str, of: &str| {
        let listener = format!("{}/{of}", BALANCER.replace(":loadbalancer/", ":listener/"));
        let request = json!({"listenerArn": listener});
        person(6000, who, "elasticloadbalancing:DeleteListener", request)
    };
    let made = listens(5800, "mira", BALANCER, 443, "8443");
    let gone = told(&mut listener_is_there(), &[made.clone(), delete("tom", "mira")]);
    is_told(&gone, None);
    let other = told(&mut listener_is_there(), &[made, delete("tom", "eve")]);
    is_told(&other, Some(("mira", Confidence::High)));
}

fn entry(second: i64, who: &str, number: i64, egress: bool, port: i64) -> Call {
    let request = json!({"networkAclId": "acl-0a1b2c3d4e5f60718", "ruleNumber": number, "egress": egress,
        "aclProtocol": "6", "ruleAction": "allow", "cidrBlock": "0.0.0.0/0", "portRange": {"from": port, "to": port}});
    person(second, who, "ec2:CreateNetworkAclEntry", request)
}

#[test]
fn an_entry_of_a_network_acl_is_told_by_its_number_and_direction_and_not_by_a_port() {
    let mut story = part(
        "CREATE",
        "AWS::EC2::NetworkAclEntry",
        &[("NetworkAclId", "acl-0a1b2c3d4e5f60718"), ("RuleNumber", "100")],
        "The network acl entry identified by 100 already exists.",
    );
    let found = told(
        &mut story,
        &[
            entry(5800, "mira", 100, false, 22),
            entry(5900, "eve", 110, false, 100),
            entry(5950, "jane", 100, true, 22),
        ],
    );
    is_told(&found, Some(("mira", Confidence::High)));
}

fn record_is_there() -> Story {
    part(
        "CREATE",
        "AWS::Route53::RecordSet",
        &[
            ("HostedZoneId", "Z0ABC"),
            ("Name", "api.example.com"),
            ("Type", "A"),
        ],
        "[Tried to create resource record set [name='api.example.com.', type='A'] but it already exists]",
    )
}

fn changes(second: i64, who: &str, zone: &str, items: &[(&str, Value)]) -> Call {
    let items: Vec<Value> = items
        .iter()
        .map(|(action, set)| json!({"action": action, "resourceRecordSet": set}))
        .collect();
    let request = json!({"hostedZoneId": zone, "changeBatch": {"changes": items}});
    person(second, who, "route53:ChangeResourceRecordSets", request).region("us-east-1")
}

fn address(name: &str) -> Value {
    json!({"name": name, "type": "A", "tTL": 60, "resourceRecords": [{"value": "192.0.2.7"}, {"value": "192.0.2.8"}]})
}

#[test]
fn a_record_that_points_to_the_name_is_not_the_record() {
    let alias = json!({"name": "www.example.com.", "type": "A", "aliasTarget": {"dNSName": "api.example.com.", "hostedZoneId": "Z0ABC"}});
    let blue = json!({"name": "api.example.com.", "type": "A", "setIdentifier": "blue", "weight": 1});
    let own = address("api.example.com.");
    let found = told(
        &mut record_is_there(),
        &[
            changes(5700, "mira", "Z0ABC", &[("CREATE", own.clone())]),
            changes(5800, "eve", "Z0ABC", &[("CREATE", alias)]),
            changes(5900, "jane", "Z0XYZ", &[("CREATE", own.clone())]),
            changes(5950, "ann", "Z0ABC", &[("CREATE", blue)]),
            // It was there, and was only changed.
            changes(6000, "tom", "Z0ABC", &[("UPSERT", own)]),
        ],
    );
    is_told(&found, Some(("mira", Confidence::High)));
}

#[test]
fn a_record_that_may_only_have_been_changed_is_told_with_a_doubt() {
    let own = address("api.example.com");
    let many: Vec<(&str, Value)> = (0..200)
        .map(|number| ("UPSERT", address(&format!("a{number}.example.com"))))
        .chain([("UPSERT", own.clone())])
        .collect();
    let changed = changes(6000, "tom", "/hostedzone/Z0ABC", &many);
    let found = told(&mut record_is_there(), std::slice::from_ref(&changed));
    is_told(&found, Some(("tom", Confidence::Medium)));
    // Taken away and made again in one batch.
    let again = changes(6500, "ann", "Z0ABC", &[("CREATE", own.clone())]);
    let gone = changes(6400, "eve", "Z0ABC", &[("DELETE", own)]);
    let found = told(&mut record_is_there(), &[changed, gone, again]);
    is_told(&found, Some(("ann", Confidence::High)));
}

#[test]
fn a_mapping_of_an_event_source_is_told_by_both_of_its_ends() {
    let queue = "arn:aws:sqs:eu-west-1:123456789012:orders";
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:orders-Fn";
    let words = format!(
        "An event source mapping with SQS arn (\" {queue} \") and function (\" orders-Fn \") already exists. Please update or delete the existing mapping with UUID 5a6b7c8d-0000-4111-8222-333344445555"
    );
    let story = || {
        part(
            "CREATE",
            "AWS::Lambda::EventSourceMapping",
            &[("FunctionName", "orders-Fn"), ("EventSourceArn", queue)],
            &words,
        )
    };
    let maps = |second, who: &str, function: &str, source: &str| {
        let request = json!({"functionName": function, "eventSourceArn": source});
        let call = person(second, who, "lambda:CreateEventSourceMapping20150331", request);
        answered(
            call,
            json!({"uUID": format!("{second}-0000"), "eventSourceArn": source}),
        )
    };
    let calls = [
        maps(5800, "mira", function, queue),
        maps(
            5900,
            "eve",
            "orders-Fn",
            "arn:aws:sqs:eu-west-1:123456789012:orders-dlq",
        ),
        maps(5950, "jane", &format!("{function}:live"), queue),
        maps(5960, "ann", "orders-Fn-2", queue),
    ];
    is_told(&told(&mut story(), &calls), Some(("mira", Confidence::High)));
    let request = json!({"uUID": "5800-0000"});
    let deleted = person(6000, "tom", "lambda:DeleteEventSourceMapping20150331", request);
    is_told(&told(&mut story(), &[calls[0].clone(), deleted]), None);
}

const TABLE: &str = "rtb-0a1b2c3d4e5f60718";

fn route(second: i64, who: &str, action: &str, table: &str, to: &str) -> Call {
    person(
        second,
        who,
        action,
        json!({"routeTableId": table, "destinationCidrBlock": to}),
    )
}

fn route_is_gone(words: &str) -> Story {
    part(
        "UPDATE",
        "AWS::EC2::Route",
        &[("RouteTableId", TABLE), ("DestinationCidrBlock", "10.9.0.0/16")],
        words,
    )
}

const NO_ROUTE: &str =
    "There is no route defined for '10.9.0.0/16' in the route table. Use CreateRoute instead.";

#[test]
fn who_took_the_very_route_away_is_told() {
    let delete = "ec2:DeleteRoute";
    let taken = [
        route(5800, "mira", delete, TABLE, "10.9.0.0/16"),
        route(5900, "eve", delete, TABLE, "10.9.0.0/24"),
        route(5950, "jane", delete, "rtb-0ffffeeeeddddcccc", "10.9.0.0/16"),
        route(5960, "ann", delete, TABLE, "10.9.0.0/16").failed("Client.DryRunOperation", ""),
        route(7100, "bob", delete, TABLE, "10.9.0.0/16"),
    ];
    let mut story = route_is_gone(NO_ROUTE);
    is_told(&told(&mut story, &taken), Some(("mira", Confidence::High)));
    let steps = format!("{:?}", causes(&story));
    assert!(steps.contains("make it again there (ec2:CreateRoute)"), "{steps}");
    // It was made again: what is not there now was taken by somebody else.
    let again = route(6500, "tom", "ec2:CreateRoute", TABLE, "10.9.0.0/16");
    is_told(
        &told(&mut route_is_gone(NO_ROUTE), &[taken[0].clone(), again]),
        None,
    );
}

#[test]
fn a_missing_table_is_no_missing_route() {
    let words = format!("The routeTable ID '{TABLE}' does not exist");
    let request = json!({"routeTableId": TABLE});
    let calls = [
        route(5800, "eve", "ec2:DeleteRoute", TABLE, "10.9.0.0/16"),
        person(5900, "mira", "ec2:DeleteRouteTable", request),
    ];
    is_told(
        &told(&mut route_is_gone(&words), &calls),
        Some(("mira", Confidence::High)),
    );
}
