//! What `describe-stacks --output yaml` prints, as the JSON that it stands for.

use serde_json::{Map, Value, json};

use crate::domain::read::event_listing;

/// What is read of a stack.
const MEMBERS: [&str; 4] = ["StackId", "StackName", "StackStatus", "StackStatusReason"];

/// The stacks of such a text as a document; none where it is no such text.
pub(super) fn as_json(text: &str) -> Option<String> {
    if !text.contains("StackStatus: ") {
        return None;
    }
    let mut lines = text
        .lines()
        .skip_while(|line| line.trim_end() != "Stacks:")
        .skip(1)
        .peekable();
    let depth = indent(lines.peek()?.trim_end());
    lines.peek().filter(|line| line.trim_start().starts_with("- "))?;
    let mut stacks: Vec<Map<String, Value>> = Vec::new();
    // A text over several lines goes on further in than its member.
    let mut open: Option<(String, String)> = None;
    for line in lines {
        let begins = indent(line) == depth && line.trim_start().starts_with("- ");
        let own = begins || indent(line) == depth + 2;
        if line.trim().is_empty() || (!begins && indent(line) <= depth) {
            break;
        }
        if !own {
            if let Some((_, value)) = &mut open {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        keep(&mut stacks, open.take());
        if begins {
            stacks.push(Map::new());
        }
        let member = line.trim_start().trim_start_matches("- ").split_once(':');
        open = member
            .filter(|(key, _)| MEMBERS.contains(key))
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()));
    }
    keep(&mut stacks, open);
    let told =
        |stack: &Map<String, Value>| stack.contains_key("StackName") && stack.contains_key("StackStatus");
    stacks
        .iter()
        .all(told)
        .then(|| json!({ "Stacks": stacks }).to_string() + "\n")
}

fn keep(stacks: &mut [Map<String, Value>], member: Option<(String, String)>) {
    if let (Some(stack), Some((key, value))) = (stacks.last_mut(), member) {
        stack.insert(key, Value::String(event_listing::unquoted_yaml(value.trim())));
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_read_with_texts_over_several_lines() {
        let text = "Stacks:\n- Capabilities:\n  - CAPABILITY_IAM\n  Outputs:\n  - OutputKey: a\n    StackName: other\n  StackId: \
                    arn:a\n  StackName: shop\n  StackStatus: UPDATE_ROLLBACK_FAILED\n  StackStatusReason: 'The following\n    it''s \
                    [Jobs].'\n  Tags: []\n";
        let json: Value = serde_json::from_str(&as_json(text).unwrap()).unwrap();
        assert_eq!(
            json,
            json!({"Stacks": [{"StackId": "arn:a", "StackName": "shop", "StackStatus": "UPDATE_ROLLBACK_FAILED", "StackStatusReason":
                   "The following it's [Jobs]."}]})
        );
    }

    /// What would tempt it: a setting of a tool, and words before a list.
    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "Stacks:\n- StackName: shop\n  Region: a\n",
            "Stacks:\nshop is there, StackStatus: CREATE_FAILED\n",
            "StackStatus: CREATE_FAILED\n",
        ] {
            assert_eq!(as_json(text), None, "{text}");
        }
    }
}
