//! How soon an event reaches standard output after it can first be read, and at what price in calls.

use chrono::TimeDelta;
use stacktrail::sandbox::Scenario;

use crate::support::stage::Stage;

/// The median that is promised, at the wall's own speed.
const MEDIAN: TimeDelta = TimeDelta::milliseconds(700);

/// About thirty events in ten seconds, then the end.
fn burst() -> Scenario {
    Scenario::synthetic(0, 90)
}

/// Delays from being visible to being told, sorted; and the calls a second while it lasted.
struct Figures {
    delays: Vec<TimeDelta>,
    calls_a_second: f64,
}

impl Figures {
    fn at(&self, percent: usize) -> TimeDelta {
        self.delays[(self.delays.len() - 1) * percent / 100]
    }

    fn print(&self, what: &str) {
        eprintln!(
            "{what}: {} events, median {} ms, 95% {} ms, longest {} ms; {:.2} DescribeStackEvents calls a second",
            self.delays.len(),
            self.at(50).num_milliseconds(),
            self.at(95).num_milliseconds(),
            self.at(100).num_milliseconds(),
            self.calls_a_second
        );
    }
}

async fn measure() -> Figures {
    let stage = Stage::of(burst(), 1.0).await;
    let mut running = stage.watch();
    // What was there before the program was ready is history and no news.
    running.until("stack_event").await;
    let ready = stage.story_time(running.lines[0].at);
    let ended = running.end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let delays = stage.delays(&ended, ready);
    assert!(delays.len() > 30, "{} events are enough to measure", delays.len());
    let calls = stage.calls("DescribeStackEvents");
    let span = calls[calls.len() - 1].at - calls[0].at;
    let calls = u32::try_from(calls.len() - 1).unwrap();
    let calls_a_second = f64::from(calls) / span.as_seconds_f64();
    Figures {
        delays,
        calls_a_second,
    }
}

/// On the wall's clock, as a person at a terminal would measure it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures the wall: run alone, as .ci/run does"]
async fn events_are_on_standard_output_within_moments() {
    let figures = measure().await;
    figures.print("at the wall's speed");
    assert!(figures.at(50) <= MEDIAN, "median {}", figures.at(50));
    assert!(
        figures.at(100) <= TimeDelta::seconds(5),
        "longest {}",
        figures.at(100)
    );
    assert!(
        figures.calls_a_second <= 1.0,
        "{} calls a second",
        figures.calls_a_second
    );
}
