//! Lists in the answers of the query protocol, page by page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};

use super::{Outgoing, answers, encoded, header, operation};
use crate::aws::connection::Connection;
use crate::aws::whole::whole;
use crate::domain::model::fault::Fault;

/// A service that speaks the query protocol: a form goes in, XML comes out.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct QueryApi {
    service: &'static str,
    /// The version of its API.
    version: &'static str,
    /// What stands around its answers.
    dialect: Dialect,
}

/// What stands around an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// `ACTIONResponse/ACTIONResult/…`.
    Usual,
    /// `ACTIONResponse/…`, of EC2.
    Bare,
}

impl QueryApi {
    /// The service of this prefix.
    pub(in crate::aws) const fn new(service: &'static str, version: &'static str) -> Self {
        Self {
            service,
            version,
            dialect: Dialect::Usual,
        }
    }

    /// EC2, which has a dialect of its own.
    pub(in crate::aws) const fn ec2(version: &'static str) -> Self {
        Self {
            service: "ec2",
            version,
            dialect: Dialect::Bare,
        }
    }

    /// Asks with a form.
    async fn ask<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        form: &[(&'static str, String)],
        read: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let mut body = format!("Action={}&Version={}", operation(action), self.version);
        for (key, value) in form {
            let _ = write!(body, "&{key}={}", encoded(value));
        }
        let outgoing = Outgoing {
            service: self.service,
            action,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![header("content-type", "application/x-www-form-urlencoded")],
            body,
        };
        outgoing.send(connection, region, answers::xml_error, read).await
    }
}

/// One of a list, by the names of its parts; those that are missing are missing.
pub(in crate::aws) type XmlRecord = BTreeMap<&'static str, String>;

/// A call whose answer is a list: `ACTIONResponse/ACTIONResult/{LIST/*,TOKEN}`, of EC2 `ACTIONResponse/{LIST/*,TOKEN}`.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct QueryList {
    /// The service.
    pub(in crate::aws) api: QueryApi,
    /// The call, as a policy names it.
    pub(in crate::aws) action: &'static str,
    /// What the list is called, with the lists around it: `reservationSet/item/instancesSet`.
    pub(in crate::aws) list: &'static str,
    /// What leads to the next page is called so in the answer, and in the question, where there are pages.
    pub(in crate::aws) token: Option<&'static str>,
    /// The parts of each that are read, each with those around it: `Target/Id`.
    pub(in crate::aws) parts: &'static [&'static str],
}

/// Some of a list.
#[derive(Debug, Default, PartialEq, Eq)]
struct XmlPage {
    records: Vec<XmlRecord>,
    /// What to ask for the next with.
    next: Option<String>,
}

/// What was read of an answer so far.
#[derive(Debug, Default)]
struct Found {
    page: XmlPage,
    /// There is a list, if an empty one.
    has_list: bool,
}

impl QueryList {
    /// Reads the list, but no more than so many pages of it.
    pub(in crate::aws) async fn read(
        self,
        connection: &Connection,
        region: &str,
        mut form: Vec<(&'static str, String)>,
        pages: usize,
    ) -> Result<Vec<XmlRecord>, Fault> {
        let mut records = Vec::new();
        for _ in 0..pages {
            let read = move |body: &[u8]| self.page(body);
            let page = self.api.ask(connection, region, self.action, &form, read);
            let page = page.await?;
            records.extend(page.records);
            let Some((token, next)) = self.token.zip(page.next) else {
                break;
            };
            form.retain(|(key, _)| *key != token);
            form.push((token, next));
        }
        Ok(records)
    }

    /// What one answer holds.
    #[cfg(test)]
    pub(in crate::aws) fn records(self, body: &[u8]) -> Result<Vec<XmlRecord>, BoxError> {
        self.page(body).map(|page| page.records)
    }

    fn page(self, body: &[u8]) -> Result<XmlPage, BoxError> {
        // A list that is cut must not count for a short one.
        whole(body)?;
        let mut document = Document::try_from(body)?;
        let mut root = document.root_element()?;
        let result = format!("{}Result", operation(self.action));
        let around = (self.api.dialect == Dialect::Usual).then_some(result.as_str());
        let path: Vec<&str> = around.into_iter().chain(self.list.split('/')).collect();
        let mut found = Found::default();
        self.read_list(&mut root, &path, &mut found)?;
        // Of nothing there is an empty list; no list at all is nobody's answer.
        if !found.has_list {
            return Err(XmlDecodeError::custom("the list is missing").into());
        }
        Ok(found.page)
    }

    /// Reads the list that stands there on the path within a tag.
    fn read_list(
        self,
        tag: &mut ScopedDecoder<'_, '_>,
        path: &[&str],
        found: &mut Found,
    ) -> Result<(), XmlDecodeError> {
        while let Some(mut inner) = tag.next_tag() {
            let Some((first, rest)) = path.split_first() else {
                let mut record = XmlRecord::new();
                self.read_parts(&mut inner, "", &mut record)?;
                found.page.records.push(record);
                continue;
            };
            if self.token.is_some_and(|token| inner.start_el().matches(token)) {
                let token = try_data(&mut inner)?.into_owned();
                found.page.next = Some(token).filter(|token| !token.is_empty());
            } else if inner.start_el().matches(first) {
                found.has_list |= self.list.split('/').next() == Some(*first);
                self.read_list(&mut inner, rest, found)?;
            }
        }
        Ok(())
    }

    /// Reads the wanted parts that stand within a tag, itself within those `above`.
    fn read_parts(
        self,
        tag: &mut ScopedDecoder<'_, '_>,
        above: &str,
        record: &mut XmlRecord,
    ) -> Result<(), XmlDecodeError> {
        while let Some(mut part) = tag.next_tag() {
            let path = format!("{above}{}", part.start_el().local());
            if let Some(name) = self.parts.iter().find(|name| **name == path) {
                record.insert(name, try_data(&mut part)?.into_owned());
                continue;
            }
            let within = format!("{path}/");
            if self.parts.iter().any(|name| name.starts_with(&within)) {
                self.read_parts(&mut part, &within, record)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: QueryList = QueryList {
        api: QueryApi::new("rds", "2014-10-31"),
        action: "rds:DescribeEvents",
        list: "Events",
        token: Some("Marker"),
        parts: &["SourceIdentifier", "Message", "Date"],
    };

    const FINE: &str = "<DescribeEventsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeEventsResult>\
        <Events><Event><SourceIdentifier>db</SourceIdentifier><SourceType>db-instance</SourceType>\
        <EventCategories><EventCategory>failure</EventCategory></EventCategories>\
        <Message>a &amp; b</Message><Date>2026-11-26T10:00:00.123Z</Date></Event></Events>\
        </DescribeEventsResult></DescribeEventsResponse>";

    #[test]
    fn a_list_is_read_and_what_is_no_answer_is_none() {
        let event = XmlRecord::from([
            ("SourceIdentifier", "db".to_owned()),
            ("Message", "a & b".to_owned()),
            ("Date", "2026-11-26T10:00:00.123Z".to_owned()),
        ]);
        let page = EVENTS.page(FINE.as_bytes()).unwrap();
        assert_eq!((page.records, page.next), (vec![event], None));
        let first = FINE.replace("</Events>", "</Events><Marker>a/b=</Marker>");
        assert_eq!(
            EVENTS.page(first.as_bytes()).unwrap().next.as_deref(),
            Some("a/b=")
        );
        let none = "<DescribeEventsResponse><DescribeEventsResult><Events/></DescribeEventsResult></DescribeEventsResponse>";
        assert_eq!(EVENTS.page(none.as_bytes()).unwrap(), XmlPage::default());
        for no_answer in ["<html></html>", "{}", "", "<a><<\u{0}}\"", "{\"Events\":[]}"] {
            assert!(EVENTS.page(no_answer.as_bytes()).is_err(), "{no_answer}");
        }
    }

    #[test]
    fn a_part_within_another_is_told_from_one_of_its_name_elsewhere() {
        const TARGETS: QueryList = QueryList {
            action: "elasticloadbalancing:DescribeTargetHealth",
            list: "Targets",
            token: None,
            parts: &["Target/Id", "Health/State"],
            ..EVENTS
        };
        let answer = "<DescribeTargetHealthResponse><DescribeTargetHealthResult><Targets><member><State>x</State>\
            <Target><Id>10.0.0.1</Id><Zone><Id>z</Id></Zone></Target><Health><State>healthy</State></Health></member></Targets>\
            <Marker>m</Marker></DescribeTargetHealthResult></DescribeTargetHealthResponse>";
        let page = TARGETS.page(answer.as_bytes()).unwrap();
        let target = XmlRecord::from([
            ("Target/Id", "10.0.0.1".to_owned()),
            ("Health/State", "healthy".to_owned()),
        ]);
        assert_eq!((page.records, page.next), (vec![target], None));
    }

    #[test]
    fn a_list_that_was_cut_anywhere_is_an_error_and_no_short_list() {
        for end in 0..FINE.len() {
            assert!(EVENTS.page(&FINE.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
