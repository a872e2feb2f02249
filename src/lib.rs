//! stacktrail: the flight recorder for AWS CloudFormation deployments.
//!
//! This page is the architecture. One idea carries it: **a session is a journal of facts, and everything
//! shown is a fold over it.** Live watching, opening, replaying, headless output and reports differ only in
//! where the facts come from and who looks at the fold.
//!
//! ```text
//!  AWS ──▶ aws/ ──▶ watch/ ──facts──▶ archive/ (durable first) ──facts──▶ domain fold ──▶ tui / headless / report
//!                     ▲                                                        │
//!                     └───────────────── effects ◀── app update ◀── intents ◀──┘
//! ```
//!
//! Facts make a session, and a session makes a diagnosis, without the network, a disk or a clock:
//!
//! ```
//! use stacktrail::domain::investigate::diagnosis::Diagnosis;
//! use stacktrail::domain::model::fact::Recorded;
//! use stacktrail::domain::model::stack::StackId;
//! use stacktrail::domain::session::Session;
//!
//! let shop = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec";
//! let events = [
//!     ("shop", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"),
//!     ("Uploads", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", ""),
//!     ("Uploads", "AWS::S3::Bucket", "CREATE_FAILED", "shop-uploads already exists"),
//!     ("shop", "AWS::CloudFormation::Stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Uploads]."),
//! ];
//! let facts = events.iter().enumerate().map(|(second, (name, kind, status, reason))| {
//!     let at = format!("2026-05-04T12:00:0{second}Z");
//!     serde_json::from_value(serde_json::json!({
//!         "observed_at": "2026-05-04T12:01:00Z",
//!         "kind": "stack_events_seen",
//!         "stack_id": shop,
//!         "events": [{
//!             "stack_id": shop, "event_id": format!("{name}-{second}"), "at": at, "logical_id": name,
//!             "physical_id": if *name == "shop" { shop } else { "shop-uploads" },
//!             "resource_type": kind, "status": status, "reason": reason,
//!         }],
//!     }))
//! });
//! let facts = facts.collect::<Result<Vec<Recorded>, _>>()?;
//!
//! let root = StackId::parse(shop).ok_or("no ARN of a stack")?;
//! let diagnosis = Diagnosis::of(&Session::replay(root, &facts));
//! let failed: Vec<&str> = diagnosis.roots().map(|finding| finding.failure.event.logical_id.as_str()).collect();
//! assert_eq!(failed, ["Uploads"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! # Three vocabularies
//!
//! - A [fact](domain::model::fact::Fact) is something that happened outside, in the past tense: serialisable,
//!   idempotent, tolerant of order.
//! - An [intent](app::Intent) is what the person wants, whichever key said so.
//! - An [effect](app::Effect) is what the shell must do, as data.
//!
//! # The modules, and whom each may name
//!
//! | module | what it is | may name |
//! | --- | --- | --- |
//! | [`domain`] | pure rules: events, attempts, failures, reasons, matches, causes, the countdown | nothing of ours |
//! | [`ports`] | the traits that the outside implements | `domain` |
//! | [`app`] | the state; `update(message, now)` gives effects; read models for the screen | `domain` |
//! | [`aws`] | the ports' answers from AWS; the only place that names an `aws_*` crate | `ports`, `domain` |
//! | [`archive`] | the journal in SQLite; the only place that names `rusqlite` | `ports`, `domain` |
//! | [`watch`] | the engine: tails stacks, answers inquiries, keeps the request budget | `ports`, `domain` |
//! | [`store`] | sessions in a folder or a bucket that many share; the only place that names `object_store` | `ports`, `domain` |
//! | [`fleet`] | questions over many deployments; the only place that names `datafusion` | `domain` |
//! | [`tui`] | the screen; the only place that names `ratatui` | `app`, `domain` |
//! | [`report`] | JSON, lines, text | `app`, `domain` |
//! | [`sandbox`] | the embedded AWS endpoint that plays a scenario | `ports`, `domain` |
//! | [`config`] | settings, keys and themes from files, checked in one go | `app`, `domain`, `tui` |
//! | [`shell`] | the running program: assembled, driven, navigated; terminal, log file, what is remembered | all but `cli` and `fleet` |
//! | [`cli`] | arguments, and one thin file a command | all |
//!
//! `domain` and `app` have floors of their own, written at their heads.
//!
//! `tests/architecture.rs` holds these directions, and that no files but parent and child name each other in a circle.
//!
//! # How a fact travels
//!
//! 1. A tail in [`watch`] reads a page of events; what is new becomes a
//!    [`StackEventsSeen`](domain::model::fact::Fact::StackEventsSeen) fact in a [`Batch`](ports::Batch).
//! 2. The archive's [recorder](archive::Recorder) (not the command `record`, which is `shell::record`), on a thread
//!    of its own, commits the batch and only then passes it on. When the disk fails it passes it on marked as not
//!    saved, and keeps trying.
//! 3. [`App::update`](app::App::update) folds it into the [`Session`](domain::session::Session), computes the
//!    [`Diagnosis`](domain::investigate::diagnosis::Diagnosis), and asks every
//!    [source of evidence](domain::investigate::inquiry::Source) what it would like to know now.
//! 4. Each [`Inquiry`](domain::investigate::inquiry::Inquiry) goes out as an effect, is answered at the
//!    [inquiry runner](watch::InquiryRunner) at the service's own pace, and comes back as facts: step 2 again.
//!
//! A countdown is nothing but the time at which a source's next inquiry falls due, derived from facts. So it
//! survives quitting, and an opened session shows it as it was.
//!
//! # Rules that hold everywhere
//!
//! - Nobody reads the wall clock but [`ports::Clock`]. `--clock` makes everything that waits follow.
//! - Channels are bounded: a slow screen slows the recorder, a slow disk slows the tails, nothing is dropped.
//! - A large saved session is drawn from its newest events at once; the fold over all of them is made and laid
//!   out behind the first frame and takes its place. A replay is the same fold again, with folds kept on the way.
//! - The tree and the tail go on with what is new, so that a page costs what is in it and not what is known
//!   already. Laid out afresh from the same facts they are the same, whatever came when.
//! - The loop awaits one `select!`; drawing does no I/O; an idle, settled session draws nothing.
//! - Foreign text is kept raw in the archive and leaves through one door. A terminal, a title, a clipboard and a
//!   page take only [`Clean`](domain::read::text::Clean), [`CleanText`](domain::read::text::CleanText) and
//!   [`Json`](domain::read::text::json::Json), and only the sanitiser makes these, out of any text. The doors are
//!   `shell::output`, which alone may name standard output and standard error, and the screen's canvas. Text is
//!   made clean where a row, a line or a report is put together, and not again with every frame.

pub mod app;
pub mod archive;
pub mod aws;
pub mod cli;
pub mod config;
pub mod domain;
pub mod fleet;
pub mod ports;
pub mod report;
pub mod sandbox;
pub mod shell;
pub mod store;
pub mod tui;
pub mod watch;
