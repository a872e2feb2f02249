//! Who made a key unusable, in whatever words KMS and the services before it refuse.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;

use crate::support::story::{Call, ROLE, Story, finding};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/9999abcd-12ab-34cd-56ef-1234567890ab";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:vault/db-Xx11Yy";
const REQUEST: &str = "11111111-2222-4333-8444-555555555555";
const OPEN: &str = "Access to KMS is not allowed";

/// A secret under the key whose update fails at second 5010; the stack was deployed well at second 100.
fn secret(words: &str) -> Story {
    let mut story = Story::new();
    let secret = ("DbSecret", "AWS::SecretsManager::Secret", SECRET);
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .stack(100.0, "CREATE_COMPLETE", "")
        .stack(5000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(5003.0, secret, "UPDATE_IN_PROGRESS", "")
        .setting("KmsKeyId", KEY)
        .event(
            5010.0,
            secret,
            "UPDATE_FAILED",
            &format!("Resource handler returned message: \"{words} (Service: SecretsManager, Status Code: 400, Request ID: {REQUEST}) (SDK Attempt Count: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"),
        )
        .setting("KmsKeyId", KEY)
        .stack(5012.0, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [DbSecret]. ");
    let mut update = Call::by_cloudformation(5009, "secretsmanager:UpdateSecret")
        .failed("AccessDeniedException", words)
        .request(json!({ "secretId": SECRET }))
        .id("update");
    update.request_id = REQUEST.into();
    story.record(&update);
    story
}

fn person(second: i64, action: &str, key: &str) -> Call {
    Call::as_role(second, "AWSReservedSSO_Admin_1", "mira@example.com", action)
        .request(json!({ "keyId": key }))
}

/// A use of the key by CloudFormation's session.
fn used(second: i64, key: &str) -> Call {
    Call::by_cloudformation(second, "kms:GenerateDataKey")
        .request(json!({ "keyId": key, "encryptionContext": { "SecretARN": SECRET } }))
}

fn cause<'f>(found: &'f Finding, id: &str) -> Option<(Confidence, &'f [String])> {
    let wanted = format!("trail:{id}");
    let causes = &found.assessment.causes;
    causes
        .iter()
        .find(|cause| cause.evidence.iter().any(|one| one.to_string() == wanted))
        .map(|cause| (cause.confidence, cause.why.as_slice()))
}

#[rstest]
fn who_made_the_key_unusable_is_named_whatever_the_refusal_says(
    #[values(
        OPEN,
        "Access denied. The KMS key is disabled",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab is pending deletion.",
        "KMSInvalidStateException: the key cannot be used",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
        "The specified KMS key does not exist, is not enabled or you do not have permissions to access it."
    )]
    words: &str,
    #[values("kms:DisableKey", "kms:ScheduleKeyDeletion")] deed: &str,
) {
    let mut story = secret(words);
    story.record(&person(3930, deed, KEY).id("deed"));
    let found = finding(&story.diagnosis(), "DbSecret").clone();
    let named = cause(&found, "deed").map(|(confidence, _)| confidence);
    // What waits for its deletion was not brought to that by being disabled.
    let is_other = words.contains("pending deletion") && deed == "kms:DisableKey";
    let expected = (!is_other).then_some(Confidence::High);
    assert_eq!(named, expected, "{:#?}", found.assessment.causes);
}

/// A key that waits for its material was not disabled.
#[test]
fn of_a_key_without_its_material_only_who_took_that_is_told() {
    let words =
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab is pending import.";
    let told = |deed: &str| {
        let mut story = secret(words);
        story.record(&person(3930, deed, KEY).id("deed"));
        let found = finding(&story.diagnosis(), "DbSecret").clone();
        cause(&found, "deed").map(|(confidence, _)| confidence)
    };
    assert_eq!(told("kms:DisableKey"), None);
    assert_eq!(told("kms:DeleteImportedKeyMaterial"), Some(Confidence::High));
}

/// A deletion that was cancelled dooms nothing any more, and leaves the key disabled.
#[test]
fn a_cancelled_deletion_is_told_only_of_a_key_that_it_left_disabled() {
    let doomed =
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab is pending deletion.";
    let told = |words: &str, cancelled: &[(i64, &str)]| {
        let mut story = secret(words);
        story.record(&person(3930, "kms:ScheduleKeyDeletion", KEY).id("deed"));
        for (second, key) in cancelled {
            story.record(&person(*second, "kms:CancelKeyDeletion", key).id(&format!("cancel-{second}")));
        }
        let found = finding(&story.diagnosis(), "DbSecret").clone();
        cause(&found, "deed").map(|(confidence, why)| (confidence, why.join("; ")))
    };
    assert_eq!(told(doomed, &[(4200, KEY)]), None);
    // What tempts the rule: another key's, too late, and before.
    for other in [(4200, OTHER_KEY), (3000, KEY)] {
        assert_eq!(told(doomed, &[other]).unwrap().0, Confidence::High, "{other:?}");
    }
    let (confidence, why) = told("Access denied. The KMS key is disabled", &[(4200, KEY)]).unwrap();
    assert_eq!(confidence, Confidence::High);
    assert!(
        why.contains("called kms:CancelKeyDeletion later, which leaves it disabled"),
        "{why}"
    );
}

#[test]
fn the_answer_of_kms_is_told_beside_the_deed() {
    let mut story = secret(OPEN);
    story
        .record(&person(3930, "kms:DeleteImportedKeyMaterial", KEY).id("deed"))
        .record(
            &used(5009, KEY)
                .failed("KMSInvalidStateException", &format!("{KEY} is pending import."))
                .id("answer"),
        );
    let found = finding(&story.diagnosis(), "DbSecret").clone();
    let (confidence, why) = cause(&found, "deed").unwrap();
    assert_eq!(confidence, Confidence::High);
    let told = "kms:GenerateDataKey on it was answered KMSInvalidStateException then";
    assert!(why.iter().any(|one| one == told), "{why:#?}");
}

/// What tempts the rule.
#[test]
fn what_did_not_make_the_key_unusable_is_not_named() {
    let disabled = || person(3930, "kms:DisableKey", KEY).id("deed");
    let refused = format!(
        "User: arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation is not authorized to perform: kms:GenerateDataKey on resource: {KEY} because no identity-based policy allows the kms:GenerateDataKey action"
    );
    for (what, calls) in [
        (
            "another key",
            vec![person(3930, "kms:DisableKey", OTHER_KEY).id("deed")],
        ),
        (
            "enabled again",
            vec![disabled(), person(4000, "kms:EnableKey", KEY)],
        ),
        ("used well since", vec![disabled(), used(4800, KEY).id("use")]),
        (
            "a policy forbids it, says KMS",
            vec![disabled(), used(5009, KEY).failed("AccessDenied", &refused)],
        ),
        (
            "its rotation",
            vec![person(3930, "kms:DisableKeyRotation", KEY).id("deed")],
        ),
        (
            "its policy",
            vec![person(3930, "kms:PutKeyPolicy", KEY).id("deed")],
        ),
        ("afterwards", vec![person(5020, "kms:DisableKey", KEY).id("deed")]),
        ("refused", vec![disabled().failed("AccessDenied", "not allowed")]),
    ] {
        let mut story = secret(OPEN);
        for call in &calls {
            story.record(call);
        }
        let found = finding(&story.diagnosis(), "DbSecret").clone();
        let told = cause(&found, "deed").filter(|(confidence, _)| *confidence <= Confidence::Medium);
        assert_eq!(told, None, "{what}");
    }
}

/// What tempts the rule of use: another key was used, or in the moments in which the change became known.
#[test]
fn a_use_that_says_nothing_of_the_key_does_not_clear_the_deed() {
    for use_of in [
        used(4800, OTHER_KEY),
        used(3940, KEY),
        used(4800, KEY).failed("DisabledException", "disabled"),
        Call::by_cloudformation(4800, "kms:DescribeKey").request(json!({ "keyId": KEY })),
    ] {
        let mut story = secret(OPEN);
        story
            .record(&person(3930, "kms:DisableKey", KEY).id("deed"))
            .record(&use_of);
        let found = finding(&story.diagnosis(), "DbSecret").clone();
        assert_eq!(
            cause(&found, "deed").map(|(confidence, _)| confidence),
            Some(Confidence::High)
        );
    }
}
