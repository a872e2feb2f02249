//! eksctl's last lines: which task failed, of which stack, and never why.

use super::paste::{Paste, between, is_name};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::event_listing;

pub(super) const FORM: TextForm = TextForm {
    name: "eksctl",
    what: "what eksctl ends with when a stack of it failed",
    told_by: "`N error(s) occurred and … created properly`, or `failed task: create …`",
    sample: "[ℹ]  waiting for CloudFormation stack \"eksctl-shop-nodegroup-one\"\n[ℹ]  1 error(s) occurred and cluster hasn't been created properly, you may wish to check CloudFormation console\n",
    score,
    read,
};

fn is_end(line: &str) -> bool {
    let counted = line.contains(" error(s) occurred ") && line.contains(" properly");
    counted || line.contains("failed task: ")
}

fn score(paste: &Paste<'_>) -> u8 {
    if !paste.is_json() && paste.lines().any(is_end) {
        20
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    // Where a row or a sentence tells why, that is the answer.
    let told = event_listing::rows(paste.text)
        .iter()
        .any(|row| row.status.ends_with("FAILED"));
    let sentence = super::sentence(paste.text);
    let caused = !sentence.reason.is_empty()
        && !paste
            .lines()
            .any(|line| is_end(line) && line.contains(&sentence.reason));
    if told || caused {
        return None;
    }
    let task = paste
        .lines()
        .find_map(|line| line.split_once("failed task: "))
        .map(|(_, task)| task.split(" (will ").next().unwrap_or(task).trim().to_owned());
    let ending = || {
        let line = paste.lines().find(|line| is_end(line))?;
        let from = line.find(|c: char| c.is_ascii_digit() && line.contains(" error(s) "))?;
        let from = line.find(" error(s) ").map_or(from, |at| {
            line.get(..at)
                .map_or(from, |head| head.rfind(' ').map_or(0, |blank| blank + 1))
        });
        let words = line.get(from..)?;
        Some(words.split(", you may wish").next().unwrap_or(words).to_owned())
    };
    let reason = task.map(|task| format!("failed task: {task}")).or_else(ending)?;
    let stack = paste
        .lines()
        .filter_map(|line| between(line, "stack \"", "\""))
        .filter(|name| is_name(name))
        .last();
    let region = paste
        .lines()
        .find_map(|line| {
            line.split_once("--region=")
                .or_else(|| line.split_once("using region "))
        })
        .and_then(|(_, rest)| rest.split([' ', '\'']).next())
        .filter(|name| name.contains('-'));
    said(vec![PastedFailure {
        reason,
        stack: stack.map(str::to_owned),
        region: region.map(str::to_owned),
        category: Some(crate::domain::model::category::Category::Other),
        note: Some(
            "eksctl tells here which task failed and not why; that is in the stack's events".to_owned(),
        ),
        ..PastedFailure::default()
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Option<PastedFailure> {
        match read(&Paste::new(text))? {
            Content::Said(said) => said.into_iter().next(),
            Content::Records(_) => None,
        }
    }

    #[test]
    fn the_task_and_the_stack_are_told() {
        let one = only(
            "10:00:00 [ℹ]  waiting for CloudFormation stack \"eksctl-shop-nodegroup-a\"\n10:00:01 [▶]  failed task: create nodegroup \
             \"a\" (will continue until other parallel tasks are completed)\n10:00:02 [ℹ]  1 error(s) occurred and nodegroups \
             haven't been created properly, you may wish to check CloudFormation console\n10:00:02 [ℹ]  to cleanup resources, \
             run 'eksctl delete nodegroup --region=us-west-2 --cluster=shop --name=<name>'\n",
        );
        let one = one.unwrap_or_default();
        assert_eq!(one.stack.as_deref(), Some("eksctl-shop-nodegroup-a"));
        assert_eq!(one.region.as_deref(), Some("us-west-2"));
        assert_eq!(one.reason, "failed task: create nodegroup \"a\"");
    }

    /// What would tempt it: a cause beside the ending.
    #[test]
    fn a_told_cause_is_left_to_others() {
        let text = "[✖]  AWS::EKS::Nodegroup/ManagedNodeGroup: CREATE_FAILED – \"no capacity\"\n[ℹ]  1 error(s) occurred and \
                    nodegroups haven't been created properly, you may wish to check CloudFormation console\n";
        assert_eq!(only(text), None);
    }
}
