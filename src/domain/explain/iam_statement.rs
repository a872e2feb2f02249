//! IAM statements as data: their JSON, and how several become few that allow no more. Which one a denial calls for is
//! decided in [`super::cause`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Stands for a name that nothing tells: no policy is valid with it.
pub(crate) const UNKNOWN: &str = "FILL-IN";

/// A statement that allows actions on resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IamStatement {
    /// Whom it allows, in the policy of a resource.
    pub principal: Option<String>,
    /// The actions, as IAM writes them.
    pub actions: BTreeSet<String>,
    /// The ARNs, or `*`.
    pub resources: BTreeSet<String>,
    /// Only where these hold, each `StringEquals`.
    pub conditions: BTreeSet<IamCondition>,
}

/// A condition that the evidence tells: this key of the request has this value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IamCondition {
    /// The key: `iam:PassedToService`.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl IamStatement {
    /// Allows one action on one resource.
    pub(crate) fn allowing(action: &str, resource: &str, conditions: BTreeSet<IamCondition>) -> Self {
        Self {
            principal: None,
            actions: BTreeSet::from([action.to_owned()]),
            resources: BTreeSet::from([resource.to_owned()]),
            conditions,
        }
    }

    /// Something in it has to be filled in before it is valid.
    pub fn is_incomplete(&self) -> bool {
        self.resources.iter().any(|resource| is_incomplete(resource))
    }

    /// As it stands in a policy.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("Effect".to_owned(), json!("Allow"));
        if let Some(principal) = &self.principal {
            members.insert("Principal".to_owned(), json!({ "AWS": principal }));
        }
        members.insert("Action".to_owned(), one_or_many(&self.actions));
        members.insert("Resource".to_owned(), one_or_many(&self.resources));
        if !self.conditions.is_empty() {
            let mut keys = Map::new();
            for (key, values) in self.condition_values() {
                keys.insert(key.to_owned(), one_or_many(&values));
            }
            members.insert("Condition".to_owned(), json!({ "StringEquals": keys }));
        }
        Value::Object(members)
    }

    /// The values that each key may have.
    pub fn condition_values(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for condition in &self.conditions {
            let values = keys.entry(&condition.key).or_default();
            values.insert(condition.value.clone());
        }
        keys
    }
}

/// A policy of these statements.
pub fn policy_document(statements: &[IamStatement]) -> Value {
    let statements: Vec<Value> = statements.iter().map(IamStatement::to_json).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The fewest statements that allow exactly what these do: the actions of a resource together, and the resources of
/// the same actions. What one of them allows only under a condition is not allowed without it.
pub(crate) fn merged(statements: impl IntoIterator<Item = IamStatement>) -> Vec<IamStatement> {
    let singles = singles(statements);
    let mut by_resource: BTreeMap<(Terms, String), BTreeSet<String>> = BTreeMap::new();
    for single in singles {
        let place = (single.terms, single.resource);
        by_resource.entry(place).or_default().insert(single.action);
    }
    let mut by_actions: BTreeMap<(Terms, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((terms, resource), actions) in by_resource {
        by_actions.entry((terms, actions)).or_default().insert(resource);
    }
    let statements = by_actions.into_iter();
    let mut statements: Vec<IamStatement> = statements
        .map(|((terms, actions), resources)| IamStatement {
            principal: terms.principal,
            actions,
            resources,
            conditions: terms.conditions,
        })
        .collect();
    statements.sort_by(|one, other| {
        let order = |one: &IamStatement| (one.actions.clone(), one.resources.clone(), one.conditions.clone());
        order(one).cmp(&order(other))
    });
    statements
}

/// For whom and under which conditions something is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Terms {
    principal: Option<String>,
    conditions: BTreeSet<IamCondition>,
}

/// One action on one resource.
struct Single {
    terms: Terms,
    action: String,
    resource: String,
}

/// One action and one resource each, what follows from another left away. Actions are one however they are spelt.
fn singles(statements: impl IntoIterator<Item = IamStatement>) -> Vec<Single> {
    let mut asked: BTreeMap<(Option<String>, String, String), BTreeSet<BTreeSet<IamCondition>>> =
        BTreeMap::new();
    let mut spelt: BTreeMap<String, String> = BTreeMap::new();
    for statement in statements {
        for action in &statement.actions {
            let lower = action.to_ascii_lowercase();
            spelt.entry(lower.clone()).or_insert_with(|| action.clone());
            for resource in &statement.resources {
                let key = (statement.principal.clone(), lower.clone(), resource.clone());
                asked.entry(key).or_default().insert(statement.conditions.clone());
            }
        }
    }
    let everywhere: BTreeSet<(Option<String>, String)> = asked
        .iter()
        .filter(|((_, _, resource), conditions)| resource == "*" && conditions.contains(&BTreeSet::new()))
        .map(|((principal, action, _), _)| (principal.clone(), action.clone()))
        .collect();
    let mut found = Vec::new();
    for ((principal, action, resource), mut conditions) in asked {
        if resource != "*" && everywhere.contains(&(principal.clone(), action.clone())) {
            continue;
        }
        if conditions.len() > 1 {
            conditions.remove(&BTreeSet::new());
        }
        let action = spelt.get(&action).cloned().unwrap_or(action);
        found.extend(conditions.into_iter().map(|conditions| Single {
            terms: Terms {
                principal: principal.clone(),
                conditions,
            },
            action: action.clone(),
            resource: resource.clone(),
        }));
    }
    found
}

/// A name out of the evidence as a policy writes it: what IAM would read as a variable stands for itself.
pub(crate) fn literal(name: &str) -> String {
    name.replace("${", "${$}{").replace('?', "${?}")
}

/// Whether something in an ARN is left open.
pub(crate) fn is_incomplete(arn: &str) -> bool {
    arn.ends_with(UNKNOWN) || arn.contains(":ACCOUNT:") || arn.contains(":REGION:")
}

fn one_or_many(texts: &BTreeSet<String>) -> Value {
    match texts.first() {
        Some(only) if texts.len() == 1 => json!(only),
        _ => json!(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(action: &str, resource: &str) -> IamStatement {
        IamStatement::allowing(action, resource, BTreeSet::new())
    }

    fn passed(to: &str) -> IamStatement {
        let condition = IamCondition {
            key: "iam:PassedToService".into(),
            value: to.into(),
        };
        IamStatement::allowing(
            "iam:PassRole",
            "arn:aws:iam::1:role/r",
            BTreeSet::from([condition]),
        )
    }

    #[test]
    fn actions_are_grouped_by_resource_and_resources_by_the_same_actions_and_nothing_is_multiplied() {
        let told = merged([
            allowing("s3:GetObject", "arn:a"),
            allowing("s3:PutObject", "arn:a"),
            allowing("s3:getobject", "arn:a"),
            allowing("s3:GetObject", "arn:b"),
            allowing("s3:PutObject", "arn:b"),
            allowing("s3:GetObject", "arn:c"),
        ]);
        let told: Vec<Value> = told.iter().map(IamStatement::to_json).collect();
        assert_eq!(
            told,
            [
                json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:c"}),
                json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:a", "arn:b"]}),
            ]
        );
    }

    #[test]
    fn what_is_denied_on_everything_needs_no_second_statement() {
        let told = merged([
            allowing("ec2:DescribeVpcs", "arn:x"),
            allowing("ec2:DescribeVpcs", "*"),
        ]);
        assert_eq!(told, [allowing("ec2:DescribeVpcs", "*")]);
    }

    /// The reason tells the role, the record the service as well: one call, and the condition stays.
    #[test]
    fn a_condition_that_one_of_two_witnesses_tells_stays() {
        let told = merged([
            allowing("iam:PassRole", "arn:aws:iam::1:role/r"),
            passed("lambda.amazonaws.com"),
        ]);
        assert_eq!(told, [passed("lambda.amazonaws.com")]);
        let two = merged([passed("lambda.amazonaws.com"), passed("states.amazonaws.com")]);
        assert_eq!(two.len(), 2);
    }

    #[test]
    fn a_name_that_looks_like_a_variable_is_written_so_that_it_stands_for_itself() {
        assert_eq!(
            literal("arn:aws:s3:::b/${aws:x}?"),
            "arn:aws:s3:::b/${$}{aws:x}${?}"
        );
        assert_eq!(
            literal("arn:aws:ec2:eu-west-1:1:instance/*"),
            "arn:aws:ec2:eu-west-1:1:instance/*"
        );
    }
}
