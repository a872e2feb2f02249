//! An exported session at an address: over HTTPS alone, bounded in size, time and redirects, and without anything that
//! says who asks.
//!
//! No credential is sent, none is taken from an address, and of what the server says nothing is believed but the bytes.

use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use thiserror::Error;
use tokio::time::timeout;

/// A larger file is none of ours, and would be held in memory.
const LARGEST: u64 = 256 << 20;
/// So often a server may send us on.
const REDIRECTS: usize = 5;
/// The head of an answer is there within so long, and each further piece.
const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// All of it is there within so long.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(300);
/// So much is shown of what a server says beside an error.
const SHOWN: usize = 200;
/// What every address begins with.
const SCHEME: &str = "https://";

/// Where a file is, on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress {
    host: String,
    /// The path and what is asked, from the slash on.
    path: String,
}

/// Why a file could not be fetched, in a sentence whose subject is its address.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// Of another kind, or none.
    #[error("`{0}` is no address that is fetched from: write it as https://HOST/FILE")]
    NoAddress(String),
    /// A name or a password stands in it.
    #[error(
        "a name or a password stands in the address: it would be sent to whoever answers there; leave it out"
    )]
    Credentials,
    /// Somewhere else, and not over HTTPS.
    #[error("it sends us on to `{0}`, and only addresses that begin with https:// are followed")]
    Unsafe(String),
    /// In a circle, or very far.
    #[error("it sends us on more than {REDIRECTS} times")]
    Astray,
    /// There is no such file, or nobody may have it.
    #[error("it answers {status}{said}; {advice}", advice = advice(*.status))]
    Refused {
        /// HTTP's number.
        status: u16,
        /// What the server says beside it, raw.
        said: String,
    },
    /// It is too large.
    #[error("it is larger than {} MiB, which no exported session is", LARGEST >> 20)]
    TooLarge,
    /// It takes too long.
    #[error("nothing came for {} s: look whether it answers at all", READ_TIMEOUT.as_secs())]
    Silent,
    /// All of it takes too long.
    #[error("it was not there whole after {} s: fetch it by other means, and open the file", TOTAL_TIMEOUT.as_secs())]
    TooSlow,
    /// It broke off, or never began.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "nothing is sent that says who asks: fetch it by other means, and open the file",
        404 | 410 => "look whether the address is right",
        500.. => "try again later",
        _ => "fetch it by other means, and open the file",
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}{}", self.host, self.path)
    }
}

impl WebAddress {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// It is none, is of another kind than HTTPS, or holds a name or a password.
    pub fn parse(text: &str) -> Result<Self, DownloadError> {
        let refuse = || DownloadError::NoAddress(text.chars().take(SHOWN).collect());
        let is_https = text
            .get(..SCHEME.len())
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let rest = text.get(SCHEME.len()..).filter(|_| is_https).ok_or_else(refuse)?;
        // What follows # is for whoever shows a page.
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        if host.contains('@') {
            return Err(DownloadError::Credentials);
        }
        let is_host = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
            && host
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "-._:[]".contains(one));
        let is_path = path.chars().all(|one| one.is_ascii_graphic() && one != '\\');
        if !is_host || !is_path {
            return Err(refuse());
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            host: host.to_owned(),
            path,
        })
    }

    /// Where a server sends us on to from here.
    fn onward(&self, to: &str) -> Result<Self, DownloadError> {
        let path = self.path.split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let whole = match to {
            _ if to.starts_with("//") => format!("https:{to}"),
            _ if to.starts_with('/') => format!("{SCHEME}{}{to}", self.host),
            _ if to.starts_with('?') => format!("{SCHEME}{}{path}{to}", self.host),
            // A scheme ends with a colon, and no folder's name before the first slash holds one.
            _ if to
                .split(['/', '?', '#'])
                .next()
                .is_some_and(|first| first.contains(':')) =>
            {
                to.to_owned()
            }
            _ => format!("{SCHEME}{}{folder}/{to}", self.host),
        };
        Self::parse(&whole).map_err(|wrong| match wrong {
            DownloadError::NoAddress(_) => DownloadError::Unsafe(to.chars().take(SHOWN).collect()),
            other => other,
        })
    }
}

/// The bytes of a file on the web.
///
/// # Errors
///
/// It cannot be had; the error says why, in a sentence without its subject.
pub async fn download(address: &WebAddress) -> Result<Vec<u8>, DownloadError> {
    let connector = Connector::builder()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build();
    let whole = timeout(TOTAL_TIMEOUT, follow(&connector, address));
    whole.await.map_err(|_late| DownloadError::TooSlow)?
}

async fn follow(connector: &Connector, address: &WebAddress) -> Result<Vec<u8>, DownloadError> {
    let mut here = address.clone();
    for _ in 0..=REDIRECTS {
        let response = ask(connector, &here).await?;
        let status = response.status().as_u16();
        if (300..400).contains(&status)
            && let Some(to) = response.headers().get("location")
        {
            here = here.onward(to)?;
            continue;
        }
        if status != 200 {
            let said = read(response, SHOWN.try_into().unwrap_or(LARGEST)).await;
            let said = said.or_else(|(cut, _)| Ok::<_, DownloadError>(cut))?;
            return Err(refused(status, &said));
        }
        let told = response
            .headers()
            .get("content-length")
            .and_then(|length| length.parse::<u64>().ok());
        if told.is_some_and(|told| told > LARGEST) {
            return Err(DownloadError::TooLarge);
        }
        return read(response, LARGEST).await.map_err(|(_, error)| error);
    }
    Err(DownloadError::Astray)
}

async fn ask(connector: &Connector, address: &WebAddress) -> Result<HttpResponse, DownloadError> {
    let unreachable = |error: &dyn std::error::Error| DownloadError::Unreachable(innermost(error));
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_method("GET").map_err(|error| unreachable(&error))?;
    request
        .set_uri(address.to_string())
        .map_err(|_wrong| DownloadError::NoAddress(address.to_string()))?;
    let headers = request.headers_mut();
    for (name, value) in [("accept", "*/*"), ("user-agent", "stacktrail")] {
        headers
            .try_insert(name, value)
            .map_err(|error| unreachable(&error))?;
    }
    let answer = timeout(READ_TIMEOUT, connector.call(request)).await;
    let answer = answer.map_err(|_late| DownloadError::Silent)?;
    answer.map_err(|error| unreachable(&error))
}

/// The body of an answer; what came of it until then where it is larger, or breaks off.
async fn read(response: HttpResponse, most: u64) -> Result<Vec<u8>, (Vec<u8>, DownloadError)> {
    let mut body = ByteStream::new(response.into_body());
    let mut bytes = Vec::new();
    loop {
        let piece = match timeout(READ_TIMEOUT, body.next()).await {
            Err(_late) => return Err((bytes, DownloadError::Silent)),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(error))) => return Err((bytes, DownloadError::Unreachable(innermost(&error)))),
            Ok(Some(Ok(piece))) => piece,
        };
        bytes.extend_from_slice(&piece);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
            return Err((bytes, DownloadError::TooLarge));
        }
    }
}

fn refused(status: u16, said: &[u8]) -> DownloadError {
    let said = String::from_utf8_lossy(said);
    // A page tells a person nothing here.
    let said = said.trim();
    let said = if said.is_empty() || said.starts_with('<') {
        String::new()
    } else {
        format!(" (\"{}\")", said.chars().take(SHOWN).collect::<String>())
    };
    DownloadError::Refused { status, said }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_holds_no_secret() {
        for (text, whole) in [
            ("https://example.com/shop.json", "https://example.com/shop.json"),
            (
                "HTTPS://example.com:8443/a?b=c#d",
                "https://example.com:8443/a?b=c",
            ),
            ("https://[::1]:4433", "https://[::1]:4433/"),
            ("https://example.com?x=@", "https://example.com/?x=@"),
        ] {
            assert_eq!(WebAddress::parse(text).unwrap().to_string(), whole, "{text}");
        }
        for text in [
            "http://example.com/shop.json",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://",
            "https:///etc/passwd",
            "https://exa mple.com/",
            "https://example.com/a b",
            "https://example.com/a\r\nHost: other",
            "https://example.com\\@other/",
            "https://\u{435}xample.com/",
            "shop.json",
            "",
        ] {
            assert!(
                matches!(WebAddress::parse(text), Err(DownloadError::NoAddress(_))),
                "{text:?}"
            );
        }
        for text in [
            "https://me:secret@example.com/",
            "https://me@example.com/shop.json",
        ] {
            let told = WebAddress::parse(text).unwrap_err();
            assert!(matches!(told, DownloadError::Credentials), "{text}");
            assert!(!told.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_server_sends_us_on_over_https_alone() {
        let here = WebAddress::parse("https://example.com/team/shop.json?v=1").unwrap();
        for (to, whole) in [
            ("https://other.org/x", "https://other.org/x"),
            ("//other.org/x", "https://other.org/x"),
            ("/x", "https://example.com/x"),
            ("mail.json", "https://example.com/team/mail.json"),
            ("./a:b", "https://example.com/team/./a:b"),
            ("?v=2", "https://example.com/team/shop.json?v=2"),
        ] {
            assert_eq!(here.onward(to).unwrap().to_string(), whole, "{to}");
        }
        for to in [
            "http://example.com/shop.json",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
        ] {
            assert!(matches!(here.onward(to), Err(DownloadError::Unsafe(_))), "{to}");
        }
        assert!(matches!(
            here.onward("https://a:b@other.org/"),
            Err(DownloadError::Credentials)
        ));
    }

    #[test]
    fn what_a_server_says_is_told_in_short_and_a_page_is_not() {
        let told = |status, said: &str| refused(status, said.as_bytes()).to_string();
        assert_eq!(
            told(404, "no such key"),
            "it answers 404 (\"no such key\"); look whether the address is right"
        );
        assert!(told(403, "<html>").starts_with("it answers 403; nothing is sent"));
        assert!(told(500, &"x".repeat(9_000)).len() < 400);
    }
}
