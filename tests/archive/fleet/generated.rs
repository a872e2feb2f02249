//! Deployments of a made-up fleet, always the same: every kind of row, told twice, by who was there and who was not.

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::conclude::fleet::{
    CallRow, CauseColumns, DeploymentRow, DeploymentRows, FailureRow, FleetRow, ResourceRow,
};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::deployment::failure::During;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::model::category::Category;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Operation;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn seconds(&mut self, limit: u64) -> i64 {
        i64::try_from(self.below(limit)).unwrap()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(u64::try_from(all.len()).unwrap())).unwrap()]
    }
}

/// What three recorders say: the second tells some again, the third was never there.
pub(super) fn fleet(deployments: u32) -> Vec<Vec<DeploymentRows>> {
    let mut dice = Dice(7);
    let mut recorders = vec![Vec::new(), Vec::new(), Vec::new()];
    for number in 0..deployments {
        let told = deployment(&mut dice, number);
        if dice.below(3) == 0 {
            recorders[1].push(again(&mut dice, &told, true));
        }
        if dice.below(3) == 0 {
            recorders[2].push(again(&mut dice, &told, false));
        }
        recorders[0].push(told);
    }
    recorders
}

/// The same deployment with other rows, seen later or earlier.
fn again(dice: &mut Dice, told: &DeploymentRows, followed: bool) -> DeploymentRows {
    let seen = told.seen + TimeDelta::seconds(dice.seconds(7_200) - 3_601);
    let rows = rows(dice, told.started);
    DeploymentRows {
        followed,
        seen,
        rows,
        ..told.clone()
    }
}

fn deployment(dice: &mut Dice, number: u32) -> DeploymentRows {
    let account = dice.of(&["111122223333", "222233334444", "333344445555"]);
    let region = dice.of(&["eu-west-1", "us-east-1"]);
    let stack = dice.of(&["shop", "checkout-prod", "Überweisung", "data'lake", "a b"]);
    let stack = if stack.is_ascii() && !stack.contains(['\'', ' ']) {
        stack
    } else {
        "odd"
    };
    let arn = format!(
        "arn:aws:cloudformation:{region}:{account}:stack/{stack}/1f31-{}",
        number % 7
    );
    let last: DateTime<Utc> = "2026-11-27T23:00:00Z".parse().unwrap();
    // Some before the days that are asked for.
    let started = last - TimeDelta::minutes(i64::from(number) * 150 + 1);
    DeploymentRows {
        stack_id: StackId::parse(&arn).unwrap(),
        started,
        followed: dice.below(4) > 0,
        seen: started + TimeDelta::seconds(3_600),
        rows: rows(dice, started),
    }
}

fn rows(dice: &mut Dice, started: DateTime<Utc>) -> Vec<FleetRow> {
    let outcome = *dice.of(&[
        Outcome::Succeeded,
        Outcome::Succeeded,
        Outcome::RolledBack,
        Outcome::RollbackFailed,
        Outcome::Failed,
        Outcome::Interrupted,
    ]);
    let turned = matches!(outcome, Outcome::RolledBack | Outcome::RollbackFailed);
    let ended = (outcome != Outcome::Interrupted).then(|| started + TimeDelta::seconds(dice.seconds(2_000)));
    let mut rows = vec![FleetRow::Deployment(DeploymentRow {
        operation: *dice.of(&[Operation::Create, Operation::Update, Operation::Delete]),
        outcome,
        ended,
        seconds: ended.map(|ended| (ended - started).num_seconds()),
        rollback_seconds: turned.then(|| dice.seconds(600)),
        turn: turned.then(|| *dice.of(&["failure", "failure", "cancelled", "untold"])),
    })];
    if outcome != Outcome::Succeeded {
        rows.extend((0..=dice.below(2)).map(|_| FleetRow::Failure(failure(dice, started))));
    }
    rows.extend((0..dice.below(6)).map(|_| FleetRow::Resource(resource(dice))));
    rows.extend((0..dice.below(3)).map(|_| FleetRow::Call(call(dice, started))));
    rows
}

const TYPES: [&str; 5] = [
    "AWS::S3::Bucket",
    "AWS::Lambda::Function",
    "AWS::RDS::DBInstance",
    "Custom::Setup",
    "AWS::IAM::Role",
];

fn failure(dice: &mut Dice, started: DateTime<Utc>) -> FailureRow {
    let category = *dice.of(&[
        Category::AccessDenied,
        Category::AlreadyExists,
        Category::NotStabilized,
        Category::Other,
    ]);
    let confidence = *dice.of(&[Confidence::Certain, Confidence::High, Confidence::Medium]);
    let denied = category == Category::AccessDenied;
    let cause = (dice.below(4) > 0).then(|| CauseColumns {
        cause: "a cause".to_owned(),
        confidence,
        cause_seconds: (dice.below(3) > 0).then(|| dice.seconds(900)),
        denied_by: (denied && dice.below(2) == 0).then(|| "no policy allows it".to_owned()),
    });
    FailureRow {
        logical_id: format!("Resource{}", dice.below(9)),
        resource_type: (*dice.of(&TYPES)).to_owned(),
        category,
        during: During::Operation,
        at: started,
        reason: Some("a reason".to_owned()),
        cause,
        principal: (denied && dice.below(4) > 0)
            .then(|| (*dice.of(&["role/ci", "role/deploy", "user/erin"])).to_owned()),
        action: denied.then(|| (*dice.of(&["s3:CreateBucket", "iam:PassRole"])).to_owned()),
    }
}

fn resource(dice: &mut Dice) -> ResourceRow {
    ResourceRow {
        logical_id: format!("Resource{}", dice.below(3)),
        resource_type: (*dice.of(&TYPES)).to_owned(),
        operation: *dice.of(&[Operation::Create, Operation::Rollback]),
        outcome: *dice.of(&[Outcome::Succeeded, Outcome::Succeeded, Outcome::Failed]),
        seconds: dice.seconds(40),
    }
}

fn call(dice: &mut Dice, started: DateTime<Utc>) -> CallRow {
    CallRow {
        event_name: (*dice.of(&["ExecuteChangeSet", "DeleteStack", "CancelUpdateStack"])).to_owned(),
        who: (*dice.of(&["deploy/ci", "erin", "Zoë"])).to_owned(),
        at: started,
        refused: (dice.below(3) == 0).then(|| "ValidationError".to_owned()),
    }
}
