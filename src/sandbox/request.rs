//! Reads what an AWS client sent: which service, which operation, for which region, with what parameters.
//!
//! Signatures are not checked; the credential scope only tells region and service.

use std::collections::BTreeMap;

use hyper::http::request::Parts;
use serde_json::Value;

use super::SERVICES;

/// The services that the endpoint plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Stacks and their events; query and XML.
    CloudFormation,
    /// Who is calling; query and XML.
    Sts,
    /// LookupEvents; JSON 1.1.
    CloudTrail,
    /// Log groups; JSON 1.1.
    Logs,
    /// Services and tasks; JSON 1.1.
    Ecs,
    /// Functions; REST and JSON.
    Lambda,
    /// Objects in buckets; REST and bytes.
    S3,
    /// The queue of a recorder; JSON 1.0.
    Sqs,
    /// One that is declared in a file of its own, by its prefix.
    Declared(&'static str),
    /// Something that is not played here.
    Other,
}

impl Service {
    /// The prefix of its actions, for example `cloudtrail` of `cloudtrail:LookupEvents`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Sts => "sts",
            Self::CloudTrail => "cloudtrail",
            Self::Logs => "logs",
            Self::Ecs => "ecs",
            Self::Lambda => "lambda",
            Self::S3 => "s3",
            Self::Sqs => "sqs",
            Self::Declared(prefix) => prefix,
            Self::Other => "unknown",
        }
    }

    fn from_prefix(prefix: &str) -> Self {
        let all = [
            Self::CloudFormation,
            Self::Sts,
            Self::CloudTrail,
            Self::Logs,
            Self::Ecs,
            Self::Lambda,
            Self::S3,
            Self::Sqs,
        ];
        let declared = || {
            let mut services = SERVICES.iter();
            let found = services.find(|service| service.prefix == prefix);
            found.map(|service| Self::Declared(service.prefix))
        };
        all.into_iter()
            .find(|service| service.prefix() == prefix)
            .or_else(declared)
            .unwrap_or(Self::Other)
    }

    /// It speaks the query protocol, and has the errors that go with it.
    pub(super) fn is_query(self) -> bool {
        match self {
            Self::CloudFormation | Self::Sts => true,
            Self::Declared(prefix) => {
                let mut declared = SERVICES.iter();
                declared.any(|service| service.prefix == prefix && !service.namespace.is_empty())
            }
            _ => false,
        }
    }
}

/// How a client wants to be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// A form goes in, XML comes out.
    Query,
    /// JSON 1.1, or 1.0 for unknown services.
    Json,
    /// Paths and JSON.
    Rest,
}

/// One request, understood as far as it can be.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) service: Service,
    pub(super) protocol: Protocol,
    pub(super) operation: String,
    pub(super) region: String,
    pub(super) parameters: Parameters,
}

/// What the operation is asked with.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    form: BTreeMap<String, String>,
    json: Value,
    /// Set when the body should have been JSON and was not.
    pub(super) malformed: bool,
}

impl ApiRequest {
    /// Understands a request. `home` is the region of requests that name none.
    pub(super) fn read(head: &Parts, body: &[u8], home: &str) -> Self {
        let (region, signed_for) = credential_scope(head).unwrap_or((home, ""));
        let region = region.to_owned();
        let target = head
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok());
        if let Some(target) = target {
            return Self::json(target, signed_for, region, body);
        }
        if signed_for == "s3" {
            return Self::object(head, region);
        }
        if let Some(rest) = Self::rest(head, signed_for, &region) {
            return rest;
        }
        let mut form = pairs(&String::from_utf8_lossy(body));
        form.extend(pairs(head.uri.query().unwrap_or_default()));
        let service = match (
            Service::from_prefix(signed_for),
            form.get("Version").map(String::as_str),
        ) {
            (Service::Other, Some("2010-05-15")) => Service::CloudFormation,
            (Service::Other, Some("2011-06-15")) => Service::Sts,
            (service, _) => service,
        };
        Self {
            service,
            protocol: Protocol::Query,
            operation: form.get("Action").cloned().unwrap_or_default(),
            region,
            parameters: Parameters {
                form,
                ..Parameters::default()
            },
        }
    }

    fn json(target: &str, signed_for: &str, region: String, body: &[u8]) -> Self {
        let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
        let service = match prefix.rsplit('.').next().unwrap_or(prefix) {
            "CloudTrail_20131101" => Service::CloudTrail,
            "Logs_20140328" => Service::Logs,
            "AmazonEC2ContainerServiceV20141113" => Service::Ecs,
            _ => Service::from_prefix(signed_for),
        };
        let body = if body.is_empty() { b"{}" } else { body };
        let json = serde_json::from_slice(body).ok().filter(Value::is_object);
        let malformed = json.is_none();
        let parameters = Parameters {
            json: json.unwrap_or_default(),
            malformed,
            ..Parameters::default()
        };
        Self {
            service,
            protocol: Protocol::Json,
            operation: operation.to_owned(),
            region,
            parameters,
        }
    }

    /// A request about an object, whose path begins with its bucket.
    fn object(head: &Parts, region: String) -> Self {
        let path = decoded(head.uri.path().trim_start_matches('/'), false);
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        let mut form = pairs(head.uri.query().unwrap_or_default());
        let operation = match head.method.as_str() {
            "GET" if key.is_empty() => "ListObjectsV2",
            "GET" => "GetObject",
            "HEAD" => "HeadObject",
            "PUT" => "PutObject",
            "DELETE" => "DeleteObject",
            _ => "PostObject",
        };
        form.insert("Bucket".to_owned(), bucket.to_owned());
        form.insert("Key".to_owned(), key.to_owned());
        Self {
            service: Service::S3,
            protocol: Protocol::Rest,
            operation: operation.to_owned(),
            region,
            parameters: Parameters {
                form,
                ..Parameters::default()
            },
        }
    }

    fn rest(head: &Parts, signed_for: &str, region: &str) -> Option<Self> {
        let path = head.uri.path();
        if let Some(declared) = Self::declared(head, signed_for, region) {
            return Some(declared);
        }
        if signed_for != "lambda" && !path.starts_with("/2015-03-31/") {
            return None;
        }
        let function = path.strip_prefix("/2015-03-31/functions/");
        let function = function.and_then(|rest| rest.strip_suffix("/configuration"));
        let operation = match function {
            Some(_) if head.method == hyper::Method::GET => "GetFunctionConfiguration".to_owned(),
            _ => format!("{} {path}", head.method),
        };
        let mut form = pairs(head.uri.query().unwrap_or_default());
        if let Some(function) = function {
            form.insert("FunctionName".to_owned(), decoded(function, false));
        }
        Some(Self {
            service: Service::Lambda,
            protocol: Protocol::Rest,
            operation,
            region: region.to_owned(),
            parameters: Parameters {
                form,
                ..Parameters::default()
            },
        })
    }

    /// A request to a service that declares its paths.
    fn declared(head: &Parts, signed_for: &str, region: &str) -> Option<Self> {
        let mut services = SERVICES.iter();
        let service = services.find(|service| service.prefix == signed_for && !service.paths.is_empty())?;
        let path = head.uri.path();
        let found = service
            .paths
            .iter()
            .find_map(|(form, operation)| Some((matched(form, path)?, *operation)));
        let (mut form, operation) = found.unwrap_or_else(|| (BTreeMap::new(), path));
        form.extend(pairs(head.uri.query().unwrap_or_default()));
        Some(Self {
            service: Service::Declared(service.prefix),
            protocol: Protocol::Rest,
            operation: operation.to_owned(),
            region: region.to_owned(),
            parameters: Parameters {
                form,
                ..Parameters::default()
            },
        })
    }

    /// The parameters in one line, for the list of calls.
    pub(super) fn summary(&self) -> String {
        if self.parameters.json.is_object() {
            return self.parameters.json.to_string();
        }
        let told = |(key, _): &(&String, &String)| !matches!(key.as_str(), "Action" | "Version");
        let pairs = self
            .parameters
            .form
            .iter()
            .filter(told)
            .map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }
}

impl Parameters {
    /// A text, if given and not empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let text = self
            .form
            .get(key)
            .map(String::as_str)
            .or_else(|| self.json.get(key).and_then(Value::as_str));
        text.filter(|text| !text.is_empty())
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.json.get(key).and_then(Value::as_i64)
    }

    /// A number that may have a fraction, as times in JSON do.
    pub(super) fn decimal(&self, key: &str) -> Option<f64> {
        self.json.get(key).and_then(Value::as_f64)
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let in_form = self.form.get(key).map(|text| text == "true");
        in_form.or_else(|| self.json.get(key).and_then(Value::as_bool))
    }

    /// A list of texts; in a form `Key.member.1` and so on.
    pub(super) fn list(&self, key: &str) -> Vec<&str> {
        if let Some(items) = self.json.get(key).and_then(Value::as_array) {
            return items.iter().filter_map(Value::as_str).collect();
        }
        let prefix = format!("{key}.member.");
        let members = self.form.iter().filter(|(name, _)| name.starts_with(&prefix));
        members.map(|(_, value)| value.as_str()).collect()
    }

    /// A structure, as JSON clients send it.
    pub(super) fn value(&self, key: &str) -> &Value {
        self.json.get(key).unwrap_or(&Value::Null)
    }

    /// Everything but the paging token, in one line: two pages of one search have the same.
    pub(super) fn fingerprint(&self, token: &str) -> String {
        let mut json = self.json.clone();
        if let Some(object) = json.as_object_mut() {
            object.shift_remove(token);
        }
        let form: Vec<_> = self
            .form
            .iter()
            .filter(|(key, _)| key.as_str() != token)
            .collect();
        format!("{json}{form:?}")
    }
}

/// What stands in a path at the places that a form has in braces.
fn matched(form: &str, path: &str) -> Option<BTreeMap<String, String>> {
    if form.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut found = BTreeMap::new();
    for (of_form, part) in form.split('/').zip(path.split('/')) {
        let name = of_form.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        match name {
            Some(name) => {
                found.insert(name.to_owned(), decoded(part, false));
            }
            None if of_form == part => {}
            None => return None,
        }
    }
    Some(found)
}

/// Region and service of a signed request.
fn credential_scope(head: &Parts) -> Option<(&str, &str)> {
    let authorization = head.headers.get("authorization")?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let scope = credential.split([',', ' ']).next()?;
    let mut parts = scope.split('/').skip(2);
    Some((parts.next()?, parts.next()?))
}

fn pairs(form: &str) -> BTreeMap<String, String> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (decoded(key, true), decoded(value, true)))
        .collect()
}

/// Percent-decoding; what cannot be decoded stays as it is.
fn decoded(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = match (first, behind) {
            (b'%', [high, low, ..]) => hexadecimal(*high, *low),
            _ => None,
        };
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = behind.get(2..).unwrap_or_default();
        } else {
            bytes.push(if first == b'+' && plus_is_blank {
                b' '
            } else {
                first
            });
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digits = [high, low];
    let digits = std::str::from_utf8(&digits).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn question(request: Request<&str>) -> ApiRequest {
        let (head, body) = request.into_parts();
        ApiRequest::read(&head, body.as_bytes(), "eu-west-1")
    }

    #[test]
    fn a_form_names_its_operation_and_lists() {
        let body = "Action=ListStacks&Version=2010-05-15&StackStatusFilter.member.1=CREATE_COMPLETE&NextToken=a%2Fb+c";
        let question = question(Request::post("/").body(body).unwrap());
        assert_eq!(
            (question.service, question.operation.as_str()),
            (Service::CloudFormation, "ListStacks")
        );
        assert_eq!(question.parameters.list("StackStatusFilter"), ["CREATE_COMPLETE"]);
        assert_eq!(question.parameters.text("NextToken"), Some("a/b c"));
    }

    #[test]
    fn region_and_service_come_from_the_credential_scope() {
        let request = Request::post("/")
            .header(
                "x-amz-target",
                "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            )
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/cloudtrail/aws4_request, x",
            )
            .body("not json");
        let question = question(request.unwrap());
        assert_eq!(
            (question.service, question.region.as_str()),
            (Service::CloudTrail, "us-east-1")
        );
        assert!(question.parameters.malformed);
    }

    #[test]
    fn a_path_is_told_by_its_form() {
        let form = "/clusters/{name}/addons/{addonName}";
        let found = matched(form, "/clusters/a%20b/addons/vpc-cni").unwrap();
        assert_eq!(
            (found["name"].as_str(), found["addonName"].as_str()),
            ("a b", "vpc-cni")
        );
        assert!(matched(form, "/clusters/a").is_none());
        assert!(matched(form, "/clusters/a/node-groups/b").is_none());
    }

    #[test]
    fn a_function_may_be_named_by_its_escaped_arn() {
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/configuration";
        let question = question(Request::get(path).body("").unwrap());
        assert_eq!(question.operation, "GetFunctionConfiguration");
        assert_eq!(
            question.parameters.text("FunctionName"),
            Some("arn:aws:lambda:eu-west-1:1:function:f")
        );
        assert_eq!(decoded("100%zz%", false), "100%zz%");
    }
}
