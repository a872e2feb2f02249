//! Whether a text tells of a failure, or only speaks of failures: a question, release notes, a template, a program.
//!
//! Words decide nothing here. An error has a frame: the place in which a service, `CloudFormation` or a tool puts it.

use std::sync::LazyLock;

use regex::{RegexSet, RegexSetBuilder};

/// Room for the matcher's states; with less it gives up and goes on state by state.
const AUTOMATON_BYTES: usize = 16 * 1024 * 1024;

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and a test compiles each"
)]
fn all(patterns: &[&str]) -> RegexSet {
    RegexSetBuilder::new(patterns)
        .dfa_size_limit(AUTOMATON_BYTES)
        .build()
        .expect("the patterns are valid")
}

/// The frames of errors.
static FRAMES: LazyLock<RegexSet> = LazyLock::new(|| {
    all(&[
        r"(?m)^[^\w\n]{0,12}(?:[\w.]{0,60}(?:Error|Exception)|ERROR|error|Fatal|FATAL|fatal)(?:\[[^\]\n]*\])?: ?\S",
        r"(?m)^[^\w\n]{0,12}(?:Error|ERROR|error):\s*$",
        r"(?:User|Role|Principal|user|role)?:? ?arn:aws\S* +is +not +authori[sz]ed +to +perform",
        r"Resource handler returned message",
        r"Received response status \[FAILED\]",
        r"did not receive a response from your Custom Resource",
        r"An error occurred \([\w.]+\)",
        r"operation error [\w ]+: \w+",
        r"\(Service: [^;,)\n]+[;,] Status Code: \d",
        r"HandlerErrorCode: ?\w",
        r"resource\(s\) failed to ",
        r"(?i)(?:embedded|nested) stack arn:",
        r"[A-Za-z]\w*(?:Exception|Denied|NotFound|Exceeded|AlreadyExists): \S",
        r"\b(?:CREATE|UPDATE|DELETE|IMPORT|ROLLBACK)_FAILED\b *[:|(–-]",
        r"\b[A-Z_]+_(?:COMPLETE|FAILED|PROGRESS)\b state and can ?not be",
        r"(?m)^\s*Reason: \S",
        r"WaitCondition (?:timed out|received)",
        r"failed to (?:deploy|create|update): ",
    ])
});

/// What only speaks.
static SPEECH: LazyLock<RegexSet> = LazyLock::new(|| {
    all(&[
        r"(?m)(?:^|[.!?,]\s+)(?i:how|why|what|where|when|which|who|can|could|does|do|did|should|would|will|is there|is it|is this|is that|are there|are these|has any|any idea|but can|anyone)\b[^.!?\n]*\?",
        r"(?m)^(?i:is|are|was)\b[^.!?\n]*\?",
        r"(?im)^(?:fixed|changed|added|new|released) in v?\d+\.\d+",
        r#"(?:^|[\s("])I(?:'m|'ve|'d|’m|’ve)?\s"#,
        r"(?m)^(?:feat|fix|docs|chore|refactor|test|perf|ci|build)(?:\([^)\n]*\))?!?: ",
        r"(?i)\b(?:if|when|whenever|in case) (?:you|users?|they|someone) (?:see|saw|get|got|receive|encounter|run into|hit)\b",
        r"(?i)\b(?:users?|people|customers) (?:saw|see|got|get)\b",
        r"(?i)\b(?:documentation|docs|manual|user guide|runbook|faq) (?:says?|states?|explains?|mentions?|lists?)\b",
        r"(?i)\bthis (?:guide|page|document|article|release|version|section|chapter)\b",
    ])
});

/// Release notes, templates and programs.
static SOURCES: LazyLock<RegexSet> = LazyLock::new(|| {
    all(&[
        r#"(?m)^\s*"?Type"?\s*:\s*"?['"]?(?:AWS|Custom)::\w+"#,
        r"(?m)^(?:AWSTemplateFormatVersion\s*:|(?:Resources|Parameters|Outputs|Mappings|Conditions)\s*:\s*$)",
        r#"(?m)^\s*(?:resource|data|module|variable|output) "[\w-]+""#,
        r"(?m)^\s*(?:const|let|var|export|import|from|def|class|function|public|private|return|async)\s.*[;{:(]\s*$",
        r"(?m)new \w+(?:\.\w+)+\((?:this|self|stack|scope),",
    ])
});

static NOTES: LazyLock<RegexSet> = LazyLock::new(|| {
    all(&[
        r"(?m)^[ \t]*#{1,4} +\[?v?\d+\.\d+",
        r"(?m)^[ \t]*#{1,4} +(?:Features|Bug Fixes|Changed|Added|Fixed|Removed|Breaking|What's Changed|Unreleased|Changelog)",
        r"(?m)^v?\d+\.\d+\.\d+ (?:[-/(]|released)",
    ])
});

/// A frame at the beginning of a line, which release notes do not have.
static AT_LINE: LazyLock<RegexSet> = LazyLock::new(|| {
    all(&[
        r"(?m)^[^\w\n*#-]{0,12}(?:[\w.]{0,60}(?:Error|Exception)|ERROR|error|fatal): ?\S",
        r"(?m)^.{0,60}\b(?:CREATE|UPDATE|DELETE|IMPORT)_FAILED\b *[|:(–-]",
    ])
});

/// Whether an error stands in the text.
pub(super) fn has_error(text: &str) -> bool {
    FRAMES.is_match(text)
}

/// Whether the text speaks of failures without telling one.
pub(super) fn only_speaks(text: &str) -> bool {
    if NOTES.is_match(text) {
        return !AT_LINE.is_match(text);
    }
    if has_error(text) {
        return false;
    }
    SPEECH.is_match(text) || SOURCES.is_match(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "How do I let a function call s3:GetObject? I do not want to see AccessDenied or 'already exists'."
    )]
    #[case(
        "## 3.1.0\n\n### Features\n* cli: before, users saw `is not authorized to perform: s3:ListBucket`\n"
    )]
    #[case(
        "Resources:\n  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      AlarmDescription: Access Denied errors, timed out\n"
    )]
    #[case("Everything works: CREATE_COMPLETE. But can anybody tell me why ROLLBACK_COMPLETE exists?")]
    #[case("fix(s3): retry when the bucket already exists")]
    #[case("If you see AccessDenied in the log, give the role s3:PutObject.")]
    #[case("const name = 'AccessDenied';\nnew s3.Bucket(this, 'X', {\n  bucketName: 'already exists',\n});")]
    fn what_only_speaks_of_failures_tells_none(#[case] text: &str) {
        assert!(only_speaks(text));
    }

    #[rstest]
    #[case(
        "I get this: User: arn:aws:iam::1:user/a is not authorized to perform: s3:CreateBucket on resource: x. How do I fix it?"
    )]
    #[case(
        "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested. Our system will be working on it."
    )]
    #[case("shop-uploads already exists")]
    #[case("Parameters: [Vpc, Subnets] must have values")]
    #[case("## 1.0 deploy\n\nError: no such stack")]
    #[case("Type: AWS::S3::Bucket\nReason: shop already exists")]
    #[case(
        "SSM parameter /cdk-bootstrap/x/version not found. Has the environment been bootstrapped? Please run 'cdk bootstrap'"
    )]
    #[case("Template error: instance of Fn::GetAtt references undefined resource A")]
    fn what_tells_one_is_no_speech(#[case] text: &str) {
        assert!(!only_speaks(text));
    }
}
