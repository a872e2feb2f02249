//! An instance of a group of EKS that did not join its cluster, which the reason names.

use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{Call, ROLE, Story, cause_by, finding};

const NODE: &str = "i-0ab9d5be66fdf083b";
const POLICY: &str = " because no identity-based policy allows it";

fn story(words: &str) -> Story {
    let reason = format!(
        "Resource handler returned message: \"[Issue(Code=NodeCreationFailure, Message={words}, ResourceIds=[{NODE}, i-0cd9d5be66fdf083c])] (Service: null, Status Code: 0, Request ID: null)\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"
    );
    let mut story = Story::new();
    story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
    for (second, status, reason) in [
        (2.0, "CREATE_IN_PROGRESS", ""),
        (1300.0, "CREATE_FAILED", reason.as_str()),
    ] {
        let nodes = ("It", "AWS::EKS::Nodegroup", "prod/workers-a1b2");
        story
            .event(second, nodes, status, reason)
            .setting("NodeRole", "arn:aws:iam::123456789012:role/workers")
            .setting("ClusterName", "prod");
    }
    story
}

fn denied(second: i64, session: &str, action: &str, id: &str) -> Call {
    let cluster = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
    Call::as_role(second, "workers", session, action)
        .denied(cluster, POLICY)
        .id(id)
}

fn told(words: &str, calls: &[Call]) -> Vec<Option<Confidence>> {
    let mut trail = Trail::new(calls.iter().map(Call::record).collect(), 3);
    let session = carry_all_out(&story(words), &mut trail, 1310);
    let diagnosis = Diagnosis::of(&session);
    let causes = &finding(&diagnosis, "It").assessment.causes;
    let sure = |call: &Call| cause_by(causes, &call.id).map(|cause| cause.confidence);
    calls.iter().map(sure).collect()
}

#[test]
fn what_the_node_was_denied_that_did_not_join_is_told() {
    let calls = [
        denied(195, NODE, "eks:DescribeCluster", "truth"),
        // What tempts the rule: another machine under the same role, and the agent that every machine has.
        denied(200, "i-0ffffeeeeddddcccc", "ec2:DescribeTags", "other"),
        denied(300, NODE, "ssm:UpdateInstanceInformation", "agent"),
    ];
    assert_eq!(
        told("Instances failed to join the kubernetes cluster", &calls),
        [Some(Confidence::High), None, None]
    );
    // Nothing says that it did not join.
    let other = told("Unhealthy nodes in the kubernetes cluster", &calls);
    assert!(
        other
            .iter()
            .all(|sure| sure.is_none_or(|sure| sure > Confidence::High)),
        "{other:?}"
    );
}
