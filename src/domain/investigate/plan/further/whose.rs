//! Whose calls are looked for: those of the stack's account, or of another one whose caller was denied.

use chrono::{DateTime, Utc};

use super::{callers, tried_in_vain, wanted_since};
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::blind_spot::trails::caller_elsewhere;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::arn::{Arn, role_of_session};
use crate::domain::model::trail::{TrailAttribute, TrailKey};
use crate::domain::model::trail_table::AccountId;
use crate::domain::session::Session;

/// Whose calls are to be looked for.
pub(super) struct WantedAccount {
    pub(super) account: AccountId,
    /// Why in that account, where it is not the stack's.
    pub(super) why: Option<String>,
    pub(super) since: DateTime<Utc>,
}

/// Whose calls are to be looked for where event history cannot have them, or was asked for them in vain.
pub(super) fn whose(session: &Session, finding: &Finding) -> Option<WantedAccount> {
    let failure = &finding.failure;
    if !failure.is_root() || finding.is_found_in_trail() || session.sources().trail().records_data() {
        return None;
    }
    if let Some(account) = elsewhere(failure) {
        // What is told of no call at all is another account's business only once nothing else explains it.
        let is_denied = failure.facts.denied_action.is_some();
        let since = match finding.searches.as_slice() {
            _ if !is_denied && !finding.is_unexplained() => return None,
            [] => failure.failed_at(),
            _ => tried_in_vain(session, finding)?,
        };
        return Some(WantedAccount {
            why: why_elsewhere(failure),
            account,
            since,
        });
    }
    Some(WantedAccount {
        since: wanted_since(session, finding)?,
        account: AccountId::parse(failure.key.stack_id.account()).ok()?,
        why: None,
    })
}

/// Why a failure's calls are looked for in another account's trails; none where they are not.
pub(super) fn why_elsewhere(failure: &Failure) -> Option<String> {
    let account = elsewhere(failure)?;
    Some(format!(
        "the caller is of account {}, whose calls are in its own trails",
        account.as_str()
    ))
}

/// The account whose calls a failure's are.
pub(super) fn account_of(failure: &Failure) -> Option<AccountId> {
    elsewhere(failure).or_else(|| AccountId::parse(failure.key.stack_id.account()).ok())
}

/// The account of whoever called, where it is not that of the stack.
fn elsewhere(failure: &Failure) -> Option<AccountId> {
    AccountId::parse(caller_elsewhere(failure)?).ok()
}

/// What the calls are found by, and whose they are: a function that took on a role of another account calls under the name
/// of that session.
pub(super) fn caller(failure: &Failure) -> Option<(TrailAttribute, String)> {
    let caller = failure.facts.principal_arn.as_deref();
    let is_elsewhere =
        |arn: &&str| Arn::account_of(arn).is_some_and(|of| of != failure.key.stack_id.account());
    let session = caller
        .filter(is_elsewhere)
        .filter(|arn| role_of_session(arn).is_some());
    let Some(name) = session.and_then(|arn| arn.rsplit('/').next()) else {
        return callers(failure);
    };
    let attribute = TrailAttribute {
        key: TrailKey::Username,
        value: name.to_owned(),
    };
    Some((attribute, format!("calls made by {name}")))
}
