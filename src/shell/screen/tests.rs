//! The loop, driven in process with paused time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::time::Instant;

use super::*;
use crate::app::Mode;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Source};
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::source::SourceId;
use crate::domain::model::source::{SourceDescriptor, declared};
use crate::domain::model::source_status::{SaveState, SourceStatus};
use crate::domain::model::status::Status;
use crate::domain::session::Session;
use crate::tui::draw_target::paper::Paper;

/// Keys at given moments, then silence.
struct Script {
    steps: VecDeque<(Duration, Event)>,
    start: Instant,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Script {
    fn new(steps: &[(u64, char)]) -> Self {
        let key = |letter| Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        Self {
            steps: steps
                .iter()
                .map(|(at, letter)| (Duration::from_millis(*at), key(*letter)))
                .collect(),
            start: Instant::now(),
            timer: None,
        }
    }
}

impl Stream for Script {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((at, _)) = self.steps.front() else {
            return Poll::Pending;
        };
        let due = self.start + *at;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.timer = None;
        Poll::Ready(self.steps.pop_front().map(|(_, event)| Ok(event)))
    }
}

#[derive(Debug)]
struct PausedClock {
    start: Instant,
    sleeps: Arc<AtomicUsize>,
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> DateTime<Utc> {
        moment(0) + TimeDelta::from_std(self.start.elapsed()).unwrap_or_default()
    }

    async fn sleep_until(&self, at: DateTime<Utc>) {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep((at - self.now()).to_std().unwrap_or_default()).await;
    }
}

fn clock() -> (Arc<dyn Clock>, Arc<AtomicUsize>) {
    let sleeps = Arc::<AtomicUsize>::default();
    let clock = PausedClock {
        start: Instant::now(),
        sleeps: Arc::clone(&sleeps),
    };
    (Arc::new(clock), sleeps)
}

#[derive(Default)]
struct Outside {
    effects: Vec<HostEffect>,
}

impl Host for Outside {
    fn inquire(&mut self, _: StackId, _: Inquiry) {}

    fn perform(&mut self, _: &App, effect: HostEffect) {
        self.effects.push(effect);
    }
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_348_800 + seconds, 0).unwrap_or_default()
}

fn facts(number: usize, status: &str) -> Message {
    let root = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1").unwrap();
    let event = StackEvent {
        stack_id: root.clone(),
        event_id: format!("{number}"),
        at: moment(0),
        logical_id: "shop".to_owned(),
        physical_id: Some(root.to_string()),
        resource_type: STACK_TYPE.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    };
    let recorded = Recorded {
        observed_at: moment(1),
        fact: Fact::StackEventsSeen {
            stack_id: root.clone(),
            events: vec![event],
        },
    };
    Message::Facts {
        root,
        facts: Arc::new([recorded]),
        ends: Vec::new(),
        saving: SaveState::Saved,
    }
}

/// Runs the loop on these messages and keys; the end, the frames and the sleeps.
async fn play(messages: Vec<Message>, keys: &[(u64, char)]) -> (Ended, usize, usize, Vec<HostEffect>) {
    let mut app = App::new(Mode::Live, "shop".to_owned(), Vec::new());
    let (sender, receiver) = mpsc::channel(messages.len().max(1));
    for message in messages {
        sender.try_send(message).unwrap();
    }
    let (clock, sleeps) = clock();
    let mut inputs = Inputs {
        terminal: Script::new(keys),
        messages: receiver,
        clock,
        shutdown: CancellationToken::new(),
    };
    let (mut target, mut shell) = (Paper::default(), Outside::default());
    let ended = run(&mut app, &mut target, &mut shell, &mut inputs).await.unwrap();
    drop(sender);
    (
        ended,
        target.frames,
        sleeps.load(Ordering::Relaxed),
        shell.effects,
    )
}

#[tokio::test(start_paused = true)]
async fn a_settled_session_draws_nothing_while_nothing_happens() {
    let settled = vec![facts(1, "CREATE_COMPLETE")];
    let hour = 3_600_000;
    let (ended, frames, sleeps, _) = play(settled, &[(hour, 'q')]).await;
    assert_eq!(ended, Ended::Quit);
    // The first frame, the one with the facts; none in the hour.
    assert!(frames <= 2, "{frames} frames");
    assert!(sleeps <= 1, "{sleeps} sleeps");
}

/// Always means to ask something later.
struct Later;

impl Source for Later {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &declared::LOGS
    }

    fn plan(&self, session: &Session, _: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        vec![Inquiry {
            key: "later".to_owned(),
            source: self.id().clone(),
            region: session.root().region().to_owned(),
            due: now + TimeDelta::hours(1),
            priority: 0,
            question: AnyQuestion::new("later"),
            why: "later".to_owned(),
            serves: Vec::new(),
        }]
    }
}

#[test]
fn another_answer_from_aws_changes_nothing_on_a_quiet_screen() {
    let answering = |second| Message::SourceStatus {
        origin: SourceId::CLOUDFORMATION.into(),
        status: SourceStatus::Answering { at: moment(second) },
    };
    let changes = |status: &str| {
        let mut app = App::new(Mode::Live, "shop".to_owned(), vec![Arc::new(Later)]);
        app.update(facts(1, status), moment(1));
        app.update(answering(1), moment(1));
        app.update(Message::Tick, moment(2));
        assert!(app.next_due().is_some(), "something is to be asked later");
        app.take_change();
        app.update(answering(3), moment(3));
        app.take_change()
    };
    assert!(!changes("CREATE_COMPLETE"));
    // While something moves, the age of the last answer shows.
    assert!(changes("CREATE_IN_PROGRESS"));
}

#[tokio::test(start_paused = true)]
async fn a_running_clock_draws_once_a_second() {
    let running = vec![facts(1, "CREATE_IN_PROGRESS")];
    let (_, frames, _, _) = play(running, &[(60_500, 'q'), (60_600, 'q')]).await;
    assert!((60..=63).contains(&frames), "{frames} frames in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_facts_is_drawn_in_few_frames() {
    let burst: Vec<Message> = (0..2_000)
        .map(|number| facts(number, "CREATE_COMPLETE"))
        .collect();
    let (_, frames, _, _) = play(burst, &[(1_000, 'q')]).await;
    assert!(frames <= 32, "{frames} frames for a burst");
}

#[tokio::test(start_paused = true)]
async fn effects_reach_the_shell_and_keys_the_stage() {
    let keys = [(10, 'o'), (20, 's'), (30, 'y'), (40, 'q')];
    let (_, _, _, effects) = play(vec![facts(1, "CREATE_COMPLETE")], &keys).await;
    assert!(
        matches!(
            effects.as_slice(),
            [HostEffect::OpenUrl(_), HostEffect::SaveReport { .. }]
        ),
        "{effects:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_token_ends_it() {
    let mut app = App::new(Mode::Offline, "shop".to_owned(), Vec::new());
    let (_sender, messages) = mpsc::channel(1);
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let mut inputs = Inputs {
        terminal: Script::new(&[]),
        messages,
        clock: clock().0,
        shutdown,
    };
    let ended = run(
        &mut app,
        &mut Paper::default(),
        &mut Outside::default(),
        &mut inputs,
    )
    .await;
    assert_eq!(ended.unwrap(), Ended::Shutdown);
}
