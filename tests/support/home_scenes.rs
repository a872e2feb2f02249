//! The home screen to look at.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::app::layout::home::{Card, CardMark, Home, News, SearchHit};
use stacktrail::app::{App, Message, Mode};
use stacktrail::domain::conclude::digest::{FailureDigest, SessionDigest};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;

use super::scenes::{Scene, at};

fn root(name: &str) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    StackId::parse(&arn).unwrap_or_else(|| unreachable!("a stack's ARN: {arn}"))
}

fn recorded(name: &str, verdict: Option<Outcome>, seen: DateTime<Utc>, marks: &[CardMark]) -> Card {
    let status = match verdict {
        Some(Outcome::Succeeded) => "UPDATE_COMPLETE",
        Some(Outcome::InProgress) => "UPDATE_IN_PROGRESS",
        _ => "UPDATE_ROLLBACK_COMPLETE",
    };
    Card {
        root: root(name),
        label: None,
        status: Some(Status::new(status)),
        verdict,
        last_seen: Some(seen),
        marks: marks.to_vec(),
        told: verdict
            .filter(|verdict| verdict.is_failure())
            .map(|verdict| told(seen, verdict)),
    }
}

/// What is said of one that failed.
fn told(seen: DateTime<Utc>, verdict: Outcome) -> Arc<SessionDigest> {
    let headline = match verdict {
        Outcome::RolledBack => "create failed and was rolled back: Setup",
        Outcome::Interrupted => "create failed (Setup), its end was not seen",
        _ => "create failed and was left as it is: Setup",
    };
    Arc::new(SessionDigest {
        headline: Some(headline.to_owned()),
        began: Some(seen - TimeDelta::seconds(95)),
        ended: Some(seen),
        progress: None,
        failures: vec![FailureDigest {
            resource: "Setup".to_owned(),
            at: seen,
            said: "role deploy was denied s3:CreateBucket on shop-uploads".to_owned(),
            counts: true,
            more: vec!["in the account: ask who administers the bucket to allow it".to_owned()],
        }],
    })
}

fn elsewhere(name: &str, status: &str) -> Card {
    Card {
        status: Some(Status::new(status)),
        verdict: None,
        last_seen: None,
        told: None,
        ..recorded(name, None, at(0), &[])
    }
}

pub(crate) fn saved() -> Vec<Card> {
    let mut called = recorded(
        "shop-staging",
        Some(Outcome::Failed),
        at(-90_000),
        &[CardMark::Pinned],
    );
    called.label = Some("the outage of March".to_owned());
    vec![
        recorded(
            "shop-prod",
            Some(Outcome::RolledBack),
            at(-240),
            &[CardMark::Pending],
        ),
        recorded("billing", Some(Outcome::Succeeded), at(-4_000), &[]),
        called,
        recorded(
            "preview-1234",
            Some(Outcome::RolledBack),
            at(-400_000),
            &[CardMark::Gone],
        ),
        recorded(
            "データベース\u{1b}[31m-\u{202e}evil",
            Some(Outcome::Interrupted),
            at(-500_000),
            &[],
        ),
    ]
}

fn scene(news: Vec<News>) -> Scene {
    let mut app = App::new(Mode::Offline, String::new(), Vec::new());
    app.show_home(Home::default());
    for news in news {
        app.update(Message::Home(news), at(0));
    }
    Scene { app, now: at(0) }
}

/// Sessions, stacks in progress, other stacks.
pub(crate) fn home() -> Scene {
    scene(vec![
        News::Saved(saved()),
        News::Stacks(vec![
            elsewhere("payments", "UPDATE_ROLLBACK_IN_PROGRESS"),
            elsewhere("billing", "UPDATE_IN_PROGRESS"),
            elsewhere("network", "CREATE_COMPLETE"),
            elsewhere("search", "UPDATE_FAILED"),
        ]),
    ])
}

/// Nothing was ever recorded, and AWS has not answered yet.
pub(crate) fn first_run() -> Scene {
    scene(vec![News::Saved(Vec::new())])
}

/// AWS cannot be read.
pub(crate) fn offline() -> Scene {
    let words = "the credentials have expired; run `aws sso login` and it goes on by itself";
    scene(vec![News::Saved(saved()), News::Unreachable(words.into())])
}

/// Where words stand.
pub(crate) fn found() -> Scene {
    let place = |name: &str, seconds, subject: &str, text: &str| SearchHit {
        root: root(name),
        at: at(seconds),
        subject: subject.into(),
        text: text.into(),
    };
    scene(vec![
        News::Saved(saved()),
        News::Found {
            words: "access denied".to_owned(),
            places: vec![
                place(
                    "shop-prod",
                    -250,
                    "Setup CREATE_FAILED",
                    "User is not authorized: Access Denied",
                ),
                place(
                    "shop-staging",
                    -90_100,
                    "s3 CreateBucket",
                    "AccessDenied\u{7} on the bucket",
                ),
            ],
        },
    ])
}
