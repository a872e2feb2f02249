//! Many witnesses of one denial become one, and the denials of one principal its statements.

use std::collections::{BTreeMap, BTreeSet};

use super::{DeniedElsewhere, PrincipalPolicy, UnneededDenial};
use crate::domain::explain::cause::denials::{Denied, DeniedNeed};
use crate::domain::explain::cause::remedy::Remedy;
use crate::domain::explain::iam_statement::{self, IamStatement};
use crate::domain::model::arn::{Arn, role_name};

/// So many denials that are not needed are told.
const TOLD: usize = 50;

/// What one call was: by whom, what, on what. Actions are one however they are spelt.
pub(super) type DeniedCallKey = (Option<String>, String, String);

/// The principal as it is compared: a role by its account and name, whatever path a witness knows of.
pub(super) fn principal_key(principal: Option<&str>) -> Option<String> {
    let principal = principal?;
    let named = role_name(principal).filter(|_| principal.contains(":role/"));
    let account = Arn::account_of(principal);
    Some(match (account, named) {
        (Some(account), Some(name)) => format!("{account}/{name}"),
        _ => principal.to_owned(),
    })
}

/// The call of a denial, where it is told.
pub(super) fn call_key(denied: &Denied) -> Option<DeniedCallKey> {
    let action = denied.action.as_ref()?.to_ascii_lowercase();
    Some((
        principal_key(denied.principal.as_deref()),
        action,
        denied.resource.clone()?,
    ))
}

/// Lets the witnesses of one failure tell what others of them leave out: who called, and what it was on. Of two that
/// tell the same call, the one that only repeats less of it is dropped.
pub(super) fn fill_in(all: &mut Vec<Denied>) {
    let whole: Vec<Denied> = all.iter().filter(|denied| is_whole(denied)).cloned().collect();
    for denied in all.iter_mut() {
        if denied.principal.is_none()
            && let Some(other) = whole.iter().find(|other| is_of_one_call(denied, other))
        {
            denied.principal.clone_from(&other.principal);
        }
    }
    all.retain(|denied| {
        let is_told_better =
            |other: &Denied| other.evidence != denied.evidence && is_of_one_call(denied, other);
        is_whole(denied) || !whole.iter().any(is_told_better)
    });
}

fn is_whole(denied: &Denied) -> bool {
    let resource = denied.resource.as_deref();
    denied.principal.is_some() && resource.is_some_and(|resource| !iam_statement::is_incomplete(resource))
}

/// Whether two witnesses of a failure may tell of one call.
fn is_of_one_call(less: &Denied, more: &Denied) -> bool {
    let same_failure = less.failure == more.failure;
    let same_action = match (&less.action, &more.action) {
        (Some(less), Some(more)) => less.eq_ignore_ascii_case(more),
        (None, _) => true,
        (Some(_), None) => false,
    };
    let (of_less, of_more) = (
        principal_key(less.principal.as_deref()),
        principal_key(more.principal.as_deref()),
    );
    let same_principal = of_less.is_none() || of_less == of_more;
    let open = less.resource.as_deref().is_none_or(iam_statement::is_incomplete);
    let same_resource = open || less.resource == more.resource;
    same_failure && same_action && same_principal && same_resource && less.need >= more.need
}

/// The policies of the principals, the one that was denied most first; one that nothing names comes last.
pub(super) fn by_principal(needed: &[&Denied]) -> Vec<PrincipalPolicy> {
    let mut groups: BTreeMap<Option<String>, Vec<&Denied>> = BTreeMap::new();
    for denied in needed {
        let key = principal_key(denied.principal.as_deref());
        groups.entry(key).or_default().push(denied);
    }
    let mut found: Vec<PrincipalPolicy> = groups
        .into_values()
        .map(|group| of_principal(&group))
        .filter(|one| !one.says_nothing())
        .collect();
    found.sort_by(|one, other| {
        let order = |one: &PrincipalPolicy| {
            (
                one.principal.is_none(),
                std::cmp::Reverse(one.denied),
                one.principal.clone(),
            )
        };
        order(one).cmp(&order(other))
    });
    found
}

fn of_principal(group: &[&Denied]) -> PrincipalPolicy {
    let calls: BTreeSet<DeniedCallKey> = group.iter().filter_map(|denied| call_key(denied)).collect();
    let (allowed, elsewhere) = remedies(group);
    let of = |need: DeniedNeed| {
        let statements = allowed.iter().filter(|(of, _)| *of == need);
        statements
            .map(|(_, statement)| statement.clone())
            .collect::<Vec<IamStatement>>()
    };
    let statements = iam_statement::merged(of(DeniedNeed::Operation));
    let teardown = of(DeniedNeed::Teardown)
        .into_iter()
        .filter(|one| !is_allowed_by(one, &statements));
    let teardown = iam_statement::merged(teardown);
    let names = statements.iter().chain(&teardown).flat_map(|one| &one.resources);
    PrincipalPolicy {
        principal: longest(group.iter().filter_map(|denied| denied.principal.as_deref())),
        denied: calls.len(),
        encoded: group.iter().filter_map(|denied| denied.encoded.clone()).collect(),
        passing_names: names.filter(|name| is_passing(name)).cloned().collect(),
        statements,
        teardown,
        elsewhere: elsewhere.into_iter().collect(),
        change: None,
        rests_on: group.iter().copied().cloned().collect(),
    }
}

/// What would allow the calls, and what no allow helps with. What is forbidden later than it was merely not allowed is
/// forbidden: the allow is there by then, or would not help.
fn remedies(group: &[&Denied]) -> (Vec<(DeniedNeed, IamStatement)>, BTreeSet<DeniedElsewhere>) {
    let mut forbidden = BTreeMap::new();
    let mut elsewhere = BTreeSet::new();
    for denied in group {
        let (Remedy::Elsewhere(policy), Some(key)) = (&denied.remedy, call_key(denied)) else {
            continue;
        };
        let newest = forbidden.entry(key).or_insert(denied.at);
        *newest = (*newest).max(denied.at);
        elsewhere.insert(DeniedElsewhere {
            action: denied.action.clone().unwrap_or_default(),
            resource: denied.resource.clone().unwrap_or_default(),
            policy: policy.clone(),
        });
    }
    let allowed = group.iter().filter_map(|denied| {
        let Remedy::Allow(statement) = &denied.remedy else {
            return None;
        };
        let after = call_key(denied).and_then(|key| forbidden.get(&key));
        let helps = after.is_none_or(|at| *at < denied.at);
        helps.then(|| (denied.need, statement.clone()))
    });
    (allowed.collect(), elsewhere)
}

/// Whether statements allow already what this one does.
fn is_allowed_by(one: &IamStatement, statements: &[IamStatement]) -> bool {
    let has = |list: &BTreeSet<String>, wanted: &BTreeSet<String>| {
        let lower: BTreeSet<String> = list.iter().map(|text| text.to_ascii_lowercase()).collect();
        wanted
            .iter()
            .all(|text| lower.contains(&text.to_ascii_lowercase()))
    };
    statements.iter().any(|other| {
        has(&other.actions, &one.actions)
            && (other.resources.contains("*") || one.resources.is_subset(&other.resources))
            && (other.conditions.is_empty() || other.conditions == one.conditions)
    })
}

/// The ARN that tells most: with the path of its role.
fn longest<'a>(arns: impl Iterator<Item = &'a str>) -> Option<String> {
    arns.max_by_key(|arn| (arn.len(), *arn)).map(str::to_owned)
}

/// Whether a name ends as those do that CloudFormation makes: `shop-Jobs-1A2B3C4D5E6F7`.
pub(super) fn is_passing(resource: &str) -> bool {
    lasting(resource).len() < resource.len()
}

/// A resource without what CloudFormation makes anew at the end of a name.
pub(super) fn lasting(resource: &str) -> &str {
    let Some((before, end)) = resource.rsplit_once('-') else {
        return resource;
    };
    if ends_in_uuid(resource) {
        return resource;
    }
    let is_made = matches!(end.len(), 12 | 13)
        && end
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte.is_ascii_lowercase())
        && end.bytes().any(|byte| byte.is_ascii_digit())
        && end.bytes().any(|byte| byte.is_ascii_alphabetic());
    if is_made { before } else { resource }
}

/// Whether the last thing that is named is called by a UUID, as a KMS key is: its last group looks like a made ending.
fn ends_in_uuid(resource: &str) -> bool {
    let name = resource.rsplit(['/', ':']).next().unwrap_or_default();
    let groups: Vec<usize> = name.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// What is not known to be needed, each call once, the newest first; without what is needed all the same.
pub(super) fn unneeded(told: &[&Denied], needed: &[&Denied]) -> Vec<UnneededDenial> {
    let wanted: BTreeSet<DeniedCallKey> = needed.iter().filter_map(|denied| call_key(denied)).collect();
    let mut seen = BTreeSet::new();
    let newest_first = told.iter().rev();
    let found = newest_first.filter_map(|denied| {
        let why = denied.need.unneeded()?;
        let key = call_key(denied)?;
        let (_, _, resource) = &key;
        let one = UnneededDenial {
            at: denied.at,
            principal: denied.principal.clone(),
            action: denied.action.clone()?,
            resource: resource.clone(),
            why,
        };
        (!wanted.contains(&key) && seen.insert(key)).then_some(one)
    });
    found.take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn a_made_ending_is_none_of_a_uuid() {
        for (resource, told) in [
            (
                "arn:aws:sqs:eu-west-1:1:shop-Jobs-1A2B3C4D5E6F7",
                "arn:aws:sqs:eu-west-1:1:shop-Jobs",
            ),
            (
                "arn:aws:s3:::shop-bucket-1a2b3c4d5e6f",
                "arn:aws:s3:::shop-bucket",
            ),
            // Four groups before it, and not of those lengths.
            ("arn:aws:s3:::shop-a-b-c-1a2b3c4d5e6f", "arn:aws:s3:::shop-a-b-c"),
            (
                "arn:aws:s3:::logs-2024-prod-main-1a2b3c4d5e6f",
                "arn:aws:s3:::logs-2024-prod-main",
            ),
        ] {
            assert_eq!(lasting(resource), told);
        }
        for resource in [
            "arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:sqs:eu-west-1:1:jobs",
        ] {
            assert_eq!(lasting(resource), resource);
        }
    }
}
