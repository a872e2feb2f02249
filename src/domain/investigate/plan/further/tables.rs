//! The table over what trails deliver to S3: asked where the event history of the stack's account does not have the record
//! and no log group that can be read has it either. A query costs money, so it is the last that is asked.

use chrono::{DateTime, Utc};

use super::{FurtherSearch, TrailPlace, callers, tried_in_vain, wanted_since};
use crate::domain::deployment::failure::{Failure, FailureKey};
use crate::domain::explain::blind_spot::trails::{place, reason};
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::searches;
use crate::domain::model::arn::{Arn, role_of_session};
use crate::domain::model::described_trail::kind_of_data;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::model::trail_table::AccountId;
use crate::domain::session::Session;

/// Whose calls are to be looked for.
pub(super) struct WantedAccount {
    pub(super) account: AccountId,
    /// Why in that account, where it is not the stack's.
    pub(super) why: Option<String>,
    pub(super) since: DateTime<Utc>,
}

/// From when on a table is worth asking, and the failure that it serves first.
pub fn table_wanted(session: &Session, findings: &[Finding]) -> Option<(DateTime<Utc>, FailureKey)> {
    let each = findings.iter().filter_map(|finding| {
        let wanted = wanted(session, finding, &super::groups::of_failure(session, finding))?;
        caller(&finding.failure)?;
        Some((wanted.since, finding.failure.key.clone()))
    });
    each.min_by_key(|(since, _)| *since)
}

/// The search of the table for one failure, where the table is known: one that is wanted, or was made.
pub(super) fn of_failure(
    session: &Session,
    finding: &Finding,
    in_groups: &[FurtherSearch],
) -> Option<FurtherSearch> {
    let failure = &finding.failure;
    let table = session.trail().table().filter(|table| table.layout().is_ok())?;
    let (attribute, whose) = caller(failure)?;
    let wanted = wanted(session, finding, in_groups);
    let account = match &wanted {
        Some(wanted) => wanted.account.clone(),
        None => account_of(failure)?,
    };
    let (from, to) = searches::span(failure);
    let region = place(failure);
    let wait = DeliveryWait::of(session, region, failure.failed_at());
    let why = wanted.as_ref().and_then(|wanted| wanted.why.as_ref());
    let there = why.map(|why| format!(": {why}"));
    let search = FurtherSearch {
        source: SourceId::TRAIL_TABLE,
        search: TrailSearch {
            region: region.to_owned(),
            attribute: Some(attribute),
            from,
            to,
        },
        why: format!("{whose}, in {}{}", table.name, there.unwrap_or_default()),
        place: TrailPlace::Table {
            name: table.name.clone(),
            account,
        },
        serves: failure.key.clone(),
        looks: [wait.expected_at, wait.give_up_at],
        is_wanted: wanted.is_some(),
    };
    (search.is_wanted || search.was_made(session)).then_some(search)
}

/// Why a table is asked, and whose calls it is asked for.
fn wanted(session: &Session, finding: &Finding, in_groups: &[FurtherSearch]) -> Option<WantedAccount> {
    let wanted = whose(session, finding)?;
    let why = match &wanted.why {
        Some(why) => why.clone(),
        None => own_trails(session, &finding.failure, in_groups)?,
    };
    Some(WantedAccount {
        why: Some(why),
        ..wanted
    })
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
    let caller = failure.facts.principal_arn.as_deref().and_then(Arn::account_of);
    let caller = caller.filter(|account| !account.is_empty());
    let account = caller.or_else(|| Arn::account_of(failure.function_arn()?))?;
    let account = AccountId::parse(account).ok()?;
    (account.as_str() != failure.key.stack_id.account()).then_some(account)
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

/// Why what the account's own trails deliver to S3 is looked at; none where they deliver nothing of the kind there, or a log
/// group has it, too, and has not told yet.
fn own_trails(session: &Session, failure: &Failure, in_groups: &[FurtherSearch]) -> Option<String> {
    let region = place(failure);
    let Some(trails) = session.trail().described(region) else {
        let asked = (SourceId::TRAILS, format!("trails:{region}"));
        let is_untold = session.source_failures().contains_key(&asked);
        return is_untold.then(|| "which trails there are is not told".to_owned());
    };
    if !in_groups.iter().all(|search| search.has_told(session)) {
        return None;
    }
    let kind = failure.facts.denied_action.as_deref().and_then(kind_of_data);
    let mut into_s3 = trails.iter().filter(|trail| trail.bucket.is_some());
    let trail = into_s3.find(|trail| trail.records_data(kind) != Some(false))?;
    Some(match trail.records_data(kind) {
        Some(_) => reason(trail, kind),
        None => format!("what the trail {} records could not be read", trail.name),
    })
}
