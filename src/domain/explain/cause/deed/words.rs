//! What a text says is wrong, and with what kind of thing.

use super::super::lists::LISTS;
use super::super::thing_state::{STATES, ThingState};

/// The state that a text speaks of.
pub(super) fn state_in(text: &str) -> Option<ThingState> {
    let lower: String = text.chars().take(4_096).collect::<String>().to_ascii_lowercase();
    let says = |state: &ThingState| {
        // Words that leave open which of them it is say only that it cannot be used.
        if matches!(state, ThingState::Doomed | ThingState::Empty) && lower.contains("disabled") {
            return false;
        }
        let assumes = *state == ThingState::Unassumable && refuses_to_assume(&lower);
        assumes
            || LISTS
                .states
                .iter()
                .any(|(of, word)| of == state && lower.contains(word.as_str()))
    };
    let mut states = STATES.iter().map(|(_, state)| state);
    states.find(|state| says(state)).copied()
}

/// A sentence that says that somebody may not, or cannot, assume a role. Many texts name callers by their assumed
/// roles, which says nothing of the kind.
fn refuses_to_assume(lower: &str) -> bool {
    let mut plain = lower.to_owned();
    // Callers, and calls on a role's trust.
    for word in ["assumed-role/", "assumedrole", "assumerolepolicy"] {
        plain = plain.replace(word, " ");
    }
    let mut sentences = plain.split(". ").flat_map(|part| part.split(['\n', ';']));
    sentences.any(|one| {
        one.contains("assume")
            && one.contains("role")
            && LISTS
                .negations
                .iter()
                .any(|negation| one.contains(negation.as_str()))
    })
}

/// A text without what handlers put behind the words: service, ids and codes say nothing of the thing.
pub(super) fn without_frame(text: &str) -> &str {
    let frames = [" (Service: ", " (RequestToken: ", " (HandlerErrorCode: "];
    let begin = frames.iter().filter_map(|frame| text.find(frame)).min();
    begin.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// The sentences that tell the state; the whole text where no single one does.
pub(super) fn clause_of(text: &str, state: ThingState) -> String {
    let sentences = text
        .split_inclusive(". ")
        .flat_map(|part| part.split(['\n', ';']));
    let telling: Vec<&str> = sentences.filter(|one| state_in(one) == Some(state)).collect();
    if telling.is_empty() {
        return text.to_owned();
    }
    telling.join(" ")
}

/// The kinds of thing that the sentence of the state speaks of; where it names none, those of the whole text.
pub(super) fn kinds_in(clause: &str, text: &str, state: ThingState) -> Vec<&'static str> {
    if state == ThingState::Unassumable {
        return vec!["role"];
    }
    if state == ThingState::Unusable {
        return vec!["key"];
    }
    let found = kinds_of(clause);
    let of_key = matches!(
        state,
        ThingState::Disabled | ThingState::Doomed | ThingState::Empty
    );
    if of_key && (found.is_empty() || found.contains(&"key")) {
        // What can be disabled or wait for its deletion, in these words, is a key.
        return vec!["key"];
    }
    if found.is_empty() { kinds_of(text) } else { found }
}

fn kinds_of(text: &str) -> Vec<&'static str> {
    let lower = text.to_ascii_lowercase();
    // ARNs hold words of their own.
    let without_arns: Vec<&str> = lower
        .split_whitespace()
        .filter(|word| !word.contains("arn:"))
        .collect();
    let plain = without_arns.join(" ");
    let mut found: Vec<&'static str> = Vec::new();
    for (word, kind) in &LISTS.kinds {
        if plain.contains(word.as_str()) && !found.contains(&kind.as_str()) {
            found.push(kind);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
    )]
    #[case("The role defined for the function cannot be assumed by Lambda.")]
    #[case("Firehose is unable to assume role arn:aws:iam::1:role/x. Please check the role provided.")]
    #[case("AWS Glue isn't able to assume the execution role orders-glue")]
    #[case("User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/x")]
    fn that_a_role_cannot_be_assumed_is_said_in_many_ways(#[case] text: &str) {
        assert_eq!(state_in(text), Some(ThingState::Unassumable), "{text}");
    }

    #[rstest]
    #[case("arn:aws:kms:eu-west-1:1:key/k is pending deletion.", ThingState::Doomed)]
    #[case("The key is disabled or pending deletion.", ThingState::Disabled)]
    #[case("arn:aws:kms:eu-west-1:1:key/k is pending import.", ThingState::Empty)]
    #[case("KMSInvalidStateException: no", ThingState::Disabled)]
    #[case(
        "Lambda was unable to decrypt the environment variables because the KMS key used is disabled.",
        ThingState::Disabled
    )]
    #[case(
        "The request was rejected because the specified customer master key (CMK) isn't enabled.",
        ThingState::Disabled
    )]
    #[case(
        "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
        ThingState::Disabled
    )]
    #[case("Customer managed key is not in Enabled state.", ThingState::Disabled)]
    #[case(
        "Volume vol-0aa entered an error state: Client.InvalidKMSKey.InvalidState",
        ThingState::Disabled
    )]
    #[case("Access to KMS is not allowed", ThingState::Unusable)]
    #[case(
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        ThingState::Unusable
    )]
    #[case(
        "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
        ThingState::Unusable
    )]
    #[case(
        "The specified KMS key [k] does not exist, is not enabled or you do not have permissions to access it.",
        ThingState::Gone
    )]
    fn that_a_key_cannot_be_used_is_said_in_many_ways(#[case] text: &str, #[case] state: ThingState) {
        assert_eq!(state_in(text), Some(state), "{text}");
    }

    #[rstest]
    #[case(
        "User: arn:aws:sts::1:assumed-role/deploy/x is not authorized to perform: s3:PutObject on resource: y"
    )]
    #[case("The function assumes the role orders and answers. The bucket does not exist.")]
    #[case("role arn:aws:sts::1:assumed-role/deploy/x does not exist")]
    #[case(
        "User: arn:aws:sts::1:assumed-role/deploy/x is not authorized to perform: iam:UpdateAssumeRolePolicy on resource: role y"
    )]
    fn a_callers_assumed_role_says_nothing_of_it(#[case] text: &str) {
        assert_ne!(state_in(text), Some(ThingState::Unassumable), "{text}");
    }
}
