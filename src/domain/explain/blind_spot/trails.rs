//! What the account's trails record of the data that a failure's calls worked on, once they are known.

use super::is_data_plane;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::Arn;
use crate::domain::model::described_trail::{DescribedTrail, kind_of_data, words_of_kind};
use crate::domain::model::log::LogGroup;
use crate::domain::model::trail_query::{DescribedStore, WantedCalls};
use crate::domain::model::trail_table::AccountId;
use crate::domain::session::Session;

/// Where the failure's calls were made: the region of the function, or that of the stack.
pub(crate) fn place(failure: &Failure) -> &str {
    let of_function = failure.function_arn().and_then(Arn::region_of);
    of_function.unwrap_or_else(|| failure.key.stack_id.region())
}

/// The log group of a trail that records such calls, where it can be read from here.
pub(crate) fn readable_group(
    failure: &Failure,
    trail: &DescribedTrail,
    kind: Option<&str>,
) -> Option<LogGroup> {
    let is_own = trail.group_account() == Some(failure.key.stack_id.account());
    trail.group().filter(|_| trail.may_have_data(kind) && is_own)
}

/// The account of whoever called, where it is not that of the stack.
pub(crate) fn caller_elsewhere(failure: &Failure) -> Option<&str> {
    let account = named_account(failure).or_else(|| Arn::account_of(failure.function_arn()?))?;
    // A pasted row need not tell whose stack it is of.
    let own = AccountId::parse(failure.key.stack_id.account()).ok()?;
    (account != own.as_str()).then_some(account)
}

/// The account of whom the reason names as the caller.
fn named_account(failure: &Failure) -> Option<&str> {
    failure.facts.principal_arn.as_deref().and_then(Arn::account_of)
}

/// The log group of the caller's own account, where this one monitors that: such groups are listed with its own, and
/// are read by their ARN. What those of others hold of this caller is not told, and they may be many.
pub(crate) fn linked_group(failure: &Failure, trail: &DescribedTrail) -> Option<LogGroup> {
    trail.data_source.as_ref()?;
    let account = caller_elsewhere(failure)?;
    let group = trail.group().filter(|_| trail.group_account() == Some(account))?;
    by_its_arn(trail, group)
}

/// A group of another account, as it is read there.
fn by_its_arn(trail: &DescribedTrail, group: LogGroup) -> Option<LogGroup> {
    let arn = trail.log_group.as_deref()?;
    Some(LogGroup {
        name: arn.strip_suffix(":*").unwrap_or(arn).to_owned(),
        ..group
    })
}

/// Why a trail's group is searched: what it records that the event history does not hold.
pub(crate) fn reason(trail: &DescribedTrail, kind: Option<&str>) -> String {
    if let Some(source) = &trail.data_source {
        return format!("its data source is {source}, and it may hold what the event history does not");
    }
    format!(
        "the trail {} records calls on {}, which the event history does not hold",
        trail.name,
        kind.map_or_else(|| kinds(trail), |kind| words_of_kind(kind).to_owned())
    )
}

/// What a trail records of data: "Lambda functions and S3 objects (some of them)".
fn kinds(trail: &DescribedTrail) -> String {
    let mut words: Vec<String> = Vec::new();
    for data in trail.data.iter().flatten() {
        let some = match (data.narrowed, data.reads, data.writes) {
            (true, ..) => " (some of them)",
            (false, true, false) => " (only what reads)",
            (false, false, true) => " (only what writes)",
            (false, ..) => "",
        };
        let word = format!("{}{some}", words_of_kind(&data.resource_type));
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.split_last() {
        None => "no data".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// What the account's trails record of the data that a failure's calls worked on, in sentences; none before they are
/// known, so that nothing is guessed.
pub(super) fn sentences(session: &Session, failure: &Failure) -> Vec<String> {
    let action = failure
        .facts
        .denied_action
        .as_deref()
        .filter(|action| is_data_plane(action));
    if action.is_none() && failure.function_arn().is_none() {
        return Vec::new();
    }
    let region = place(failure);
    let Some(trails) = session.trail().described(region) else {
        return Vec::new();
    };
    if trails.is_empty() {
        return vec![format!(
            "no trail records in {region}: calls on data are in no record that is known here"
        )];
    }
    let kind = action.and_then(kind_of_data);
    let troubled = trails.iter().filter_map(|trail| {
        let trouble = trail.trouble.as_ref()?;
        Some(trouble.sentence(&trail.name))
    });
    let recorded = trails.iter().map(|trail| sentence(session, failure, trail, kind));
    recorded.chain(troubled).collect()
}

/// What a group is called here: with its account, where that is another.
fn named(failure: &Failure, trail: &DescribedTrail, group: LogGroup) -> String {
    let is_own = trail.group_account() == Some(failure.key.stack_id.account());
    let name = group.name.clone();
    let linked = by_its_arn(trail, group).filter(|_| !is_own);
    linked.map_or(name, |group| group.words())
}

/// The first event data store that may have a failure's calls, which are of this account.
pub(crate) fn store_for<'s>(
    session: &'s Session,
    failure: &Failure,
    account: &str,
) -> Option<&'s DescribedStore> {
    let is_own = account == failure.key.stack_id.account();
    let calls = match failure.facts.denied_action.as_deref() {
        Some(action) if is_data_plane(action) => WantedCalls::Data(kind_of_data(action)),
        // Those on resources event history has, where they are of the stack's account.
        None if is_own => WantedCalls::Data(None),
        _ => WantedCalls::Management,
    };
    let mut stores = session.trail().stores()?.iter();
    stores.find(|store| store.id().is_some() && store.may_have(calls, account, place(failure)))
}

/// Why a table that was named is not asked, where it is not; and of a failure in another account, where its record is.
pub(super) fn of_table(session: &Session, failure: &Failure) -> Option<String> {
    let account = caller_elsewhere(failure).filter(|account| named_account(failure) == Some(account))?;
    let whose = format!("the caller is of account {account}: its calls are in the trails of that account");
    let store = store_for(session, failure, account);
    let mut described = session.trail().described(place(failure)).into_iter().flatten();
    let group = described.find_map(|trail| linked_group(failure, trail));
    Some(match session.trail().table() {
        None if let Some(group) = &group => {
            format!("{whose}: they are looked for in the log group {}", group.words())
        }
        None if store.is_some() => {
            let name = store.map_or("", |store| store.name.as_str());
            format!("{whose}: they are looked for in the event data store {name}")
        }
        None => format!("{whose}, and no table over them was named (`--trail-table`)"),
        Some(table) => match table.layout() {
            Ok(_) => format!("{whose}: they are looked for in the table {}", table.name),
            Err(flaw) => format!("{whose}; the table {} is not asked: {flaw}", table.name),
        },
    })
}

/// How what lies in a bucket only is read.
fn through_table(session: &Session, failure: &Failure, bucket: &str) -> String {
    let there = format!("they are in the bucket {bucket} only");
    let store = store_for(session, failure, failure.key.stack_id.account());
    match session.trail().table() {
        None if store.is_some() => {
            let name = store.map_or("", |store| store.name.as_str());
            format!("they are in the bucket {bucket}, and are looked for in the event data store {name}")
        }
        None => format!(
            "{there}, which is not read from here (a table of Athena over it could be: `--trail-table`)"
        ),
        Some(table) => match table.layout() {
            Ok(_) => format!("{there}, and are looked for in the table {}", table.name),
            Err(flaw) => format!("{there}; the table {} is not asked: {flaw}", table.name),
        },
    }
}

fn sentence(session: &Session, failure: &Failure, trail: &DescribedTrail, kind: Option<&str>) -> String {
    let name = &trail.name;
    let wanted = kind.map_or("data", words_of_kind);
    if let Some(source) = &trail.data_source {
        let linked = linked_group(failure, trail);
        let searched = match readable_group(failure, trail, kind).or(linked) {
            Some(_) => "was searched",
            None => "is of another account, and is not read from here",
        };
        let name = trail
            .group()
            .map_or_else(|| name.clone(), |group| named(failure, trail, group));
        return format!(
            "the log group {name}, whose data source is {source}, {searched}; whether it holds calls on {wanted} is not told"
        );
    }
    let Some(records) = trail.records_data(kind) else {
        return format!("what the trail {name} records could not be read");
    };
    if !records {
        return match (kind, trail.records_data(None)) {
            (Some(_), Some(true)) => format!(
                "the trail {name} records calls on {}, not on {wanted}",
                kinds(trail)
            ),
            _ => format!("the trail {name} records no calls on {wanted}"),
        };
    }
    let whither = match (trail.group(), &trail.bucket) {
        (Some(group), _) if readable_group(failure, trail, kind).is_some() => {
            format!("its log group {} was searched", group.name)
        }
        (Some(group), _) => format!(
            "its log group {} is of another account, and is not read from here",
            group.name
        ),
        (None, Some(bucket)) => through_table(session, failure, bucket),
        (None, None) => "where it delivers them is not told".to_owned(),
    };
    let what = kind.map_or_else(|| kinds(trail), |kind| words_of_kind(kind).to_owned());
    format!("the trail {name} records calls on {what}: {whither}")
}
