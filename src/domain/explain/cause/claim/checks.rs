//! What hooks and validations claim.

use chrono::TimeDelta;

use super::super::denial::Refusal;
use super::{Claim, EvidenceKind, Spoken, effect, quoted};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::{Confidence, EvidenceId};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::source::{SourceCatalog, SourceId};
use crate::domain::read::reason::{names_hooks, names_validation};

/// What hooks and validations claim where the reason only points to them: each refusal is a cause.
/// `remedy` tells what a hook's rules say about how to meet them.
pub(in crate::domain::explain::cause) fn of_refusals(
    failure: &Failure,
    statements: &[&ServiceStatement],
    sources: &SourceCatalog,
    stack: &StackPrincipals,
    remedy: impl Fn(&ServiceStatement) -> Option<String>,
) -> Vec<Claim> {
    let reason = failure.reason().unwrap_or_default();
    if !names_hooks(reason) && !names_validation(reason) {
        return Vec::new();
    }
    let from = failure.started_at - TimeDelta::minutes(1);
    let to = failure.failed_at() + TimeDelta::minutes(2);
    let mut told: Vec<&&ServiceStatement> = statements
        .iter()
        .filter(|said| {
            [SourceId::HOOKS, SourceId::VALIDATION].contains(&said.source) && (from..=to).contains(&said.at)
        })
        .collect();
    told.sort_by_key(|said| (said.at, &said.text, &said.id));
    told.dedup_by(|one, other| one.text == other.text);
    told.into_iter()
        .map(|said| {
            let sentence = quoted(&said.text);
            let mut claim = Claim::new(EvidenceKind::Statement, Confidence::Certain, sentence);
            claim.effect = Some(effect(failure, failure.failed_at() - said.at));
            claim.why.push(format!(
                "the reason points to what {} says",
                sources.speaker(&said.source)
            ));
            claim.evidence.push(EvidenceId::of_statement(said));
            claim.evidence.push(EvidenceId::Event(failure.key.clone()));
            if let Some(denied) = denied_hook(said) {
                claim.why.push("the hook itself was denied a call".to_owned());
                claim.next_step = Some(denied.next_step(stack));
            }
            let mut claim = claim.explained(&Spoken::said(&said.text, failure, stack));
            if let Some(remedy) = remedy(said) {
                claim.next_step.get_or_insert_default().template = Some(quoted(&remedy));
            }
            claim
        })
        .collect()
}

/// What the hook was denied, where it could not look at the resource at all: nothing in the template helps then. Only
/// IAM's whole sentence says so: a hook's rule may speak of access and denying, too.
fn denied_hook(said: &ServiceStatement) -> Option<Refusal> {
    let is_iam = said.text.contains("User: ") && said.text.contains("is not authorized to perform: ");
    (said.source == SourceId::HOOKS && is_iam)
        .then(|| Refusal::in_text(&said.text))
        .flatten()
        .filter(|denied| denied.action().is_some())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::model::stack::StackId;

    #[test]
    fn only_a_hook_that_was_denied_a_call_itself_is_told_as_that() {
        let said = |source: SourceId, text: &str| ServiceStatement {
            source,
            id: "1".to_owned(),
            stack_id: StackId::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1f31")
                .unwrap(),
            logical_id: "Store".to_owned(),
            at: DateTime::UNIX_EPOCH,
            text: text.to_owned(),
            principals: Vec::new(),
            logs: Vec::new(),
        };
        let denied = "User: arn:aws:sts::111122223333:assumed-role/cost-hook/hook is not authorized to perform: \
                      lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:cost \
                      because no identity-based policy allows the lambda:InvokeFunction action";
        let found = denied_hook(&said(
            SourceId::HOOKS,
            &format!("Guard failed: Hook failed with message: {denied}"),
        ));
        let step = found.unwrap().next_step(&StackPrincipals::default());
        assert!(
            step.text().contains("allow lambda:InvokeFunction on "),
            "{step:?}"
        );
        for tempting in [
            // What a rule asks for.
            "CT.IAM.PR.1: the role is not authorized to perform: s3:* by the organisation's rules",
            "User: list must be denied access to s3:PutObject on resource: *",
            "AccessDenied: bucket policies must deny requests without TLS",
        ] {
            assert!(
                denied_hook(&said(SourceId::HOOKS, tempting)).is_none(),
                "{tempting}"
            );
        }
        assert!(denied_hook(&said(SourceId::VALIDATION, denied)).is_none());
    }
}
