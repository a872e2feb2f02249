//! The console's address that tools print behind a failure: it names the stack, its region and its account.

use super::PastedFailure;
use super::paste::{place_in, place_of, stack_name};

/// What an address tells.
#[derive(Debug, Default)]
struct ConsolePage {
    stack: Option<String>,
    region: Option<String>,
    account: Option<String>,
}

/// The page of the only stack that the text links to; none where it links to none or to several.
fn page(text: &str) -> Option<ConsolePage> {
    let mut found: Option<ConsolePage> = None;
    for (at, _) in text.match_indices("stackId=") {
        let rest = text.get(at + "stackId=".len()..)?;
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '\'' | ')' | '>'));
        let arn = decoded(rest.get(..end.unwrap_or(rest.len()))?);
        let (region, account) = place_of(&arn);
        let page = ConsolePage {
            stack: stack_name(&arn),
            region,
            account,
        };
        if found.as_ref().is_some_and(|other| other.stack != page.stack) {
            return None;
        }
        found = Some(page);
    }
    found
}

/// Adds what the page tells to the failures of a text.
pub(super) fn completed(mut said: Vec<PastedFailure>, text: &str) -> Vec<PastedFailure> {
    let page = page(text);
    for one in &mut said {
        without_placeholder(one);
        complete(one, page.as_ref());
        stated(one);
    }
    said
}

/// What programs print where there is no reason.
fn without_placeholder(said: &mut PastedFailure) {
    let word = said.reason.trim().trim_matches(['"', '\'', '.']);
    if matches!(
        word,
        "undefined" | "null" | "None" | "nil" | "<nil>" | "[object Object]" | "-"
    ) {
        said.note = Some(format!(
            "the tool prints {word} where a reason belongs; that is in the stack's events"
        ));
        said.reason = String::new();
    }
}

/// What a reason that speaks of its stack by its ARN tells: `Stack:arn:… is in ROLLBACK_COMPLETE state`.
pub(super) fn stated(said: &mut PastedFailure) {
    // What cdk's provider framework puts behind a function's words: `Logs: /aws/lambda/shop at invoke (…)`.
    if let Some((_, rest)) = said.reason.split_once(" Logs: /") {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let group = rest.get(..end).map(|name| format!("/{name}"));
        said.log_group = said.log_group.take().or(group);
    }
    let Some((_, rest)) = said.reason.split_once("Stack:arn:") else {
        return;
    };
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ']' | ')' | ','))
        .unwrap_or(rest.len());
    // What touches the end may be half of it.
    let Some(word) = rest.get(..end).filter(|word| word.len() < rest.len()) else {
        return;
    };
    let arn = format!("arn:{word}");
    place_in(said, &arn);
}

/// Adds what a failure itself does not tell.
fn complete(said: &mut PastedFailure, page: Option<&ConsolePage>) {
    let Some(page) = page else { return };
    if said.stack.is_none() || said.stack == page.stack {
        said.stack = said.stack.take().or_else(|| page.stack.clone());
        said.region = said.region.take().or_else(|| page.region.clone());
        said.account = said.account.take().or_else(|| page.account.clone());
    }
}

/// `%3A` and `%2F`, the only ones in an ARN.
fn decoded(text: &str) -> String {
    text.replace("%3A", ":")
        .replace("%3a", ":")
        .replace("%2F", "/")
        .replace("%2f", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_names_the_stack() {
        let text = "View the full error: https://console.aws.amazon.com/cloudformation/home?region=us-east-1#/stack/detail?\
                    stackId=arn%3Aaws%3Acloudformation%3Aus-east-1%3A123456789012%3Astack%2Fshop-dev%2F0a1b";
        let mut said = PastedFailure::default();
        complete(&mut said, page(text).as_ref());
        assert_eq!(said.stack.as_deref(), Some("shop-dev"));
        assert_eq!(
            (said.region.as_deref(), said.account.as_deref()),
            (Some("us-east-1"), Some("123456789012"))
        );
    }
}
