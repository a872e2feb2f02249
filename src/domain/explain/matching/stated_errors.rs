//! What a failure's own words say: its reason, its services' statements, the errors in its log.

use std::collections::BTreeMap;

use super::{handler, service};
use crate::domain::deployment::failure::Failure;
use crate::domain::model::category::Category;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::{Denial, call_on_service, inner_words, says_nothing};
use crate::domain::read::record::{error_of, is_denial_code, is_not_found_code, is_throttling_code};

/// How much of one text is compared.
const LONGEST: usize = 16_384;

/// Who speaks of a failure. The reason comes first where several say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// CloudFormation's reason.
    Reason,
    /// A service, by its name for people.
    Service(String),
    /// The log.
    Log,
}

impl Speaker {
    /// Who it is, where it does something.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Reason => "the stack event",
            Self::Service(name) => name,
            Self::Log => "the log",
        }
    }
}

impl std::fmt::Display for Speaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reason => f.write_str("the reason"),
            Self::Service(name) => write!(f, "{name}'s own words"),
            Self::Log => f.write_str("the log"),
        }
    }
}

/// A resource, as far as calls tell whose they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct CalledThing {
    /// The services that make it, as plain host names.
    pub(crate) hosts: Vec<String>,
    /// What kind of thing it is, in lower case.
    kind: String,
}

/// The words of one failure, read once, with who said them.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatedErrors {
    texts: Vec<(Speaker, String)>,
    /// Denied actions, in lower case.
    pub(crate) actions: BTreeMap<String, Speaker>,
    /// Operations whose calls the words say were refused or failed, without their service.
    pub(crate) operations: BTreeMap<String, Speaker>,
    /// Ids of AWS requests.
    pub(crate) requests: BTreeMap<String, Speaker>,
    /// The error code of the reason.
    code: Option<String>,
    /// The kind of failure that the reason speaks of.
    pub(crate) category: Option<Category>,
    /// The denial that the reason tells of.
    pub(crate) denial: Option<Denial>,
    /// The denials that services tell of.
    pub(crate) of_services: Vec<Denial>,
    /// The failing resource.
    pub(crate) failing: CalledThing,
    /// The reason itself says what was wrong.
    pub(crate) telling: bool,
}

impl StatedErrors {
    /// Reads the reason, and these other texts about the same failure.
    pub(crate) fn of<'t>(failure: &Failure, others: impl IntoIterator<Item = (Speaker, &'t str)>) -> Self {
        let facts = &failure.facts;
        let mut said = Self {
            code: facts.error_code.clone(),
            category: Some(facts.category),
            denial: failure.reason().and_then(denial_in),
            failing: CalledThing {
                hosts: service::hosts_of_type(&failure.event.resource_type),
                kind: handler::noun(&failure.event.resource_type).unwrap_or_default(),
            },
            telling: is_telling(failure),
            ..Self::default()
        };
        said.failing
            .hosts
            .extend(facts.service.as_deref().map(service::host_of_spoken));
        let by_reason = |text: &str| (text.to_owned(), Speaker::Reason);
        let spoken = said.denial.as_ref().and_then(|denial| denial.action.clone());
        let action = facts.denied_action.clone().or(spoken);
        let action = action.map(|action| action.to_ascii_lowercase());
        said.actions.extend(action.as_deref().map(by_reason));
        said.requests.extend(facts.api_request_id().map(by_reason));
        said.read(Speaker::Reason, failure.reason().unwrap_or_default());
        for (speaker, text) in others {
            for request in request_ids(text) {
                said.requests.entry(request).or_insert_with(|| speaker.clone());
            }
            said.read(speaker, text);
        }
        said
    }

    fn read(&mut self, speaker: Speaker, text: &str) {
        let text = crate::domain::read::text::one_line(&clipped(text));
        if text.trim().is_empty() {
            return;
        }
        if let Some(denial) = Denial::read(&text) {
            if let Some(action) = &denial.action {
                let entry = self.actions.entry(action.to_ascii_lowercase());
                entry.or_insert_with(|| speaker.clone());
            }
            if matches!(speaker, Speaker::Service(_)) {
                self.of_services.push(denial);
            }
        }
        if let Some(operation) = spoken_operation(&text) {
            let entry = self.operations.entry(operation.to_owned());
            entry.or_insert_with(|| speaker.clone());
        }
        self.texts.push((speaker, text.to_ascii_lowercase()));
    }

    /// The call makes the role of a service of the resource's type: `eks-nodegroup.amazonaws.com` is one of EKS's, and
    /// `ecs.application-autoscaling.amazonaws.com` is none of ECS: the last name says whose role it is.
    pub(super) fn speak_of_role_made(&self, record: &TrailRecord, subject: &str) -> bool {
        if record.operation() != "CreateServiceLinkedRole" {
            return false;
        }
        let lower = subject.to_ascii_lowercase();
        let named = lower.split(".amazonaws").filter_map(|before| {
            let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')));
            name.into_iter().next()
        });
        let owners = named.filter_map(|name| name.rsplit('.').next());
        owners.into_iter().any(|label| {
            // The rest says what of the service it is for.
            let parts = label.split_once('-').filter(|_| !service::is_of_its_own(label));
            let first = parts.and_then(|(first, of)| {
                let stem = of.get(..6).unwrap_or(of);
                let kind = &self.failing.kind;
                (kind.contains(stem) || kind.is_empty()).then_some(first)
            });
            let whole = service::plain_host(label);
            self.failing
                .hosts
                .iter()
                .any(|host| *host == whole || Some(host.as_str()) == first)
        })
    }

    /// Whether the words speak of the role of a service, which is missing or cannot be used.
    pub(super) fn speak_of_services_role(&self) -> bool {
        let named = ["service linked role", "service-linked role", "servicelinkedrole"];
        let speaks = |(_, text): &(Speaker, String)| {
            let lower = text.to_ascii_lowercase();
            named.iter().any(|role| lower.contains(role))
        };
        self.texts.iter().any(speaks)
    }

    /// In whose words a record's message stands.
    pub(crate) fn holds(&self, message: &str) -> Option<&Speaker> {
        let message = crate::domain::read::text::one_line(&clipped(message)).to_ascii_lowercase();
        let message = message
            .split("encoded authorization failure message")
            .next()
            .unwrap_or_default()
            .trim();
        let beginning = beginning(message);
        // Short messages ("Access Denied", "Rate exceeded") are said by too many.
        let held = |(_, text): &&(Speaker, String)| beginning.len() >= 24 && text.contains(beginning);
        self.texts.iter().find(held).map(|(speaker, _)| speaker)
    }

    /// Whether the words name that call: services and trails call some by more or fewer words.
    pub(crate) fn names_operation(&self, operation: &str) -> bool {
        let mut named = self.operations.keys();
        named.any(|named| named.starts_with(operation) || operation.starts_with(named.as_str()))
    }

    /// Whether the words speak of a service by its short name: `kms`.
    pub(crate) fn mentions(&self, service: &str) -> bool {
        let lower = service.to_ascii_lowercase();
        let holds = |(_, text): &(Speaker, String)| crate::domain::read::text::holds_word(text, &lower);
        self.texts.iter().any(holds)
    }

    /// Who speaks of the kind that an error code is of.
    pub(crate) fn of_kind(&self, code: &str) -> Option<&Speaker> {
        let code = error_of(code);
        if self
            .code
            .as_deref()
            .is_some_and(|said| error_of(said).eq_ignore_ascii_case(code))
        {
            return Some(&Speaker::Reason);
        }
        let lower = code.to_ascii_lowercase();
        let told = |(_, text): &&(Speaker, String)| {
            code.len() >= 8 && crate::domain::read::text::holds_word(text, &lower)
        };
        let by_words = self.texts.iter().find(told).map(|(speaker, _)| speaker);
        by_words.or_else(|| {
            let category = category_of_code(code)?;
            // That a request was not liked is said of all sorts of requests.
            let tells = category != Category::InvalidRequest;
            (tells && self.category == Some(category)).then_some(&Speaker::Reason)
        })
    }
}

/// So much of a message as tells it from others, without what may be cut off. Long ARNs of callers stand first in it: what
/// they were denied belongs to it, and what on.
fn beginning(message: &str) -> &str {
    const COMPARED: usize = 160;
    let at = |words: &str| message.find(words).map(|at| at + words.len());
    let resource = at("on resource: ").or_else(|| at("not authorized to perform: "));
    let rest = resource.and_then(|from| message.get(from..)).unwrap_or_default();
    let name = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let told = resource.map_or(0, |from| from + name.min(COMPARED));
    let mut end = COMPARED.max(told).min(message.len());
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.get(..end).unwrap_or(message).trim_end_matches(['.', ' '])
}

/// The denial that a reason tells of, also where it writes the action in two words: `permissions to call ReceiveMessage
/// on SQS`.
fn denial_in(reason: &str) -> Option<Denial> {
    Denial::read(reason).or_else(|| {
        call_on_service(reason).map(|action| Denial {
            action: Some(action),
            ..Denial::default()
        })
    })
}

/// The operation that a text says was refused or failed: `permissions to call CreateNetworkInterface`, `when
/// calling the PutBucketPolicy operation`.
pub(crate) fn spoken_operation(text: &str) -> Option<&str> {
    let (_, rest) = ["permissions to call ", "permission to call ", "calling the "]
        .iter()
        .find_map(|lead| text.split_once(lead))?;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let named = rest.get(..end)?;
    let is_operation = named.len() > 5 && named.starts_with(|c: char| c.is_ascii_uppercase());
    is_operation.then_some(named)
}

/// The category that an error code alone speaks of.
pub(crate) fn category_of_code(code: &str) -> Option<Category> {
    let lower = error_of(code).to_ascii_lowercase();
    let category = if is_denial_code(code) {
        Category::AccessDenied
    } else if is_not_found_code(code) {
        Category::NotFound
    } else if is_throttling_code(code) {
        Category::Throttling
    } else if lower.contains("limitexceeded") || lower.contains("quota") || lower.starts_with("toomany") {
        Category::LimitExceeded
    } else if lower.contains("exists") || lower.contains("alreadyowned") || lower.contains("duplicate") {
        Category::AlreadyExists
    } else if lower.contains("dependencyviolation")
        || lower.contains("resourceinuse")
        || lower.contains("deleteconflict")
    {
        Category::DependencyViolation
    } else if lower.contains("validation") || lower.starts_with("invalid") || lower.starts_with("malformed") {
        Category::InvalidRequest
    } else {
        return None;
    };
    Some(category)
}

/// Whether the reason says by itself what was wrong, so that the trail can only back it up.
pub(crate) fn is_telling(failure: &Failure) -> bool {
    let facts = &failure.facts;
    match facts.category {
        Category::AlreadyExists
        | Category::NotFound
        | Category::InvalidRequest
        | Category::LimitExceeded
        | Category::Throttling
        | Category::DependencyViolation
        | Category::Network => {
            // "Error occurred during operation 'X'" and its like name a kind and nothing else.
            let text = failure.reason().unwrap_or_default();
            // A handler's code beside `null` may stand for anything.
            !text.contains("Error occurred during operation") && !says_nothing(inner_words(text))
        }
        Category::AccessDenied | Category::CustomResourceFailed => facts.denied_action.is_some(),
        Category::NotStabilized
        | Category::CustomResourceTimeout
        | Category::InternalFailure
        | Category::Cascade
        | Category::Rollback
        | Category::Other => false,
    }
}

/// What looks like an AWS request id in a text: a UUID after `request id`, or one of S3's sixteen letters.
fn request_ids(text: &str) -> Vec<String> {
    let text = clipped(text);
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for lead in [
        "request id",
        "requestid",
        "request_id",
        "x-amzn-requestid",
        "x-amz-request-id",
    ] {
        for (at, _) in lower.match_indices(lead).take(32) {
            let rest = text.get(at + lead.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches(|c: char| {
                c.is_whitespace() || matches!(c, ':' | '"' | '\'' | '=' | '[' | '\\')
            });
            let id: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .take(64)
                .collect();
            if id.len() >= 13 {
                found.push(id);
            }
        }
    }
    found
}

fn clipped(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
