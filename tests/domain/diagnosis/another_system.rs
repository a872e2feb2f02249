//! Programs behind custom resources speak of systems of their own in the words of IAM.

use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::read::signature::NextStep;

use crate::support::story::{Call, answered, finding};

/// The causes: how sure, what, and the next step.
fn causes(words: &str, calls: &[Call]) -> Vec<(Confidence, String, String)> {
    let mut story = answered(words);
    for call in calls {
        story.record(call);
    }
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let told = causes.iter().map(|cause| {
        let step = cause.next_step.as_ref().map(NextStep::text);
        (cause.confidence, cause.claim.clone(), step.unwrap_or_default())
    });
    told.collect()
}

#[test]
fn a_denial_of_another_system_is_told_in_its_own_words() {
    let words =
        "User admin@tenant-7 is not authorized to perform: billing:CloseAccount on resource: tenant/7";
    let found = causes(words, &[]);
    let [(confidence, claim, step)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(*confidence, Confidence::Medium);
    assert_eq!(claim, &format!("the custom resource returned only: {words}"));
    assert!(
        !step.contains("billing:CloseAccount") && !step.contains("policy"),
        "{step}"
    );
    // What the function lived with is not what these words speak of.
    let lived = Call::as_role(8, "shop-SetupRole", "shop-SetupFn", "ec2:DescribeTags").denied("*", "");
    let went_on = Call::as_role(15, "shop-SetupRole", "shop-SetupFn", "ssm:PutParameter");
    let found = causes(words, &[lived, went_on]);
    assert!(found[0].1.contains("tenant/7"), "{found:?}");
    assert!(
        found
            .iter()
            .skip(1)
            .all(|(confidence, ..)| *confidence >= Confidence::Low),
        "{found:?}"
    );
}

/// What tempts: IAM's own sentence, with what CloudFormation puts behind it.
#[test]
fn iams_denial_of_a_thing_without_an_arn_ends_where_its_name_ends() {
    let words = "User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: iam:GetRole on resource: role deployer";
    let found = causes(words, &[]);
    assert_eq!(found[0].0, Confidence::High);
    assert!(
        found[0].1.ends_with("was denied iam:GetRole on role deployer"),
        "{found:?}"
    );
    assert!(!found[0].2.contains("RequestId"), "{found:?}");
}
