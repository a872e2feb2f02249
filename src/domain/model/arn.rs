//! What ARNs and the names in them say: of roles, functions, tasks, instances.
//!
//! The one place that takes an ARN apart.

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, by its fields. Many have no region or no account, and one that
/// was cut short has nothing where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: &'a str,
    /// The service's prefix: `lambda`, `s3`.
    pub service: &'a str,
    /// The region's code, or nothing.
    pub region: &'a str,
    /// Twelve digits, or nothing.
    pub account: &'a str,
    /// All the rest, colons included: `function:NAME:VERSION`, `role/path/NAME`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes apart what begins as an ARN does; `None` for anything else.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut field = || fields.next().unwrap_or_default();
        Some(Self {
            partition: field(),
            service: field(),
            region: field(),
            account: field(),
            resource: field(),
        })
    }

    /// The region, where there is one.
    pub(crate) fn region_of(text: &'a str) -> Option<&'a str> {
        let region = Self::parse(text)?.region;
        (!region.is_empty()).then_some(region)
    }

    /// The account, where there is one.
    pub(crate) fn account_of(text: &'a str) -> Option<&'a str> {
        let account = Self::parse(text)?.account;
        (!account.is_empty()).then_some(account)
    }

    /// Whether it is one of this service.
    pub(crate) fn is_of(text: &str, service: &str) -> bool {
        Arn::parse(text).is_some_and(|arn| arn.service == service)
    }
}

/// Whether an ARN is of what AWS itself gives to everybody: a policy of its own, a document of Systems Manager.
pub(crate) fn is_of_aws(text: &str) -> bool {
    let Some(arn) = Arn::parse(text) else {
        return false;
    };
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let is_document = arn.account.is_empty() && arn.resource.starts_with("document/");
    arn.account == "aws" || is_document && ["AWS-", "Amazon"].iter().any(|head| name.starts_with(head))
}

/// A secret's name without the six letters that its ARN puts behind it, and by which nobody calls it.
///
/// Source: Secrets Manager user guide, "What's in a secret".
pub(crate) fn bare_secret(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((bare, drawn)) if drawn.len() == 6 && drawn.chars().all(|c| c.is_ascii_alphanumeric()) => bare,
        _ => name,
    }
}

/// The role and the session in `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. Either may be empty.
pub(crate) fn role_and_session(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once(":assumed-role/")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

/// The session name under which CloudFormation calls with a service role.
pub(crate) const CLOUDFORMATION_SESSION: &str = "AWSCloudFormation";

/// The ARN of the role of a session, as a policy names it: without the path, which the session's does not tell.
pub(crate) fn role_of_session(text: &str) -> Option<String> {
    let (role, _) = role_and_session(text)?;
    let Arn {
        partition, account, ..
    } = Arn::parse(text)?;
    (!role.is_empty()).then(|| format!("arn:{partition}:iam::{account}:role/{role}"))
}

/// The bare name in a role's ARN (`…:role/path/NAME`), in a session's ARN, or the name itself.
pub fn role_name(text: &str) -> Option<&str> {
    let name = if let Some((role, _)) = role_and_session(text) {
        Some(role)
    } else if let Some((_, rest)) = text.split_once(":role/") {
        rest.rsplit('/').next()
    } else if text.starts_with("arn:") {
        None
    } else {
        text.rsplit('/').next()
    };
    name.filter(|name| !name.is_empty())
}

/// Who keeps a role that nobody edits in IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleKeeper {
    /// Stack sets of an organization, which deploy with it.
    StackSets,
    /// Control Tower, which deploys with it.
    ControlTower,
    /// A service, which acts with its service-linked role.
    Service,
    /// IAM Identity Center: a permission set makes it.
    IdentityCenter,
    /// The bootstrap of cdk: a role with which it deploys, publishes or looks up.
    Bootstrap,
}

impl RoleKeeper {
    /// Whoever keeps the role of this ARN; `None` where the account does.
    pub(crate) fn of(arn: &str) -> Option<Self> {
        let name = role_name(arn).filter(|_| arn.starts_with("arn:"))?;
        if name.starts_with("stacksets-exec-") {
            Some(Self::StackSets)
        } else if name == "AWSControlTowerExecution" {
            Some(Self::ControlTower)
        } else if name.starts_with("AWSServiceRoleFor") {
            Some(Self::Service)
        } else if name.starts_with("AWSReservedSSO_") {
            Some(Self::IdentityCenter)
        } else if name.starts_with("cdk-")
            && ["-deploy-role-", "-lookup-role-", "-publishing-role-"]
                .iter()
                .any(|part| name.contains(part))
        {
            Some(Self::Bootstrap)
        } else {
            None
        }
    }
}

/// The bare name of a function: out of its ARN (version and alias left away) or as it is.
pub fn function_name(text: &str) -> &str {
    match text.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or(rest),
        None => text,
    }
}

/// The alias or the version in a function's ARN: `live` of `…:function:orders:live`.
pub(crate) fn function_qualifier(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":function:")?;
    let (_, qualifier) = rest.split_once(':')?;
    qualifier
        .split(':')
        .next()
        .filter(|qualifier| !qualifier.is_empty())
}

/// The unique id and the session in a record's `principalId`, `AROAEXAMPLE:session`. A user's has no session.
pub(crate) fn principal_and_session(principal_id: &str) -> Option<(&str, &str)> {
    principal_id.split_once(':')
}

/// The id at the end of a task's ARN: the name of its sessions.
pub fn task_id(id: &str) -> Option<&str> {
    let (_, rest) = id.split_once(":task/")?;
    rest.rsplit('/').next().filter(|task| task.len() >= 8)
}

/// The session of an instance is named after it.
pub(crate) fn is_instance(session: &str) -> bool {
    session
        .strip_prefix("i-")
        .is_some_and(|hex| matches!(hex.len(), 8 | 17) && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_by_its_fields() {
        let arn = Arn::parse("arn:aws-cn:lambda:cn-north-1:123456789012:function:f:7").unwrap();
        assert_eq!(
            (arn.partition, arn.service, arn.region),
            ("aws-cn", "lambda", "cn-north-1")
        );
        assert_eq!((arn.account, arn.resource), ("123456789012", "function:f:7"));
        assert_eq!(
            Arn::account_of("arn:aws:iam::123456789012:role/x"),
            Some("123456789012")
        );
        assert_eq!(Arn::region_of("arn:aws:iam::123456789012:role/x"), None);
        assert!(Arn::is_of("arn:aws:sns:eu-west-1:123456789012:t", "sns"));
    }

    /// What would tempt it: texts with colons, and ARNs that were cut short.
    #[test]
    fn what_is_no_arn_has_no_fields_and_what_was_cut_has_those_it_has() {
        for text in [
            "",
            "arn",
            "shop:lambda:eu-west-1:1:2:3",
            "see arn:aws:s3:::b",
            "ARN:aws:s3:::b",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
        assert_eq!(Arn::region_of("arn:aws:ecs:eu-west-1"), Some("eu-west-1"));
        assert_eq!(Arn::account_of("arn:aws:ecs:eu-west-1"), None);
        assert_eq!(
            Arn::parse("arn:aws:s3:::bucket/a:b").unwrap().resource,
            "bucket/a:b"
        );
    }

    /// What would tempt it: names that only hold such a word, and what is no ARN.
    #[test]
    fn a_role_that_aws_keeps_is_known_by_its_name() {
        let of =
            |role: &str| RoleKeeper::of(&format!("arn:aws:sts::111122223333:assumed-role/{role}/session"));
        assert_eq!(of("stacksets-exec-0a1b"), Some(RoleKeeper::StackSets));
        assert_eq!(of("AWSControlTowerExecution"), Some(RoleKeeper::ControlTower));
        assert_eq!(of("AWSServiceRoleForAutoScaling"), Some(RoleKeeper::Service));
        assert_eq!(of("AWSReservedSSO_Admin_0a1b"), Some(RoleKeeper::IdentityCenter));
        assert_eq!(
            of("cdk-hnb659fds-deploy-role-1-eu-west-1"),
            Some(RoleKeeper::Bootstrap)
        );
        for own in [
            "my-stacksets-exec-role",
            "AWSControlTowerExecutionCopy",
            "app",
            "ssoAWSReservedSSO_x",
            "cdk-hnb659fds-cfn-exec-role-1-eu-west-1",
            "my-cdk-deploy-role-1",
        ] {
            assert_eq!(of(own), None, "{own}");
        }
        assert_eq!(RoleKeeper::of("AWSServiceRoleForAutoScaling"), None);
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
        assert_eq!(RoleKeeper::of(linked), Some(RoleKeeper::Service));
    }

    #[test]
    fn a_session_tells_its_role() {
        let session = "arn:aws:sts::123456789012:assumed-role/shop/AWSCloudFormation";
        assert_eq!(role_and_session(session), Some(("shop", "AWSCloudFormation")));
        assert_eq!(
            role_and_session("arn:aws:sts::1:assumed-role/shop"),
            Some(("shop", ""))
        );
        assert_eq!(role_and_session("arn:aws:iam::1:role/shop"), None);
        assert_eq!(role_name(session), Some("shop"));
    }
}
