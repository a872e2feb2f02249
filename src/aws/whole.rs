//! Whether an answer in XML is whole: CloudFormation's, and those of services that are asked by hand.
//!
//! The SDK's reader of XML stops where a document stops: of one that was cut in the midst it makes an answer with
//! fewer events, the last of them half, and without the token of the next page, as if that were the end. So
//! each document is held against its own brackets before its content counts.

use aws_sdk_cloudformation::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cloudformation::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudformation::error::BoxError;
use thiserror::Error;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// Refuses answers that are not whole.
#[derive(Debug)]
pub(super) struct Whole;

/// Why an answer is not whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum IncompleteAnswer {
    /// Not text at all.
    #[error("the answer is no text")]
    NoText,
    /// Not XML, or another kind of document after a while.
    #[error("the answer is no whole XML document")]
    NoXml,
    /// It ends in its midst.
    #[error("the answer was cut short")]
    Cut,
}

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.output_or_error().is_ok()
            && let Some(body) = context.response().body().bytes()
        {
            whole(body)?;
        }
        Ok(())
    }
}

/// Whether these bytes are one XML document from its first bracket to its last.
pub(super) fn whole(body: &[u8]) -> Result<(), IncompleteAnswer> {
    let text = std::str::from_utf8(body).map_err(|_no_text| IncompleteAnswer::NoText)?;
    let mut open: Vec<(&str, &str)> = Vec::new();
    let mut begun: Option<(&str, &str)> = None;
    let mut roots = 0_usize;
    for token in Tokenizer::from(text) {
        match token.map_err(|_no_xml| {
            if open.is_empty() {
                IncompleteAnswer::NoXml
            } else {
                IncompleteAnswer::Cut
            }
        })? {
            Token::ElementStart { prefix, local, .. } => begun = Some((prefix.as_str(), local.as_str())),
            Token::ElementEnd { end, .. } => {
                match (end, begun.take()) {
                    (ElementEnd::Open, Some(name)) => open.push(name),
                    (ElementEnd::Empty, Some(_)) => {}
                    (ElementEnd::Close(prefix, local), None)
                        if open.pop() == Some((prefix.as_str(), local.as_str())) => {}
                    _ => return Err(IncompleteAnswer::NoXml),
                }
                roots += usize::from(open.is_empty());
            }
            _ => {}
        }
    }
    match (open.is_empty(), roots) {
        (true, 1) => Ok(()),
        (true, _) => Err(IncompleteAnswer::NoXml),
        (false, _) => Err(IncompleteAnswer::Cut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://x/\"><Result><StackEvents><member><EventId>a</EventId>\
        <Reason>a &lt; b &amp; \u{e4} &#27;[0m</Reason><Empty/></member></StackEvents><NextToken>t</NextToken></Result>\
        <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></R>\n";

    #[test]
    fn what_the_service_writes_is_whole() {
        for good in [
            PAGE,
            "<R/>",
            "<R></R>",
            "<!-- by a proxy --><R><![CDATA[<a>]]></R>",
        ] {
            assert_eq!(whole(good.as_bytes()), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_page_cut_anywhere_is_not_whole() {
        let end = PAGE.trim_end().len();
        let bytes = PAGE.as_bytes();
        for cut in 0..end {
            assert!(whole(&bytes[..cut]).is_err(), "whole after {cut} bytes");
        }
    }

    #[test]
    fn what_is_no_document_is_not_whole() {
        for bad in [
            "",
            "{}",
            "not here",
            "<R></S>",
            "<R/><R/>",
            "<R><a></R></a>",
            "</R>",
            "<R/>{}",
        ] {
            assert!(whole(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(whole(b"<R>\xff</R>"), Err(IncompleteAnswer::NoText));
    }
}
