//! Who made a call, out of the many shapes of `userIdentity`.

use crate::domain::model::arn::{Arn, principal_and_session, role_and_session, role_name, role_of_session};
use serde_json::Value;

use super::values::{member, text};
use crate::domain::model::trail::Identity;

/// Reads `userIdentity`. `listed_as` is the name under which `LookupEvents` lists the call.
pub(super) fn read(value: Option<&Value>, listed_as: Option<String>) -> Identity {
    let Some(value) = value else {
        return Identity {
            name: listed_as,
            ..Identity::default()
        };
    };
    let issuer = member(value, &["sessionContext"]).and_then(|context| member(context, &["sessionIssuer"]));
    let principal = text(value, &["principalId"]);
    let arn = text(value, &["arn"]).or_else(|| principal.clone().filter(|id| id.starts_with("arn:")));
    let session = arn.as_deref().and_then(session_of);
    let kind = text(value, &["type"]).unwrap_or_else(|| kind_of(value, arn.as_deref()));
    let named = arn
        .as_deref()
        .filter(|arn| arn.contains(":user/") || arn.contains(":federated-user/"))
        .and_then(|arn| arn.rsplit('/').next())
        .map(str::to_owned);
    let after_colon = || {
        let id = principal.as_deref().filter(|id| !id.starts_with("arn:"))?;
        let (_, name) = principal_and_session(id)?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    let name = session
        .as_ref()
        .map(|(_, session)| session.clone())
        .filter(|session| !session.is_empty())
        .or_else(|| text(value, &["userName"]))
        .or(named)
        .or_else(after_colon)
        .or(listed_as);
    let role_arn = issuer
        .and_then(|issuer| text(issuer, &["arn"]))
        .or_else(|| role_of_session(arn.as_deref()?));
    Identity {
        kind,
        account: text(value, &["accountId"]).or_else(|| {
            let account = Arn::account_of(arn.as_deref()?)?;
            Some(account.to_owned())
        }),
        role_arn,
        name,
        invoked_by: text(value, &["invokedBy"]),
        issued_to: issued_to(value),
        arn,
    }
}

/// Whom the credentials are for, which names the true caller where a service calls for somebody.
///
/// Source: CloudTrail user guide, "userIdentity element", `inScopeOf`.
pub(super) fn issued_to(value: &Value) -> Option<String> {
    let scope = member(value, &["inScopeOf"])?;
    text(scope, &["credentialsIssuedTo", "sourceArn"])
}

/// What a caller is when the record does not say its type.
fn kind_of(value: &Value, arn: Option<&str>) -> String {
    let kind = match arn {
        Some(arn) if arn.contains(":assumed-role/") => "AssumedRole",
        Some(arn) if arn.contains(":user/") => "IAMUser",
        Some(arn) if arn.ends_with(":root") => "Root",
        None if member(value, &["invokedBy"]).is_some() => "AWSService",
        _ => "",
    };
    kind.to_owned()
}

/// The role and the session in `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`. Either may be empty.
pub(super) fn session_of(arn: &str) -> Option<(String, String)> {
    let (role, session) = role_and_session(arn)?;
    Some((role.to_owned(), session.to_owned()))
}

impl Identity {
    /// The bare name of the role behind a session: no path, no account.
    pub fn role_name(&self) -> Option<&str> {
        let from_session = || {
            let (role, _) = role_and_session(self.arn.as_deref()?)?;
            Some(role).filter(|role| !role.is_empty())
        };
        from_session().or_else(|| self.role_arn.as_deref().and_then(role_name))
    }

    /// Who it is, as short as it stays clear: `role/session`, a user, a service.
    pub fn label(&self) -> String {
        match (self.role_name(), self.name.as_deref()) {
            (Some(role), Some(session)) if role != session => format!("{role}/{session}"),
            (Some(role), _) => role.to_owned(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => {
                let service = self.invoked_by.clone();
                let fallback = || match self.kind.as_str() {
                    "Root" => "the root user".to_owned(),
                    _ => "an unnamed caller".to_owned(),
                };
                service
                    .or_else(|| self.arn.clone())
                    .or_else(|| {
                        let account = self.account.as_deref()?;
                        (self.kind != "Root").then(|| format!("account {account}"))
                    })
                    .unwrap_or_else(fallback)
            }
        }
    }
}
