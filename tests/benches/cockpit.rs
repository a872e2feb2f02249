//! How long it takes from a key press to the finished frame, in a session of 50,000 events in 20 nested stacks
//! at 200x60: at rest, and while 2,000 events a second come. And how often a quiet screen is drawn.
//!
//! `cargo bench --bench cockpit`. The loop is the program's own; keys and facts come from another thread, as
//! they do from the terminal and the recorder, so that a key also waits for whatever is under way.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and one that fails should say so loudly"
)]

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::Stream;
use mimalloc::MiMalloc;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use stacktrail::app::state::Restored;
use stacktrail::app::state::effect::HostEffect;
use stacktrail::app::{App, AppState, LastFrame, Message, Mode};
use stacktrail::domain::deployment::attempt::Attempts;
use stacktrail::domain::deployment::failure::failures;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::{Inquiry, Source};
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source_status::SaveState;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::read::text::{Clean, CleanText};
use stacktrail::domain::session::Session;
use stacktrail::ports::ScaledClock;
use stacktrail::shell::screen::{self, Host, Inputs};
use stacktrail::tui::{self, DrawTarget, Theme};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// As the program does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const STACKS: usize = 20;
const RESOURCES: usize = 1_250;
const STACK: &str = "AWS::CloudFormation::Stack";
const TYPES: [&str; 5] = [
    "AWS::SQS::Queue",
    "AWS::Lambda::Function",
    "AWS::IAM::Role",
    "AWS::DynamoDB::Table",
    "AWS::ApiGatewayV2::Integration",
];
const DENIED: &str = "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/deploy/ci is not \
    authorized to perform: sqs:CreateQueue (Service: Sqs, Status Code: 403, Request ID: 1f2e3d4c)\" (RequestToken: \
    8c2f4b7e-6a4f-4c4e-8d8e-5a1c1f6d2b90, HandlerErrorCode: AccessDenied)";

/// What is pressed, one after the other: each with its name in the table.
const KEYS: [&str; 30] = [
    "j", "j", "j", "k", "G", "g", "<c-d>", "<c-d>", "<c-u>", "e", "e", "2", "3", "4", "5", "1", "<tab>", "k",
    "k", "G", "<tab>", "/", "2", "0", "<esc>", "z", "z", "t", "<esc>", "?",
];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn stack(name: &str) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    StackId::parse(&arn).unwrap()
}

fn part(number: usize) -> StackId {
    stack(&format!("shop-prod-Part{number}-1A2B3C4D5E6F7"))
}

fn event(stack: &StackId, logical: &str, kind: &str, second: usize, status: &str) -> StackEvent {
    let own = logical == stack.name();
    let physical = if own {
        stack.to_string()
    } else {
        format!("{}-{logical}-1X2Y3Z4A5B6C7", stack.name())
    };
    StackEvent {
        stack_id: stack.clone(),
        event_id: format!("{logical}-{status}-{second}"),
        at: start() + TimeDelta::seconds(i64::try_from(second).unwrap()),
        logical_id: logical.to_owned(),
        physical_id: Some(physical),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: Some(format!("0f0e5b0a-1111-2222-3333-{:012}", stack.name().len()).into()),
        extras: EventExtras::default(),
    }
}

fn seen(stack: &StackId, events: Vec<StackEvent>) -> Recorded {
    Recorded {
        observed_at: events.iter().map(|event| event.at).max().unwrap_or_default(),
        fact: Fact::StackEventsSeen {
            stack_id: stack.clone(),
            events,
        },
    }
}

/// How the session stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It goes on, three failures and what they cancelled behind it.
    Open,
    /// It was rolled back because of them.
    RolledBack,
    /// Everything went well.
    Well,
}

/// The session: 50,000 events.
fn story(end: End) -> Vec<Recorded> {
    let settled = end != End::Open;
    let root = stack("shop-prod");
    let mut upper = vec![event(&root, "shop-prod", STACK, 0, "CREATE_IN_PROGRESS")];
    let mut facts = Vec::new();
    for number in 0..STACKS {
        let child = part(number);
        let embedded = |status: &str, second| StackEvent {
            physical_id: Some(child.to_string()),
            ..event(&root, &format!("Part{number}"), STACK, second, status)
        };
        upper.push(embedded("CREATE_IN_PROGRESS", 1));
        let mut below = vec![event(&child, child.name(), STACK, 1, "CREATE_IN_PROGRESS")];
        for index in 0..RESOURCES {
            let logical = format!("Resource{index}");
            let kind = TYPES.iter().copied().cycle().nth(index).unwrap();
            let mut last = event(&child, &logical, kind, index + 5, "CREATE_COMPLETE");
            if end != End::Well && number < 3 && index + 8 >= RESOURCES {
                last.status = Status::new("CREATE_FAILED");
                let root = index + 8 == RESOURCES;
                last.reason = Some(
                    if root {
                        DENIED
                    } else {
                        "Resource creation cancelled"
                    }
                    .to_owned(),
                );
            }
            below.push(event(&child, &logical, kind, index, "CREATE_IN_PROGRESS"));
            below.push(last);
        }
        if settled {
            below.push(event(&child, child.name(), STACK, 1_400, "CREATE_COMPLETE"));
            upper.push(embedded("CREATE_COMPLETE", 1_400));
        }
        facts.push(seen(&child, below));
    }
    if settled {
        let status = if end == End::Well {
            "CREATE_COMPLETE"
        } else {
            "ROLLBACK_COMPLETE"
        };
        upper.push(event(&root, "shop-prod", STACK, 1_500, status));
    }
    facts.push(seen(&root, upper));
    facts
}

/// Twenty events of one nested stack: a hundred such pages a second are 2,000 events.
fn page(number: usize) -> Recorded {
    let child = part(number % STACKS);
    let events = (0..10).flat_map(|index| {
        let logical = format!("Late{number}x{index}");
        let kind = TYPES.iter().copied().cycle().nth(index).unwrap();
        let second = 1_600 + number / 100;
        let mut begun = event(&child, &logical, kind, second, "CREATE_IN_PROGRESS");
        let mut ended = event(&child, &logical, kind, second, "CREATE_COMPLETE");
        // Events carry milliseconds; every seventh page tells of something that happened a little earlier.
        let late = if number.is_multiple_of(7) { 200 } else { 0 };
        let since = i64::try_from(number % 100 * 10 + index).unwrap_or(0) - late;
        begun.at += TimeDelta::milliseconds(since);
        ended.at += TimeDelta::milliseconds(since);
        [begun, ended]
    });
    seen(&child, events.collect())
}

/// What the two threads know of each other.
#[derive(Default)]
struct Between {
    /// The key that waits for its frame, and whether the loop has taken it.
    waiting: Option<(Instant, bool)>,
    took: Vec<Duration>,
    frames: usize,
    drawing: Vec<Duration>,
}

type Shared = Arc<(Mutex<Between>, Notify)>;

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Between> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Keys {
    events: mpsc::Receiver<Event>,
    shared: Shared,
}

impl Stream for Keys {
    type Item = io::Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.events.poll_recv(context);
        if let Poll::Ready(Some(_)) = &polled
            && let Some((_, taken)) = &mut lock(&self.shared).waiting
        {
            *taken = true;
        }
        polled.map(|event| event.map(Ok))
    }
}

struct Screen {
    terminal: Terminal<TestBackend>,
    shared: Shared,
}

impl DrawTarget for Screen {
    fn draw(&mut self, app: &AppState, now: DateTime<Utc>) -> io::Result<LastFrame> {
        let begun = Instant::now();
        let mut drawn = LastFrame::default();
        let shown = self
            .terminal
            .draw(|frame| drawn = tui::draw(frame, app, now, &Theme::default()));
        shown.map_err(io::Error::other)?;
        let mut between = lock(&self.shared);
        between.frames += 1;
        between.drawing.push(begun.elapsed());
        if let Some((sent, true)) = between.waiting {
            between.waiting = None;
            between.took.push(sent.elapsed());
            self.shared.1.notify_one();
        }
        Ok(drawn)
    }

    fn notify(&mut self, _words: &Clean) -> io::Result<()> {
        Ok(())
    }

    fn copy(&mut self, _: &CleanText) -> io::Result<()> {
        Ok(())
    }

    fn repaint(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn capture_mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn set_theme(&mut self, _theme: &str) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Quiet;

impl Host for Quiet {
    fn inquire(&mut self, _: StackId, _: Inquiry) {}

    fn perform(&mut self, _: &App, _: HostEffect) {}
}

fn app(facts: &[Recorded], mode: Mode) -> App {
    let sources = stacktrail::watch::sources::all();
    let sources: Vec<Arc<dyn Source>> = sources
        .into_iter()
        .map(|source| -> Arc<dyn Source> { source })
        .collect();
    let mut app = App::new(mode, "shop-prod".to_owned(), sources);
    let begun = Instant::now();
    app.restore(&stack("shop-prod"), facts, start() + TimeDelta::seconds(1_600));
    println!("  read, diagnosed and arranged in {:?}", begun.elapsed());
    app
}

fn key(name: &str) -> Event {
    let (code, modifiers) = match name {
        "<tab>" => (KeyCode::Tab, KeyModifiers::NONE),
        "<esc>" => (KeyCode::Esc, KeyModifiers::NONE),
        "<c-d>" => (KeyCode::Char('d'), KeyModifiers::CONTROL),
        "<c-u>" => (KeyCode::Char('u'), KeyModifiers::CONTROL),
        other => (KeyCode::Char(other.chars().next().unwrap()), KeyModifiers::NONE),
    };
    Event::Key(KeyEvent::new(code, modifiers))
}

/// Types every key in turn, some time after the frame of the one before.
async fn type_keys(
    rounds: usize,
    keys: mpsc::Sender<Event>,
    shared: Shared,
) -> BTreeMap<&'static str, Vec<Duration>> {
    let mut took: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    let mut wait = 7_u64;
    for _ in 0..rounds {
        for name in KEYS.into_iter().chain(["<esc>"]) {
            wait = (wait * 1_103 + 12_345) % 65_536;
            tokio::time::sleep(Duration::from_micros(8_000 + wait)).await;
            lock(&shared).waiting = Some((Instant::now(), false));
            keys.send(key(name)).await.unwrap();
            shared.1.notified().await;
            took.entry(name).or_default().extend(lock(&shared).took.pop());
        }
    }
    took
}

async fn pour(messages: mpsc::Sender<Message>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for number in 0.. {
        ticks.tick().await;
        let message = Message::Facts {
            root: stack("shop-prod"),
            facts: Arc::new([page(number)]),
            ends: Vec::new(),
            saving: SaveState::Saved,
        };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_time().build().unwrap()
}

/// A screen on this thread while `outside` works on another; gives back what `outside` found.
fn with_screen<T, F>(
    mut app: App,
    from: i64,
    outside: impl FnOnce(Shared, mpsc::Sender<Event>, mpsc::Sender<Message>) -> F,
) -> (T, Between)
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let shared: Shared = Arc::default();
    let (keys, events) = mpsc::channel(64);
    let (facts, messages) = mpsc::channel(256);
    let shutdown = CancellationToken::new();
    let mut inputs = Inputs {
        terminal: Keys {
            events,
            shared: Arc::clone(&shared),
        },
        messages,
        clock: Arc::new(ScaledClock::new(1.0, Some(start() + TimeDelta::seconds(from)))),
        shutdown: shutdown.clone(),
    };
    let mut target = Screen {
        terminal: Terminal::new(TestBackend::new(200, 60)).unwrap(),
        shared: Arc::clone(&shared),
    };
    let runtime = runtime();
    let found = runtime.block_on(async {
        let work = outside(Arc::clone(&shared), keys, facts);
        let found = tokio::spawn(async move {
            let found = work.await;
            shutdown.cancel();
            found
        });
        screen::run(&mut app, &mut target, &mut Quiet, &mut inputs)
            .await
            .unwrap();
        found.await.unwrap()
    });
    let between = std::mem::take(&mut *lock(&shared));
    (found, between)
}

fn share(sorted: &[Duration], hundredths: usize) -> Duration {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

fn tell(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let worst = times.last().copied().unwrap_or_default();
    println!(
        "  {name:<8} {:>6}   p50 {:>8.2?}   p99 {:>8.2?}   worst {worst:>8.2?}",
        times.len(),
        share(times, 50),
        share(times, 99)
    );
}

fn typed(title: &str, rounds: usize, bursting: bool) {
    println!("{title}");
    let app = app(&story(End::Open), Mode::Live);
    let (took, mut between) = with_screen(app, 1_600, |shared, keys, facts| async move {
        let pouring = bursting.then(|| tokio::spawn(pour(facts.clone())));
        let took = type_keys(rounds, keys, shared).await;
        if let Some(pouring) = pouring {
            pouring.abort();
        }
        took
    });
    let mut all = Vec::new();
    for (name, mut times) in took {
        all.extend(times.iter().copied());
        tell(name, &mut times);
    }
    tell("all keys", &mut all);
    tell("drawing", &mut between.drawing);
}

fn resting(title: &str, end: End, mode: Mode, from: i64) {
    println!("{title}");
    let app = app(&story(end), mode);
    let seconds = 5;
    let (before, between) = with_screen(app, from, |shared, keys, facts| async move {
        // Half a second beside the ticks of a clock.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let before = lock(&shared).frames;
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        drop((keys, facts));
        before
    });
    println!("  {} frames in {seconds} s", between.frames - before);
}

/// What the parts of one refresh cost when they are done from nothing.
fn parts() {
    println!("parts, each from nothing");
    let facts = story(End::Open);
    let begun = Instant::now();
    let session = Session::replay(stack("shop-prod"), &facts);
    println!("  fold {:?}", begun.elapsed());
    let now = start() + TimeDelta::seconds(1_600);
    let begun = Instant::now();
    let whole = Restored::of(session.clone());
    println!(
        "  laid out for the first time, behind the first frame {:?}",
        begun.elapsed()
    );
    let mut app = app(&[], Mode::Offline);
    let begun = Instant::now();
    app.update(Message::Restored(Arc::new(whole)), now);
    println!("  the whole put in the place of its part {:?}", begun.elapsed());
    let begun = Instant::now();
    let attempts = Attempts::of(&session);
    println!("  attempts {:?}", begun.elapsed());
    let begun = Instant::now();
    let found = failures(&session, &attempts);
    println!("  {} failures {:?}", found.len(), begun.elapsed());
    // The first one builds the tables of known failures.
    let diagnosis = Diagnosis::of(&session);
    let begun = Instant::now();
    let again = Diagnosis::of(&session);
    println!("  diagnosis {:?}", begun.elapsed());
    assert!(again == diagnosis, "the same facts say the same");
    for source in stacktrail::watch::sources::all() {
        let begun = Instant::now();
        let planned = source.plan(&session, &diagnosis, now).len();
        println!(
            "  plan of {}: {planned} inquiries {:?}",
            source.id(),
            begun.elapsed()
        );
    }
}

/// What it takes to fold, read and lay out one more page, and to draw the frame.
fn pages() {
    println!("pages of 20 events, one after the other");
    let mut app = app(&story(End::Open), Mode::Live);
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    let (mut reading, mut drawing) = (Vec::new(), Vec::new());
    for number in 0..500 {
        let message = Message::Facts {
            root: stack("shop-prod"),
            facts: Arc::new([page(number)]),
            ends: Vec::new(),
            saving: SaveState::Saved,
        };
        let now = start() + TimeDelta::seconds(1_600);
        let begun = Instant::now();
        app.update(message, now);
        reading.push(begun.elapsed());
        let begun = Instant::now();
        let mut drawn = LastFrame::default();
        terminal
            .draw(|frame| drawn = tui::draw(frame, &app, now, &Theme::default()))
            .unwrap();
        app.drawn(drawn);
        drawing.push(begun.elapsed());
    }
    tell("reading", &mut reading);
    tell("drawing", &mut drawing);
    let root = stack("shop-prod");
    let turn = event(&root, "shop-prod", STACK, 1_700, "ROLLBACK_IN_PROGRESS");
    let message = Message::Facts {
        root: root.clone(),
        facts: Arc::new([seen(&root, vec![turn])]),
        ends: Vec::new(),
        saving: SaveState::Saved,
    };
    let begun = Instant::now();
    app.update(message, start() + TimeDelta::seconds(1_700));
    println!("  the page with which the rollback begins {:?}", begun.elapsed());
}

fn main() {
    parts();
    pages();
    let rounds = std::env::var("ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    typed("keys, nothing comes", rounds, false);
    typed("keys, while 2,000 events a second come", rounds, true);
    resting("an ended session, saved", End::RolledBack, Mode::Offline, 9_000);
    resting("an ended session, watched", End::Well, Mode::Live, 9_000);
    resting("a countdown", End::RolledBack, Mode::Live, 1_600);
}
