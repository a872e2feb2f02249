//! Addresses of AWS console pages, for every partition whose console host is known.

use chrono::{DateTime, Utc};

use crate::domain::model::arn::Arn;
use crate::domain::model::log::LogGroup;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;

/// The console's domain. By partition: `aws`, `aws-cn` and `aws-us-gov` are in public use; for other partitions
/// none is known.
fn domain(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    })
}

/// The console's host of a region.
fn host(partition: &str, region: &str) -> Option<String> {
    let domain = domain(partition)?;
    let plain = !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain.then(|| format!("https://{region}.{domain}"))
}

/// The events of a stack.
pub fn stack_events(stack: &StackId, deleted: bool) -> Option<String> {
    let region = stack.region();
    let status = if deleted { "deleted" } else { "active" };
    Some(format!(
        "{}/cloudformation/home?region={region}#/stacks/events?filteringText=&filteringStatus={status}&viewNested=true&stackId={}",
        host(stack.partition(), region)?,
        percent_encoded(stack.as_str())
    ))
}

/// One trail record, in the region that recorded it.
pub fn trail_record(partition: &str, record: &TrailRecord) -> Option<String> {
    let region = &record.region;
    Some(format!(
        "{}/cloudtrailv2/home?region={region}#/events/{}",
        host(partition, region)?,
        percent_encoded(&record.event_id)
    ))
}

/// A log stream at a moment, with a minute on either side.
pub fn log_stream(partition: &str, group: &LogGroup, stream: &str, at: DateTime<Utc>) -> Option<String> {
    let region = &group.region;
    let (from, to) = (at.timestamp_millis() - 60_000, at.timestamp_millis() + 60_000);
    Some(format!(
        "{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{}/log-events/{}$3Fstart$3D{from}$26end$3D{to}",
        host(partition, region)?,
        dollar_encoded(&group.name),
        dollar_encoded(stream)
    ))
}

/// Whatever an ARN names, on the console's own way to it.
pub fn resource(arn: &str) -> Option<String> {
    let Arn {
        partition,
        service,
        resource,
        ..
    } = Arn::parse(arn)?;
    let is_whole = !service.is_empty() && !resource.is_empty() && !resource.contains('*');
    let domain = domain(partition).filter(|_| is_whole)?;
    Some(format!("https://{domain}/go/view?arn={}", percent_encoded(arn)))
}

/// `encodeURIComponent`.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The CloudWatch console's own way: encoded twice, then `$` for `%`.
fn dollar_encoded(text: &str) -> String {
    percent_encoded(&percent_encoded(text)).replace('%', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_leads_to_what_it_names_and_a_pattern_or_a_part_nowhere() {
        assert_eq!(
            resource("arn:aws:iam::123456789012:role/shop role").as_deref(),
            Some(
                "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fshop%20role"
            )
        );
        for none in [
            "arn:aws:s3",
            "arn:aws:iam::123456789012:",
            "arn:aws:s3:::b/*",
            "arn:moon:s3:::b",
            "urn:aws:s3:::b",
        ] {
            assert_eq!(resource(none), None, "{none}");
        }
    }

    #[test]
    fn every_known_partition_has_its_host() {
        let url = |arn: &str| stack_events(&StackId::parse(arn).unwrap(), false);
        let of = |partition: &str, region: &str| {
            url(&format!(
                "arn:{partition}:cloudformation:{region}:123456789012:stack/shop/1-2"
            ))
        };
        assert_eq!(
            of("aws", "eu-west-1").unwrap(),
            "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/events?filteringText=&filteringStatus=active&viewNested=true&stackId=arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack%2Fshop%2F1-2"
        );
        assert!(
            of("aws-cn", "cn-north-1")
                .unwrap()
                .starts_with("https://cn-north-1.console.amazonaws.cn/")
        );
        assert!(
            of("aws-us-gov", "us-gov-west-1")
                .unwrap()
                .starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/")
        );
        assert_eq!(of("aws-iso", "us-iso-east-1"), None);
        assert_eq!(of("aws", "evil.example/"), None);
    }

    #[test]
    fn log_streams_are_encoded_as_their_console_wants() {
        let group = LogGroup {
            region: "eu-west-1".into(),
            name: "/aws/lambda/f".into(),
        };
        let at = DateTime::from_timestamp_millis(1_000_000).unwrap();
        assert_eq!(
            log_stream("aws", &group, "2026/01/02/[$LATEST]a", at).unwrap(),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ff/log-events/2026$252F01$252F02$252F$255B$2524LATEST$255Da$3Fstart$3D940000$26end$3D1060000"
        );
    }
}
