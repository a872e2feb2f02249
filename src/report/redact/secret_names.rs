//! Names that say that a secret follows.

/// Names that say that a secret follows, without signs and in small letters.
const NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "apikey",
    "privatekey",
    "accesskey",
    "accountkey",
    "token",
    "credential",
    "authorization",
    "signature",
    "plaintext",
    "userdata",
    "connectionstring",
    "keymaterial",
];

/// Names that say so as a word of their own: within another word they say something else.
const WORDS: [&str; 12] = [
    "pass",
    "pwd",
    "pw",
    "pin",
    "otp",
    "psk",
    "cvv",
    "cookie",
    "sessionid",
    "jsessionid",
    "phpsessid",
    "auth",
];

/// Names that only sound like it: what they name tells calls, pages and functions apart.
const NO_NAMES: [&str; 22] = [
    "requesttoken",
    "servicetoken",
    "nexttoken",
    "clienttoken",
    "continuationtoken",
    "paginationtoken",
    "tokenid",
    "tokencount",
    "tokentype",
    "maxtokens",
    "signatureversion",
    "signaturemethod",
    "signedheaders",
    "secretarn",
    "secretname",
    "secretid",
    "secretsmanager",
    "passwordpolicy",
    "passwordlength",
    "passwordlastused",
    "passwordreset",
    "credentialsprovider",
];

/// What opens something: a key that is called so is a secret.
const OPENING: [&str; 37] = [
    "admin",
    "aes",
    "app",
    "application",
    "auth",
    "cipher",
    "client",
    "cookie",
    "crypt",
    "crypto",
    "decryption",
    "deploy",
    "encrypted",
    "encryption",
    "hmac",
    "ingest",
    "ingestion",
    "integration",
    "jwt",
    "licence",
    "license",
    "master",
    "preshared",
    "rsa",
    "server",
    "service",
    "session",
    "shared",
    "sign",
    "signing",
    "ssh",
    "ssl",
    "storage",
    "tls",
    "webhook",
    "write",
    "psk",
];

/// What finds something: a key that is called so is none, not even as a variable of an environment.
const FINDING: [&str; 49] = [
    "artifact",
    "bucket",
    "cache",
    "code",
    "composite",
    "config",
    "context",
    "destination",
    "dict",
    "duplicate",
    "event",
    "feature",
    "file",
    "filter",
    "flag",
    "foreign",
    "group",
    "hash",
    "id",
    "idempotency",
    "image",
    "index",
    "invalid",
    "item",
    "kms",
    "layer",
    "lock",
    "lookup",
    "map",
    "message",
    "missing",
    "name",
    "object",
    "order",
    "parameter",
    "partition",
    "prefix",
    "primary",
    "pub",
    "public",
    "range",
    "routing",
    "s3",
    "sort",
    "source",
    "state",
    "tag",
    "template",
    "unique",
];

/// The name says that a secret follows.
pub(super) fn is_secret_key(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let named = NAMES.iter().any(|secret| plain.contains(secret))
        || ends_in_word(name, &plain)
        || plain.ends_with("key") && opens(name);
    named && !NO_NAMES.iter().any(|other| plain.contains(other))
}

/// The last word of the name, however words are joined in it, is one of those.
fn ends_in_word(name: &str, plain: &str) -> bool {
    let last = name
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    let camel = last_word(name);
    WORDS
        .iter()
        .any(|word| last.eq_ignore_ascii_case(word) || camel.eq_ignore_ascii_case(word) || *word == plain)
}

/// The key that is called so opens something. A variable of an environment that is called a key mostly does.
fn opens(name: &str) -> bool {
    let Some(before) = name.len().checked_sub(3).and_then(|end| name.get(..end)) else {
        return false;
    };
    let is_shouted = name.contains('_') && !name.contains(|c: char| c.is_ascii_lowercase());
    let word = last_word(before).to_ascii_lowercase();
    OPENING.contains(&word.as_str()) || is_shouted && !word.is_empty() && !FINDING.contains(&word.as_str())
}

/// The last word of a name, however words are joined in it.
fn last_word(name: &str) -> &str {
    let last = name
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    last.rfind(|c: char| c.is_ascii_uppercase())
        .filter(|_| last.contains(|c: char| c.is_ascii_lowercase()))
        .and_then(|start| last.get(start..))
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_opens_something_is_a_secret_and_one_that_finds_something_is_none() {
        for name in [
            "ENCRYPTION_KEY",
            "encryptionKey",
            "hmacKey",
            "PreSharedKey",
            "preSharedKey",
            "SSH_KEY",
            "PAGERDUTY_KEY",
            "MASTER-KEY",
            "licenseKey",
            "signing_key",
            "apiKey",
            "keyMaterial",
        ] {
            assert!(is_secret_key(name), "{name}");
        }
        for name in [
            "key",
            "Key",
            "KEY",
            "KmsKeyId",
            "kmsMasterKeyId",
            "KMS_KEY",
            "KeyName",
            "PrimaryKey",
            "PRIMARY_KEY",
            "partitionKey",
            "SORT_KEY",
            "S3Key",
            "S3_KEY",
            "objectKey",
            "sshPublicKey",
            "monkey",
            "tagKey",
            "encryptionKeyArn",
        ] {
            assert!(!is_secret_key(name), "{name}");
        }
    }
}
