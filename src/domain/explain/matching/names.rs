//! The names that a failing resource goes by, and finding them in what a record is about.

use crate::domain::deployment::failure::Failure;
use crate::domain::model::event::is_custom_resource;
use crate::domain::model::event::{is_identifying, is_naming, is_own_name};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::text::{holds_word, is_word};

/// The names of one failure's resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResourceNames {
    /// Names in the account, whole words, each with where it is known from.
    physical: Vec<(String, NameOrigin)>,
    /// What CloudFormation makes a name of, where the properties give none.
    generated: Option<Generated>,
    logical: String,
    stack_name: String,
    stack_id: String,
}

/// What CloudFormation makes a resource's name of, in lower case.
#[derive(Debug, Clone, Default)]
struct Generated {
    stack: String,
    logical: String,
    /// Names that would be longer than some limit are cut in both parts; from this length on one may be.
    cut_from: usize,
}

impl Generated {
    fn of(failure: &Failure) -> Option<Self> {
        let logical = &failure.event.logical_id;
        (logical.len() >= 3 && !failure.event.is_about_stack()).then(|| Self {
            stack: failure.key.stack_id.name().to_ascii_lowercase(),
            logical: logical.to_ascii_lowercase(),
            cut_from: match failure.event.resource_type.as_str() {
                kind if kind.starts_with("AWS::ElasticLoadBalancing") => 28,
                _ => 58,
            },
        })
    }

    /// Whether this is the very name: stack, logical id and what CloudFormation draws, and nothing more.
    fn makes(&self, name: &str) -> bool {
        let Some((rest, drawn)) = name.rsplit_once('-') else {
            return false;
        };
        if !is_drawn(drawn) {
            return false;
        }
        let rest = rest.to_ascii_lowercase();
        let is_part = |part: &str, whole: &str| whole.starts_with(part) && part.len() >= whole.len().min(5);
        let may_be_cut = name.len() >= self.cut_from;
        rest.match_indices('-').any(|(at, _)| {
            let (stack, logical) = (
                rest.get(..at).unwrap_or_default(),
                rest.get(at + 1..).unwrap_or_default(),
            );
            (stack == self.stack && logical == self.logical)
                || (may_be_cut && is_part(stack, &self.stack) && is_part(logical, &self.logical))
        })
    }
}

/// Where a name in the account is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NameOrigin {
    PhysicalId,
    /// A property that says what the resource is called.
    Property(String),
    /// The same, of a type that is not listed. Any word may be such a name, so only a call of the type's handler names
    /// the resource by it, and no other resource may have it.
    Said(String),
    /// A property of a custom resource that names what it works on.
    WorkedOn(String),
    /// A property that says what it uses: its key, its cluster.
    Used(String),
    /// The reason names it.
    Reason,
}

impl NameOrigin {
    /// It is told by its key alone.
    fn is_any_word(&self) -> bool {
        matches!(self, Self::Said(_) | Self::WorkedOn(_))
    }

    fn is_used(&self) -> bool {
        matches!(self, Self::Used(_))
    }
}

/// A sign that a record is about the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameMatch {
    /// By a name in the account, or by CloudFormation's own tags.
    Surely,
    /// By what a property of an unlisted type says that it is called: only if its handler makes such calls.
    ByProperty,
    /// By a name that CloudFormation made out of the stack's name and the logical id.
    ByPattern,
    /// By something that the resource's properties say it uses.
    ByWhatItUses,
    /// The record names another stack, or another resource of this one.
    Another,
}

impl NameMatch {
    /// It is this resource that is named.
    pub(crate) fn is_this(self) -> bool {
        matches!(self, Self::Surely | Self::ByPattern | Self::ByProperty)
    }

    /// It is this resource, or what that uses.
    pub(super) fn is_it(self) -> bool {
        self.is_this() || self == Self::ByWhatItUses
    }
}

const SETTINGS: [&str; 11] = [
    "BucketName",
    "TableName",
    "TopicName",
    "FunctionName",
    "RoleName",
    "LogGroupName",
    "ServiceName",
    "ClusterName",
    "QueueName",
    "StreamName",
    "RepositoryName",
];

impl ResourceNames {
    pub(crate) fn of(failure: &Failure) -> Self {
        let custom = is_custom_resource(&failure.event) || failure.function_arn().is_some();
        let mut physical = Vec::new();
        let mut add = |name: &str, origin: NameOrigin| {
            let name = name.trim();
            let is_known = physical.iter().any(|(known, _)| known == name);
            if name.len() >= 4 && name.len() <= 512 && !is_known {
                physical.push((name.to_owned(), origin));
            }
        };
        // A custom resource's physical id is whatever its function says, often its log stream's name.
        if let Some(id) = failure
            .physical_id
            .as_deref()
            .filter(|id| !custom || id.starts_with("arn:"))
        {
            add(id, NameOrigin::PhysicalId);
            if id.starts_with("arn:") && failure.event.resource_type != STACK_TYPE {
                let last = id.rsplit(['/', ':']).next().unwrap_or_default();
                if last.len() >= 8 {
                    add(last, NameOrigin::PhysicalId);
                }
            }
        }
        for key in SETTINGS {
            // A custom resource's settings name what it works on, which is a sign as well.
            if let Some(name) = failure.settings.get(key) {
                add(name, NameOrigin::Property(key.to_owned()));
            }
        }
        if let Some(arn) = failure
            .facts
            .resource_arn
            .as_deref()
            .filter(|arn| !arn.ends_with('*'))
        {
            add(arn, NameOrigin::Reason);
        }
        let kind = &failure.event.resource_type;
        let uses = |(key, _): &(&String, &String)| tells_what_is_used(key) || is_attached_to(kind, key);
        for (key, value) in failure.settings.iter().filter(uses) {
            add(
                value.rsplit('/').next().unwrap_or(value),
                NameOrigin::Used(key.clone()),
            );
        }
        for (name, origin) in said_names(failure, custom) {
            add(name, origin);
        }
        let is_given = |(_, origin): &(String, NameOrigin)| {
            matches!(origin, NameOrigin::Property(_) | NameOrigin::Said(_))
        };
        let named_by_properties = !custom && physical.iter().any(is_given);
        let generated = Generated::of(failure).filter(|_| !named_by_properties);
        Self {
            physical,
            generated,
            logical: failure.event.logical_id.clone(),
            stack_name: failure.key.stack_id.name().to_owned(),
            stack_id: failure.key.stack_id.to_string(),
        }
    }

    /// Without the names that others have as well, as far as only a property of an unlisted type tells them.
    pub(super) fn without_shared(mut self, is_shared: impl Fn(&str) -> bool) -> Self {
        self.physical
            .retain(|(name, origin)| !origin.is_any_word() || !is_shared(name));
        self
    }

    /// Looks for the names in what a record is about ([`crate::domain::model::trail::TrailRecord::subject`]).
    pub(crate) fn found_in(&self, subject: &str) -> Option<NameMatch> {
        match self.tagged(subject) {
            Some(true) => return Some(NameMatch::Surely),
            Some(false) => return Some(NameMatch::Another),
            None => {}
        }
        let holds = |(name, _): &&(String, NameOrigin)| holds_word(subject, name);
        let own = || self.physical.iter().filter(|(_, origin)| !origin.is_used());
        if own()
            .filter(|(_, origin)| !matches!(origin, NameOrigin::Said(_)))
            .any(|name| holds(&name))
        {
            return Some(NameMatch::Surely);
        }
        if own().any(|name| holds(&name)) {
            return Some(NameMatch::ByProperty);
        }
        if self.is_made_for(subject) {
            return Some(NameMatch::ByPattern);
        }
        let mut used = self.physical.iter().filter(|(_, origin)| origin.is_used());
        used.any(|(name, _)| holds_word(subject, name))
            .then_some(NameMatch::ByWhatItUses)
    }

    /// Whether a text names the resource by more than what the reason names: that may be a thing that many use.
    pub(super) fn is_itself_in(&self, text: &str) -> bool {
        let own = |(_, origin): &&(String, NameOrigin)| !origin.is_used() && *origin != NameOrigin::Reason;
        self.physical
            .iter()
            .filter(own)
            .any(|(name, _)| holds_word(text, name))
            || self.is_made_for(text)
    }

    /// The resource's names in the account.
    pub(crate) fn in_account(&self) -> impl Iterator<Item = &str> {
        let own = self.physical.iter().filter(|(_, origin)| !origin.is_used());
        own.map(|(name, _)| name.as_str())
    }

    /// How what a record is about names the resource, in words; none where it does not surely do so.
    pub(super) fn how(&self, subject: &str) -> Option<String> {
        let logical = &self.logical;
        if self.tagged(subject) == Some(true) {
            return Some(format!("carries CloudFormation's tags of {logical}"));
        }
        let mut names = self.physical.iter();
        let (_, origin) = names.find(|(name, _)| holds_word(subject, name))?;
        Some(match origin {
            NameOrigin::PhysicalId => format!("names {logical} by its physical id"),
            NameOrigin::Used(key)
            | NameOrigin::Property(key)
            | NameOrigin::Said(key)
            | NameOrigin::WorkedOn(key) => {
                format!("names the {} in the properties of {logical}", plain_key(key))
            }
            NameOrigin::Reason => "names the resource that the reason names".to_owned(),
        })
    }

    /// Whether a name in this text is the one that CloudFormation makes out of the stack's name and the logical id.
    /// Neither holds a dot.
    pub(super) fn is_made_for(&self, text: &str) -> bool {
        let Some(generated) = self.generated.as_ref() else {
            return false;
        };
        text.split(|c: char| !is_word(c))
            .filter_map(|word| word.split('.').next())
            .any(|name| generated.makes(name))
    }

    /// Whether it is a name that types make of the logical id alone, some of them with `CFN-` before it (a parameter of
    /// SSM): it does not say of which stack.
    pub(super) fn is_made_of_logical_id(&self, name: &str) -> bool {
        let generated = name.rsplit_once('-').filter(|(_, drawn)| is_drawn(drawn));
        generated.is_some_and(|(head, _)| {
            let head = head.strip_prefix("CFN-").unwrap_or(head);
            head.eq_ignore_ascii_case(&self.logical)
        })
    }

    /// What CloudFormation's own tags in a request say: this resource, another one, or nothing.
    fn tagged(&self, subject: &str) -> Option<bool> {
        let of_this_stack = || holds_word(subject, &self.stack_id) || holds_word(subject, &self.stack_name);
        if subject.contains("aws:cloudformation:stack-") && !of_this_stack() {
            return Some(false);
        }
        if subject.contains("aws:cloudformation:logical-id") {
            return Some(of_this_stack() && holds_word(subject, &self.logical));
        }
        None
    }
}

/// The names in properties whose keys say that they are names: what a resource is called, or what a custom resource
/// works on.
fn said_names(failure: &Failure, custom: bool) -> impl Iterator<Item = (&str, NameOrigin)> {
    let kind = &failure.event.resource_type;
    let is_role = |key: &str| key.ends_with("Role") || key.ends_with("RoleArn") || key == "ServiceToken";
    let says = move |key: &str| is_naming(key) && (custom || is_own_name(key, kind)) && !is_role(key);
    let names = failure.settings.iter();
    names
        .filter(move |(key, value)| says(key) && is_identifying(value))
        .map(move |(key, value)| {
            let origin = if custom {
                NameOrigin::WorkedOn
            } else {
                NameOrigin::Said
            };
            (value.as_str(), origin(key.clone()))
        })
}

/// Whether a property names what the resource uses, and what calls for the resource name as well. Roles are not in
/// here: whatever is done with a role names it.
fn tells_what_is_used(key: &str) -> bool {
    let leaf = key.rsplit('.').next().unwrap_or(key);
    ["TaskDefinition", "FunctionArn"].contains(&key)
        || ["KmsKeyId", "KmsMasterKeyId", "KmsKeyArn", "KmsKey"]
            .iter()
            .any(|told| leaf.eq_ignore_ascii_case(told))
}

/// A property without its place in a list: `Queues` of `Queues[0]`.
pub(super) fn plain_key(key: &str) -> &str {
    let listed = key.strip_suffix(']').and_then(|head| head.rsplit_once('['));
    listed.map_or(key, |(key, _)| key)
}

/// Whether a property names what a resource of this type is attached to: the `Bucket` of a `BucketPolicy`, the `Queues` of
/// a `QueuePolicy`.
pub(super) fn is_attached_to(resource_type: &str, key: &str) -> bool {
    let noun = resource_type.split("::").nth(2).unwrap_or_default();
    let begins = |key: &str| key.len() >= 4 && noun.strip_prefix(key).is_some_and(|rest| !rest.is_empty());
    let key = plain_key(key);
    let key = key.strip_suffix("Name").unwrap_or(key);
    begins(key) || key.strip_suffix('s').is_some_and(begins)
}

/// What CloudFormation draws at the end of a name: twelve or thirteen letters and digits that are no word.
pub(super) fn is_drawn(end: &str) -> bool {
    let count = |is: fn(&char) -> bool| end.chars().filter(is).count();
    let digits = count(char::is_ascii_digit);
    let letters = count(char::is_ascii_alphabetic);
    // `OrderService` was chosen, `agMbZnBJwXLS` was not.
    let no_word = (digits > 0 && letters > 0) || count(char::is_ascii_uppercase) >= 4;
    (12..=13).contains(&end.len()) && digits + letters == end.len() && no_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_by_which_name_a_resource_is_named() {
        let names = ResourceNames {
            physical: vec![
                (
                    "shop-data".to_owned(),
                    NameOrigin::Property("BucketName".to_owned()),
                ),
                ("shop-Setup-1X2".to_owned(), NameOrigin::PhysicalId),
                ("arn:aws:sqs:eu-west-1:1:jobs".to_owned(), NameOrigin::Reason),
            ],
            generated: None,
            logical: "Setup".to_owned(),
            stack_name: "shop".to_owned(),
            stack_id: "arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31".to_owned(),
        };
        let how = |subject: &str| names.how(subject).unwrap_or_default();
        assert_eq!(
            how("arn:aws:s3:::shop-data"),
            "names the BucketName in the properties of Setup"
        );
        assert_eq!(how("shop-Setup-1X2"), "names Setup by its physical id");
        assert_eq!(
            how("arn:aws:sqs:eu-west-1:1:jobs"),
            "names the resource that the reason names"
        );
        let tags = r#"{"aws:cloudformation:stack-name":"shop","aws:cloudformation:logical-id":"Setup"}"#;
        assert_eq!(how(tags), "carries CloudFormation's tags of Setup");
        assert_eq!(how("arn:aws:s3:::another"), "");
    }

    #[test]
    fn only_the_very_name_that_cloudformation_makes_is_its() {
        let made = |stack: &str, logical: &str, name: &str| {
            let generated = Generated {
                stack: stack.to_ascii_lowercase(),
                logical: logical.to_ascii_lowercase(),
                cut_from: 58,
            };
            generated.makes(name)
        };
        assert!(made("crm", "WorkerRole", "crm-WorkerRole-jT0ni01kUC4G"));
        assert!(made("crm", "WorkerRole", "crm-WorkerRole-agMbZnBJwXLS"));
        assert!(made("twins", "Raw", "twins-raw-1x2y3z4w5v6u"));
        let cut = "shop-production-eu-west-FunctionServiceRoleDefaultPo-1X2Y3Z4W5V6U";
        let logical = "FunctionServiceRoleDefaultPolicy";
        assert!(made("shop-production-eu-west-blue", logical, cut));
        for other in [
            "crm-eu-WorkerRole-jT0ni01kUC4G",
            "crm-WorkerRoleBackup-jT0ni01kUC4G",
            "crm-WorkerRole-Administrator",
            "crm-WorkerRole-9Z8Y7X",
            "my-crm-WorkerRole-jT0ni01kUC4G",
            "crm-WorkerRole-jT0ni01kUC4G-archive",
            "crm-WorkerRole",
        ] {
            assert!(!made("crm", "WorkerRole", other), "{other}");
        }
        assert!(!made("twins", "Raw", "twins-raw-data-archive"));
        assert!(!made(
            "billing-service-eu",
            "Fn",
            "billing-service-Fn-1X2Y3Z4W5V6U"
        ));
    }

    #[test]
    fn names_are_whole_words() {
        assert!(holds_word("role shop-SetupRole.", "shop-SetupRole"));
        assert!(holds_word(r#"{"roleName":"shop-SetupRole"}"#, "shop-SetupRole"));
        assert!(!holds_word("shop-SetupRole2", "shop-SetupRole"));
        assert!(!holds_word("my-shop-SetupRole", "shop-SetupRole"));
        assert!(!holds_word("shop-SetupRole.x", "shop-SetupRole"));
        assert!(holds_word("arn:aws:s3:::bucket/key", "bucket"));
        assert!(!holds_word("", ""));
    }
}
