//! The log groups of trails, and in which of two ways each is read, by what it costs: page by page where the window is
//! short, which costs nothing but calls; by a query where it is long, since pages are read over everything that lies in
//! it, and may never come to an end.

use chrono::TimeDelta;

use super::whose::{account_of, caller, whose};
use super::{FurtherSearch, TrailPlace, callers, wanted_since};
use crate::domain::explain::blind_spot::trails::{linked_group, place, readable_group, reason};
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::searches;
use crate::domain::model::described_trail::kind_of_data;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::{TrailAttribute, TrailSearch};
use crate::domain::model::trail_table::AccountId;
use crate::domain::session::Session;

/// Log groups of trails that are searched for one failure.
const GROUPS: usize = 2;
/// What is longer is read by a query.
const SHORT: TimeDelta = TimeDelta::minutes(30);

/// The searches of log groups for one failure: those that are wanted, and those that were made.
pub(super) fn of_failure(session: &Session, finding: &Finding) -> Vec<FurtherSearch> {
    let failure = &finding.failure;
    let region = place(failure);
    let Some(trails) = session.trail().described(region) else {
        return Vec::new();
    };
    let kind = failure.facts.denied_action.as_deref().and_then(kind_of_data);
    let (from, to) = searches::span(failure);
    let wait = DeliveryWait::of(session, region, failure.failed_at());
    let [own, linked] = [
        GroupsOf {
            account: AccountId::parse(failure.key.stack_id.account()).ok(),
            callers: callers(failure),
            is_wanted: wanted_since(session, finding).is_some(),
        },
        GroupsOf {
            account: account_of(failure),
            callers: caller(failure),
            is_wanted: whose(session, finding).is_some(),
        },
    ];
    let mut found: Vec<(FurtherSearch, Option<&AccountId>)> = Vec::new();
    for trail in trails {
        let its_own = readable_group(failure, trail, kind).map(|group| (group, &own));
        let groups = its_own.or_else(|| Some((linked_group(failure, trail)?, &linked)));
        let Some((group, of)) = groups else {
            continue;
        };
        let place = TrailPlace::Group(group.clone());
        let is_known = found.iter().any(|(known, _)| known.place == place);
        let Some((attribute, whose)) = of.callers.as_ref().filter(|_| !is_known) else {
            continue;
        };
        let search = FurtherSearch {
            source: SourceId::TRAIL_LOGS,
            search: TrailSearch {
                region: region.to_owned(),
                attribute: Some(attribute.clone()),
                from,
                to,
            },
            why: format!("{whose}, in {}: {}", group.words(), reason(trail, kind)),
            place,
            serves: failure.key.clone(),
            looks: [wait.expected_at, wait.give_up_at],
            is_wanted: of.is_wanted,
        };
        found.push((search, of.account.as_ref()));
    }
    found.truncate(GROUPS);
    let ways = |(pages, account)| in_either_way(session, pages, account);
    let mut found: Vec<FurtherSearch> = found.into_iter().flat_map(ways).collect();
    found.retain(|one| one.is_wanted || one.was_made(session));
    found
}

/// The groups of one account, and what is looked for in them.
struct GroupsOf {
    account: Option<AccountId>,
    /// Whose calls: what they are found by, and in words.
    callers: Option<(TrailAttribute, String)>,
    is_wanted: bool,
}

/// The search of a group in the way that costs less, and in the other one where that did not do.
fn in_either_way(session: &Session, pages: FurtherSearch, account: Option<&AccountId>) -> Vec<FurtherSearch> {
    let is_there = session.sources().get(SourceId::TRAIL_INSIGHTS.as_str()).is_some();
    let Some(mut query) = by_query(&pages, account.filter(|_| is_there)) else {
        return vec![pages];
    };
    let mut pages = pages;
    let window = pages.search.to - pages.search.from;
    let mut tell = |pages_why: &str, query_why: &str| {
        pages.why.push_str(pages_why);
        query.why.push_str(query_why);
    };
    if window > SHORT {
        let minutes = window.num_minutes();
        tell(
            "; page by page, since a query of it was not answered",
            &format!("; by a query, since pages would be read over {minutes} minutes"),
        );
        pages.is_wanted &= query.state(session).failed_at.is_some();
    } else {
        tell(
            "; page by page, since the window is short",
            "; by a query, since there is more than is read page by page",
        );
        query.is_wanted &= pages
            .state(session)
            .answered
            .is_some_and(|(_, _, complete)| !complete);
    }
    vec![pages, query]
}

/// The same search by a query; none where no query can be made.
fn by_query(pages: &FurtherSearch, account: Option<&AccountId>) -> Option<FurtherSearch> {
    let TrailPlace::Group(group) = &pages.place else {
        return None;
    };
    Some(FurtherSearch {
        source: SourceId::TRAIL_INSIGHTS,
        place: TrailPlace::QueriedGroup {
            group: group.clone(),
            account: account?.clone(),
        },
        ..pages.clone()
    })
}
