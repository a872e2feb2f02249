//! What the records of a key's uses tell of its state.

use chrono::TimeDelta;

use super::Suspect;
use super::words::state_in;
use crate::domain::explain::cause::thing::Thing;
use crate::domain::explain::cause::thing_state::ThingState;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;

/// Within this time a change of a key's state is known everywhere.
pub(super) const SETTLED: TimeDelta = TimeDelta::minutes(1);

const KMS: &str = "kms.amazonaws.com";

/// Whether a key was used with success, as only an enabled one can be.
///
/// Source: the KMS developer guide, "Key states of AWS KMS keys".
pub(super) fn is_use(record: &TrailRecord, suspect: &Suspect) -> bool {
    const USES: [&str; 8] = [
        "Encrypt",
        "Decrypt",
        "ReEncrypt",
        "Sign",
        "Verify",
        "GenerateMac",
        "VerifyMac",
        "CreateGrant",
    ];
    let operation = record.operation();
    suspect.thing.kind == "key"
        && record.source == KMS
        && !record.is_error()
        && !record.is_test()
        && (USES.contains(&operation) || operation.starts_with("GenerateDataKey"))
}

/// Whether KMS said that a policy forbids the use of that key.
pub(super) fn is_forbidden(record: &TrailRecord, key: &Thing) -> bool {
    if record.source != KMS || !record.is_denial() {
        return false;
    }
    let denial = record.error_message.as_deref().and_then(Denial::read);
    let named = denial.as_ref().and_then(Denial::resource_arn);
    named.and_then(Thing::of_arn).is_some_and(|named| named.is(key))
}

/// Whether KMS answered that a key is in such a state.
pub(super) fn tells_state(record: &TrailRecord, suspect: &Suspect) -> bool {
    let of_keys = suspect.state.is_of_key();
    let code = record.error().unwrap_or_default();
    let message = record.error_message.as_deref().unwrap_or_default();
    of_keys
        && record.source == KMS
        && record.is_error()
        && matches!(
            state_in(&format!("{code}: {message}")),
            Some(ThingState::Disabled | ThingState::Doomed | ThingState::Empty)
        )
}
