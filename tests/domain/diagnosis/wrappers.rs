//! What only says that a program ended does not stand above what it was denied before.

use rstest::rstest;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story, answered, cause_by, finding};

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
