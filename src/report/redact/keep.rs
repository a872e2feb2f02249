//! Words that stay readable: what a report is about.

use std::collections::HashSet;

use serde_json::Value;

/// Members whose texts name what happened: they are never masked where they are repeated.
const TELLING: [&str; 10] = [
    "logical_id",
    "resource_type",
    "status",
    "error_code",
    "name_of_call",
    "eventName",
    "errorCode",
    "region",
    "eventSource",
    "source",
];

/// Names of principals, buckets and the like that are ordinary words as well: masked where they stand as names,
/// not wherever a sentence uses them.
const ORDINARY: [&str; 69] = [
    "access",
    "account",
    "admin",
    "administrator",
    "agent",
    "api",
    "app",
    "assets",
    "audit",
    "aws",
    "backup",
    "bucket",
    "build",
    "builder",
    "cdk",
    "ci",
    "cloudformation",
    "config",
    "create",
    "data",
    "database",
    "default",
    "delete",
    "deploy",
    "deployer",
    "deployment",
    "dev",
    "developer",
    "ecs",
    "execution",
    "failed",
    "function",
    "github",
    "guest",
    "jenkins",
    "key",
    "lambda",
    "log",
    "logs",
    "main",
    "mariadb",
    "master",
    "mongo",
    "mysql",
    "ops",
    "oracle",
    "password",
    "postgres",
    "postgresql",
    "prod",
    "production",
    "queue",
    "readonly",
    "redis",
    "resource",
    "role",
    "root",
    "secret",
    "service",
    "session",
    "setup",
    "stack",
    "staging",
    "system",
    "task",
    "terraform",
    "test",
    "update",
    "user",
];

/// The words of a session that stay readable.
#[derive(Debug, Default)]
pub(super) struct Keep(HashSet<String>);

impl Keep {
    /// Learns what the facts are about.
    pub(super) fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(text) if TELLING.contains(&name.as_str()) => {
                            self.0.insert(text.clone());
                        }
                        // A stack is called by its name everywhere.
                        Value::String(text) if name == "stack_id" || name == "stack" => {
                            let name = text
                                .split(":stack/")
                                .nth(1)
                                .and_then(|rest| rest.split('/').next());
                            self.0.extend(name.map(ToOwned::to_owned));
                        }
                        other => self.collect(other),
                    }
                }
            }
            _ => {}
        }
    }

    /// The word is what the report is about, or anybody's.
    pub(super) fn holds(&self, word: &str) -> bool {
        self.0.contains(word) || ORDINARY.contains(&word.to_ascii_lowercase().as_str())
    }
}
