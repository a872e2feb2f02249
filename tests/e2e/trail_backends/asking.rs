//! Every backend of the trail, asked for one search in the program's own way.

use std::time::Duration;

use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry};
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::log::LogGroup;
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::source::trail_backend::{
    TRAIL_INSIGHTS, TRAIL_LAKE, TRAIL_LOG_GROUP, TRAIL_TABLE,
};
use stacktrail::domain::model::trail::{TrailRecord, TrailSearch};
use stacktrail::domain::model::trail_query::{DescribedStore, NamedStores};
use stacktrail::domain::model::trail_table::{
    AccountId, StoreChoice, TableLayout, TableName, TrailTable, USUAL_LIMIT,
};
use stacktrail::watch::sources::{
    TrailInsightsQuestion, TrailInsightsSource, TrailLakeQuestion, TrailLakeSource, TrailLogQuestion,
    TrailLogSource, TrailTableQuestion, TrailTableSource,
};
use stacktrail::watch::{AnySource, InquiryContext, Ports};

use super::{GROUP, REGION};

/// What somebody asks for a search.
pub(super) fn inquiry(source: SourceId, search: &TrailSearch, question: AnyQuestion) -> Inquiry {
    Inquiry {
        key: format!("{source}:{}", search.name()),
        source,
        region: REGION.to_owned(),
        due: search.to,
        priority: 0,
        question,
        why: String::new(),
        serves: Vec::new(),
    }
}

/// What a backend answers: the records, and whether that is all.
async fn answered(
    source: &dyn AnySource,
    inquiry: &Inquiry,
    context: &InquiryContext,
) -> (Vec<TrailRecord>, bool) {
    let facts = source.answer(inquiry, context).await.unwrap();
    let answer = facts.iter().find_map(|fact| match fact {
        Fact::TrailSearched { answer } => Some(answer.clone()),
        _ => None,
    });
    let answer = answer.unwrap_or_else(|| panic!("{facts:?}"));
    assert_eq!(answer.source, inquiry.source);
    (answer.records, answer.complete)
}

pub(super) fn group() -> LogGroup {
    LogGroup {
        region: REGION.to_owned(),
        name: GROUP.to_owned(),
    }
}

pub(super) fn insights_question(account: &str, search: &TrailSearch) -> AnyQuestion {
    AnyQuestion::new(TrailInsightsQuestion {
        group: group(),
        account: AccountId::parse(account).unwrap(),
        search: search.clone(),
    })
}

pub(super) async fn by_event_history(ports: &Ports, search: &TrailSearch) -> Vec<TrailRecord> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let page = ports.trail.lookup(search, token.as_deref()).await;
        // The account's limit is a matter of patience.
        let Ok(page) = page else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        found.extend(page.items);
        token = page.next;
        if token.is_none() {
            return found;
        }
    }
}

pub(super) async fn by_log_group(context: &InquiryContext, search: &TrailSearch) -> (Vec<TrailRecord>, bool) {
    let question = AnyQuestion::new(TrailLogQuestion {
        group: group(),
        search: search.clone(),
    });
    let inquiry = inquiry(TRAIL_LOG_GROUP.source.id.clone(), search, question);
    answered(&TrailLogSource, &inquiry, context).await
}

/// By the query that is built, evaluated by the endpoint.
pub(super) async fn by_insights(
    context: &InquiryContext,
    account: &str,
    search: &TrailSearch,
) -> (Vec<TrailRecord>, bool) {
    let question = insights_question(account, search);
    let inquiry = inquiry(TRAIL_INSIGHTS.source.id.clone(), search, question);
    answered(&TrailInsightsSource::reading(USUAL_LIMIT), &inquiry, context).await
}

/// The event data store of the story.
pub(super) async fn store(ports: &Ports) -> DescribedStore {
    let named = NamedStores::of(StoreChoice::Any);
    let mut list = ports.stores.describe(&named).await.unwrap();
    assert!(list.missed.is_empty());
    list.stores.remove(0)
}

/// By the query that is built, evaluated by the endpoint.
pub(super) async fn by_store(
    context: &InquiryContext,
    store: &DescribedStore,
    account: &str,
    search: &TrailSearch,
) -> (Vec<TrailRecord>, bool) {
    let question = AnyQuestion::new(TrailLakeQuestion::Records {
        store: store.id().unwrap(),
        region: store.region().unwrap(),
        account: AccountId::parse(account).unwrap(),
        search: search.clone(),
    });
    let inquiry = inquiry(TRAIL_LAKE.source.id.clone(), search, question);
    let source = TrailLakeSource::of(NamedStores::of(StoreChoice::Any), false);
    answered(&source, &inquiry, context).await
}

/// A table of the story, and how it is laid out.
pub(super) async fn table(ports: &Ports, name: &str) -> (TrailTable, TableLayout) {
    let table = TrailTable::named(TableName::parse(name).unwrap());
    let layout = ports.tables.describe(&table).await.unwrap().layout().unwrap();
    (table, layout)
}

/// By the query that is built, with the values that are bound to it, evaluated by the endpoint.
pub(super) async fn by_table(
    context: &InquiryContext,
    (table, layout): &(TrailTable, TableLayout),
    account: &str,
    search: &TrailSearch,
) -> (Vec<TrailRecord>, bool) {
    let question = AnyQuestion::new(TrailTableQuestion::Records {
        layout: Box::new(layout.clone()),
        account: AccountId::parse(account).unwrap(),
        search: search.clone(),
        workgroup_bytes: None,
    });
    let inquiry = inquiry(TRAIL_TABLE.source.id.clone(), search, question);
    answered(&TrailTableSource::of(table.clone()), &inquiry, context).await
}
