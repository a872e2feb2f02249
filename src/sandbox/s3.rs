//! Buckets, as far as a store needs them: objects put whole, listed by prefix, read and deleted.
//!
//! Any bucket is there. What is put is kept as long as the endpoint runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};

use super::faults::InjectedFaultKind;
use super::request::ApiRequest;
use super::seed::Seed;

/// The most keys of one list.
const PAGE: usize = 1000;

/// What lies in the buckets.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<BTreeMap<String, Object>>);

#[derive(Debug, Clone)]
struct Object {
    bytes: Vec<u8>,
    at: DateTime<Utc>,
}

/// What goes back.
#[derive(Debug)]
pub(super) struct ObjectReply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl ObjectReply {
    fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    fn error(status: u16, code: &str) -> Self {
        Self::of(
            status,
            format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"),
        )
    }
}

/// Answers one question about objects.
pub(super) fn answer(
    buckets: &Buckets,
    question: &ApiRequest,
    body: &[u8],
    fault: Option<InjectedFaultKind>,
    now: DateTime<Utc>,
) -> ObjectReply {
    match fault {
        Some(InjectedFaultKind::Denied) => return ObjectReply::error(403, "AccessDenied"),
        Some(InjectedFaultKind::Throttle) => return ObjectReply::error(503, "SlowDown"),
        Some(_) => return ObjectReply::error(500, "InternalError"),
        None => {}
    }
    let mut objects = buckets.0.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |key| question.parameters.text(key).unwrap_or_default().to_owned();
    let key = format!("{}/{}", text("Bucket"), text("Key"));
    match question.operation.as_str() {
        "PutObject" => {
            let bytes = body.to_vec();
            let mut reply = ObjectReply::of(200, Vec::new());
            reply.headers.push(("etag", tag(&bytes)));
            objects.insert(key, Object { bytes, at: now });
            reply
        }
        "DeleteObject" => {
            objects.remove(&key);
            ObjectReply::of(204, Vec::new())
        }
        "GetObject" | "HeadObject" => match objects.get(&key) {
            Some(object) => {
                let mut reply = ObjectReply::of(200, object.bytes.clone());
                reply.headers.push(("etag", tag(&object.bytes)));
                reply.headers.push((
                    "last-modified",
                    object.at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
                ));
                reply
            }
            None => ObjectReply::error(404, "NoSuchKey"),
        },
        "ListObjectsV2" => ObjectReply::of(
            200,
            list(
                &objects,
                &text("Bucket"),
                &text("prefix"),
                &text("continuation-token"),
            ),
        ),
        _ => ObjectReply::error(501, "NotImplemented"),
    }
}

fn list(objects: &BTreeMap<String, Object>, bucket: &str, prefix: &str, after: &str) -> String {
    let start = format!("{bucket}/{prefix}");
    let strip = format!("{bucket}/");
    let found = objects
        .range(start.clone()..)
        .take_while(|(key, _)| key.starts_with(&start));
    let found: Vec<_> = found
        .filter_map(|(key, object)| Some((key.strip_prefix(&strip)?, object)))
        .filter(|(key, _)| *key > after)
        .collect();
    let page = found.get(..found.len().min(PAGE)).unwrap_or_default();
    let is_cut = page.len() < found.len();
    let mut xml = format!("<ListBucketResult><IsTruncated>{is_cut}</IsTruncated>");
    for (key, object) in page {
        let at = object.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let _ = write!(
            xml,
            "<Contents><Key>{}</Key><LastModified>{at}</LastModified><ETag>{}</ETag><Size>{}</Size></Contents>",
            escaped(key),
            escaped(&tag(&object.bytes)),
            object.bytes.len()
        );
    }
    if let (true, Some((last, _))) = (is_cut, page.last()) {
        let _ = write!(
            xml,
            "<NextContinuationToken>{}</NextContinuationToken>",
            escaped(last)
        );
    }
    xml.push_str("</ListBucketResult>");
    xml
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", Seed::of(&[&String::from_utf8_lossy(bytes)]).hex(32))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
