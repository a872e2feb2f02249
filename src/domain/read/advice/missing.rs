//! `The subnet ID 'subnet-0a1b' does not exist`: what is not there, by its name, and how to look for it.

use std::sync::LazyLock;

use regex::Regex;

use super::{Complaint, within};
use crate::domain::model::arn::Arn;
use crate::domain::read::pattern::pattern;

static MISSING: [LazyLock<Regex>; 5] = [
    LazyLock::new(|| {
        pattern(
            r#"(?i)^(?:.{0,80}: )?(?:the |an? |specified )*(?P<k>[A-Za-z][A-Za-z0-9 \-]{1,40}?) (?:does not|doesn't|do not) exist: (?P<q>['"\[]?)(?P<n>[\w./:@\-]{1,250}[\w/*])"#,
        )
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)^(?:.{0,80}?: )?(?:the |an? |your |specified )*(?P<k>[A-Za-z][A-Za-z0-9 /\-]{1,40}?)(?: (?:with )?(?:the )?(?P<c>ids?|names?|named|arn|called|identifier))?:? (?P<q>['"\[(]?)(?P<n>[A-Za-z0-9$/][\w.:/@+=,$*\-]{1,250})['"\])]?,? (?:was deleted or )?(?:does not|doesn't|do not) exist\b"#,
        )
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)^(?:.{0,80}?: )?(?:the |an? |specified )*(?P<k>[A-Za-z][A-Za-z0-9 \-]{1,40}?)(?: (?:was|is|could|cannot|can))?(?: be)? not (?:be )?found:? (?P<q>['"\[(]?)(?P<n>[A-Za-z0-9$/][\w.:/@+=,$*\-]{1,250}[\w/*])"#,
        )
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)^(?:.{0,80}?: )?(?:the |an? |specified )*(?P<k>[A-Za-z][A-Za-z0-9 \-]{1,40}?)(?: (?:with )?(?:id|name|named|arn|called))? (?P<q>['"\[(]?)(?P<n>[A-Za-z0-9$/][\w.:/@+=,$*\-]{1,250})['"\])]? (?:was |is |could |cannot |can )?(?:not be |not |be )(?:found|there)\b"#,
        )
    }),
    LazyLock::new(|| {
        pattern(
            r#"(?i)\b(?:no|could not find|couldn't find|cannot find|can't find|unable to find) (?:an? |the |any )?(?P<k>[a-z][\w \-]{1,40}?) (?:found )?(?:named|called|with (?:the )?(?:id|name|arn|identifier)|(?:for|with)(?: [\w ]{1,20})?)?:? ?(?P<q>['"\[(]?)(?P<n>[A-Za-z0-9$/][\w.:/@+=,$*\-]{1,250}[\w/*])"#,
        )
    }),
];

/// What the services of ids and ARNs are asked with.
const BY_HEAD: [(&str, &str); 25] = [
    ("subnet-", "aws ec2 describe-subnets --subnet-ids"),
    ("sg-", "aws ec2 describe-security-groups --group-ids"),
    ("vpc-", "aws ec2 describe-vpcs --vpc-ids"),
    ("vpce-", "aws ec2 describe-vpc-endpoints --vpc-endpoint-ids"),
    ("ami-", "aws ec2 describe-images --image-ids"),
    (
        "igw-",
        "aws ec2 describe-internet-gateways --internet-gateway-ids",
    ),
    ("nat-", "aws ec2 describe-nat-gateways --nat-gateway-ids"),
    ("rtb-", "aws ec2 describe-route-tables --route-table-ids"),
    (
        "eni-",
        "aws ec2 describe-network-interfaces --network-interface-ids",
    ),
    ("eipalloc-", "aws ec2 describe-addresses --allocation-ids"),
    ("acl-", "aws ec2 describe-network-acls --network-acl-ids"),
    ("tgw-", "aws ec2 describe-transit-gateways --transit-gateway-ids"),
    ("lt-", "aws ec2 describe-launch-templates --launch-template-ids"),
    ("vol-", "aws ec2 describe-volumes --volume-ids"),
    ("snap-", "aws ec2 describe-snapshots --snapshot-ids"),
    ("i-", "aws ec2 describe-instances --instance-ids"),
    ("fs-", "aws efs describe-file-systems --file-system-id"),
    ("fsap-", "aws efs describe-access-points --access-point-id"),
    ("pl-", "aws ec2 describe-managed-prefix-lists --prefix-list-ids"),
    (
        "com.amazonaws.",
        "aws ec2 describe-vpc-endpoint-services --service-names",
    ),
    ("arn:aws:lambda:", "aws lambda get-function --function-name"),
    ("arn:aws:acm:", "aws acm describe-certificate --certificate-arn"),
    ("arn:aws:kms:", "aws kms describe-key --key-id"),
    ("arn:aws:sns:", "aws sns get-topic-attributes --topic-arn"),
    (
        "arn:aws:secretsmanager:",
        "aws secretsmanager describe-secret --secret-id",
    ),
];

/// What was given for a parameter of the template, as CloudFormation looks it up before it begins.
static GIVEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)parameter value (?P<n>\S{1,200}) for parameter name (?P<p>\w{1,100}) does not exist")
});

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    if let Some(given) = GIVEN.captures(failed.sentence) {
        let name = &given["n"];
        let look = look(name)
            .map(|call| format!(" (`{call} {name}{}` shows it)", failed.in_region()))
            .unwrap_or_default();
        return Some(format!(
            "Give the parameter {} what is there{}: {name} was not found{look}.",
            &given["p"],
            place(name, failed.region)
        ));
    }
    let found = failed.clauses().find_map(one)?;
    let (kind, name) = found;
    let place = place(name, failed.region);
    let look = look(name)
        .map(|call| format!(" (`{call} {name}{}` shows it)", failed.in_region()))
        .unwrap_or_default();
    Some(format!(
        "{kind} {name} is not there{place}: look whether it is{look}. If this stack makes it, refer to it with Ref or \
         Fn::GetAtt in {}, so that it comes first; otherwise correct the name, or make it before you deploy again.",
        failed.whom()
    ))
}

/// Things that have plain names.
const NAMED: [&str; 24] = [
    "alias",
    "bucket",
    "bus",
    "cluster",
    "database",
    "document",
    "domain",
    "function",
    "group",
    "key pair",
    "layer",
    "profile",
    "project",
    "queue",
    "repository",
    "role",
    "secret",
    "snapshot",
    "stream",
    "table",
    "topic",
    "user",
    "vault",
    "zone",
];
/// Words of a sentence where a name could be.
const WORDS: [&str; 10] = [
    "arn",
    "does",
    "id",
    "name",
    "policy",
    "statement",
    "that",
    "type",
    "version",
    "which",
];
/// What is told elsewhere, or is no thing that could be looked for.
const OTHERS: [&str; 8] = [
    "export",
    "it",
    "permission",
    "permissions",
    "stack",
    "that",
    "version",
    "which",
];

/// The kind and the name of what a clause says is not there.
fn one(clause: &str) -> Option<(String, &str)> {
    MISSING.iter().find_map(|form| {
        let found = form.captures(clause)?;
        let quoted = found.name("q").is_some_and(|mark| !mark.as_str().is_empty());
        let name = found.name("n")?.as_str().trim_end_matches([',', ':', '.']);
        let kind = found.name("k")?.as_str().trim();
        let plain = kind.to_ascii_lowercase();
        let is_named = found.name("c").is_some() || NAMED.iter().any(|end| plain.ends_with(end));
        let is_kind = !kind.is_empty()
            && kind.split(' ').count() <= 5
            && !OTHERS.contains(&plain.as_str())
            && !plain.starts_with("following");
        let is_name = quoted || looks_like_a_name(name) || is_named && !WORDS.contains(&name);
        (is_name && is_kind && name.len() > 1).then(|| (within(&capital(kind)), name))
    })
}

/// Written as no word of a sentence is.
fn looks_like_a_name(word: &str) -> bool {
    word.bytes()
        .any(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'/' | b'_' | b'.'))
        || word.chars().skip(1).any(char::is_uppercase)
}

fn capital(kind: &str) -> String {
    let mut letters = kind.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

/// Where it was looked for.
fn place(name: &str, region: Option<&str>) -> String {
    let of_arn = Arn::region_of(name).zip(Arn::account_of(name));
    match (of_arn, region) {
        (Some((region, account)), _) => format!(" in {region}, account {account}"),
        (None, Some(region)) => format!(" in {region}, in the account of the stack"),
        (None, None) => " in the account and the region of the stack".to_owned(),
    }
}

fn look(name: &str) -> Option<&'static str> {
    if name.contains(":layer:") {
        return Some("aws lambda get-layer-version-by-arn --arn");
    }
    let (_, call) = BY_HEAD.iter().find(|(head, _)| name.starts_with(head))?;
    Some(call)
}
