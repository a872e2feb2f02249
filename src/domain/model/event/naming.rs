//! Properties that say what something is called, whatever its type.
//!
//! A key tells by its end that its value is a name: `AlarmName`, `DBInstanceIdentifier`, `HostedZoneId`. The value must
//! look like a name of one thing: a word that everybody uses, a region, a number or a text says nothing.

/// Ends of keys whose values are names.
const ENDS: [&str; 7] = ["Name", "Identifier", "Id", "Alias", "Bucket", "Domain", "Prefix"];
/// What makes a key one whose value is nobody's business, or no name.
const NEVER: [&str; 12] = [
    "password",
    "secret",
    "token",
    "credential",
    "private",
    "accesskey",
    "external",
    "masteruser",
    "adminuser",
    "username",
    "account",
    "displayname",
];
/// Values that many things are called.
const COMMON: [&str; 44] = [
    "admin",
    "alpha",
    "application",
    "backend",
    "beta",
    "common",
    "custom",
    "data",
    "database",
    "default",
    "demo",
    "dev",
    "development",
    "disabled",
    "enabled",
    "false",
    "frontend",
    "global",
    "internal",
    "latest",
    "live",
    "local",
    "main",
    "master",
    "mysql",
    "none",
    "null",
    "postgres",
    "preprod",
    "primary",
    "private",
    "prod",
    "production",
    "public",
    "qa",
    "replica",
    "sandbox",
    "shared",
    "stage",
    "staging",
    "standard",
    "test",
    "testing",
    "true",
];
/// Names are at least so long, ...
const SHORTEST: usize = 4;
/// ... and at most so long.
const LONGEST: usize = 128;

/// Whether a property's key says that its value is a name.
pub(crate) fn is_naming(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    ENDS.iter().any(|end| key.ends_with(end)) && !NEVER.iter().any(|word| lower.contains(word))
}

/// Whether a value looks like the name of one thing.
pub(crate) fn is_identifying(value: &str) -> bool {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-_./:+=".contains(c);
    let is_common = COMMON.iter().any(|word| value.eq_ignore_ascii_case(word));
    let of_aws = [
        "aws/",
        "AWS/",
        "alias/aws/",
        "AWS::",
        "aws:",
        "AWS-",
        "AmazonSSM-",
    ];
    (SHORTEST..=LONGEST).contains(&value.len())
        && value.chars().all(in_name)
        && value.contains(|c: char| c.is_ascii_alphabetic())
        && !is_common
        && !is_place(value)
        && !of_aws.iter().any(|head| value.starts_with(head))
}

/// Whether a value can be a name at all, be it a word that many things are called: enough to tell that two names differ.
pub(crate) fn is_plain_name(value: &str) -> bool {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-_./:+=|".contains(c);
    (2..=LONGEST).contains(&value.len())
        && value.chars().all(in_name)
        && value.contains(|c: char| c.is_ascii_alphabetic())
        && !["true", "false", "null", "none"].contains(&value.to_ascii_lowercase().as_str())
}

/// A region: `us-east-1`, `us-gov-west-1`.
pub(crate) fn is_region(value: &str) -> bool {
    is_place(value) && value.ends_with(|c: char| c.is_ascii_digit()) && value.matches('-').count() >= 2
}

/// The form of an id that AWS gives, by what stands before the part that is drawn: `vpc-` of `vpc-0a1b2c3d`, `eu-west-1_` of
/// a user pool.
pub(crate) fn id_form(value: &str) -> Option<&str> {
    let is_drawn = |rest: &str, all: fn(&char) -> bool| rest.chars().all(|c| all(&c));
    if let Some((head, rest)) = value.split_once('_') {
        let is_pool = is_region(head) && (4..=32).contains(&rest.len());
        return (is_pool && is_drawn(rest, char::is_ascii_alphanumeric))
            .then(|| value.get(..=head.len()).unwrap_or_default());
    }
    let (head, rest) = value.rsplit_once('-')?;
    let is_kind = (1..=24).contains(&head.len()) && head.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let is_id = [8, 17].contains(&rest.len()) && is_drawn(rest, char::is_ascii_hexdigit);
    // A word of eight letters may look so.
    let has_digit = rest.contains(|c: char| c.is_ascii_digit());
    (is_kind && is_id && has_digit).then(|| value.get(..=head.len()).unwrap_or_default())
}

/// A region or a zone: `us-east-1`, `eu-west-1a`, `us-gov-west-1`, `use1-az1`.
fn is_place(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    let number = last.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_numbered = !number.is_empty() && number.len() <= 2 && number.chars().all(|c| c.is_ascii_digit());
    let plain = |part: &&str| part.chars().all(|c| c.is_ascii_lowercase());
    let is_region = (3..=4).contains(&parts.len())
        && first.len() == 2
        && is_numbered
        && parts.iter().take(parts.len() - 1).all(plain);
    let is_zone_id = parts.len() == 2 && last.starts_with("az") && last.len() <= 4;
    is_region || is_zone_id
}

/// Whether a key says what a resource of this type is itself called: `AlarmName` of an alarm, `Name` of anything.
pub(crate) fn is_own_name(key: &str, resource_type: &str) -> bool {
    if matches!(key, "Name" | "Identifier" | "Id") {
        return true;
    }
    let Some(noun) = resource_type.split("::").nth(2) else {
        return false;
    };
    // What these are called by, which is called otherwise of nothing else.
    if matches!(
        (noun, key),
        ("TaskDefinition", "Family") | ("OIDCProvider", "Url")
    ) {
        return true;
    }
    if let Some(described) = key.strip_suffix("Input.Name") {
        return described == noun;
    }
    let stem = ["Name", "Identifier", "Id"]
        .iter()
        .find_map(|end| key.strip_suffix(end));
    stem.is_some_and(|stem| {
        let (stem, noun) = (stem.to_ascii_lowercase(), noun.to_ascii_lowercase());
        !stem.is_empty() && (noun == stem || (stem.len() >= 4 && noun.ends_with(&stem)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_one_thing_is_told_from_words_numbers_and_places() {
        for name in [
            "orders-eu",
            "shop_prod.db",
            "/shop/app",
            "team/mail",
            "vpc-0a1b2c3d",
            "d-1234567890",
        ] {
            assert!(is_identifying(name), "{name}");
        }
        for other in [
            "default",
            "Production",
            "us-east-1",
            "eu-west-1a",
            "us-gov-west-1",
            "use1-az1",
            "true",
            "2026",
            "10.0.0.0",
            "abc",
            "Everything that is sold",
            "AWS/EC2",
            "alias/aws/rds",
            "AWS::Region",
            "alice@example.com",
            "",
        ] {
            assert!(!is_identifying(other), "{other}");
        }
    }

    #[test]
    fn a_key_says_that_its_value_is_a_name_and_no_secret() {
        for key in [
            "AlarmName",
            "DBInstanceIdentifier",
            "Name",
            "HostedZoneId",
            "Bucket",
        ] {
            assert!(is_naming(key), "{key}");
        }
        for key in [
            "MasterUsername",
            "MasterUserPassword",
            "AccessKeyId",
            "ExternalId",
            "Description",
            "Engine",
            "UserName",
            "SecretName",
            "ClientToken",
        ] {
            assert!(!is_naming(key), "{key}");
        }
    }

    #[test]
    fn what_a_resource_is_called_is_told_from_what_it_uses() {
        for (key, kind) in [
            ("AlarmName", "AWS::CloudWatch::Alarm"),
            ("AlarmName", "AWS::CloudWatch::CompositeAlarm"),
            ("DBInstanceIdentifier", "AWS::RDS::DBInstance"),
            ("ReplicationGroupId", "AWS::ElastiCache::ReplicationGroup"),
            ("Name", "AWS::Glue::Job"),
            ("Family", "AWS::ECS::TaskDefinition"),
            ("Url", "AWS::IAM::OIDCProvider"),
            ("ClusterName", "AWS::ElastiCache::CacheCluster"),
        ] {
            assert!(is_own_name(key, kind), "{key} {kind}");
        }
        for (key, kind) in [
            ("DBSubnetGroupName", "AWS::RDS::DBInstance"),
            ("DBClusterIdentifier", "AWS::RDS::DBInstance"),
            ("VpcId", "AWS::EC2::Subnet"),
            ("Family", "AWS::RDS::DBParameterGroup"),
            ("EventBusName", "AWS::Events::Rule"),
            ("RestApiId", "AWS::ApiGateway::Stage"),
        ] {
            assert!(!is_own_name(key, kind), "{key} {kind}");
        }
    }
}
