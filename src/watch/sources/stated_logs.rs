//! The logs that a service names with what it says of a resource: of tasks, of builds. Read at once, and again when their
//! last lines have arrived.

use chrono::TimeDelta;

use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::log::{LogGroup, LogSearch};
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// The newest statements tell it; those before them speak of the same, or of something older.
pub(super) const NEWEST: usize = 6;
/// A log is read from so long before what is said of it ...
const BEFORE: TimeDelta = TimeDelta::minutes(30);
/// ... to so long after.
const AFTER: TimeDelta = TimeDelta::minutes(2);
/// Its last lines have arrived so long after, ...
const SETTLED: TimeDelta = TimeDelta::seconds(20);
/// ... and it is read again after this time.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// The inquiries of the logs that a source's statements name.
pub(super) fn inquiries(
    session: &Session,
    source: &SourceId,
    why: &str,
    question: impl Fn(LogSearch) -> AnyQuestion,
) -> Vec<Inquiry> {
    let mut stated: Vec<&ServiceStatement> = session
        .statements()
        .filter(|said| said.source == *source && !said.logs.is_empty())
        .collect();
    stated.sort_by_key(|said| (std::cmp::Reverse(said.at), &said.id));
    let logs = stated.into_iter().take(NEWEST).flat_map(|said| {
        let logs = said.logs.iter();
        logs.map(move |(group, stream)| (said, group, stream.as_deref()))
    });
    let planned = logs.filter_map(|(said, group, stream)| {
        let (mut inquiry, search) = inquiry(session, said, group, stream)?;
        why.clone_into(&mut inquiry.why);
        inquiry.question = question(search);
        Some(inquiry)
    });
    planned.collect()
}

fn inquiry(
    session: &Session,
    said: &ServiceStatement,
    group: &str,
    stream: Option<&str>,
) -> Option<(Inquiry, LogSearch)> {
    let source = &said.source;
    let group = LogGroup {
        region: said.stack_id.region().to_owned(),
        name: group.to_owned(),
    };
    let missing = session.logs().get(&group).and_then(|log| log.missing_at);
    // Without a stream's name the group is read around the time of each.
    let which = stream.map_or_else(|| said.id.clone(), ToOwned::to_owned);
    let key = format!("{source}-log:{}:{}:{which}", group.region, group.name);
    let too_much = session.found_too_much(source, &key);
    let due = match session.answered(source, &key).max(too_much) {
        _ if missing.is_some_and(|missing| missing > said.at) => return None,
        None => said.at,
        Some(last) if last < said.at + SETTLED => last + AGAIN,
        Some(_) => return None,
    };
    let search = LogSearch {
        group,
        stream: stream.map(ToOwned::to_owned),
        filter: None,
        from: said.at - BEFORE,
        to: said.at + AFTER,
    };
    let inquiry = Inquiry {
        key,
        source: source.clone(),
        region: search.group.region.clone(),
        due,
        priority: 1,
        question: AnyQuestion::new(search.clone()),
        why: String::new(),
        serves: Vec::new(),
    };
    Some((inquiry, search))
}
