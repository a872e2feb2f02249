//! The name of an error within a line: `… the stack: AccessDenied: Access denied`.

const ENDS: [&str; 6] = [
    "Exception: ",
    "Fault: ",
    "Denied: ",
    "NotFound: ",
    "Exceeded: ",
    "AlreadyExists: ",
];

/// Whether a line names an error, and says something of it.
pub(super) fn names(line: &str) -> bool {
    let code = line
        .trim_start()
        .split_once(": ")
        .is_some_and(|(code, said)| is_code(code) && said.contains(' '));
    code || ENDS.iter().any(|end| {
        line.split_once(end).is_some_and(|(before, said)| {
            before.ends_with(|c: char| c.is_ascii_alphanumeric()) && !said.trim().is_empty()
        })
    })
}

/// `MalformedPolicyDocument`, `NoSuchBucket`: a service's code that does not end like an exception.
fn is_code(word: &str) -> bool {
    let rest = ["Malformed", "Invalid", "NoSuch", "Missing", "Unsupported"]
        .iter()
        .find_map(|start| word.strip_prefix(start));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Whether a line begins with the class of an error and says something of it: `DeploymentError: it has failed.`
pub(super) fn begins_with(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(class, said)| {
        let whole = class.len() > 8 && class.bytes().all(|byte| byte.is_ascii_alphanumeric());
        whole && ["Error", "Exception"].iter().any(|end| class.ends_with(end)) && said.contains(' ')
    })
}

/// Whether a program prints that there was no error: `ResponseError: <nil>`.
pub(super) fn prints_none(line: &str) -> bool {
    [
        "Error: <nil>",
        "Error: nil",
        "Error: null",
        "Error: None",
        "Error: undefined",
    ]
    .iter()
    .any(|words| line.contains(words))
}

/// Of lines in which an error is told, without those that only open an object which was not copied: `FAILED! => {`
pub(super) fn drop_openings(lines: &mut Vec<&str>, tells: fn(&str) -> bool) {
    let opens = |line: &str| line.trim_end().ends_with("=> {");
    if lines.iter().any(|line| tells(line) && !opens(line)) {
        lines.retain(|line| !opens(line));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "util.go:269] Status: 500; Description: Failed to create: AccessDenied: Access denied",
        true
    )]
    #[case("updating: RequestEntityTooLargeException: Request must be smaller", true)]
    #[case("Denied: 0 requests", false)]
    #[case("Exceptions: none", false)]
    #[case("ResponseError: <nil>", false)]
    fn an_error_is_named_within_a_line(#[case] line: &str, #[case] named: bool) {
        assert_eq!(names(line), named);
    }

    #[test]
    fn a_class_begins_a_line() {
        assert!(begins_with("DeploymentError: The deployment has failed."));
        assert!(!begins_with("Error: 0 of them"));
        assert!(!begins_with("LastError: none"));
    }

    #[test]
    fn no_error_is_none() {
        assert!(prints_none(
            "status code: 403, request id: a; ResponseError: <nil>"
        ));
        assert!(!prints_none("ResponseError: nothing came"));
    }
}
