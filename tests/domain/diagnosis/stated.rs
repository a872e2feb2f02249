//! A service's own words, beside a reason that tells no more than that something came to a wrong state.

use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{ROLE, Story, finding};

const PUT: &str =
    "DB instance put into incompatible-parameters. The parameter neptune_streams cannot be applied.";

/// A database that fails long after it was begun.
fn database(reason: &str) -> Story {
    let node = ("Node", "AWS::Neptune::DBInstance", "graph-node-1a2b3c4d");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, node, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(1_400.0, node, "CREATE_FAILED", reason);
    story
}

fn claims(story: &Story) -> Vec<(String, Confidence)> {
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Node").assessment.causes;
    causes
        .iter()
        .map(|cause| (cause.claim.clone(), cause.confidence))
        .collect()
}

#[test]
fn that_something_is_in_an_unexpected_state_is_no_cause_and_what_the_service_says_of_it_is() {
    for reason in [
        "DBInstance graph-node-1a2b3c4d is in an unexpected state",
        "Resource handler returned message: \"Cluster is in an unexpected state.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
    ] {
        let alone = claims(&database(reason));
        assert!(
            alone
                .iter()
                .all(|(_, confidence)| *confidence > Confidence::Medium),
            "{alone:?}"
        );
        let mut story = database(reason);
        story.stated("rds", 900, "Node", ("e1", PUT), &[]);
        let told = claims(&story);
        assert!(told[0].0.contains("incompatible-parameters"), "{told:?}");
        assert_eq!(told[0].1, Confidence::High);
    }
}

/// What tempts the rule: words that do say which state, and why that is in the way.
#[test]
fn a_reason_that_names_the_state_keeps_telling_the_cause() {
    for reason in [
        "Cannot modify a snapshot in an unexpected state: it is encrypted (Service: AmazonRDS; Status Code: 400; Error Code: InvalidParameterCombination; Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa)",
        "DB instance graph-node-1a2b3c4d already exists (Service: AmazonRDS; Status Code: 400; Error Code: DBInstanceAlreadyExists; Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa)",
    ] {
        let told = claims(&database(reason));
        assert_eq!(told[0].1, Confidence::High, "{told:?}");
    }
}
