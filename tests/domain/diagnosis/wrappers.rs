//! What only says that a program ended does not stand above what it was denied before.

use rstest::rstest;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, FUNCTION, ROLE, Story, answered, cause_by, finding};

const SERVER: &str = "i-0a1b2c3d4e5f60718";
const GROUP: &str = "/aws/lambda/shop-SetupFn";

/// An instance that was denied its parameters at second 60 and never signalled.
fn server(line: &str) -> Vec<Cause> {
    let server = ("Server", "AWS::EC2::Instance", SERVER);
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Logs", "AWS::Logs::LogGroup", "web-logs"),
            "CREATE_COMPLETE",
            "",
        )
        .event(10.0, server, "CREATE_IN_PROGRESS", "")
        .event(
            910.0,
            server,
            "CREATE_FAILED",
            "Failed to receive 1 resource signal(s) within the specified duration",
        )
        .line(80.0, "web-logs", &format!("{SERVER}/cloud-init.log"), line)
        .record(
            &Call::as_role(60, "web-ServerRole", SERVER, "ssm:GetParametersByPath")
                .denied(
                    "arn:aws:ssm:eu-west-1:123456789012:parameter/web/",
                    " because no identity-based policy allows the ssm:GetParametersByPath action",
                )
                .id("denied"),
        );
    finding(&story.diagnosis(), "Server").assessment.causes.clone()
}

#[rstest]
#[case(
    "2026-05-04 12:01:20,003 - util.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)"
)]
#[case("cfnbootstrap.construction_errors.ToolError: Command 01_fetch failed")]
#[case("May 04 12:01:20 ip-10-0-1-7 systemd[1]: shop.service: Failed with result 'exit-code'.")]
#[case("subprocess.CalledProcessError: Command '['aws', 'ssm']' returned non-zero exit status 254.")]
#[case("make: *** [Makefile:5: all] Error 1")]
fn a_denial_stands_above_what_any_failure_ends_with(#[case] line: &str) {
    let causes = server(line);
    let denied = cause_by(&causes, "denied").unwrap();
    assert_eq!(
        (denied.rank, denied.confidence),
        (1, Confidence::High),
        "{causes:#?}"
    );
}

/// What would tempt: an end that tells what went wrong.
#[test]
fn an_end_that_tells_something_leaves_a_doubt_of_the_denial() {
    let causes = server("[ERROR] licence of tenant 4711 has expired");
    let denied = cause_by(&causes, "denied").unwrap();
    assert_eq!(denied.confidence, Confidence::Medium, "{causes:#?}");
}

fn function(lines: &[(f64, &str)]) -> Vec<Cause> {
    let mut story = answered("See the details in CloudWatch Log Stream: s");
    for (at, line) in lines {
        story.line(*at, GROUP, "s", line);
    }
    let call = Call::as_role(15, "shop-SetupRole", "shop-SetupFn", "pipes:StartPipe").denied(
        "arn:aws:pipes:eu-west-1:123456789012:pipe/grain",
        " because no identity-based policy allows it",
    );
    story.record(&call.id("denied"));
    finding(&story.diagnosis(), "Setup").assessment.causes.clone()
}

const START: &str = "START RequestId: 1 Version: $LATEST";

#[rstest]
#[case::while_it_was_loaded(&[(3.2, "[ERROR] PluginError: the tracing plugin has no licence file"), (3.5, START)])]
#[case::at_its_end(&[(3.5, START), (16.0, "CalledProcessError: Command 'load' returned non-zero exit status 1.")])]
#[case::out_of_time(&[(3.5, START), (27.0, "2026-05-04T12:00:27Z 1 Task timed out after 24.00 seconds")])]
fn what_a_function_says_before_its_run_or_at_its_end_is_not_above_its_denial(#[case] lines: &[(f64, &str)]) {
    let causes = function(lines);
    assert_eq!(
        cause_by(&causes, "denied").map(|cause| cause.rank),
        Some(1),
        "{causes:#?}"
    );
    let above = causes.iter().filter(|cause| cause.confidence <= Confidence::High);
    assert!(above.clone().all(|cause| cause.rank == 1), "{causes:#?}");
}

/// What would tempt: an earlier run's own error, which stands before this run as well.
#[test]
fn what_an_earlier_run_says_is_not_said_while_it_was_loaded() {
    let error = "[ERROR] LicenceError: licence of tenant 4711 has expired";
    let lines = [
        (3.1, "START RequestId: 0 Version: $LATEST"),
        (3.2, error),
        (3.5, START),
    ];
    let causes = function(&lines);
    let told = causes.iter().find(|cause| cause.claim.contains("4711")).unwrap();
    assert_eq!(told.confidence, Confidence::High, "{causes:#?}");
}

const REQUEST: &str = "85c5c344-0000-4000-8000-000000000000";
const ID: &str = "1f5a36a3-a5ed-4d45-af70-bda8e63c782a";

/// A function whose run began at second 4 and was denied something at second 15; its resource failed then.
fn run(failed: f64, reason: &str, lines: &[(f64, &str)]) -> Vec<Cause> {
    let resource = ("Setup", "Custom::Setup", "");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, resource, "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(failed, resource, "CREATE_FAILED", reason)
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole")
        .line(
            4.0,
            GROUP,
            "s",
            &format!("START RequestId: {ID} Version: $LATEST"),
        )
        .line(4.5, GROUP, "s", &format!("{ID}\tINFO\tcreate {REQUEST}"));
    for (at, line) in lines {
        story.line(*at, GROUP, "s", line);
    }
    let call = Call::as_role(15, "shop-SetupRole", "shop-SetupFn", "logs:PutRetentionPolicy").denied(
        "arn:aws:logs:eu-west-1:123456789012:log-group:/tenancy",
        " because no identity-based policy allows it",
    );
    story.record(&call.id("denied"));
    finding(&story.diagnosis(), "Setup").assessment.causes.clone()
}

const LATE: &str = "Received response status [FAILED] from custom resource. Message returned: Operation timed out (RequestId: 85c5c344-0000-4000-8000-000000000000)";
const SILENT: &str = "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [85c5c344-0000-4000-8000-000000000000].";
const END: &str = "END RequestId: 1f5a36a3-a5ed-4d45-af70-bda8e63c782a";
const WORKS: &str = "1f5a36a3-a5ed-4d45-af70-bda8e63c782a\tINFO\tdomain requested";
const LOUD: &str = "1f5a36a3-a5ed-4d45-af70-bda8e63c782a\tERROR\tno defaults in the cache";

/// What a run was denied that ended well long before is no cause; one that ended at once, of an error, or of which nobody
/// heard may be.
#[rstest]
#[case::ended_well_long_before(1300.0, LATE, &[(15.3, LOUD), (16.0, WORKS), (16.1, END)], None)]
#[case::ended_with_its_error(1300.0, LATE, &[(15.1, WORKS), (15.3, LOUD), (16.1, END)], Some(Confidence::High))]
#[case::answered_at_once(17.0, LATE, &[(15.3, LOUD), (16.0, WORKS), (16.1, END)], Some(Confidence::High))]
#[case::nobody_heard(3700.0, SILENT, &[(16.0, WORKS), (16.1, END)], Some(Confidence::Medium))]
fn what_a_run_that_ended_well_was_denied_is_no_cause_of_a_later_failure(
    #[case] failed: f64,
    #[case] reason: &str,
    #[case] lines: &[(f64, &str)],
    #[case] sure: Option<Confidence>,
) {
    let causes = run(failed, reason, lines);
    assert_eq!(
        cause_by(&causes, "denied").map(|cause| cause.confidence),
        sure,
        "{causes:#?}"
    );
}

/// A loud line is no cause where the run went on for a while; right before the end it is.
#[rstest]
#[case::long_before_the_end(&[(6.0, LOUD), (15.0, WORKS), (15.1, END)], Confidence::Low)]
#[case::at_the_end(&[(14.5, LOUD), (15.1, END)], Confidence::Medium)]
fn a_loud_line_after_which_its_run_went_on_is_no_cause(
    #[case] lines: &[(f64, &str)],
    #[case] sure: Confidence,
) {
    let causes = run(
        16.0,
        "Received response status [FAILED] from custom resource. Message returned: See the details in CloudWatch Log Stream: s (RequestId: 85c5c344-0000-4000-8000-000000000000)",
        lines,
    );
    let told = causes.iter().find(|cause| cause.claim.contains("no defaults"));
    assert!(told.is_none_or(|told| told.confidence >= sure), "{causes:#?}");
    assert!(told.is_some() || sure == Confidence::Low, "{causes:#?}");
}

/// An instance writes to a stream for each of its logs.
#[test]
fn what_an_instance_says_in_two_streams_is_its_own() {
    let server_in = ("Server", "AWS::EC2::Instance", SERVER);
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Logs", "AWS::Logs::LogGroup", "web-logs"),
            "CREATE_COMPLETE",
            "",
        )
        .event(10.0, server_in, "CREATE_IN_PROGRESS", "")
        .event(
            910.0,
            server_in,
            "CREATE_FAILED",
            "Failed to receive 1 resource signal(s) within the specified duration",
        )
        .line(
            80.0,
            "web-logs",
            &format!("{SERVER}/cloud-init-output.log"),
            "Error: Unable to find a match: collectd-write",
        )
        .line(
            81.0,
            "web-logs",
            &format!("{SERVER}/cfn-init.log"),
            "[ERROR] Error encountered during build of config: Could not successfully install rpm packages",
        );
    let causes = finding(&story.diagnosis(), "Server").assessment.causes.clone();
    assert!(causes[0].claim.contains("collectd-write"), "{causes:#?}");
    assert_eq!(causes[0].confidence, Confidence::Medium, "{causes:#?}");
}
