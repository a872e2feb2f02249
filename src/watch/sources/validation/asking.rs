//! Asks CloudFormation about change sets, hooks and validations, and puts the answers into facts.

use chrono::TimeDelta;

use super::question::ValidationQuestion;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::declared::VALIDATION;
use crate::ports::{OperationScope, Page};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::rate_limiter::RateLimiter;

/// Pages read of one listing at most.
const PAGES: usize = 10;
/// These calls are of the budget of the stacks' events, and give way to them for so long.
const MAX_WAIT: TimeDelta = TimeDelta::seconds(5);

/// The reading of a listing, page by page, at the pace of its service.
struct Reading<T> {
    budget: RateLimiter,
    token: Option<String>,
    pages: usize,
    items: Vec<T>,
}

impl<T> Reading<T> {
    async fn begin(context: &InquiryContext, region: &str) -> Self {
        Self {
            budget: context.budget(VALIDATION.pace, region).await,
            token: None,
            pages: 0,
            items: Vec::new(),
        }
    }

    /// Whether another page is to be read; returns when it is its turn.
    async fn goes_on(&self) -> bool {
        let more = self.pages == 0 || (self.token.is_some() && self.pages < PAGES);
        if more {
            self.budget.turn_within(MAX_WAIT).await;
        }
        more
    }

    fn apply_page(&mut self, page: Result<Page<T>, Fault>) -> Result<(), Fault> {
        self.budget.observe(&page);
        let page = page?;
        self.pages += 1;
        self.items.extend(page.items);
        self.token = page.next;
        Ok(())
    }
}

/// The facts that answer a question.
pub(super) async fn answer(
    question: &ValidationQuestion,
    region: &str,
    context: &InquiryContext,
) -> Result<Vec<Fact>, Fault> {
    let port = &context.ports.validation;
    match question {
        ValidationQuestion::ChangeSets { stack_id, known, .. } => {
            let mut reading = Reading::begin(context, region).await;
            while reading.goes_on().await {
                let page = port.change_sets(stack_id, reading.token.as_deref()).await;
                reading.apply_page(page)?;
            }
            let listed = reading.items;
            let new = listed.into_iter().filter(|one| !known.contains(one));
            Ok(new
                .map(|change_set| Fact::ChangeSetDescribed { change_set })
                .collect())
        }
        ValidationQuestion::ChangeSet {
            stack_id,
            id,
            parent_id,
        } => {
            let budget = context.budget(VALIDATION.pace, region).await;
            budget.turn_within(MAX_WAIT).await;
            let answer = port.change_set(stack_id, id).await;
            budget.observe(&answer);
            let mut change_set = answer?;
            change_set.parent_id.get_or_insert_with(|| parent_id.clone());
            Ok(vec![Fact::ChangeSetDescribed { change_set }])
        }
        ValidationQuestion::FailedEvents(scope) => failed_events(scope, region, context).await,
        ValidationQuestion::HookResults(scope) => {
            let mut reading = Reading::begin(context, region).await;
            while reading.goes_on().await {
                let page = port.hook_results(scope, reading.token.as_deref()).await;
                reading.apply_page(page)?;
            }
            let results = reading.items;
            let facts = results.into_iter().map(|result| Fact::HookResultSeen { result });
            Ok(facts.collect())
        }
        ValidationQuestion::HookResult { stack_id, id } => {
            let budget = context.budget(VALIDATION.pace, region).await;
            budget.turn_within(MAX_WAIT).await;
            let answer = port.hook_result(stack_id, id).await;
            budget.observe(&answer);
            Ok(vec![Fact::HookResultSeen { result: answer? }])
        }
    }
}

async fn failed_events(
    scope: &OperationScope,
    region: &str,
    context: &InquiryContext,
) -> Result<Vec<Fact>, Fault> {
    let mut reading = Reading::begin(context, region).await;
    while reading.goes_on().await {
        let token = reading.token.as_deref();
        let page = context.ports.validation.failed_events(scope, token).await;
        reading.apply_page(page)?;
    }
    let change_set = match scope {
        OperationScope::ChangeSet { id, .. } => Some(id.clone()),
        OperationScope::Stack(_) | OperationScope::Operation { .. } => None,
    };
    Ok(vec![Fact::OperationEventsSeen {
        stack_id: scope.stack_id().clone(),
        change_set,
        events: reading.items,
    }])
}
