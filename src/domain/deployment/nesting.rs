//! Where a stack stands among those that it is nested in.

use super::failure::{Failure, parent_of};
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;

/// CloudFormation nests less deeply than this.
const DEEPEST: usize = 64;

/// The way to a stack from the topmost one: that one's name, then what each stack below is called by the template
/// of the stack above it.
pub fn path_to(session: &Session, stack: &StackId) -> Vec<String> {
    let mut names = Vec::new();
    let mut current = stack.clone();
    while names.len() < DEEPEST {
        let Some(parent) = parent_of(session, &current) else {
            break;
        };
        names.push(logical_id_in(session, &parent, &current).unwrap_or_else(|| current.name().to_owned()));
        current = parent;
    }
    names.push(current.name().to_owned());
    names.reverse();
    names
}

/// The way to what failed: through every stack to the resource.
pub fn path_to_failure(session: &Session, failure: &Failure) -> Vec<String> {
    let mut names = path_to(session, &failure.key.stack_id);
    if !failure.event.is_about_stack() {
        names.push(failure.event.logical_id.clone());
    }
    names
}

/// What the template of the stack above calls it.
fn logical_id_in(session: &Session, parent: &StackId, child: &StackId) -> Option<String> {
    let names_it = |event: &&StackEvent| event.nested_stack().as_ref() == Some(child);
    let mut events = session
        .stack(parent)?
        .events()
        .iter()
        .map(|seen| seen.event.as_ref());
    Some(events.find(names_it)?.logical_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fact::Recorded;

    fn arn(name: &str) -> String {
        format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/5ee3113b")
    }

    /// A page of one stack's events: logical id, physical id.
    fn page(stack: &str, events: &[(&str, &str)]) -> Recorded {
        let events = events.iter().map(|(logical, physical)| {
            serde_json::json!({
                "stack_id": arn(stack), "event_id": format!("{stack}-{logical}"), "at": "2026-05-04T12:00:00Z",
                "logical_id": logical, "physical_id": physical, "resource_type": "AWS::CloudFormation::Stack",
                "status": "CREATE_IN_PROGRESS",
            })
        });
        let events: Vec<_> = events.collect();
        serde_json::from_value(serde_json::json!({
            "observed_at": "2026-05-04T12:01:00Z", "kind": "stack_events_seen", "stack_id": arn(stack), "events": events,
        }))
        .unwrap()
    }

    #[test]
    fn the_way_to_a_stack_leads_through_every_stack_by_its_name_in_the_template_above() {
        let facts = [
            page("shop", &[("Services", &arn("shop-Services-1X"))]),
            page(
                "shop-Services-1X",
                &[
                    ("Web", &arn("shop-Services-1X-Web-2Y")),
                    ("Pay", &arn("shop-Services-1X-Pay-3Z")),
                ],
            ),
        ];
        let root = StackId::parse(&arn("shop")).unwrap();
        let session = Session::replay(root, &facts);
        let to = |name: &str| path_to(&session, &StackId::parse(&arn(name)).unwrap());
        assert_eq!(to("shop-Services-1X-Pay-3Z"), ["shop", "Services", "Pay"]);
        assert_eq!(to("shop"), ["shop"]);
        // Nothing names it: it stands by itself.
        assert_eq!(to("elsewhere"), ["elsewhere"]);
    }
}
