//! The nested stack that says of itself which of its resources failed: what is told of one of them is of that stack.

use super::PastedFailure;
use super::paste::place_in;
use crate::domain::read::pattern::agreed;
use crate::domain::read::reason::{CascadeKind, cascade};

/// How such a sentence begins.
const BEGINS: &str = "Embedded stack arn:";
/// A longer one is none.
const LONGEST: usize = 4 * 1024;

/// Adds the stack to failures of resources that one nested stack alone names as failed.
pub(super) fn place(said: &mut [PastedFailure], text: &str) {
    let lacks = |one: &PastedFailure| one.about.is_some() && one.stack.is_none() && !one.reason.is_empty();
    if !said.iter().any(lacks) {
        return;
    }
    let sums: Vec<(String, Vec<String>)> = text
        .match_indices(BEGINS)
        .filter_map(|(at, _)| sum(text.get(at..)?))
        .collect();
    for one in said.iter_mut().filter(|one| lacks(one)) {
        let names = |failed: &[String]| one.about.as_ref().is_some_and(|name| failed.contains(name));
        let own = sums.iter().filter(|(_, failed)| names(failed));
        if let Some(arn) = agreed(own.map(|(arn, _)| arn)) {
            place_in(one, arn);
        }
    }
}

/// The stack by its ARN, and what it names.
fn sum(text: &str) -> Option<(String, Vec<String>)> {
    let text = text.get(..text.floor_char_boundary(LONGEST.min(text.len())))?;
    let end = text.find(']')?;
    match cascade(text.get(..=end)?)? {
        CascadeKind::EmbeddedStack {
            stack_arn: Some(arn),
            failed,
            ..
        } if !failed.is_empty() => Some((arn, failed)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(about: &str, text: &str) -> Option<String> {
        let mut said = [PastedFailure {
            reason: "it is there".to_owned(),
            about: Some(about.to_owned()),
            ..PastedFailure::default()
        }];
        place(&mut said, text);
        let [one] = said;
        assert_eq!(one.region.is_some(), one.stack.is_some());
        one.stack
    }

    fn sum_of(stack: &str, names: &str) -> String {
        format!(
            "- AWS::CloudFormation::Stack Net Embedded stack arn:aws:cloudformation:eu-west-1:111122223333:stack/{stack}/0a1b was \
             not successfully created: The following resource(s) failed to create: [{names}]. \n"
        )
    }

    #[test]
    fn a_resource_is_of_the_nested_stack_that_names_it() {
        let text = format!(
            "{}- AWS::SQS::Queue Jobs it is there\n",
            sum_of("shop-Net-1A", "Jobs, News")
        );
        assert_eq!(stack("Jobs", &text).as_deref(), Some("shop-Net-1A"));
        // What would tempt it: a resource that the sum does not name, and two stacks that name one.
        assert_eq!(stack("Other", &text), None);
        let twice = format!("{text}{}", sum_of("shop-Db-1A", "Jobs"));
        assert_eq!(stack("Jobs", &twice), None);
    }
}
