//! Names that tell who and where: collected where they stand as names, masked wherever they are repeated.

use std::collections::{BTreeMap, HashSet};

use regex::Captures;
use serde_json::Value;

use super::Kind;
use super::documents;
use super::keep::Keep;
use super::patterns::{
    BUCKET, KEY_ID, KMS_KEY, PERSON, PRINCIPAL_ARN, SAID_BUCKET, SAID_PRINCIPAL, TAKEN, TYPED_ID,
};
use super::seen::Seen;
use crate::domain::model::arn::principal_and_session;

/// Members that name a principal.
const PRINCIPALS: [&str; 19] = [
    "userName",
    "roleName",
    "roleSessionName",
    "instanceProfileName",
    "sessionName",
    "newUserName",
    "userId",
    "assumedBy",
    "sourceIdentity",
    "createdBy",
    "groupName",
    "username",
    "masterUsername",
    "UserName",
    "RoleName",
    "GroupName",
    "InstanceProfileName",
    "Username",
    "MasterUsername",
];
/// Members that name a bucket.
const BUCKETS: [&str; 6] = [
    "bucketName",
    "bucket",
    "Bucket",
    "BucketName",
    "s3Bucket",
    "S3Bucket",
];
/// Members that name a key.
const KEYS: [&str; 6] = [
    "keyId",
    "KeyId",
    "kmsKeyId",
    "KmsKeyId",
    "targetKeyId",
    "kmsMasterKeyId",
];

/// Homes of everybody's, as images and services make them.
const HOMES: [&str; 20] = [
    "ec2-user",
    "ubuntu",
    "debian",
    "centos",
    "fedora",
    "root",
    "admin",
    "user",
    "app",
    "node",
    "runner",
    "vscode",
    "circleci",
    "jenkins",
    "gitlab-runner",
    "codebuild-user",
    "airflow",
    "hadoop",
    "Shared",
    "webapp",
];

/// Whether the member's text is a name, and of what.
pub(super) fn kind_of_member(parent: Option<&str>, name: &str) -> Option<Kind> {
    // What was read out of a record calls the caller by a name.
    if parent == Some("identity") && name == "name" || PRINCIPALS.contains(&name) {
        return Some(Kind::Principal);
    }
    if BUCKETS.contains(&name) {
        return Some(Kind::Bucket);
    }
    KEYS.contains(&name).then_some(Kind::KeyId)
}

/// Resources whose physical ids are such names.
fn kind_of_resource(resource_type: &str) -> Option<Kind> {
    match resource_type {
        "AWS::S3::Bucket" | "AWS::S3::BucketPolicy" => Some(Kind::Bucket),
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => Some(Kind::KeyId),
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" | "AWS::IAM::InstanceProfile" => {
            Some(Kind::Principal)
        }
        _ => None,
    }
}

/// The names of a session.
#[derive(Debug, Default)]
pub(super) struct SessionNames {
    known: BTreeMap<String, Kind>,
    /// Physical ids: what is called after them is a resource of the stack, not a person.
    resources: HashSet<String>,
    /// What CloudFormation made of the names of a stack and a resource tells nothing more than they do.
    made: HashSet<String>,
    /// Texts that were looked at already.
    seen: Seen,
}

impl SessionNames {
    /// Collects which names belong to resources. All facts are read so before any name is collected.
    pub(super) fn collect_resources(&mut self, value: &Value) {
        let Some(events) = value.get("events").and_then(Value::as_array) else {
            return;
        };
        for event in events {
            let text = |member: &str| event.get(member).and_then(Value::as_str).unwrap_or_default();
            let stack = text("stack_id").split(":stack/").nth(1);
            let stack = stack.and_then(|rest| rest.split('/').next()).unwrap_or_default();
            let (physical, logical) = (text("physical_id"), text("logical_id"));
            if stack.is_empty() || logical.is_empty() || physical.is_empty() {
                continue;
            }
            if kind_of_resource(text("resource_type")).is_none() && is_name(physical) {
                self.resources.insert(physical.to_owned());
            }
            let made = format!("{stack}-{logical}-");
            if physical.starts_with(&made) {
                self.made.insert(made);
            }
        }
    }

    /// Learns the names that a value tells.
    pub(super) fn collect(&mut self, value: &Value, parent: Option<&str>, keep: &Keep) {
        match value {
            Value::String(text) => self.collect_text(text, keep),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, parent, keep)),
            Value::Object(members) => {
                let of = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
                if let Some(kind) = kind_of_resource(of("resource_type")) {
                    self.add(kind, of("physical_id"), keep);
                    self.collect_taken(kind, of("reason"), keep);
                }
                for (name, member) in members {
                    match member {
                        Value::String(text) if name == "principalId" => {
                            if let Some((_, session)) = principal_and_session(text) {
                                self.add(Kind::Principal, session, keep);
                            }
                        }
                        Value::String(text) => {
                            if let Some(kind) = kind_of_member(parent, name) {
                                self.add(kind, text, keep);
                            }
                            self.collect_text(text, keep);
                        }
                        other => self.collect(other, Some(name), keep),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn collect_text(&mut self, text: &str, keep: &Keep) {
        if text.starts_with(['{', '['])
            && let Ok(inner) = serde_json::from_str::<Value>(text)
        {
            return self.collect(&inner, None, keep);
        }
        if !self.seen.is_new(text) {
            return;
        }
        if text.contains('"') {
            for document in documents::within(text) {
                self.collect(&document, None, keep);
            }
        }
        if text.contains(":iam::") || text.contains(":sts::") {
            for found in PRINCIPAL_ARN.captures_iter(text) {
                let (kind, path) = (found.get(1), found.get(2));
                for name in names_in(
                    kind.map_or("", |kind| kind.as_str()),
                    path.map_or("", |path| path.as_str()),
                ) {
                    self.add(Kind::Principal, name, keep);
                }
            }
        }
        self.collect_people(text, keep);
        self.collect_buckets(text, keep);
        // A key's id has dashes.
        if text.contains('-') && text.contains(['k', 'K', '\u{212a}']) {
            for found in KMS_KEY.captures_iter(text) {
                found
                    .get(1)
                    .into_iter()
                    .for_each(|id| self.add(Kind::KeyId, id.as_str(), keep));
            }
        }
    }

    /// Learns the names of buckets, and what else is named beside its type.
    fn collect_buckets(&mut self, text: &str, keep: &Keep) {
        if text.contains("s3") {
            for found in BUCKET.captures_iter(text) {
                for name in found.iter().skip(1).flatten() {
                    self.add(Kind::Bucket, name.as_str(), keep);
                }
            }
        }
        if text.contains("ucket") || text.contains("UCKET") {
            for found in SAID_BUCKET.captures_iter(text) {
                self.collect_said_bucket(text, &found, keep);
            }
        }
        if text.contains("with identifier") {
            for found in TYPED_ID.captures_iter(text) {
                let of = |group| found.get(group).map_or("", |part| part.as_str());
                if let Some(kind) = kind_of_resource(of(1)) {
                    self.add(kind, of(2), keep);
                }
            }
        }
    }

    /// Learns a bucket's name where a log sets it: a word alone may say anything.
    fn collect_said_bucket(&mut self, text: &str, found: &Captures<'_>, keep: &Keep) {
        let Some(name) = found.iter().skip(1).flatten().next() else {
            return;
        };
        let after = text.get(name.end()..).unwrap_or_default();
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || "_:@".contains(c));
        let name = name.as_str();
        let is_one = name.contains(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
            && name.contains(|c: char| c.is_ascii_lowercase());
        if is_one && !goes_on && !name.contains("amazonaws") {
            self.add(Kind::Bucket, name, keep);
        }
    }

    /// Learns what a resource was to be called, where the name is taken.
    fn collect_taken(&mut self, kind: Kind, reason: &str, keep: &Keep) {
        for found in TAKEN.captures_iter(reason) {
            let name = found.get(1).map_or("", |name| name.as_str());
            let is_word = name.chars().all(|c| c.is_ascii_lowercase());
            let is_sentence = name.chars().skip(1).all(|c| c.is_ascii_lowercase());
            if !is_word && !is_sentence {
                self.add(kind, name, keep);
            }
        }
    }

    /// Learns who is called a user, and whose home it is: those that images and services make are nobody's.
    fn collect_people(&mut self, text: &str, keep: &Keep) {
        if text.contains("with ") || text.contains("AROA") {
            for found in SAID_PRINCIPAL.captures_iter(text) {
                if let Some((_, name)) = said_principal(&found) {
                    self.add(Kind::Principal, name, keep);
                }
            }
        }
        if !text.contains("ser") && !text.contains("/home/") && !text.contains("SER") {
            return;
        }
        for found in PERSON.captures_iter(text) {
            let name = found.iter().skip(1).flatten().next();
            if let Some(name) = name.filter(|name| !HOMES.contains(&name.as_str())) {
                self.add(Kind::Principal, name.as_str(), keep);
            }
        }
    }

    fn add(&mut self, kind: Kind, name: &str, keep: &Keep) {
        let name = match kind {
            Kind::KeyId => name.rsplit('/').next().unwrap_or(name),
            _ => name,
        };
        if name.len() >= 3 && self.is_to_mask(kind, name) && !keep.holds(name) {
            self.known.entry(name.to_owned()).or_insert(kind);
        }
    }

    /// The name is one of the kind, and somebody's own.
    pub(super) fn is_to_mask(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::KeyId => KEY_ID.is_match(name),
            Kind::Bucket => is_name(name) && !name.contains(['@', '+', '=', ',']),
            _ => {
                is_name(name)
                    && !name.contains('@')
                    && name.contains(|c: char| c.is_ascii_alphabetic())
                    && !is_of_aws(name)
                    && !self.resources.contains(name)
                    && !self.is_made(name)
            }
        }
    }

    /// CloudFormation made the name. What it made begins with ends with a dash, so that each beginning is looked up
    /// and not each name that it made.
    fn is_made(&self, name: &str) -> bool {
        let mut dashes = name.match_indices('-');
        dashes.any(|(at, _)| name.get(..=at).is_some_and(|start| self.made.contains(start)))
    }

    /// The names, with what they name.
    pub(super) fn known(&self) -> BTreeMap<String, Kind> {
        self.known.clone()
    }
}

/// A name that a sentence calls one, behind all that is before it: groups are of many kinds.
pub(super) fn said_principal<'a>(found: &Captures<'a>) -> Option<(&'a str, &'a str)> {
    let whole = found.get(0)?.as_str();
    let name = found.get(3).or_else(|| found.get(4))?.as_str();
    let of = |group| found.get(group).map_or("", |part| part.as_str());
    let is_other = of(2).eq_ignore_ascii_case("group")
        && !["", "a", "the", "iam"].contains(&of(1).to_ascii_lowercase().as_str());
    (!is_other).then_some((whole, name))
}

/// The names within the path of an ARN.
pub(super) fn names_in<'a>(kind: &str, path: &'a str) -> Vec<&'a str> {
    if kind == "assumed-role" {
        return path.split('/').collect();
    }
    path.rsplit('/').next().into_iter().collect()
}

/// What IAM, S3 and Lambda allow as a name, at the most.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=128).contains(&text.len()) && text.chars().all(allowed)
}

/// Names that AWS gave: they are the same for everybody, or those of machines.
fn is_of_aws(name: &str) -> bool {
    let is_hex = |text: &str| text.len() >= 8 && text.chars().all(|c| c.is_ascii_hexdigit());
    name.starts_with("AWSServiceRoleFor")
        || name == "AWSCloudFormation"
        || name == "root"
        || name.ends_with(".amazonaws.com")
        || super::patterns::ACCESS_KEY.is_match(name)
        || name.strip_prefix("i-").is_some_and(is_hex)
        || is_hex(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudformation_made_of_names_is_known_by_its_beginning() {
        let mut names = SessionNames::default();
        names.made.insert("shop-prod-Role-".to_owned());
        for (name, made) in [
            ("shop-prod-Role-1A2B", true),
            ("shop-prod-Role-", true),
            ("shop-prod-Role", false),
            ("shop-prod-Roles-1A2B", false),
            ("x-shop-prod-Role-1A2B", false),
        ] {
            assert_eq!(names.is_made(name), made, "{name}");
        }
    }
}
