//! An answer as a table, as JSON and as CSV.

use serde_json::{Map, Value, json};

use crate::clean;
use crate::domain::read::text::{Clean, columns, one_line};
use crate::fleet::{Cell, FleetAnswer, FleetScope, Values};

/// What stands between two columns.
const GAP: &str = "  ";
/// A bar is at most so long.
const LONGEST_BAR: usize = 30;
/// A shorter one says nothing.
const SHORTEST_BAR: usize = 6;
/// A text is not cut shorter than this.
const NARROWEST: usize = 12;
/// And not shorter than this only to make room for bars.
const READABLE: usize = 24;
/// Parts of a column, an eighth each.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The answer for people: within `width` columns and with bars where it is given, whole lines where it goes elsewhere.
pub(super) fn table(answer: &FleetAnswer, width: Option<usize>) -> Vec<Clean> {
    if answer.rows.is_empty() {
        return Vec::new();
    }
    let columns_of = answer.question.columns();
    let heads: Vec<Clean> = columns_of
        .iter()
        .map(|column| one_line(&column.name.replace('_', " ")))
        .collect();
    let cells: Vec<Vec<Clean>> = answer
        .rows
        .iter()
        .map(|row| row.iter().map(clean_cell).collect())
        .collect();
    let is_number: Vec<bool> = columns_of
        .iter()
        .map(|column| column.values == Values::Number)
        .collect();
    let mut widths: Vec<usize> = (0..heads.len())
        .map(|at| {
            let below = cells.iter().filter_map(|row| row.get(at));
            let all = below.chain(heads.get(at)).map(|cell| columns(cell.as_str()));
            all.max().unwrap_or_default()
        })
        .collect();
    if let Some(width) = width {
        let beside_bars = width.saturating_sub(GAP.len() + SHORTEST_BAR * 2);
        fit(&mut widths, &is_number, (beside_bars, READABLE));
        fit(&mut widths, &is_number, (width, NARROWEST));
    }
    let bars = width.map(|width| bars(answer, width.saturating_sub(taken(&widths) + GAP.len())));
    let mut lines = vec![line(&heads, &widths, &is_number, "")];
    for (at, row) in cells.iter().enumerate() {
        let bar = bars.as_ref().and_then(|bars| bars.get(at));
        lines.push(line(row, &widths, &is_number, bar.map_or("", String::as_str)));
    }
    lines
}

fn clean_cell(cell: &Cell) -> Clean {
    match cell {
        Cell::Text(text) => one_line(text),
        Cell::Number(number) => clean!("{number}"),
        Cell::Nothing => clean!("-"),
    }
}

fn taken(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

/// Takes from the widest texts what is too much, but leaves so much of each.
fn fit(widths: &mut [usize], is_number: &[bool], (width, least): (usize, usize)) {
    while taken(widths) > width {
        let texts = widths.iter_mut().zip(is_number).filter(|(_, number)| !**number);
        match texts.map(|(width, _)| width).max() {
            Some(widest) if *widest > least => *widest -= 1,
            Some(_) | None => return,
        }
    }
}

fn line(cells: &[Clean], widths: &[usize], is_number: &[bool], bar: &str) -> Clean {
    let mut line = String::new();
    for ((cell, width), number) in cells.iter().zip(widths).zip(is_number) {
        if !line.is_empty() {
            line.push_str(GAP);
        }
        let cell = cell.cut(*width);
        let room = " ".repeat(width.saturating_sub(columns(cell.as_str())));
        let (before, after) = if *number {
            (room.as_str(), "")
        } else {
            ("", room.as_str())
        };
        line.push_str(before);
        line.push_str(cell.as_str());
        line.push_str(after);
    }
    if !bar.is_empty() {
        line.push_str(GAP);
        line.push_str(bar);
    }
    clean!("{}", line.trim_end())
}

/// A bar for each row, as long as its measure is large.
fn bars(answer: &FleetAnswer, room: usize) -> Vec<String> {
    let room = room.min(LONGEST_BAR);
    let Some(measure) = answer.question.measure().filter(|_| room >= SHORTEST_BAR) else {
        return Vec::new();
    };
    let measures: Vec<u64> = answer
        .rows
        .iter()
        .map(|row| match row.get(measure) {
            Some(Cell::Number(number)) => u64::try_from(*number).unwrap_or_default(),
            _ => 0,
        })
        .collect();
    let largest = measures.iter().copied().max().unwrap_or_default();
    measures.into_iter().map(|one| bar(one, largest, room)).collect()
}

fn bar(one: u64, largest: u64, room: usize) -> String {
    let eighths = u64::try_from(room * 8).unwrap_or_default();
    let long = one
        .saturating_mul(eighths)
        .checked_div(largest)
        .unwrap_or_default();
    // What is there is seen, however little it is.
    let long = usize::try_from(long.max(u64::from(one > 0))).unwrap_or_default();
    let end = EIGHTHS.get(long % 8).copied().unwrap_or_default();
    format!("{}{end}", "█".repeat(long / 8))
}

/// The answer for programs.
pub(super) fn json(answer: &FleetAnswer, scope: &FleetScope) -> Value {
    let columns = answer.question.columns();
    let rows = answer.rows.iter().map(|row| {
        let cells = columns.iter().zip(row).map(|(column, cell)| {
            let value = match cell {
                Cell::Text(text) => Value::String(text.clone()),
                Cell::Number(number) => Value::from(*number),
                Cell::Nothing => Value::Null,
            };
            (column.name.to_owned(), value)
        });
        cells.collect::<Map<String, Value>>()
    });
    let (first, last) = scope.days();
    json!({
        "schema": "stacktrail.fleet/1",
        "question": answer.question.name,
        "asks": answer.question.asks(),
        "days": { "first": first, "last": last },
        "rows": rows.collect::<Vec<_>>(),
    })
}

/// The answer for spreadsheets: every text in quotes, and none of them a formula.
pub(super) fn csv(answer: &FleetAnswer) -> Vec<Clean> {
    let heads = answer.question.columns();
    let heads: Vec<&str> = heads.iter().map(|column| column.name).collect();
    let mut lines = vec![clean!("{}", heads.join(","))];
    for row in &answer.rows {
        let cells: Vec<String> = row.iter().map(csv_cell).collect();
        lines.push(clean!("{}", cells.join(",")));
    }
    lines
}

fn csv_cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => {
            let text = one_line(text);
            let would_be_computed = text.as_str().starts_with(['=', '+', '-', '@']);
            let guard = if would_be_computed { "'" } else { "" };
            format!("\"{guard}{}\"", text.as_str().replace('"', "\"\""))
        }
        Cell::Number(number) => number.to_string(),
        Cell::Nothing => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::FleetQuery;

    fn answer() -> FleetAnswer {
        let row = |who: &str, call: &str, calls: i64| {
            vec![
                Cell::Text(who.to_owned()),
                Cell::Text(call.to_owned()),
                Cell::Number(calls),
                Cell::Number(0),
                Cell::Number(2),
                Cell::Nothing,
            ]
        };
        FleetAnswer {
            question: FleetQuery::named("who").unwrap(),
            rows: vec![
                row("deploy/ci", "DeleteStack", 40),
                row("=cmd(\"x\")\u{1b}[2J\nerin", "CancelUpdateStack", 1),
                row(&"role/".repeat(30), "RollbackStack", 0),
            ],
        }
    }

    #[test]
    fn on_a_terminal_it_fits_and_has_bars() {
        for width in [60, 80, 120, 200] {
            let lines = table(&answer(), Some(width));
            assert_eq!(lines.len(), 4);
            for line in &lines {
                assert!(columns(line.as_str()) <= width, "{width}: {}", line.as_str());
            }
        }
        let lines = table(&answer(), Some(100));
        assert!(lines[0].as_str().starts_with("who "), "{}", lines[0].as_str());
        assert!(lines[1].as_str().ends_with("█████"), "{}", lines[1].as_str());
        assert!(
            lines[2].as_str().ends_with(['▏', '▎', '▍']),
            "{}",
            lines[2].as_str()
        );
        assert!(!lines[3].as_str().contains('█'));
    }

    #[test]
    fn in_a_pipe_it_is_whole_and_plain() {
        let lines = table(&answer(), None);
        assert!(lines.iter().all(|line| !line.as_str().contains('█')));
        assert!(lines[3].as_str().contains(&"role/".repeat(30)));
    }

    #[test]
    fn nothing_in_it_does_harm() {
        let told = [
            table(&answer(), Some(100)),
            table(&answer(), None),
            csv(&answer()),
        ];
        for line in told.iter().flatten() {
            assert!(!line.as_str().contains(['\u{1b}', '\n']), "{}", line.as_str());
        }
        let csv = csv(&answer());
        assert_eq!(csv[0].as_str(), "who,event_name,calls,refused,stacks,last_day");
        let guarded = "\"'=cmd(\"\"x\"\") erin\",\"CancelUpdateStack\",1,0,2,";
        assert_eq!(csv[2].as_str(), guarded);
    }

    #[test]
    fn for_programs_there_is_an_object_a_row() {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let told = json(&answer(), &FleetScope::of_days(2, today).unwrap());
        assert_eq!(
            told["days"],
            json!({ "first": "2026-11-26", "last": "2026-11-27" })
        );
        assert_eq!(told["rows"][0]["calls"], 40);
        assert_eq!(told["rows"][0]["last_day"], Value::Null);
    }
}
