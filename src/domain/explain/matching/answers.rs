//! What networks and runtimes answer.

/// What sockets answer, in lower case.
pub(crate) const SOCKETS: [&str; 6] = [
    "econnrefused",
    "econnreset",
    "etimedout",
    "enotfound",
    "eai_again",
    "ehostunreach",
];

/// What else networks and runtimes answer, in lower case.
pub(super) const ANSWERED: [&str; 3] = ["socket hang up", "connection refused", "signal: killed"];
