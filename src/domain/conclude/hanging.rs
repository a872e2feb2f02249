//! Resources that hang, told while CloudFormation still waits for them: what they wait for can hardly come any more, or
//! they take far longer than they ever did.
//! The sentences for it stand here, too: [`Hanging::sentence`], [`Hanging::why_in_short`].
//!
//! A witness that has failed is told at once; a function or a task that goes on again takes it back. How long is too
//! long the stack's own history says: three times what it usually took. Without any, three quarters of an hour for most
//! types, and longer for those that are known to be slow.

mod denied;
mod signals;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::conclude::comparison::{lasting_name, usual};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::deployment::custom_resource::{is_silent, log_group};
use crate::domain::explain::cause::lines;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::arn::Arn;
use crate::domain::model::event::{StackEvent, is_custom_resource};
use crate::domain::model::log::LogGroup;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::one_line;
use crate::domain::session::Session;

/// A function that ended has this long to be heard of: its answer travels to CloudFormation.
const UNHEARD: TimeDelta = TimeDelta::seconds(30);
/// So many tasks or instances that stopped are no accident.
const STOPPED: usize = 3;
/// A certificate whose record is there is valid by then.
const VALIDATED: TimeDelta = TimeDelta::minutes(10);
/// A history shorter than this says nothing.
const AT_LEAST: TimeDelta = TimeDelta::minutes(5);
/// What is farther away is told with its date.
pub(crate) const SAME_DAY: TimeDelta = TimeDelta::hours(20);
/// Of what a witness says, so much is told.
const TOLD: usize = 200;

/// A resource that hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hanging {
    /// Its stack.
    pub stack_id: StackId,
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Since when it has been in progress.
    pub since: DateTime<Utc>,
    /// Why it is held to hang.
    pub ground: HangingGround,
    /// When CloudFormation gives it up, as far as its type tells.
    pub gives_up_at: Option<DateTime<Utc>>,
}

/// Why a resource is held to hang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HangingGround {
    /// Its function ended in an error, and nothing has been heard of it since.
    FunctionCrashed {
        /// What it said last.
        said: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// Its function was denied what it needs, and nothing has been heard of it since.
    FunctionDenied {
        /// The call, and what it was on.
        said: String,
        /// When, the last time.
        at: DateTime<Utc>,
    },
    /// Its tasks stop again and again.
    TasksStop {
        /// How many have stopped.
        count: usize,
        /// Why the last one did.
        said: String,
    },
    /// Its instances do not start, or do not stay, again and again.
    InstancesFail {
        /// How many have failed.
        count: usize,
        /// What became of the last one.
        said: String,
    },
    /// A certificate waits for a record in the DNS.
    AwaitsRecord {
        /// The record, in CloudFormation's words.
        record: String,
    },
    /// Nothing is left that could send the signal that it waits for.
    SignalLost {
        /// What became of the last one that could have.
        said: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// It takes far longer than it usually does.
    LongerThanUsual {
        /// How long it usually takes.
        usual: TimeDelta,
        /// From how many attempts that is known.
        attempts: usize,
    },
    /// It takes longer than nearly all of its type.
    LongerThanMost {
        /// How long nearly all take at most.
        most: TimeDelta,
    },
}

impl HangingGround {
    /// As programs read it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FunctionCrashed { .. } => "function_crashed",
            Self::FunctionDenied { .. } => "function_denied",
            Self::TasksStop { .. } => "tasks_stop",
            Self::InstancesFail { .. } => "instances_fail",
            Self::AwaitsRecord { .. } => "awaits_dns_record",
            Self::SignalLost { .. } => "signal_cannot_come",
            Self::LongerThanUsual { .. } => "longer_than_usual",
            Self::LongerThanMost { .. } => "longer_than_most",
        }
    }
}

impl Hanging {
    /// What is said of it, without the moment of the giving up.
    pub fn why(&self) -> String {
        self.why_in(&|at| at.format("%H:%M:%S UTC").to_string())
    }

    /// The same, times told in another way.
    pub fn why_in(&self, clock: &dyn Fn(DateTime<Utc>) -> String) -> String {
        match &self.ground {
            HangingGround::FunctionCrashed { said, at } => format!(
                "its function ended in an error at {} and has not been heard of since: {said}",
                clock(*at)
            ),
            HangingGround::FunctionDenied { said, at } => format!(
                "its function was denied {said}, last at {}, and has not been heard of since",
                clock(*at)
            ),
            HangingGround::TasksStop { count, said } => {
                format!("{count} of its tasks have stopped, the last one: {said}")
            }
            HangingGround::InstancesFail { count, said } => {
                format!("{count} of its instances did not start or did not stay, the last one: {said}")
            }
            HangingGround::AwaitsRecord { record } => {
                format!("its certificate waits for a record in the DNS: {record}")
            }
            HangingGround::SignalLost { said, at } => format!(
                "the signal that it waits for cannot come any more, nothing that could send it is left since {}: {said}",
                clock(*at)
            ),
            HangingGround::LongerThanUsual { usual, attempts } => format!(
                "it usually takes {} ({attempts} {} before)",
                minutes(*usual),
                if *attempts == 1 { "attempt" } else { "attempts" }
            ),
            HangingGround::LongerThanMost { most } => {
                let kind = self.resource_type.trim_start_matches("AWS::");
                format!("nearly every {kind} is done within {}", minutes(*most))
            }
        }
    }

    /// What is said of it.
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        let lasted = minutes((now - self.since).max(TimeDelta::zero()));
        let until = self
            .gives_up_at
            .filter(|at| *at > now)
            .map_or_else(String::new, |at| {
                let form = if at - now < SAME_DAY {
                    "%H:%M"
                } else {
                    "%Y-%m-%d %H:%M"
                };
                format!("; CloudFormation gives up about {} UTC", at.format(form))
            });
        format!(
            "{} {}, in progress for {lasted}: {}{until}",
            self.logical_id,
            self.verb(),
            self.why()
        )
    }

    /// The same in a few words.
    pub fn why_in_short(&self) -> String {
        match &self.ground {
            HangingGround::FunctionCrashed { .. } => "its function ended in an error".to_owned(),
            HangingGround::FunctionDenied { .. } => "its function was denied what it needs".to_owned(),
            HangingGround::TasksStop { count, .. } => format!("{count} of its tasks have stopped"),
            HangingGround::InstancesFail { count, .. } => format!("{count} of its instances failed"),
            HangingGround::AwaitsRecord { .. } => "it waits for a record in the DNS".to_owned(),
            HangingGround::SignalLost { .. } => "no signal can come any more".to_owned(),
            HangingGround::LongerThanUsual { usual, .. } => format!("usually {}", minutes(*usual)),
            HangingGround::LongerThanMost { most } => format!("more than {}", minutes(*most)),
        }
    }

    /// What it does: only a witness shows that something hangs, a clock that it takes long.
    pub const fn verb(&self) -> &'static str {
        if self.has_witness() {
            "hangs"
        } else {
            "is taking long"
        }
    }

    /// Something tells why it hangs; else there is only the time that it takes.
    pub const fn has_witness(&self) -> bool {
        match self.ground {
            HangingGround::LongerThanUsual { .. } | HangingGround::LongerThanMost { .. } => false,
            HangingGround::FunctionCrashed { .. }
            | HangingGround::FunctionDenied { .. }
            | HangingGround::TasksStop { .. }
            | HangingGround::InstancesFail { .. }
            | HangingGround::AwaitsRecord { .. }
            | HangingGround::SignalLost { .. } => true,
        }
    }
}

/// The same as it was when the session was last read: nobody knows what became of it since.
pub fn hanging_when_read(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Hanging> {
    let read = session.last_read().map_or(now, |read| read.min(now));
    hanging(session, diagnosis, read)
}

/// Resources by their stacks.
pub type ResourcesByStack<'a> = HashMap<&'a StackId, HashSet<&'a str>>;

/// What hangs in the newest attempt at this moment, the longest first.
pub fn hanging(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Hanging> {
    hanging_among(session, diagnosis, None, now)
}

/// The same for whoever knows what is under way: nothing else is read, of tens of thousands of events.
pub fn hanging_among(
    session: &Session,
    diagnosis: &Diagnosis,
    under_way: Option<&ResourcesByStack<'_>>,
    now: DateTime<Utc>,
) -> Vec<Hanging> {
    let Some(attempt) = diagnosis
        .attempts
        .last()
        .filter(|attempt| attempt.ended_at.is_none())
    else {
        return Vec::new();
    };
    let looking = Looking {
        session,
        diagnosis,
        attempt,
        now,
    };
    let mut found: Vec<Hanging> = in_progress(looking, under_way)
        .into_iter()
        .filter_map(|work| looking.of(&work))
        .collect();
    found.sort_by(|a, b| (a.since, &a.logical_id).cmp(&(b.since, &b.logical_id)));
    found
}

/// A resource that is being worked on.
struct Work<'a> {
    newest: &'a StackEvent,
    since: DateTime<Utc>,
    /// What was said on the way.
    reasons: Vec<&'a str>,
}

fn in_progress<'a>(looking: Looking<'a>, under_way: Option<&ResourcesByStack<'_>>) -> Vec<Work<'a>> {
    let (attempts, attempt) = (&looking.diagnosis.attempts, looking.attempt.number);
    let mut all = Vec::new();
    for (stack, history) in looking.session.stacks() {
        let wanted = under_way.map(|under_way| under_way.get(stack));
        if wanted == Some(None) {
            continue;
        }
        let wanted = wanted.flatten();
        // In a stack that has come to rest nothing is under way any more.
        if history.status().is_some_and(|status| !status.is_in_progress()) {
            continue;
        }
        let mut found: HashMap<&str, Work<'_>> = HashMap::new();
        let events = history.events().iter().map(|seen| seen.event.as_ref());
        let of_attempt = events.filter(|event| {
            wanted.is_none_or(|wanted| wanted.contains(event.logical_id.as_str()))
                && event.extras.hook.is_none()
                && event.resource_type != STACK_TYPE
                && attempts.number_of(event) == attempt
        });
        for event in of_attempt {
            let key = event.logical_id.as_str();
            let reason = event.reason.as_deref();
            match found.get_mut(&key) {
                Some(work) if work.newest.status == event.status => {
                    work.newest = event;
                    work.reasons.extend(reason);
                }
                _ => {
                    let work = Work {
                        newest: event,
                        since: event.at,
                        reasons: reason.into_iter().collect(),
                    };
                    found.insert(key, work);
                }
            }
        }
        let is_open = |work: &Work<'_>| work.newest.status.is_in_progress();
        all.extend(found.into_values().filter(is_open));
    }
    all
}

/// What is looked at.
#[derive(Clone, Copy)]
struct Looking<'a> {
    session: &'a Session,
    diagnosis: &'a Diagnosis,
    attempt: &'a Attempt,
    now: DateTime<Utc>,
}

impl Looking<'_> {
    fn of(&self, work: &Work<'_>) -> Option<Hanging> {
        let witness = self
            .crashed(work)
            .or_else(|| self.refused(work))
            .or_else(|| self.stopping(work))
            .or_else(|| self.awaiting(work))
            .or_else(|| self.unsignalled(work))
            .or_else(|| self.failing(work));
        let ground = witness.or_else(|| self.overdue(work))?;
        let event = work.newest;
        Some(Hanging {
            stack_id: event.stack_id.clone(),
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            since: work.since,
            ground,
            gives_up_at: time_limit(event)
                .map(|time_limit| work.since + time_limit)
                .or_else(|| signals::waits_until(self.session, event, work.since)),
        })
    }

    /// The function behind a custom resource ended in an error, and was not begun again.
    fn crashed(&self, work: &Work<'_>) -> Option<HangingGround> {
        let token = work.newest.extras.settings.get("ServiceToken")?;
        let group = LogGroup {
            region: Arn::region_of(token)?.to_owned(),
            name: log_group(self.session, token),
        };
        let state = self.session.logs().get(&group)?;
        let mut said: Option<(&str, DateTime<Utc>)> = None;
        let mut ended: Option<DateTime<Utc>> = None;
        for line in state.lines.values().filter(|line| line.at >= work.since) {
            let text = line.message.trim();
            if text.starts_with("START RequestId") {
                (said, ended) = (None, None);
            } else if text.starts_with("END RequestId") || text.starts_with("REPORT RequestId") {
                ended = Some(line.at);
            }
            if lines::is_error(text) {
                said = Some((text, line.at));
            } else if said.is_some_and(|error| lines::is_gone_on_from(error, line)) {
                said = None;
            }
        }
        let (said, at) = said.map(|(text, at)| (clipped(text), at))?;
        (self.now - ended? >= UNHEARD).then_some(HangingGround::FunctionCrashed { said, at })
    }

    /// The function behind a custom resource has written nothing, and was denied what it needs.
    fn refused(&self, work: &Work<'_>) -> Option<HangingGround> {
        let token = work.newest.extras.settings.get("ServiceToken")?;
        let is_silent = is_silent(self.session, token, work.since);
        if is_silent == Some(false) {
            return None;
        }
        let denied = denied::denied(self.session, token, work.since, is_silent.is_some())?;
        (self.now - denied.at >= UNHEARD).then(|| HangingGround::FunctionDenied {
            said: clipped(&denied.said),
            at: denied.at,
        })
    }

    /// The tasks of a service stop again and again. What a deployment replaces stops as well, and says so.
    fn stopping(&self, work: &Work<'_>) -> Option<HangingGround> {
        let event = work.newest;
        let mut stopped: Vec<_> = self
            .session
            .statements()
            .filter(|said| said.source == SourceId::ECS && said.at >= work.since)
            .filter(|said| said.stack_id == event.stack_id && said.logical_id == event.logical_id)
            .filter(|said| tells_of_a_broken_task(&said.text))
            .collect();
        stopped.sort_by_key(|said| said.at);
        let last = stopped.last()?;
        (stopped.len() >= STOPPED).then(|| HangingGround::TasksStop {
            count: stopped.len(),
            said: clipped(&last.text),
        })
    }

    /// A signal that nothing is left to send.
    fn unsignalled(&self, work: &Work<'_>) -> Option<HangingGround> {
        let lost = signals::lost(self.session, work.newest, work.since)?;
        Some(HangingGround::SignalLost {
            said: clipped(&lost.said),
            at: lost.at,
        })
    }

    /// A group that begins instances again and again, and none of them stays.
    fn failing(&self, work: &Work<'_>) -> Option<HangingGround> {
        let failed = signals::failing(self.session, work.newest, work.since)?;
        (failed.count >= STOPPED).then(|| HangingGround::InstancesFail {
            count: failed.count,
            said: clipped(&failed.said),
        })
    }

    /// ACM tells which record a certificate waits for, or else CloudFormation does; soon after it is there the
    /// certificate is valid.
    fn awaiting(&self, work: &Work<'_>) -> Option<HangingGround> {
        if work.newest.resource_type != "AWS::CertificateManager::Certificate"
            || self.now - work.since < VALIDATED
        {
            return None;
        }
        let by_acm = self.told_by_acm(work);
        let by_event = || {
            let mut told = work.reasons.iter();
            told.find_map(|reason| reason.split_once("Content of DNS Record is:"))
                .map(|(_, record)| record.to_owned())
        };
        let record = if by_acm.is_empty() {
            by_event()?
        } else {
            by_acm.into_iter().flatten().next()?
        };
        Some(HangingGround::AwaitsRecord {
            record: clipped(&record),
        })
    }

    /// What ACM says of each name of the certificate: the record that it does not find, or nothing where it does.
    fn told_by_acm(&self, work: &Work<'_>) -> Vec<Option<String>> {
        let event = work.newest;
        let told = self.session.statements().filter(|said| {
            let is_of_it = said.stack_id == event.stack_id && said.logical_id == event.logical_id;
            is_of_it && said.source == SourceId::ACM && said.at >= work.since
        });
        let missing = |text: &str| {
            let (_, record) = text.split_once("is not validated yet: ACM does not find the DNS record ")?;
            let record = record
                .split_once(", as it was at")
                .map_or(record, |(record, _)| record);
            Some(record.to_owned())
        };
        told.map(|said| missing(&said.text)).collect()
    }

    /// It takes far longer than it ever did, or than nearly all of its type do.
    fn overdue(&self, work: &Work<'_>) -> Option<HangingGround> {
        let lasted = self.now - work.since;
        let event = work.newest;
        let doing = (
            lasting_name(&event.stack_id).to_owned(),
            event.logical_id.clone(),
            event.status.operation().label(),
        );
        let most = longest(event);
        let known = usual(self.session, self.diagnosis, self.attempt);
        match known.get(&doing) {
            // A change may be a small one today and a large one tomorrow: a slow type is given its time all the same.
            Some(usual) if usual.took >= AT_LEAST || is_custom_resource(event) => {
                let limit = (usual.took * 3)
                    .max(AT_LEAST)
                    .max(if is_slow(event) { most } else { AT_LEAST });
                (lasted > limit).then_some(HangingGround::LongerThanUsual {
                    usual: usual.took,
                    attempts: usual.attempts,
                })
            }
            _ => (lasted > most).then_some(HangingGround::LongerThanMost { most }),
        }
    }
}

/// Whether ECS says of a task that it ended badly: replaced and scaled-in tasks are no sign of anything.
fn tells_of_a_broken_task(text: &str) -> bool {
    const BROKEN: [&str; 7] = [
        "essential container in task exited",
        "cannotpullcontainer",
        "resourceinitializationerror",
        "outofmemory",
        "cannotstartcontainer",
        "failed container health checks",
        "failed elb health checks",
    ];
    let lower = text.to_ascii_lowercase();
    BROKEN.iter().any(|sign| lower.contains(sign))
}

/// Types that take long though nothing is wrong, by how they begin, and the minutes that nearly all are done within.
const SLOW: [(&str, i64); 12] = [
    ("AWS::RDS::", 90),
    ("AWS::DocDB::", 90),
    ("AWS::Neptune::", 90),
    ("AWS::Redshift::", 90),
    ("AWS::ElastiCache::", 90),
    ("AWS::OpenSearchService::", 180),
    ("AWS::Elasticsearch::", 180),
    ("AWS::MSK::", 120),
    ("AWS::EKS::", 60),
    ("AWS::FSx::", 120),
    ("AWS::DirectoryService::", 90),
    ("AWS::GlobalAccelerator::", 60),
];
/// The same for all others.
const OTHERS: i64 = 45;

fn is_slow(event: &StackEvent) -> bool {
    SLOW.iter()
        .any(|(begins, _)| event.resource_type.starts_with(begins))
}

/// How long nearly all of a type take at most.
fn longest(event: &StackEvent) -> TimeDelta {
    let slow = SLOW
        .iter()
        .find(|(begins, _)| event.resource_type.starts_with(begins));
    TimeDelta::minutes(slow.map_or(OTHERS, |(_, minutes)| *minutes))
}

/// How long CloudFormation waits for a resource, where its type tells.
///
/// | type | waits | who says so |
/// |---|---|---|
/// | custom resource | `ServiceTimeout`, 1 to 3,600 s; an hour unless it is given | the template reference of `AWS::CloudFormation::CustomResource` |
/// | certificate | 72 hours: so long ACM tries to validate it | ACM's API reference, `CertificateDetail.Status` |
/// | ECS service | three hours | aws-cloudformation/cloudformation-coverage-roadmap#1391; no documentation |
fn time_limit(event: &StackEvent) -> Option<TimeDelta> {
    if is_custom_resource(event) {
        let own = event.extras.settings.get("ServiceTimeout");
        let own = own.and_then(|seconds| seconds.parse().ok());
        return TimeDelta::try_seconds(own.unwrap_or(3_600).clamp(1, 3_600));
    }
    match event.resource_type.as_str() {
        "AWS::ECS::Service" => Some(TimeDelta::hours(3)),
        "AWS::CertificateManager::Certificate" => Some(TimeDelta::hours(72)),
        _ => None,
    }
}

fn clipped(text: &str) -> String {
    let line = one_line(text);
    let mut told: String = line.trim().chars().take(TOLD).collect();
    if told.chars().count() < line.trim().chars().count() {
        told.push('…');
    }
    told
}

fn minutes(time: TimeDelta) -> String {
    match (time.num_hours(), time.num_minutes() % 60, time.num_seconds() % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
