//! A policy as Terraform's `aws_iam_policy_document`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::clean;
use crate::domain::conclude::policy::{DeploymentPolicy, PrincipalPolicy};
use crate::domain::explain::iam_statement::IamStatement;
use crate::domain::read::text::CleanText;

/// A document for each principal, and one more for what it needs to clean up. What others have to change is told in
/// comments.
pub(crate) fn terraform(policy: &DeploymentPolicy) -> CleanText {
    let mut out = CleanText::default();
    let mut names = BTreeSet::new();
    if policy.is_empty() {
        out.line("# no permission is known to be missing");
    }
    for (at, one) in policy.principals.iter().enumerate() {
        if at > 0 {
            out.blank();
        }
        comments(one, &mut out);
        let name = name_of(one, &mut names);
        document(&name, &one.statements, &mut out);
        if !one.teardown.is_empty() {
            out.blank();
            out.line("# denied while rolling back or deleting");
            document(&format!("{name}_teardown"), &one.teardown, &mut out);
        }
    }
    out
}

fn comments(one: &PrincipalPolicy, out: &mut CleanText) {
    let arn = one.principal.as_deref();
    out.line(clean!("# {}", arn.unwrap_or("a principal that nothing names")));
    if one.is_incomplete() {
        out.line("# FILL-IN, REGION and ACCOUNT stand for what nothing tells");
    }
    for forbidden in &one.elsewhere {
        out.line(clean!(
            "# {} on {}: {}; {}",
            forbidden.action,
            forbidden.resource,
            forbidden.policy.by,
            forbidden.policy.ask
        ));
    }
}

fn document(name: &str, statements: &[IamStatement], out: &mut CleanText) {
    if statements.is_empty() {
        return;
    }
    out.line(clean!("data \"aws_iam_policy_document\" \"{name}\" {{"));
    for (at, statement) in statements.iter().enumerate() {
        if at > 0 {
            out.blank();
        }
        out.line("  statement {");
        list("    actions  ", &statement.actions, out);
        list("    resources", &statement.resources, out);
        for (key, values) in statement.condition_values() {
            out.blank();
            out.line("    condition {");
            out.line("      test     = \"StringEquals\"");
            out.line(clean!("      variable = {}", quoted(key)));
            list("      values  ", &values, out);
            out.line("    }");
        }
        out.line("  }");
    }
    out.line("}");
}

fn list(name: &str, texts: &BTreeSet<String>, out: &mut CleanText) {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    match quoted.as_slice() {
        [only] => out.line(clean!("{name} = [{only}]")),
        many => {
            let indent = name.len() - name.trim_start().len();
            let space = " ".repeat(indent);
            out.line(clean!("{name} = ["));
            for text in many {
                out.line(clean!("{space}  {text},"));
            }
            out.line(clean!("{space}]"));
        }
    }
}

/// A text as Terraform writes it: what would be a template in it stands for itself.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '{' if matches!(before, '$' | '%') => out.extend([before, '{']),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
        before = c;
    }
    out.push('"');
    out
}

/// A name for the document, no two alike.
fn name_of(one: &PrincipalPolicy, names: &mut BTreeSet<String>) -> String {
    let label = one.label();
    let bare = label
        .split_once(' ')
        .filter(|_| one.principal.is_some())
        .map_or("unnamed", |(_, name)| name);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let mut name: String = bare.chars().map(plain).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "role_");
    }
    let mut found = name.clone();
    let mut number = 1;
    while !names.insert(found.clone()) {
        number += 1;
        found = format!("{name}_{number}");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_so_that_terraform_reads_nothing_into_it() {
        assert_eq!(quoted("arn:aws:s3:::b/*"), "\"arn:aws:s3:::b/*\"");
        assert_eq!(quoted("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quoted("${*} %{if} $x"), "\"$${*} %%{if} $x\"");
    }

    #[test]
    fn two_principals_of_one_name_get_two_documents() {
        let of = |arn: &str| PrincipalPolicy {
            principal: Some(arn.to_owned()),
            ..PrincipalPolicy::default()
        };
        let mut names = BTreeSet::new();
        assert_eq!(
            name_of(&of("arn:aws:iam::1:role/a/deploy-me"), &mut names),
            "deploy_me"
        );
        assert_eq!(
            name_of(&of("arn:aws:iam::2:role/deploy-me"), &mut names),
            "deploy_me_2"
        );
        assert_eq!(name_of(&of("arn:aws:iam::2:role/9"), &mut names), "role_9");
        assert_eq!(name_of(&PrincipalPolicy::default(), &mut names), "unnamed");
    }
}
