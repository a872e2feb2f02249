//! Whether a text tells of a failure, or only speaks of failures: a question, release notes, a template, a program.
//!
//! Words decide nothing here. An error has a frame: the place in which a service, `CloudFormation` or a tool puts it.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use crate::domain::read::pattern::{pattern, patterns};

/// The frames of errors.
static FRAMES: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        r"(?m)^[^\w\n]{0,12}(?:[\w.]{0,60}(?:Error|Exception)\d?|ERROR|error|Fatal|FATAL|fatal)\]?(?: ?\[[^\]\n]*\])?: ?\S",
        r"(?m)^(?:[0-9:. ]{8,24})?\[(?:ERROR|FATAL) *\] ?:? ?\S",
        // Amplify logs its errors as information.
        r"(?m)^\S{8,30} \[(?:INFO|ERROR)\w*\]: \w{4,60}(?:Error|Exception): \S",
        r"(?m)^(?:\S{8,30} \[(?:INFO|ERROR)\]: )?[^\w\n]{0,12}(?:Caused by: )?\[\w{3,60}(?:Error|Exception)\] \S",
        r"(?m)^[A-Z]\w* validation error: \S",
        r"(?m)^E\d{4} \S",
        r"(?m)^[^\w\n]{0,12}(?:Error|ERROR|error):\s*$",
        r"(?m)^[^\w\n]{0,12}(?:Error|error) (?:creating|updating|deleting|deploying|executing|waiting)\b",
        r"(?i)status code: \d{3}, request id: ",
        r"(?:User|Role|Principal|user|role)?:? ?arn:aws\S* +is +not +authori[sz]ed +to +perform",
        r"Resource handler returned message",
        r"\bInvalid request provided: \S",
        r"resource types are not supported for resource import: \w+::\w",
        r"Received response status \[FAILED\]",
        r"Resource of type '\w+::\w+::\w+' with identifier '[^'\n]+' (?:did not stabilize|already exists|was not found)",
        r"(?:^|\()service [\w-]+\)? (?:was|is) unable to (?:place a task|consistently start)",
        r"\bservice [\w-]+ (?:was unable to place a task|is unable to consistently start tasks|failed to launch a task|deployment failed)\b",
        r"did not receive a response from your Custom Resource",
        r"An error occurred \([\w.]+\)",
        r"An error occurred while executing the state '",
        r"\bfailed: (?:Error|[A-Za-z]{1,40}Error)(?: \[\w+\])?:\s",
        r"operation error [\w ]+: \w+",
        r"https response error StatusCode: \d",
        r"\(Service: [^;,)\n]+[;,] Status Code: \d",
        r"HandlerErrorCode: ?\w",
        r"resource\(s\) failed to\s+[a-z]+:?\s*\[",
        r"(?i)(?:embedded|nested) stack arn:",
        r"[A-Za-z]\w*(?:Exception|Fault|Denied|NotFound|Exceeded|AlreadyExists): \S",
        r"\b(?:CREATE|UPDATE|DELETE|IMPORT|ROLLBACK)_FAILED\b *[:|(–-]",
        r"\b[A-Z_]+_(?:COMPLETE|FAILED|PROGRESS)\b state and can ?not be",
        // A row: status, type and name.
        r"(?m)^[^\w\n]{0,12}(?:CREATE|UPDATE|DELETE|IMPORT)_FAILED[ \t|]+(?:AWS::\w+|Custom)::\w+[ \t|]+[A-Za-z]\w+",
        r"(?m)^\s*Reason: \S",
        r"WaitCondition (?:timed out|received)",
        r"failed to (?:deploy|create|update): ",
        r"(?m)^\d{4}-\S{14,26} (?:error|ERROR|Error): \S",
        r"\b(?:Malformed|Invalid|NoSuch|Missing|Unsupported)[A-Z][A-Za-z]+: \S",
        r"(?:failed|error): [A-Z][A-Za-z]{4,60}: \S",
        r"(?m)^[^\w\n]{0,12}(?:AWS|SDK|AWS SDK|CloudFormation|Deploy|Deployment|Stack) error:\s*$",
        r"The following error occurred: \S",
        r"\bAccount \S+ should have '\S+' role with trust relationship",
        r#"No resource provider found for "(?:AWS|Custom)::\w"#,
    ])
});

/// What only speaks.
static SPEECH: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        r"(?m)(?:^|[.!?,]\s+)(?i:how|why|what|where|when|which|who|can|could|does|do|did|should|would|will|is there|is it|is this|is that|are there|are these|has any|any idea|but can|anyone)\b[^.!?\n]*\?",
        r"(?m)^(?i:is|are|was)\b[^.!?\n]*\?",
        // A line that is a question from its beginning: `failed to stabilize? no, it is running`.
        r"(?m)^[^.!?\n]{3,90}\?(?:\s|$)",
        // It is over: `the denial is gone`, `everything works again`.
        r"(?i)\b(?:is|are|it's|everything|all|now|it)(?: \w+){0,2} (?:(?:gone|fixed|solved|resolved)\b|(?:green|works|working|running|fine)(?: now| again)?(?:[.,!;:]|\s*$))",
        // The heads of a change that is described, or of a question.
        r"(?im)^\s*#{1,4} +(?:summary|motivation|what (?:this|changed|does)|why|test plan|checklist|background|proposed solution|use case|related)\b",
        r#"(?:^|[\s("])I(?:'m|'ve|'d|’m|’ve)?\s"#,
        r"(?m)^[* -]{0,4}(?:[0-9a-f]{7,40} )?(?:feat|fix|docs|chore|refactor|test|perf|ci|build)(?:\([^)\n]*\))?!?: ",
    ])
});

/// What is said of how things are in general, of what was changed, or of what somebody else may meet.
static GENERAL: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        // A manual: `If X fails to create your stack, you can …`.
        r"(?i)\b(?:if|when|whenever|in case)\b[^.\n]{1,120}\b(?:fails?|failed)\b[^.\n]{0,80}\byou (?:can|could|may|should|must|need)\b",
        // Questions and answers of a page.
        r"(?m)^\W*(?:Question|Q): [^\n]*\n+\W*A(?:nswer)?: ",
        // A page of its own: a head, and a list of what there is.
        r"(?s)<h[1-6]>.*<li>.*<li>",
        r"(?im)^(?:fixed|changed|added|new|released) in v?\d+\.\d+",
        // What is said of how things are in general, or wished for, or told somebody to do.
        r"(?i)\b(?:typically|usually|often|sometimes|generally)\b",
        r"(?i)\bplease (?:create|open|file) (?:a|an|another) (?:new )?issue\b",
        r"(?i)\bplease (?:see if|consider)\b|\bwould be (?:nice|great|helpful|useful)\b|\bis misleading\b",
        r"(?im)^[ \t]*(?:[*-]|\d+\.)[ \t]+(?:click|scroll|go to|navigate|select|open)\b",
        r"(?i)\b(?:if|when|whenever|in case) (?:you|users?|they|someone) (?:see|saw|get|got|receive|encounter|run into|hit)\b",
        r"(?i)\b(?:users?|people|customers) (?:saw|see|got|get)\b",
        r"(?i)\b(?:documentation|docs|manual|user guide|runbook|faq) (?:says?|states?|explains?|mentions?|lists?)\b",
        r"(?i)\bthis (?:guide|page|document|article|release|version|section|chapter)\b",
        // `Fixed the handling of …`, `We have rolled out a fix`, `Fixed by bumping …`, `This adds a step that …`
        r"(?m)\A[* -]{0,4}(?:Fix(?:ed|es)?|Add(?:s|ed)?|Remov(?:es?|ed)|Updates|Updated|Improv(?:es?|ed)|Refactor(?:s|ed)?|Introduc(?:es?|ed)|Bump(?:s|ed)?|Implement(?:s|ed)?|Handl(?:es?|ed)|Chang(?:es|ed)) (?:the|a|an|support|handling|missing|tests?|docs?|errors?|some|typo)\b",
        r"\bWe(?:'ve| have)? (?:rolled out|released|shipped|merged|fixed|implemented|added)\b",
        r"(?im)^[* -]{0,4}(?:fixed|solved|resolved|closed|fixes|closes|resolves)(?: (?:by|in|with|via)\b| #\d)",
        r"(?m)(?:^|[.]\s+)This (?:adds|removes|fixes|changes|allows|makes|introduces|updates|ensures|lets|PR|pull request|commit|change|feature|request)\b",
    ])
});

/// Release notes, templates and programs.
static SOURCES: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        r#"(?m)^\s*"?Type"?\s*:\s*"?['"]?(?:AWS|Custom)::\w+"#,
        r"(?m)^(?:AWSTemplateFormatVersion\s*:|(?:Resources|Parameters|Outputs|Mappings|Conditions)\s*:\s*$)",
        r#"(?m)^[\s+~/-]*(?:resource|data|module|variable|output) "[\w-]+""#,
        // A command, and nothing of what it printed.
        r"\A\s*(?:\$ )?(?:aws|cdk|sam|terraform|serverless|sls|amplify|pulumi|eksctl) [a-z][^\n]*\s*\z",
        // What cfn-lint warns of.
        r"(?m)\A[WI]\d{4} \S",
        r"(?m)^\s*(?:const|let|var|export|import|from|def|class|function|public|private|return|async)\s.*[;{:(]\s*$",
        r"(?m)^\s*func (?:\([^)\n]*\) ?)?\w+\([^\n]*\{\s*$|^\s*(?:async )?def \w+\([^\n]*\)[^\n]*:\s*$",
        r"(?m)^\s*(?:expect|assert\w*|describe|it|test)\(\S[^\n]*[\[({;]\s*$",
        r"(?m)new \w+(?:\.\w+)+\((?:this|self|stack|scope),",
        r"(?m)^\s*(?:if|for|while|switch) ?\([^\n]*\) ?\{\s*$|^\s*throw new \w+\(",
        // Texts and their translations.
        r#"(?m)^msgid ""#,
        // A script of a shell, and its tests.
        r#"(?m)\A#!/(?:usr/)?bin/\S*(?:env (?:bash|bats|sh|zsh)|sh|bats)\b|^@test "[^\n]*\{\s*$|^\s*\[\[? "?\$"#,
        r#"(?m)^\s*raise [\w.]+\(|^\s*(?:logger|logging|log|console)\.\w+\(["'`f]"#,
    ])
});

static NOTES: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        r"(?m)^[ \t]*#{1,4} +\[?v?\d+\.\d+",
        r"(?m)^[ \t]*#{1,4} +(?:Features|Bug Fixes|Changed|Added|Fixed|Removed|Breaking|What's Changed|Unreleased|Changelog)",
        r"(?m)^v?\d+\.\d+\.\d+ (?:[-/(]|released)",
    ])
});

/// A frame at the beginning of a line, which release notes do not have.
static AT_LINE: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
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
    if SOURCES.is_match(text) && is_program(text) {
        return is_source(text);
    }
    if has_error(text) {
        return false;
    }
    if are_properties(text) {
        return true;
    }
    SPEECH.is_match(text) || speaks_in_general(text) || SOURCES.is_match(text)
}

/// Whether a text is a program, in which no error stands but in its comments and in quotation marks.
pub(super) fn is_source(text: &str) -> bool {
    if !SOURCES.is_match(text) {
        return false;
    }
    let without = LONG_LITERAL.replace_all(text, "$1$2");
    // Of a program that holds a text of several lines, each other line is one of the program.
    let around = without.len() < text.len() && is_all_code(&without);
    (is_program(text) || around) && {
        let bare = without_literals(&without);
        !has_error(&bare) && crate::domain::read::event_listing::rows(&bare).is_empty()
    }
}

/// A text of several lines in a program.
static LONG_LITERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?s)([=(,]\s*)(?:`[^`]*\n[^`]*`|[rf]?\x22{3}.*?\x22{3}|'{3}.*?'{3})(\s*[;),\n])")
});

/// Whether a text says what others may meet, what was changed, or what somebody should do.
pub(super) fn speaks_in_general(text: &str) -> bool {
    GENERAL.is_match(text) || NOTES.is_match(text)
}

/// A property of a template and its value.
static PROPERTY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^\s*(?:- )?"?([A-Z][A-Za-z0-9]*)"?:(?: +\S.*|\s*\{?)$"#));

/// Whether most lines are properties, and none is named like what tells of an error: their values are sentences of nobody.
fn are_properties(text: &str) -> bool {
    const TOLD: [&str; 9] = [
        "Error",
        "Errors",
        "Reason",
        "Message",
        "Status",
        "Cause",
        "Exception",
        "State",
        "Warning",
    ];
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let mut written = 0;
    for line in lines() {
        let Some(name) = PROPERTY
            .captures(line)
            .and_then(|found| Some(found.get(1)?.as_str()))
        else {
            continue;
        };
        if TOLD.iter().any(|told| name.ends_with(told)) {
            return false;
        }
        written += 1;
    }
    written > 2 && written * 4 >= lines().count() * 3
}

/// Whether most lines are those of a program: what stands in its quotation marks is said by nobody.
fn is_program(text: &str) -> bool {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (all, code) = (lines().count(), lines().filter(|line| is_code(line)).count());
    all > 2 && code * 4 >= all * 3
}

/// Whether each line is one of a program.
fn is_all_code(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .all(is_code)
}

/// `description = "the words"`, as configurations and programs set a value.
static ASSIGNS: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^"?[A-Za-z_][\w.-]*"?\s+=\s+\S"#));

fn is_code(line: &str) -> bool {
    const STARTS: [&str; 31] = [
        "const ", "let ", "def ", "return ", "import ", "if ", "//", "#", "from ", "func ", "case ",
        "switch ", "assert ", "with ", "for ", "while ", "try:", "else:", "except ", "export ", "run ",
        "local ", "echo ", "[ ", "[[ ", "assert_", "fi", "done", "set -", "msgid ", "msgstr ",
    ];
    line.ends_with([';', '{', '}', '(', ')', ',', '['])
        || ASSIGNS.is_match(line)
        || STARTS.iter().any(|start| line.starts_with(start))
}

/// A program without what stands in quotation marks on one line, and without its comments.
fn without_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut comment = false;
    for character in text.chars() {
        if comment && character != '\n' {
            continue;
        }
        // A link has two strokes behind a colon; a heading's mark stands at the beginning of a line, too.
        let line = out.rsplit('\n').next().unwrap_or_default();
        let strokes = character == '/' && line.ends_with('/') && !line.ends_with(":/");
        let marked = character == '#' && line.trim().is_empty();
        comment = quote.is_none() && (strokes || marked);
        match (quote, character) {
            (None, _) if comment => {}
            (_, '\n') => {
                quote = None;
                out.push(character);
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, _) => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("failed to stabilize? no, it is running")]
    #[case("The access denied of yesterday is gone, thanks!")]
    #[case(
        "If the service fails to update your stack, you can read its events. \"not well-formed\" is a syntax error."
    )]
    #[case("## Summary\n\nA bucket that already exists now stops the run.")]
    #[case(
        "def check(text) {\n  def wanted = \"CloudFormation - CREATE_FAILED - AWS::SQS::Queue\"\n  return text.contains(wanted)\n}"
    )]
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
    #[case(
        "  AlarmDescription: Fires when access denied errors exceed the limit\n  TreatMissingData: notBreaching\n  Timeout: 9\n"
    )]
    #[case("The reason is often a message like 'The following resource(s) failed to create' and no more.")]
    #[case("If you see AccessDenied in the log, give the role s3:PutObject.")]
    #[case(
        "def check(stubber):\n    # An error occurred (AccessDenied) when calling the CreateStack operation: no\n    stubber.add('x')\n    \
         return deploy(\"demo\")"
    )]
    #[case(
        "func kind(reason string) Kind {\n\tswitch {\n\tcase strings.Contains(reason, \"is not authorized to perform\"):\n\t\treturn Denied // \
         Error: AccessDenied: no\n\t}\n\treturn Unknown\n}"
    )]
    #[case(
        "expect(events.map(e => e.Reason)).toEqual([\n  \"Resource creation cancelled\",\n  \"Internal Failure\",\n]);"
    )]
    #[case(
        "@test \"it maps\" {\n  run parse \"Stack:arn:aws:x is in ROLLBACK_COMPLETE state and can not be updated.\"\n  [ \"$status\" -eq 1          ]\n}\n"
    )]
    #[case(
        "const ROWS = `\nshop | 3/9 | 10:41:07 AM | CREATE_FAILED | AWS::S3::Bucket | Data (Data1A2B3C4D) it is there\n`;\ntest(\"reads\", () \
         => { expect(read(ROWS)).toBe(1); });\n"
    )]
    #[case(
        "resource \"aws_x\" \"y\" {\n  name = \"y\"\n  description = \"Resource handler returned message: Access Denied\"\n}\n\nPlan: 1 \
         to add\n"
    )]
    #[case(
        "msgid \"User: %s is not authorized to perform: %s\"\nmsgstr \"%s darf %s nicht\"\n\nmsgid \"no\"\nmsgstr \"nein\"\n"
    )]
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
    #[case("StackName: shop\nResourceType: AWS::SQS::Queue\nStatusReason: jobs already exists\n")]
    #[case("The function is not running and cannot be updated")]
    #[case("Environment is in a failed state: all instances are running but none answers")]
    #[case(
        "const run = () => {\n  deploy();\n};\nError: Stack:arn:x is in ROLLBACK_COMPLETE state and can not be updated."
    )]
    #[case(
        "✖ ToolError2: Stack [shop] does not exist\n    at file:///a/b.js:1:2\n    at async c (file:///a/b.js:1:2)"
    )]
    #[case(
        "Resource of type 'AWS::ECS::Service' with identifier 'web' did not stabilize.\n\nWhat could it be?"
    )]
    #[case(
        "const a = f();\nconst b = g();\nconst c = h();\nconst d = i();\nfoo();\nError: AccessDenied: no # see https://a.b/c"
    )]
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
