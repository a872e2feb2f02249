//! What people are to read first of a reason.

/// What a reason says without its brackets: what people are to read first.
pub fn essence(reason: &str) -> String {
    let text = reason.trim();
    let text = text
        .strip_suffix("```")
        .map_or(text, |rest| rest.trim_end_matches('`').trim_end());
    // What somebody set in bold.
    let bold = text.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
    let mut text = bold.unwrap_or(text).trim_start_matches(['"', '“', '`']);
    // `2. Received error - Resource of type …`
    let begins = ["Resource of type ", "Resource handler returned message"]
        .iter()
        .find_map(|words| text.find(words));
    if let Some(head) = begins.and_then(|at| text.get(..at))
        && head.len() < 60
        && head.trim_end().ends_with(['-', ':'])
    {
        text = text.get(head.len()..).unwrap_or(text);
    }
    for lead in [
        "Resource handler returned message:",
        "Received response status [FAILED] from custom resource. Message returned:",
    ] {
        text = text.strip_prefix(lead).unwrap_or(text).trim_start();
    }
    let tails = [
        " (Service: ",
        " Logs: /aws/",
        " (RequestToken",
        " (SDK Attempt",
        " (HandlerErrorCode",
        "; see the details in CloudWatch",
        " (Status Code: ",
    ];
    let end = tails
        .iter()
        .filter_map(|tail| text.find(tail))
        .min()
        .unwrap_or(text.len());
    let quotes = ['"', '“', '”', '\\', ' '];
    let short = text.get(..end).unwrap_or(text).trim().trim_matches(quotes);
    // The end of what somebody put in marks, the beginning of which was not taken.
    let alone = short.matches('`').count() % 2 == 1;
    let short = short.strip_suffix('`').filter(|_| alone).unwrap_or(short);
    if short.is_empty() {
        reason.trim().to_owned()
    } else {
        short.to_owned()
    }
}
