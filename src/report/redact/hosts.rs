//! Names of hosts: one's own, not those that everybody uses.

use super::patterns::{AWS_HOST, HOST, URL_HOST};
use super::secret_values::is_plain;
use super::{Kind, Redactor};

/// Names of hosts that end so belong to everybody, or are masked already.
const PUBLIC: [&str; 27] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "on.aws",
    "aws.amazon.com",
    "amazon.com",
    "cloudfront.net",
    "awsapprunner.com",
    "ec2.internal",
    "compute.internal",
    "redacted.invalid",
    "w3.org",
    "json-schema.org",
    "ietf.org",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "bitbucket.org",
    "npmjs.org",
    "npmjs.com",
    "pypi.org",
    "pythonhosted.org",
    "nodejs.org",
    "python.org",
    "docker.io",
    "docker.com",
    "schema.org",
];

/// What has the form of such a name in programs.
const PROGRAMS: [&str; 8] = [
    "java.io",
    "java.net",
    "java.com",
    "socket.io",
    "asp.net",
    "ado.net",
    "system.io",
    "system.net",
];

impl Redactor {
    /// A text with the names of hosts masked.
    pub(super) fn hosts(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        if text.contains("amazonaws.com")
            || text.contains(".on.aws")
            || text.contains("cloudfront.net")
            || text.contains("signin.aws")
        {
            text = self.replace(&AWS_HOST, &text, |redactor, found| {
                let own = found.get(1).or_else(|| found.get(3))?.as_str();
                let service = found.get(2).or_else(|| found.get(4))?.as_str();
                // Signing in has an address in every region.
                let is_everybodys =
                    own.contains("amazonaws") || service.starts_with("signin") && is_plain(own);
                if redactor.own.is_within(own) || is_everybodys {
                    return None;
                }
                let mask = redactor.mask(Kind::Host, own);
                Some(format!(
                    "{}.{service}",
                    mask.trim_end_matches(".redacted.invalid")
                ))
            });
        }
        if text.contains("://") {
            text = self.replace(&URL_HOST, &text, |redactor, found| {
                let (whole, host) = (found.get(0)?.as_str(), found.get(1)?.as_str());
                let mask = redactor.host(host)?;
                Some(format!("{}{mask}", whole.strip_suffix(host)?))
            });
        }
        let before = text.clone();
        self.replace(&HOST, &text, |redactor, found| {
            let found = found.get(0)?;
            let after = before.get(found.end()..).unwrap_or_default();
            let goes_on = after.starts_with(['_', '-', '('])
                || after
                    .strip_prefix('.')
                    .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_alphanumeric()));
            let preceding = before.get(..found.start()).unwrap_or_default();
            let within = preceding.ends_with(['_', '-', '$', '.', '@']);
            if goes_on || within {
                None
            } else {
                redactor.host(found.as_str())
            }
        })
    }

    /// The mask of a host, unless it is everybody's.
    fn host(&mut self, host: &str) -> Option<String> {
        let name = host.to_ascii_lowercase();
        let is_of = |end: &str| name == end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
        let is_number = name.chars().all(|c| c.is_ascii_digit() || c == '.');
        let is_local = !name.contains('.') && name.len() < 3 || name == "localhost";
        if is_number || is_local || PUBLIC.iter().any(|end| is_of(end)) || PROGRAMS.contains(&name.as_str()) {
            return None;
        }
        // What was masked in it already is enough of a mask.
        if self.own.contains(host) {
            return None;
        }
        Some(self.mask(Kind::Host, &name))
    }
}
