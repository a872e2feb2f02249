//! What must hold for every text: no panic, nothing made up, the same answer twice.

use proptest::prelude::*;
use stacktrail::domain::read::signature::Signatures;

#[path = "../fuzz/checks/reason.rs"]
mod reason;

/// Pieces of AWS's grammar, whole and broken, to be put together in any order.
const PIECES: [&str; 42] = [
    "Resource handler returned message: \"",
    "\" (RequestToken: 1a2b-3c, HandlerErrorCode: ",
    "AccessDenied)",
    "(Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4HEN; Proxy: null)",
    "(Service: Ec2, Status Code: 400, Request ID: ab-12, Extended Request ID: null)",
    "(Service:",
    "Status Code: 99999999999",
    "Error Code: ",
    "Request ID: ",
    "RequestToken:",
    "HandlerErrorCode:",
    "Received response status [FAILED] from custom resource. Message returned: ",
    "Failed to create resource. ",
    "(RequestId: 9f-1)",
    "Please check your logs for requestId [",
    "]",
    "See the details in CloudWatch Log Stream: 2026/01/02/[$LATEST]0f",
    "User: arn:aws:iam::1:user/\u{e4} is not authorized to perform: s3:GetObject on resource: ",
    "arn:aws:s3:::b/<key name>",
    "arn:",
    " is not authorized to perform: ",
    " because no identity-based policy allows the s3:GetObject action",
    " with an explicit deny in a service control policy",
    "API: ec2:RunInstances ",
    "You are not authorized to perform this operation. Encoded authorization failure message: 4w",
    "Embedded stack arn:aws:cloudformation:x:1:stack/\u{1f4a5} was not successfully created: ",
    "The following resource(s) failed to create: [A, B",
    "failed to update: [",
    "Nested change set ",
    "Resource creation cancelled",
    ". Rollback requested by user.",
    "UPDATE_FAILED: ",
    "An error occurred (X) when calling the Y operation: ",
    "operation error S3: Z, https response error StatusCode: 403, RequestID: 7Q, api error AccessDenied: no",
    "\n\t ",
    "\u{a0}\u{3000}",
    "\u{201c}\u{2019}\u{130}\u{df}",
    "...",
    "\u{2026}",
    "xxx",
    "\"",
    "ſtatus Kode: 1",
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_without_inventing_anything(text in texts()) {
        reason::check(&text);
    }

    #[test]
    fn a_cut_text_is_read_too(text in texts(), cut in 0_usize..200) {
        reason::check(&text.chars().take(cut).collect::<String>());
    }

    #[test]
    fn any_list_of_signatures_is_refused_or_read(text in "(\\[\\[signature\\]\\]\n)?([a-z_]{1,9} = (\"\\PC{0,9}\"|[0-9]|\\[\\])\n){0,6}") {
        if let Err(error) = Signatures::parse(&text, "mine.toml") {
            prop_assert!(error.to_string().contains("mine.toml"));
        }
    }
}
