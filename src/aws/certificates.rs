//! ACM: what keeps a certificate from being issued, with the DNS record that is missing.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::JsonApi;
use super::time::as_it_was;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "acm:DescribeCertificate";
const API: JsonApi = JsonApi::new("acm", "CertificateManager");
/// A name is not validated within a moment: that it is not yet is worth telling after this time.
const USUALLY_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Names of one certificate that are told.
const NAMES: usize = 10;

/// ACM in the region of the certificate.
#[derive(Debug)]
pub(super) struct Certificates {
    connection: Arc<Connection>,
}

impl Certificates {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    async fn describe(&self, region: &str, arn: &str) -> Result<Value, Fault> {
        let parameters = json!({ "CertificateArn": arn });
        API.ask(&self.connection, region, ACTION, &parameters).await
    }
}

#[async_trait]
impl ServiceSource for Certificates {
    async fn statements(&self, about: &ServiceQuestion, asked_at: DateTime<Utc>) -> Result<Stated, Fault> {
        let mut stated = Stated::default();
        if about.physical_id.starts_with("arn:") {
            let described = self.describe(about.stack_id.region(), &about.physical_id).await?;
            stated.statements = told(about, asked_at, &described)?;
        }
        Ok(stated)
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let region = self.connection.region();
        let id = "00000000-0000-0000-0000-000000000000";
        let arn = format!("arn:aws:acm:{region}:000000000000:certificate/{id}");
        Some(self.describe(region, &arn).await.map(drop))
    }
}

/// What the certificate waits for, name by name, or why it failed; of a name its newest state takes the place of the one
/// before, and so does an issued certificate's.
fn told(
    about: &ServiceQuestion,
    asked_at: DateTime<Utc>,
    described: &Value,
) -> Result<Vec<ServiceStatement>, Fault> {
    let certificate = described.get("Certificate").filter(|it| it.is_object());
    let certificate = UncheckedAnswer(ACTION).must(certificate, "the certificate")?;
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let said = |id: String, words: String| {
        let words = format!("{words}, {}", as_it_was(asked_at));
        about.statement(
            SourceId::ACM,
            format!("{}/{id}", about.physical_id),
            asked_at,
            words,
        )
    };
    let status = text(certificate, "Status");
    let mut told = Vec::new();
    let whole = match status.as_str() {
        "FAILED" => match text(certificate, "FailureReason").as_str() {
            "" => Some("the certificate failed".to_owned()),
            reason => Some(format!("the certificate failed: {reason}")),
        },
        "VALIDATION_TIMED_OUT" => Some("the certificate's validation timed out".to_owned()),
        "ISSUED" => Some("the certificate is issued".to_owned()),
        _ => None,
    };
    told.extend(whole.map(|words| said("certificate".to_owned(), words)));
    let names = certificate
        .get("DomainValidationOptions")
        .and_then(Value::as_array);
    for name in names.into_iter().flatten().take(NAMES) {
        let domain = text(name, "DomainName");
        let words = match text(name, "ValidationStatus").as_str() {
            _ if domain.is_empty() => continue,
            "SUCCESS" => format!("{domain} is validated"),
            "FAILED" => format!("the validation of {domain} failed{}", missing(name)),
            "PENDING_VALIDATION" if asked_at - about.from < USUALLY_WITHIN => continue,
            "PENDING_VALIDATION" => format!("{domain} is not validated yet{}", missing(name)),
            _ => continue,
        };
        told.push(said(domain, words));
    }
    Ok(told)
}

/// What must be there for a name to be validated.
fn missing(name: &Value) -> String {
    let text = |key: &str| name.pointer(key).and_then(Value::as_str).unwrap_or_default();
    let record = (
        text("/ResourceRecord/Name"),
        text("/ResourceRecord/Type"),
        text("/ResourceRecord/Value"),
    );
    match (text("/ValidationMethod"), record) {
        ("EMAIL", _) => ": somebody must approve it by e-mail".to_owned(),
        (_, ("", _, _)) => String::new(),
        (_, (record, kind, value)) => format!(": ACM does not find the DNS record {record} {kind} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::fault::FaultKind;

    fn texts(certificate: &Value) -> Vec<String> {
        let about = crate::aws::tests::question(
            "AWS::CertificateManager::Certificate",
            "arn:aws:acm:eu-west-1:1:certificate/c",
        );
        let at = "2026-05-04T12:00:03Z".parse().unwrap();
        let told = told(&about, at, &json!({ "Certificate": certificate })).unwrap();
        told.into_iter().map(|told| told.text).collect()
    }

    #[test]
    fn a_name_that_is_not_validated_is_told_with_the_record_that_is_missing() {
        let record =
            json!({ "Name": "_a1.shop.example.com.", "Type": "CNAME", "Value": "_b2.acm-validations.aws." });
        let names = json!([
            { "DomainName": "shop.example.com", "ValidationStatus": "PENDING_VALIDATION", "ValidationMethod": "DNS", "ResourceRecord": record },
            { "DomainName": "www.example.com", "ValidationStatus": "SUCCESS", "ValidationMethod": "DNS" },
            { "DomainName": "old.example.com", "ValidationStatus": "PENDING_VALIDATION", "ValidationMethod": "EMAIL" },
            { "ValidationStatus": "PENDING_VALIDATION" },
        ]);
        assert_eq!(
            texts(&json!({ "Status": "PENDING_VALIDATION", "DomainValidationOptions": names })),
            [
                "shop.example.com is not validated yet: ACM does not find the DNS record _a1.shop.example.com. CNAME _b2.acm-validations.aws., as it was at 2026-05-04 12:00:03 UTC",
                "www.example.com is validated, as it was at 2026-05-04 12:00:03 UTC",
                "old.example.com is not validated yet: somebody must approve it by e-mail, as it was at 2026-05-04 12:00:03 UTC",
            ]
        );
    }

    /// One that failed for another reason after half a minute was not validated yet, either.
    #[test]
    fn a_name_that_was_only_just_asked_for_is_not_told() {
        let about = ServiceQuestion {
            from: "2026-05-04T11:59:00Z".parse().unwrap(),
            ..crate::aws::tests::question("AWS::CertificateManager::Certificate", "arn:x")
        };
        let pending = json!({ "Certificate": { "DomainValidationOptions": [
            { "DomainName": "shop.example.com", "ValidationStatus": "PENDING_VALIDATION" },
        ] } });
        let at = |text: &str| text.parse().unwrap();
        assert!(
            told(&about, at("2026-05-04T12:00:00Z"), &pending)
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            told(&about, at("2026-05-04T12:20:00Z"), &pending).unwrap().len(),
            1
        );
    }

    #[test]
    fn one_that_failed_says_why_and_what_is_none_is_a_fault() {
        assert_eq!(
            texts(&json!({ "Status": "FAILED", "FailureReason": "CAA_ERROR" })),
            ["the certificate failed: CAA_ERROR, as it was at 2026-05-04 12:00:03 UTC"]
        );
        assert_eq!(texts(&json!({})), Vec::<String>::new());
        let about = crate::aws::tests::question("AWS::CertificateManager::Certificate", "arn:x");
        let fault = told(&about, DateTime::UNIX_EPOCH, &json!({ "Certificate": null })).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Malformed);
    }
}
