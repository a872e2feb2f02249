//! What somebody only passes on stands behind what is told by whoever was there: both are one cause.

use rstest::rstest;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{answered, finding};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const DENIED: &str = "ERROR\tAccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: ses:PutEmailIdentityDkimSigningAttributes on resource: arn:aws:ses:eu-west-1:123456789012:identity/post.example.org because no identity-based policy allows the ses:PutEmailIdentityDkimSigningAttributes action";
const ENDED: &str =
    "ERROR\tInvoke Error\t{\"errorType\":\"Error\",\"errorMessage\":\"identity is not verified\"}";
const PASSED_ON: &str = "state framework-isComplete-task failed: Error: identity is not verified";

/// The claims of a failure whose log holds these lines and of which Step Functions says that.
fn causes(lines: &[(f64, &str, &str)], stated: &str) -> Vec<(Confidence, String, usize)> {
    let mut story = answered("Error: identity is not verified");
    for (second, stream, line) in lines {
        story.line(*second, GROUP, stream, line);
    }
    story.stated("step-functions", 20, "Setup", ("x1", stated), &[]);
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let told = causes
        .iter()
        .map(|cause| (cause.confidence, cause.claim.clone(), cause.evidence.len()));
    told.collect()
}

#[test]
fn what_a_state_machine_passes_on_is_one_cause_with_what_its_function_was_denied() {
    let told = causes(&[(18.3, "s", DENIED), (18.5, "s", ENDED)], PASSED_ON);
    assert_eq!(told.len(), 1, "{told:#?}");
    let (confidence, claim, proofs) = &told[0];
    assert_eq!(*confidence, Confidence::High);
    assert!(
        claim.contains("was denied ses:PutEmailIdentityDkimSigningAttributes"),
        "{claim}"
    );
    assert_eq!(*proofs, 2);
}

#[test]
fn what_a_state_machine_passes_on_and_the_log_says_is_one_cause() {
    let told = causes(&[(18.5, "s", ENDED)], PASSED_ON);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].1.starts_with("its log says"), "{told:#?}");
}

/// What would tempt: the log ended with other words, in another run, in another stream, or long after the denial.
#[rstest]
#[case::other_words(&[(18.3, "s", DENIED), (18.5, "s", ENDED)], "state framework-isComplete-task failed: Error: the bucket is full")]
#[case::another_stream(&[(18.3, "s", DENIED), (18.5, "other", ENDED)], PASSED_ON)]
#[case::another_run(&[(12.3, "s", DENIED), (14.0, "s", "START RequestId: 1 Version: $LATEST"), (14.5, "s", ENDED)], PASSED_ON)]
#[case::long_after(&[(8.3, "s", DENIED), (18.5, "s", ENDED)], PASSED_ON)]
fn what_is_of_another_end_stays_a_cause_of_its_own(
    #[case] lines: &[(f64, &str, &str)],
    #[case] stated: &str,
) {
    let told = causes(lines, stated);
    assert!(
        told.iter()
            .any(|(_, claim, _)| claim.starts_with("Step Functions says")),
        "{told:#?}"
    );
}
