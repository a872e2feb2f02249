//! A session as one page: no script, nothing from elsewhere, good to print, dark and light.
//!
//! Every text of the session is foreign. It is made harmless and escaped on its way into the page, here and
//! nowhere else; the page's policy forbids everything but its own style sheet besides.

mod evidence;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::svg::timeline;
use crate::app::layout::words::{self, escaped, lasting};
use crate::domain::conclude::{outputs, verdict};
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::StackEvent;
use crate::domain::session::{Session, StackHistory};

/// The style sheet.
const STYLE: &str = include_str!("../../assets/report.css");

/// The digest of the style sheet, the only thing that the page's policy lets in.
const STYLE_DIGEST: &str = "UHwLZlDTY9qTgtB/BaFAVHSdFFG5vcS7ALPS1bWREt4=";

/// So many events of the attempt are listed; the JSON form has all.
const MOST_EVENTS: usize = 2_000;

/// The page of a session as it stands at `now`.
pub fn page(session: &Session, diagnosis: &Diagnosis, note: Option<&str>, now: DateTime<Utc>) -> String {
    let case = CaseFile { session, diagnosis };
    let root = session.root();
    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} · stacktrail</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        escaped(root.name())
    );
    head(&mut out, case, note);
    let judged = diagnosis.headline_attempt();
    for (number, finding) in diagnosis.roots().enumerate() {
        if judged.is_some_and(|attempt| attempt.number == finding.failure.attempt) {
            evidence::failure(&mut out, number, finding, case, now);
        }
    }
    left_behind(&mut out, case);
    if let Some(attempt) = judged {
        draw_timeline(&mut out, case, attempt);
    }
    earlier(&mut out, case, now);
    actors(&mut out, diagnosis);
    attempts(&mut out, diagnosis);
    if let Some(attempt) = judged {
        events(&mut out, case, attempt);
    }
    let _ = writeln!(
        out,
        "<p class=\"faint\">Recorded by stacktrail; last seen {}. Times are UTC.</p>\n</body>\n</html>",
        session
            .last_seen()
            .map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
    );
    out
}

fn class_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "good",
        Outcome::InProgress | Outcome::NotExecuted => "open",
        _ => "bad",
    }
}

fn head(out: &mut String, case: CaseFile<'_>, note: Option<&str>) {
    let CaseFile { session, diagnosis } = case;
    let root = session.root();
    let status = session.root_history().and_then(StackHistory::status);
    let _ = writeln!(
        out,
        "<header>\n<h1><bdi>{}</bdi> {}<span class=\"badge faint\">{}</span></h1>",
        escaped(root.name()),
        diagnosis
            .headline_attempt()
            .map_or_else(String::new, |attempt| format!(
                "<span class=\"badge {}\">{}</span>",
                class_of(attempt.outcome),
                attempt.outcome.label()
            )),
        escaped(status.map_or("unknown", |status| status.as_str())),
    );
    if let Some(attempt) = diagnosis.headline_attempt() {
        summary(out, case, attempt);
    }
    let gone = if session.gone_since().is_some() {
        " · deleted"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "<p class=\"faint\">account {} · region {} · <code>{}</code>{gone}</p>",
        escaped(root.account()),
        escaped(root.region()),
        escaped(root.as_str()),
    );
    if let Some(attempt) = diagnosis.headline_attempt() {
        let (what, span) = (attempt.operation.label(), words::span(attempt));
        let _ = writeln!(out, "<p class=\"faint\">{what} {span}</p>");
    }
    if let Some(note) = note {
        let _ = writeln!(out, "<p><bdi>{}</bdi></p>", escaped(note));
    }
    out.push_str("</header>\n");
    if let Some(said) = diagnosis.silence(session) {
        let _ = writeln!(out, "<p>{said}</p>");
    } else if session.is_incomplete() {
        let _ = writeln!(out, "<p>{}</p>", words::INCOMPLETE);
    }
}

/// What became of it, why, and what can be done, each failure with the way to it below.
fn summary(out: &mut String, case: CaseFile<'_>, attempt: &Attempt) {
    let CaseFile { session, diagnosis } = case;
    let headline = diagnosis.headline(attempt, &verdict::utc);
    let _ = writeln!(out, "<p class=\"headline\"><bdi>{}</bdi></p>", escaped(&headline));
    let of_attempt = diagnosis
        .roots()
        .enumerate()
        .filter(|(_, finding)| finding.failure.attempt == attempt.number);
    let told: Vec<String> = of_attempt
        .map(|(number, finding)| {
            let sure = finding
                .assessment
                .causes
                .first()
                .map_or_else(String::new, |cause| {
                    format!(
                        " <span class=\"badge\">confidence: {}</span>",
                        cause.confidence.label()
                    )
                });
            format!(
                "<li><a href=\"#{}\"><bdi>{}</bdi></a>: <bdi>{}</bdi>{sure}</li>",
                evidence::anchor(number),
                escaped(&finding.failure.event.logical_id),
                escaped(finding.said()),
            )
        })
        .collect();
    if !told.is_empty() {
        let _ = writeln!(out, "<ul class=\"summary\">\n{}\n</ul>", told.join("\n"));
    }
    if let Some(step) = diagnosis.way_out(session, attempt) {
        let _ = writeln!(out, "<p>Next: <bdi>{}</bdi></p>", escaped(&step));
    }
}

/// The outputs of the stack, each value whole.
fn left_behind(out: &mut String, case: CaseFile<'_>) {
    let told = outputs::of_session(case.session, case.diagnosis);
    if told.is_empty() {
        return;
    }
    out.push_str("<h2>Outputs</h2>\n<table>\n<tr><th>Output</th><th>Value</th></tr>\n");
    for output in told {
        let _ = writeln!(
            out,
            "<tr><td><bdi>{}</bdi></td><td><code>{}</code></td></tr>",
            escaped(&output.key),
            escaped(&output.value)
        );
    }
    out.push_str("</table>\n");
}

fn attempts(out: &mut String, diagnosis: &Diagnosis) {
    out.push_str("<h2>Deployments</h2>\n<table>\n<tr><th>#</th><th>Operation</th><th>Outcome</th><th>Began (UTC)</th><th>Took</th><th>Failures</th></tr>\n");
    for attempt in diagnosis.attempts.list() {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"word\">{}</td><td class=\"{} word\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            attempt.number,
            attempt.operation.label(),
            class_of(attempt.outcome),
            attempt.outcome.label(),
            attempt.started_at.format("%Y-%m-%d %H:%M:%S"),
            attempt.took().map_or_else(|| "…".to_owned(), lasting),
            words::roots_of(diagnosis, attempt).count()
        );
    }
    out.push_str("</table>\n");
}

fn draw_timeline(out: &mut String, case: CaseFile<'_>, attempt: &Attempt) {
    let CaseFile { session, diagnosis } = case;
    let Some((picture, left_out)) = timeline(session, diagnosis, attempt) else {
        return;
    };
    let _ = writeln!(out, "<h2>Timeline of deployment {} (UTC)</h2>", attempt.number);
    let _ = write!(out, "<div class=\"scroll\">\n{picture}</div>\n");
    if left_out > 0 {
        let _ = writeln!(
            out,
            "<p class=\"faint\">{left_out} rows are left out: what failed, the stacks and what took longest are shown.</p>"
        );
    }
    out.push_str("<p class=\"faint\">✔ done · ✘ failed · ⊘ cancelled, or failed because of another failure · ↶ rolled back or removed · … not ended</p>\n");
}

/// The failures of the attempts that are not the one the page is about.
fn earlier(out: &mut String, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { diagnosis, .. } = case;
    let judged = diagnosis.headline_attempt().map(|attempt| attempt.number);
    for attempt in diagnosis.attempts.list().iter().rev() {
        let findings: Vec<_> = diagnosis
            .roots()
            .enumerate()
            .filter(|(_, finding)| finding.failure.attempt == attempt.number)
            .collect();
        if Some(attempt.number) == judged || findings.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "<h2>Deployment {}</h2>\n<details><summary>{}, {} {}</summary>",
            attempt.number,
            attempt.outcome.label(),
            findings.len(),
            if findings.len() == 1 {
                "failure"
            } else {
                "failures"
            }
        );
        for (number, finding) in findings {
            evidence::failure(out, number, finding, case, now);
        }
        out.push_str("</details>\n");
    }
}

fn actors(out: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.told_actors().next().is_none() {
        return;
    }
    out.push_str("<h2>Who did what</h2>\n<table>\n<tr><th>When (UTC)</th><th>What</th><th>CloudTrail record</th></tr>\n");
    for actor in diagnosis.told_actors() {
        let _ = writeln!(
            out,
            "<tr><td class=\"mono\">{}</td><td><bdi>{}</bdi></td><td><code>{}</code></td></tr>",
            actor.at.format("%Y-%m-%d %H:%M:%S"),
            escaped(&actor.story),
            escaped(&actor.event_id)
        );
    }
    out.push_str("</table>\n");
}

fn events(out: &mut String, case: CaseFile<'_>, attempt: &Attempt) {
    let CaseFile { session, diagnosis } = case;
    let by_stack = diagnosis.attempts.events_of(session, attempt);
    let mut events: Vec<&StackEvent> = by_stack.flat_map(|(_, events)| events).collect();
    events.sort_by(|a, b| a.order().cmp(&b.order()));
    let left_out = events.len().saturating_sub(MOST_EVENTS);
    if left_out > 0 {
        // What failed is never left out.
        let mut rest = MOST_EVENTS;
        events.retain(|event| {
            let kept = event.status.is_failed() || rest > 0;
            if !event.status.is_failed() {
                rest = rest.saturating_sub(1);
            }
            kept
        });
    }
    let _ = writeln!(
        out,
        "<h2>Events of deployment {}</h2>\n<details><summary>{} events{}</summary>\n<table>\n<tr><th>Time (UTC)</th><th>Status</th><th>Resource</th><th>Type</th><th>Reason</th></tr>",
        attempt.number,
        events.len(),
        if left_out > 0 {
            format!(
                " of {}; `stacktrail export --output json` has all",
                events.len().max(left_out + MOST_EVENTS)
            )
        } else {
            String::new()
        }
    );
    for event in events {
        let class = if event.status.is_failed() {
            " class=\"bad\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr><td class=\"mono\">{}</td><td{class}>{}</td><td><bdi>{}</bdi></td><td>{}</td><td><bdi>{}</bdi></td></tr>",
            event.at.format("%H:%M:%S"),
            escaped(event.status.as_str()),
            escaped(&event.logical_id),
            escaped(&event.resource_type),
            escaped(event.reason.as_deref().unwrap_or_default())
        );
    }
    out.push_str("</table>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_lets_in_the_style_sheet_and_nothing_else() {
        assert_eq!(digest::base64_sha256(STYLE.as_bytes()), STYLE_DIGEST);
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "\u{1b}[31m</title><script>alert('1')</script>\u{202e}\" onload=\"x";
        let shown = escaped(hostile);
        assert_eq!(
            shown,
            "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;\u{fffd}&quot; onload=&quot;x"
        );
    }

    /// SHA-256 (FIPS 180-4), enough of it to check one digest.
    mod digest {
        const K: [u32; 64] = [
            0x428a_2f98,
            0x7137_4491,
            0xb5c0_fbcf,
            0xe9b5_dba5,
            0x3956_c25b,
            0x59f1_11f1,
            0x923f_82a4,
            0xab1c_5ed5,
            0xd807_aa98,
            0x1283_5b01,
            0x2431_85be,
            0x550c_7dc3,
            0x72be_5d74,
            0x80de_b1fe,
            0x9bdc_06a7,
            0xc19b_f174,
            0xe49b_69c1,
            0xefbe_4786,
            0x0fc1_9dc6,
            0x240c_a1cc,
            0x2de9_2c6f,
            0x4a74_84aa,
            0x5cb0_a9dc,
            0x76f9_88da,
            0x983e_5152,
            0xa831_c66d,
            0xb003_27c8,
            0xbf59_7fc7,
            0xc6e0_0bf3,
            0xd5a7_9147,
            0x06ca_6351,
            0x1429_2967,
            0x27b7_0a85,
            0x2e1b_2138,
            0x4d2c_6dfc,
            0x5338_0d13,
            0x650a_7354,
            0x766a_0abb,
            0x81c2_c92e,
            0x9272_2c85,
            0xa2bf_e8a1,
            0xa81a_664b,
            0xc24b_8b70,
            0xc76c_51a3,
            0xd192_e819,
            0xd699_0624,
            0xf40e_3585,
            0x106a_a070,
            0x19a4_c116,
            0x1e37_6c08,
            0x2748_774c,
            0x34b0_bcb5,
            0x391c_0cb3,
            0x4ed8_aa4a,
            0x5b9c_ca4f,
            0x682e_6ff3,
            0x748f_82ee,
            0x78a5_636f,
            0x84c8_7814,
            0x8cc7_0208,
            0x90be_fffa,
            0xa450_6ceb,
            0xbef9_a3f7,
            0xc671_78f2,
        ];

        pub(super) fn base64_sha256(message: &[u8]) -> String {
            let mut h: [u32; 8] = [
                0x6a09_e667,
                0xbb67_ae85,
                0x3c6e_f372,
                0xa54f_f53a,
                0x510e_527f,
                0x9b05_688c,
                0x1f83_d9ab,
                0x5be0_cd19,
            ];
            let mut padded = message.to_vec();
            padded.push(0x80);
            while padded.len() % 64 != 56 {
                padded.push(0);
            }
            let bits = u64::try_from(message.len()).unwrap_or(0) * 8;
            padded.extend(bits.to_be_bytes());
            for block in padded.chunks_exact(64) {
                round(&mut h, block);
            }
            let bytes: Vec<u8> = h.iter().flat_map(|word| word.to_be_bytes()).collect();
            base64(&bytes)
        }

        fn round(h: &mut [u32; 8], block: &[u8]) {
            let mut w = [0_u32; 64];
            for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
                *word = bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte));
            }
            for i in 16..64 {
                let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
                let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
                w[i] = w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1);
            }
            let mut v = *h;
            for i in 0..64 {
                let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
                let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
                let t1 = [s1, choice, K[i], w[i]].into_iter().fold(v[7], u32::wrapping_add);
                let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
                let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
                v.rotate_right(1);
                v[4] = v[4].wrapping_add(t1);
                v[0] = t1.wrapping_add(s0).wrapping_add(majority);
            }
            for (sum, word) in h.iter_mut().zip(v) {
                *sum = sum.wrapping_add(word);
            }
        }

        fn base64(bytes: &[u8]) -> String {
            const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let mut out = String::new();
            for chunk in bytes.chunks(3) {
                let word = (0..3).fold(0_u32, |word, i| {
                    (word << 8) | chunk.get(i).map_or(0, |b| u32::from(*b))
                });
                for i in 0..4_usize {
                    let sign = usize::try_from(word >> (18 - 6 * i) & 63).unwrap_or(0);
                    let sign = SIGNS.get(sign).map_or('=', |sign| char::from(*sign));
                    out.push(if i <= chunk.len() { sign } else { '=' });
                }
            }
            out
        }
    }
}
