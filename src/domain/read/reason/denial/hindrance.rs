//! Why a call was denied, where the text names something else than one policy.

use super::CUT_AT;
use crate::domain::read::reason::text::{Text, clipped};

/// What stands against a call instead of one policy: no statement is known to allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What kind of thing.
    pub kind: HindranceKind,
    /// In the text's own words, as they follow its "because"; none where they are cut.
    pub words: Option<String>,
}

/// What kind of thing stands against a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HindranceKind {
    /// A setting of S3's Block Public Access, which no statement overrides.
    PublicAccessBlock,
    /// One of several reasons, and the text does not say which.
    OneOfSeveral,
    /// Anything else that is no policy's.
    Other,
}

/// No such clause of AWS is longer than this many bytes.
const LONGEST: usize = 400;

impl Hindrance {
    /// Reads the clause that follows a sentence which ends at `from`.
    pub(super) fn read(text: &Text<'_>, from: usize) -> Option<Self> {
        let because = text.find("because ", from)?;
        // Another sentence has reasons of its own.
        let between = text.before(because.start).get(from..)?;
        if between.contains(". ") || between.contains('\n') || between.contains("(Service") {
            return None;
        }
        let rest = text.rest(because.end).trim_start();
        let shown = clipped(rest, LONGEST);
        let ends = [" (Service", " (Request", "\"", "\\\"", "\n", ". ", ";"];
        let end = ends.iter().filter_map(|end| shown.find(end)).min();
        let is_cut = end.is_none() && (shown.len() < rest.len() || text.raw().len() >= CUT_AT);
        let clause = shown.get(..end.unwrap_or(shown.len()))?;
        let clause = clause.trim().trim_end_matches(['.', ',']);
        let kind = kind(&clause.to_ascii_lowercase())?;
        Some(Self {
            kind,
            words: (!is_cut).then(|| clause.to_owned()),
        })
    }

    /// One of the reasons may be the policy of what the call was on.
    pub fn may_be_of_resource(&self) -> bool {
        self.kind == HindranceKind::PublicAccessBlock
            || self
                .words
                .as_deref()
                .is_some_and(|words| words.contains("resource-based"))
    }

    /// Takes away words that touch the end of a text which may have been cut there.
    pub(super) fn hold_back(&mut self, text: &str) {
        self.words.take_if(|words| text.ends_with(words.as_str()));
    }
}

/// Whether a text in lower case names a setting of S3's Block Public Access.
pub(crate) fn names_public_access_block(lower: &str) -> bool {
    ["block public access", "blockpublic"]
        .iter()
        .any(|words| lower.contains(words))
}

/// What a clause in lower case speaks of; none where it is a policy, or nothing in particular.
fn kind(clause: &str) -> Option<HindranceKind> {
    let holds = |words: &[&str]| words.iter().any(|word| clause.contains(word));
    if clause.is_empty() || clause.starts_with("no ") || "no ".starts_with(clause) {
        return None;
    }
    if names_public_access_block(clause) {
        return Some(HindranceKind::PublicAccessBlock);
    }
    let speaks_of_policies = holds(&["policy", "policies"]);
    if speaks_of_policies && clause.contains(" or ") {
        return Some(HindranceKind::OneOfSeveral);
    }
    let of_rights = [
        "polic",
        "boundary",
        "permission",
        "authori",
        "privilege",
        "allow",
        "deny",
        "denie",
        "grant",
    ];
    (!holds(&of_rights)).then_some(HindranceKind::Other)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{Denial, PolicyKind};
    use super::*;

    const WHO: &str = "User: arn:aws:sts::111122223333:assumed-role/deploy/ci is not authorized to perform: ";
    const PUBLIC: &str = "public policies are blocked by the BlockPublicPolicy block public access setting";
    const LISTS: &str =
        "public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting";
    const KEY: &str = "the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access";

    #[rstest]
    #[case(
        "s3:PutBucketPolicy on resource: \"arn:aws:s3:::b\"",
        PUBLIC,
        HindranceKind::PublicAccessBlock
    )]
    #[case(
        "s3:PutBucketAcl on resource: arn:aws:s3:::b",
        LISTS,
        HindranceKind::PublicAccessBlock
    )]
    #[case(
        "kms:CreateGrant on resource: arn:aws:kms:eu-west-1:444455556666:key/k",
        KEY,
        HindranceKind::OneOfSeveral
    )]
    #[case(
        "glue:GetTable on resource: arn:aws:glue:eu-west-1:1:table/t",
        "the table is archived",
        HindranceKind::Other
    )]
    fn what_is_no_one_policy_is_told_in_its_own_words_and_names_none(
        #[case] call: &str,
        #[case] words: &str,
        #[case] kind: HindranceKind,
        #[values(
            "",
            ".",
            " (Service: X, Status Code: 400, Request ID: 1-2)",
            ". (Service: X)",
            "\" (RequestToken: 1)"
        )]
        tail: &str,
    ) {
        let denial = Denial::read(&format!("{WHO}{call} because {words}{tail}")).unwrap();
        let told = denial.hindrance.unwrap();
        assert_eq!((told.kind, told.words.as_deref()), (kind, Some(words)));
        assert_eq!((denial.policy, denial.explicit), (None, false));
        assert!(denial.resource.is_some() && denial.principal_arn.is_some());
    }

    /// What tempts: policies said in other words, the reasons of another sentence, and halves.
    #[rstest]
    #[case(
        "because no identity-based policy allows the s3:GetObject action",
        Some(PolicyKind::IdentityBased),
        false
    )]
    #[case(
        "because a resource-based policy explicitly denies access",
        Some(PolicyKind::ResourceBased),
        true
    )]
    #[case("because the role lacks the permission", None, false)]
    #[case("because", None, false)]
    #[case("because n", None, false)]
    #[case(". Stopping because the table is archived", None, false)]
    #[case(
        "(Service: S3) because public policies are blocked by the BlockPublicPolicy block public access setting",
        None,
        false
    )]
    #[case(
        "with an explicit deny in an identity-based policy",
        Some(PolicyKind::IdentityBased),
        true
    )]
    fn a_policy_stays_a_policy(
        #[case] tail: &str,
        #[case] policy: Option<PolicyKind>,
        #[case] explicit: bool,
    ) {
        let denial =
            Denial::read(&format!("{WHO}s3:GetObject on resource: arn:aws:s3:::b/k {tail}")).unwrap();
        assert_eq!(denial.hindrance, None);
        assert_eq!((denial.policy, denial.explicit), (policy, explicit));
    }

    #[test]
    fn words_that_are_cut_are_not_quoted_and_are_still_of_no_policy() {
        let lead = format!("{WHO}kms:CreateGrant on resource: arn:aws:kms:eu-west-1:444455556666:key/");
        let half = " because the resource does not exist in this Region, no resou";
        let text = format!("{lead}{}{half}", "k".repeat(CUT_AT - lead.len() - half.len()));
        let told = Denial::read(&text).unwrap().hindrance.unwrap();
        assert_eq!((told.kind, told.words), (HindranceKind::Other, None));
        let text = format!("{lead}k{half}");
        let mut denial = Denial::read(&text).unwrap();
        denial.hold_back(&text);
        assert_eq!(denial.hindrance.unwrap().words, None);
    }
}
