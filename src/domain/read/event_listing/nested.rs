//! The rows of nested stacks in a flat list: the parent's row names the nested stack by its ARN, and which of its resources
//! failed.

use super::row::ListedEvent;
use crate::domain::model::event::StackEvent;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::StackId;
use crate::domain::read::reason::{self, CascadeKind};

/// A nested stack: its logical id in the parent, and its ARN.
pub(super) type Nested = (String, String);

/// Puts the rows of resources that one nested stack alone says have failed on that stack.
pub(super) fn part(lines: &mut [ListedEvent]) -> Vec<Nested> {
    let mut sums: Vec<(Nested, Vec<String>)> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for line in lines.iter() {
        match reason::cascade(&line.reason) {
            Some(CascadeKind::EmbeddedStack {
                stack_arn: Some(arn),
                failed,
                ..
            }) if line.resource_type.as_deref() == Some(STACK_TYPE)
                && line.stack.is_none()
                && StackId::parse(&arn).is_some() =>
            {
                let sum = ((line.logical_id.clone(), arn), failed);
                if !sums.contains(&sum) {
                    sums.push(sum);
                }
            }
            Some(CascadeKind::FailedResources { failed, .. }) => others.extend(failed),
            _ => {}
        }
    }
    let mut tied = Vec::new();
    for line in lines.iter_mut() {
        let own = |name: &String| sums.iter().filter(|(_, failed)| failed.contains(name)).count() == 1;
        let free = line.stack.is_none() && line.resource_type.as_deref() != Some(STACK_TYPE);
        // A resource of that name that another stack names as well may be that one's.
        if !free || !own(&line.logical_id) || others.contains(&line.logical_id) {
            continue;
        }
        if let Some((nested, _)) = sums.iter().find(|(_, failed)| failed.contains(&line.logical_id)) {
            line.stack = Some(nested.1.clone());
            if !tied.contains(nested) {
                tied.push(nested.clone());
            }
        }
    }
    tied
}

/// Ties the rows of the parents to the nested stacks.
pub(super) fn tie(events: &mut [StackEvent], nested: &[Nested]) {
    for event in events
        .iter_mut()
        .filter(|event| event.resource_type == STACK_TYPE)
    {
        if let Some((_, arn)) = nested.iter().find(|(id, _)| *id == event.logical_id) {
            event.physical_id = event.physical_id.take().or_else(|| Some(arn.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, kind: &str, reason: &str) -> ListedEvent {
        ListedEvent {
            logical_id: id.to_owned(),
            resource_type: Some(kind.to_owned()),
            status: "CREATE_FAILED".to_owned(),
            reason: reason.to_owned(),
            ..ListedEvent::default()
        }
    }

    fn sum(id: &str, names: &str) -> ListedEvent {
        let arn = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-{id}-1A/0a1b");
        let reason = format!(
            "Embedded stack {arn} was not successfully created: The following resource(s) failed to create: [{names}]."
        );
        row(id, STACK_TYPE, &reason)
    }

    fn stack_of(mut rows: Vec<ListedEvent>) -> Option<String> {
        part(&mut rows);
        let arn = rows.first().and_then(|row| row.stack.clone())?;
        Some(StackId::parse(&arn)?.name().to_owned())
    }

    #[test]
    fn a_row_is_of_the_nested_stack_that_names_it() {
        let jobs = || row("Jobs", "AWS::SQS::Queue", "it is there");
        assert_eq!(
            stack_of(vec![jobs(), sum("Net", "Jobs")]).as_deref(),
            Some("shop-Net-1A")
        );
        // What would tempt it: nobody names it, two name it, the parent's own sum names it.
        assert_eq!(stack_of(vec![jobs(), sum("Net", "News")]), None);
        assert_eq!(
            stack_of(vec![jobs(), sum("Net", "Jobs"), sum("Db", "Jobs")]),
            None
        );
        let own = row(
            "shop",
            STACK_TYPE,
            "The following resource(s) failed to create: [Jobs, Net].",
        );
        assert_eq!(stack_of(vec![jobs(), sum("Net", "Jobs"), own]), None);
    }
}
