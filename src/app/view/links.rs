//! Where a name on the screen leads: the page of the AWS console, for terminals that open addresses.

use crate::app::state::Watched;
use crate::app::view::console_url;
use crate::domain::model::stack::StackId;
use crate::domain::session::{Session, StackHistory};

/// The address of what is named; none for anything that is no ARN, record or log stream of the session.
///
/// An address is `https` and made of printable ASCII without blanks, so that it can neither end a sequence of the
/// terminal nor begin another.
pub fn address(watched: &Watched, name: &str) -> Option<String> {
    let session = &watched.session;
    let address = if name.starts_with("arn:") {
        of_arn(session, name)
    } else {
        of_record(session, name).or_else(|| of_stream(watched, name))
    };
    address.filter(|address| is_plain(address))
}

fn is_plain(address: &str) -> bool {
    address.starts_with("https://") && address.bytes().all(|byte| byte.is_ascii_graphic())
}

fn of_arn(session: &Session, arn: &str) -> Option<String> {
    match StackId::parse(arn) {
        Some(stack) => {
            let status = session.stack(&stack).and_then(StackHistory::status);
            let deleted = status.is_some_and(|status| status.as_str() == "DELETE_COMPLETE");
            console_url::stack_events(&stack, deleted)
        }
        None => console_url::resource(arn),
    }
}

fn of_record(session: &Session, id: &str) -> Option<String> {
    // Only what looks like one is looked up: this is asked for every word on the screen.
    let seen = (id.len() == 36).then(|| session.trail().records().get(id))??;
    console_url::trail_record(session.root().partition(), &seen.record)
}

fn of_stream(watched: &Watched, stream: &str) -> Option<String> {
    if !stream.contains('/') && !stream.contains('[') {
        return None;
    }
    let lines = &watched.selected_finding()?.assessment.lines;
    let matched = lines.iter().find(|matched| matched.line.stream == stream)?;
    let partition = watched.session.root().partition();
    console_url::log_stream(partition, &matched.group, stream, matched.line.at)
}
