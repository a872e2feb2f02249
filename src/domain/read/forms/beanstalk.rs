//! What Elastic Beanstalk tells of the stack under an environment: its events, as its console, `eb` and Terraform show them.

use super::paste::{Paste, between, is_name};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::model::category::Category;
use crate::domain::read::event_listing;
use crate::domain::read::event_listing::ListedEvent;
use crate::domain::read::reason::{self, CascadeKind};

pub(super) const FORM: TextForm = TextForm {
    name: "beanstalk",
    what: "events of an Elastic Beanstalk environment, as its console, `eb`, Terraform or Pulumi show them",
    told_by: "`Creating X named: N failed Reason: R`, or `Stack named 'S' aborted operation. Current state: '`",
    sample: "ERROR: Creating security group named: awseb-e-a1-stack-AWSEBSecurityGroup-1A2B failed Reason: The group is not in default VPC 'vpc-0a1b'",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let known = !paste.is_json()
        && (paste.has(" failed Reason: ") || paste.has(ABORTED))
        && paste
            .lines()
            .any(|line| of_part(line).is_some() || of_stack(line).is_some());
    let console = || environment(paste).is_some() && paste.lines().any(|line| of_console(line).is_some());
    if known || (!paste.is_json() && console()) {
        82
    } else {
        0
    }
}

const ABORTED: &str = "Current state: '";

const ELSEWHERE: &str =
    "Elastic Beanstalk says how its stack ended and not why; that is in the stack's events";

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut stack = None;
    for line in paste.lines() {
        let one = of_part(line)
            .or_else(|| of_stack(line))
            .or_else(|| of_machines(line))
            .or_else(|| of_console(line));
        let Some(one) = one else { continue };
        stack = stack.or_else(|| one.stack.clone());
        if !found
            .iter()
            .any(|other| other.reason == one.reason && other.about == one.about)
        {
            found.push(one);
        }
    }
    if let Some(row) = environment(paste) {
        for one in &mut found {
            one.about = one.about.take().or_else(|| Some(row.logical_id.clone()));
            one.kind = one.kind.take().or_else(|| row.resource_type.clone());
        }
        found.push(PastedFailure {
            reason: row.reason,
            about: Some(row.logical_id),
            kind: row.resource_type,
            status: Some(row.status),
            ..PastedFailure::default()
        });
    }
    for one in &mut found {
        one.stack = one.stack.take().or_else(|| stack.clone());
    }
    let follows = |one: &PastedFailure| one.note.is_some() || reason::cascade(&one.reason).is_some();
    let (mut follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found.into_iter().partition(follows);
    if roots.is_empty() {
        // The stack's own end says more than that something else was stopped.
        if follows.iter().any(|one| one.about.is_none()) {
            follows.retain(|one| one.about.is_none());
        }
        return said(follows);
    }
    said(about_which(roots, &follows))
}

/// One reason without a name, and one resource of which the stack says that it failed: they belong together.
fn about_which(mut roots: Vec<PastedFailure>, follows: &[PastedFailure]) -> Vec<PastedFailure> {
    let mut failed: Vec<String> = follows
        .iter()
        .filter_map(|one| match reason::cascade(&one.reason)? {
            CascadeKind::FailedResources { failed, .. } => Some(failed),
            _ => None,
        })
        .flatten()
        .collect();
    failed.dedup();
    if let ([one], [name]) = (roots.as_mut_slice(), failed.as_slice()) {
        one.about = one.about.take().or_else(|| Some(name.clone()));
    }
    roots
}

/// `Creating security group named: awseb-e-a1-stack-AWSEBSecurityGroup-1A2B failed Reason: the reason`
fn of_part(line: &str) -> Option<PastedFailure> {
    let (head, reason) = line.split_once(" failed Reason: ")?;
    let start = ["Creating ", "Updating ", "Deleting "]
        .iter()
        .filter_map(|verb| head.rfind(verb))
        .max()?;
    let name = head
        .get(start..)?
        .split_once(" named: ")
        .map(|(_, name)| name.trim());
    let about = name.filter(|name| is_name(name)).map(logical_id);
    (!reason.trim().is_empty()).then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        about: about.map(str::to_owned),
        ..PastedFailure::default()
    })
}

/// The logical id in the name that `CloudFormation` made of it; other names stay as they are.
fn logical_id(name: &str) -> &str {
    let made = name.split_once("-stack-").map(|(_, rest)| rest);
    made.and_then(|rest| rest.rsplit_once('-'))
        .map(|(id, _)| id)
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .unwrap_or(name)
}

/// `Stack named 'awseb-e-a1-stack' aborted operation. Current state: 'CREATE_FAILED'  Reason: the reason`
fn of_stack(line: &str) -> Option<PastedFailure> {
    let (head, rest) = line.split_once(ABORTED)?;
    let (status, rest) = rest.split_once('\'')?;
    let name = between(head, "Stack named '", "'").filter(|name| is_name(name));
    let (_, reason) = rest.split_once("Reason: ")?;
    let told = Some(reason.trim()).filter(|reason| !reason.is_empty() && !reason.starts_with("null"));
    let from = line.find("Stack named '").unwrap_or_default();
    Some(PastedFailure {
        reason: told
            .unwrap_or_else(|| line.get(from..).unwrap_or(line).trim())
            .to_owned(),
        stack: name.map(str::to_owned),
        status: Some(status.to_owned()),
        category: told.is_none().then_some(Category::Other),
        note: told.is_none().then(|| ELSEWHERE.to_owned()),
        ..PastedFailure::default()
    })
}

/// The one row of a stack's events, where it is about an environment.
fn environment(paste: &Paste<'_>) -> Option<ListedEvent> {
    if !paste.has(" | ERROR | ") || !paste.has("AWS::ElasticBeanstalk::Environment") {
        return None;
    }
    let mut rows = event_listing::rows(paste.text).into_iter();
    let row = rows.next().filter(|_| rows.next().is_none())?;
    let typed = row.resource_type.as_deref() == Some("AWS::ElasticBeanstalk::Environment");
    (typed && row.status.ends_with("_FAILED")).then_some(row)
}

/// `January 8, 2025 11:37:10 (UTC+9) | ERROR | the reason`, as the console lists an environment's events.
fn of_console(line: &str) -> Option<PastedFailure> {
    let (time, reason) = line.split_once(" | ERROR | ")?;
    let told =
        time.contains("UTC") && reason.contains(' ') && !reason.starts_with("Failed to launch environment");
    told.then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// What it says when no machine ever spoke to it.
fn of_machines(line: &str) -> Option<PastedFailure> {
    let at = line.find("The EC2 instances failed to communicate with AWS Elastic Beanstalk")?;
    Some(PastedFailure {
        reason: line.get(at..)?.trim().to_owned(),
        category: Some(Category::NotStabilized),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<PastedFailure> {
        let paste = Paste::new(text);
        match (score(&paste) > 0).then(|| read(&paste)).flatten() {
            Some(Content::Said(said)) => said,
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_a_service_refused_outweighs_how_the_stack_ended() {
        let said = told(
            "ERROR: Creating load balancer named: awseb-e-9-AWSEBLoa-4H4C failed Reason: Resource creation cancelled\n\
             ERROR: Creating security group named: awseb-e-a1-stack-AWSEBSecurityGroup-18VC failed Reason: It is not in 'vpc-1'\n\
             ERROR: Stack named 'awseb-e-a1-stack' aborted operation. Current state: 'CREATE_FAILED'  Reason: The following \
             resource(s) failed to create: [A, B].",
        );
        let [one] = said.as_slice() else {
            panic!("{said:?}")
        };
        assert_eq!(one.about.as_deref(), Some("AWSEBSecurityGroup"));
        assert_eq!(one.stack.as_deref(), Some("awseb-e-a1-stack"));
        assert_eq!(one.reason, "It is not in 'vpc-1'");
    }

    #[test]
    fn where_no_reason_is_told_the_stack_is_named() {
        let said = told(
            "ERROR: Service:AmazonCloudFormation, Message:Stack named 'awseb-e-a1-stack' aborted operation. Current state: \
             'UPDATE_ROLLBACK_IN_PROGRESS'  Reason: null\nERROR: Creating security group named: sg failed Reason: Resource \
             creation cancelled",
        );
        let [one] = said.as_slice() else {
            panic!("{said:?}")
        };
        assert_eq!(one.stack.as_deref(), Some("awseb-e-a1-stack"));
        assert_eq!(one.note.as_deref(), Some(ELSEWHERE));
    }

    /// What would tempt it: an event that tells of what went well, and the same words about something else.
    #[test]
    fn other_words_are_none_of_its_events() {
        assert_eq!(told("INFO: Created security group named: sg-1"), []);
        assert_eq!(told("The step failed Reason: nobody knows"), []);
        assert_eq!(
            told("If a stack aborted operation. Current state: 'X' is shown"),
            []
        );
    }
}
