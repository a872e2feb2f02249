//! What is kept while a session grows is what would be made of it at once, whatever comes when and wherever
//! the person looks meanwhile.

use chrono::{Offset as _, TimeDelta};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::app::input::intent::{Intent, Motion};
use crate::app::input::place::{AttemptChoice, Fold, SessionPlace, Tab, TreeOrder, TreeShow};
use crate::app::input::typing::Edit;
use crate::app::layout::times::{TimeStyle, Times};
use crate::app::state::DiagnosisPace;
use crate::app::state::Restored;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::Fact;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::source_status::SaveState;
use crate::domain::model::status::Status;
use crate::domain::session::Session;

const STATUSES: [&str; 12] = [
    "CREATE_IN_PROGRESS",
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "CREATE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_COMPLETE",
];
const REASONS: [&str; 5] = [
    "",
    "",
    "Resource creation cancelled",
    "The following resource(s) failed to create: [R1, R2].",
    "User: arn:aws:sts::1:assumed-role/ci is not authorized to perform: sqs:CreateQueue",
];
const TYPES: [&str; 3] = ["AWS::SQS::Queue", "AWS::IAM::Role", "Custom::Setup"];
const FILTERS: [&str; 5] = ["", "r1", "ROLE", "complete", "cancelled"];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// The root, a stack nested in it, one nested in that, and one that nobody names.
fn stack(number: usize) -> StackId {
    let arn = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/s{number}/u{number}");
    StackId::parse(&arn).unwrap()
}

/// One event in short: stack, resource, status, reason, second.
type Line = (usize, usize, usize, usize, i64);

fn line() -> impl Strategy<Value = Line> {
    (
        0..4_usize,
        0..5_usize,
        0..STATUSES.len(),
        0..REASONS.len(),
        0..40_i64,
    )
}

/// Resource 0 is the stack itself; resource 1 of the root and of the first nested stack is the next stack.
fn event(number: usize, (of, resource, status, reason, second): Line) -> StackEvent {
    let stack_id = stack(of);
    let nested = resource == 1 && of < 2;
    let (logical_id, physical_id, resource_type) = match resource {
        0 => (stack_id.name().to_owned(), Some(stack_id.to_string()), STACK_TYPE),
        _ if nested => ("R1".to_owned(), Some(stack(of + 1).to_string()), STACK_TYPE),
        _ => (format!("R{resource}"), None, TYPES[resource % TYPES.len()]),
    };
    StackEvent {
        event_id: format!("e{number}"),
        at: start() + TimeDelta::seconds(second),
        logical_id,
        physical_id,
        resource_type: resource_type.to_owned(),
        status: Status::new(STATUSES[status]),
        reason: Some(REASONS[reason].to_owned()).filter(|reason| !reason.is_empty()),
        operation_id: (of == 0 && second % 3 == 0).then(|| Arc::from(format!("o{}", second / 20))),
        extras: EventExtras::default(),
        stack_id,
    }
}

/// The events in pages, each of one stack, as they come.
fn pages(lines: &[Line], cuts: &[Index]) -> Vec<Recorded> {
    let events: Vec<StackEvent> = lines
        .iter()
        .enumerate()
        .map(|(number, line)| event(number, *line))
        .collect();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len() + 1)).collect();
    cuts.extend([0, events.len()]);
    cuts.sort_unstable();
    let mut pages = Vec::new();
    for (number, part) in cuts.windows(2).enumerate() {
        for of in 0..4 {
            let stack_id = stack(of);
            let events: Vec<StackEvent> = events[part[0]..part[1]]
                .iter()
                .filter(|event| event.stack_id == stack_id)
                .cloned()
                .collect();
            let observed_at = start() + TimeDelta::seconds(60 + i64::try_from(number).unwrap());
            let fact = Fact::StackEventsSeen { stack_id, events };
            pages.push(Recorded { observed_at, fact });
        }
    }
    pages
}

/// Looks somewhere else.
fn look(place: &mut SessionPlace, (what, which): (usize, usize), events: &[Line]) {
    let tree = &mut place.tree;
    match what {
        0 => tree.filter = FILTERS[which % FILTERS.len()].to_owned(),
        1 => place.tail.filter = FILTERS[which % FILTERS.len()].to_owned(),
        2 => tree.show = [TreeShow::All, TreeShow::Failed, TreeShow::InProgress][which % 3],
        3 => tree.order = [TreeOrder::Begun, TreeOrder::Changed, TreeOrder::Duration][which % 3],
        4 => {
            let fold = [Fold::Open, Fold::Closed][which % 2];
            tree.folds.insert(stack(which / 2 % 4), fold);
        }
        5 => {
            let number = u32::try_from(which % 4).unwrap();
            place.attempt = match number {
                0 => AttemptChoice::Newest,
                number => AttemptChoice::Number(number),
            };
        }
        _ => {
            let number = which % events.len().max(1);
            if let Some(line) = events.get(number) {
                let key = (stack(line.0), format!("e{number}"));
                if !place.tail.unfolded.remove(&key) {
                    place.tail.unfolded.insert(key);
                }
            }
        }
    }
}

/// The same session laid out from nothing.
fn afresh(watched: &Watched) -> Watched {
    let mut fresh = Watched::read(watched.session.clone(), Diagnosis::of(&watched.session));
    fresh.place = watched.place.clone();
    fresh.rearrange();
    fresh.refresh(start());
    fresh
}

/// All that the tree and the tail show.
fn shown(watched: &Watched) -> Vec<String> {
    let (tree, tail) = (watched.tree(), watched.tail());
    let mut shown = vec![
        format!("{:?} {:?} {:?}", tree.counts(), tree.columns(), tree.notable()),
        format!("{:?}", tail.all()),
    ];
    let mut path: Vec<_> = tree.critical_path().into_iter().collect();
    path.sort();
    shown.push(format!("{path:?}"));
    for index in 0..tree.len() {
        let key = tree.key(index).unwrap();
        assert_eq!(tree.index_of(&key), Some(index), "{key:?}");
        let row = watched.row(index);
        let beside = tree.neighbours(&key, &watched.diagnosis);
        shown.push(format!("{row:?} {:?} {beside:?}", tree.state(index)));
    }
    let times = Times {
        style: TimeStyle::default(),
        zone: Utc.fix(),
        origin: None,
    };
    for index in 0..tail.len() {
        let key = tail.key(index).unwrap();
        assert_eq!(tail.index_of(&key), Some(index), "{key:?}");
        let line = tail.line(index).map(|line| line.shows);
        shown.push(format!("{line:?} {:?}", tail.row(index, tree, times)));
    }
    shown
}

/// A session that ends before the one that is shown begins, or is another one.
fn replaced(watched: &mut Watched, facts: &[Recorded]) {
    watched.complete(Restored::of(Session::replay(stack(0), facts)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_grows_is_what_is_made_at_once(
        lines in prop::collection::vec(line(), 1..60),
        cuts in prop::collection::vec(any::<Index>(), 0..8),
        looks in prop::collection::vec((0..7_usize, 0..60_usize), 0..60),
        back in prop::option::weighted(0.3, any::<Index>()),
    ) {
        let facts = pages(&lines, &cuts);
        let mut watched = Watched::new(stack(0));
        let mut looks = looks.into_iter();
        let back = back.map(|back| back.index(facts.len()));
        for (number, fact) in facts.iter().enumerate() {
            watched.apply(std::slice::from_ref(fact));
            watched.refresh(start());
            prop_assert_eq!(shown(&watched), shown(&afresh(&watched)));
            if let Some(change) = looks.next() {
                look(&mut watched.place, change, &lines);
                watched.rearrange();
                watched.refresh(start());
                prop_assert_eq!(shown(&watched), shown(&afresh(&watched)));
            }
            if back == Some(number) {
                replaced(&mut watched, &facts[number / 2..]);
                watched.refresh(start());
                prop_assert_eq!(shown(&watched), shown(&afresh(&watched)));
            }
        }
    }
}

#[test]
fn a_rollback_that_is_told_late_changes_what_came_after_it_began() {
    let told = |status: &str| STATUSES.iter().position(|one| *one == status).unwrap();
    let (begun, done, turned) = (
        told("CREATE_IN_PROGRESS"),
        told("CREATE_COMPLETE"),
        told("ROLLBACK_IN_PROGRESS"),
    );
    let removed = told("DELETE_COMPLETE");
    let lines: [Line; 9] = [
        (0, 0, begun, 0, 1),
        (0, 1, begun, 0, 2),
        (1, 2, begun, 0, 3),
        (1, 2, done, 0, 4),
        (2, 3, begun, 0, 3),
        (2, 3, removed, 0, 14),
        (0, 2, begun, 0, 7),
        (0, 2, removed, 0, 13),
        (0, 0, turned, 0, 10),
    ];
    let facts = pages(&lines, &[]);
    let mut watched = Watched::new(stack(0));
    let (turn, rest) = facts
        .split_first()
        .map(|(root, rest)| (root.clone(), rest))
        .unwrap();
    let Fact::StackEventsSeen { stack_id, mut events } = turn.fact.clone() else {
        unreachable!("a page is of events");
    };
    events.pop();
    let fact = Fact::StackEventsSeen { stack_id, events };
    let observed_at = turn.observed_at;
    watched.apply(&[Recorded { observed_at, fact }]);
    watched.apply(rest);
    watched.refresh(start());
    assert_eq!(watched.tree().counts().undone, 0);
    watched.apply(&[turn]);
    watched.refresh(start());
    assert_eq!(watched.tree().counts().undone, 2);
    assert_eq!(shown(&watched), shown(&afresh(&watched)));
}

/// Something that happens to the program.
#[derive(Debug, Clone)]
enum Happening {
    /// So many facts come.
    Facts(usize),
    /// So many milliseconds pass.
    Time(i64),
    Wants(Intent),
    Types(&'static str),
}

fn happening() -> impl Strategy<Value = Happening> {
    let intents = vec![
        Intent::Go(Motion::Next),
        Intent::Go(Motion::Last),
        Intent::NextPane,
        Intent::Show(Tab::Events),
        Intent::Fold,
        Intent::Unfold,
        Intent::Enter,
        Intent::Back,
        Intent::CycleRows,
        Intent::CycleOrder,
        Intent::OlderAttempt,
        Intent::NewerAttempt,
        Intent::NextFailure,
        Intent::ToggleFollow,
        Intent::Filter,
    ];
    prop_oneof![
        (1..4_usize).prop_map(Happening::Facts),
        (0..300_i64).prop_map(Happening::Time),
        prop::sample::select(intents).prop_map(Happening::Wants),
        prop::sample::select(vec!["r", "1", "complete"]).prop_map(Happening::Types),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_waited_is_read_in_the_end(
        lines in prop::collection::vec(line(), 1..60),
        cuts in prop::collection::vec(any::<Index>(), 0..8),
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        let facts = pages(&lines, &cuts);
        let mut app = App::new(Mode::Live, "s0".to_owned(), Vec::new());
        app.prefer(Preference::Pace(DiagnosisPace::Screen));
        let mut now = start();
        let mut coming = facts.iter();
        let take = |app: &mut App, facts: Vec<Recorded>, now| {
            app.update(
                Message::Facts {
                    root: stack(0),
                    facts: facts.into(),
                    ends: Vec::new(),
                    saving: SaveState::Saved,
                },
                now,
            );
        };
        take(&mut app, Vec::new(), now);
        for happening in happenings {
            match happening {
                Happening::Facts(many) => take(&mut app, coming.by_ref().take(many).cloned().collect(), now),
                Happening::Time(passes) => {
                    now += TimeDelta::milliseconds(passes);
                    if app.next_wake(now).is_some_and(|wake| wake <= now) {
                        app.update(Message::Tick, now);
                    }
                }
                Happening::Wants(intent) => {
                    app.update(Message::Intent(intent), now);
                }
                Happening::Types(text) => {
                    app.update(Message::Edit(Edit::Insert(text.to_owned())), now);
                }
            }
        }
        take(&mut app, coming.cloned().collect(), now);
        // It says itself when it wants to be woken for what is left to read, and then has nothing left.
        while let Some(due) = app.shown().and_then(Watched::read_due) {
            let wake = app.next_wake(now);
            prop_assert!(wake.is_some_and(|wake| wake <= due.max(now)));
            now = due.max(now);
            app.update(Message::Tick, now);
        }
        let watched = app.shown().unwrap();
        prop_assert_eq!(&watched.diagnosis, &Diagnosis::of(&Session::replay(stack(0), &facts)));
        prop_assert_eq!(shown(watched), shown(&afresh(watched)));
    }
}
