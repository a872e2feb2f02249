//! The schema, forward only: a released step is never changed, only followed by another.
//! Steps that rewrite what the journal says stand in files of their own: `markers` (its format), `no_event`.

use rusqlite_migration::{M, Migrations};

use super::{markers, no_event};

/// Marks the file as an archive of this program ("sttr").
pub(super) const APPLICATION_ID: i64 = 0x7374_7472;

/// Version 1: sessions and their journal.
///
/// Times are [`Stamp`](crate::archive::sql_time::Stamp)s, hence `ANY`. Foreign keys lead from everything to its
/// session, so that removing a session removes all of it.
const JOURNAL: &str = "
PRAGMA application_id = 0x73747472;

-- One root stack. The columns after `uuid` are counters over its facts, so that a list needs no fold.
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    root TEXT NOT NULL UNIQUE,
    first_seen ANY NOT NULL,
    last_seen ANY NOT NULL,
    events INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    -- The root stack's own newest event, and where it stands in the order of events.
    status TEXT, status_at ANY, status_rank INTEGER, status_event TEXT,
    -- What the root stack's newest description said.
    described TEXT, described_at ANY
) STRICT;

-- Texts that many rows of a session repeat.
CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    text TEXT NOT NULL,
    UNIQUE (session, text)
) STRICT;

-- The stacks of a session whose events were read.
CREATE TABLE stack (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    arn TEXT NOT NULL,
    UNIQUE (session, arn)
) STRICT;

-- The journal. `kind` says where the rest of the fact is: `events` in `event`, `trail` in
-- `trail_record` (by the ids in `body`), `logs` in `log_line`; `fact` wholly in `body`, as JSON.
CREATE TABLE fact (
    seq INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    kind TEXT NOT NULL,
    observed_at ANY NOT NULL,
    stack INTEGER REFERENCES stack ON DELETE CASCADE,
    body TEXT
) STRICT;
CREATE INDEX fact_of_session ON fact (session);
CREATE INDEX fact_by_moment ON fact (session, kind, observed_at) WHERE kind <> 'events';
CREATE INDEX fact_of_stack ON fact (stack) WHERE stack IS NOT NULL;

-- A stack event, once, under the fact that saw it first (by time of observation).
CREATE TABLE event (
    fact INTEGER NOT NULL REFERENCES fact ON DELETE CASCADE,
    position INTEGER NOT NULL,
    stack INTEGER NOT NULL REFERENCES stack ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    at ANY NOT NULL,
    logical_id TEXT NOT NULL,
    physical_id TEXT,
    resource_type INTEGER NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT,
    operation INTEGER,
    -- Only where the event names another stack than the one whose events were read.
    named_stack INTEGER,
    extras TEXT,
    PRIMARY KEY (fact, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX event_identity ON event (stack, event_id);

-- A trail record, once: what was read out of it as JSON, and the record itself as it came.
CREATE TABLE trail_record (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    observed_at ANY NOT NULL,
    summary TEXT NOT NULL,
    raw TEXT NOT NULL,
    UNIQUE (session, event_id)
) STRICT;

-- A log line, once, under the fact that brought it first.
CREATE TABLE log_line (
    fact INTEGER NOT NULL REFERENCES fact ON DELETE CASCADE,
    position INTEGER NOT NULL,
    log_group INTEGER NOT NULL REFERENCES word ON DELETE CASCADE,
    stream INTEGER NOT NULL,
    line_id TEXT NOT NULL,
    at ANY NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (fact, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX line_identity ON log_line (log_group, stream, line_id, at);
";

/// Version 2: what a person says about a session.
const LABELS: &str = "
ALTER TABLE session ADD COLUMN name TEXT;
ALTER TABLE session ADD COLUMN note TEXT;
ALTER TABLE session ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
";

/// Version 3: full-text search, and the stacks' own events at hand, of which verdicts are made.
///
/// The index keeps no text, only where each word stands: a row's number says which event, record or line it
/// is (see [`Passage`](super::search::Passage)).
const SEARCH: &str = "
ALTER TABLE event ADD COLUMN own INTEGER;
UPDATE event SET own = 1
WHERE named_stack IS NULL AND (
    physical_id = (SELECT arn FROM stack WHERE stack.id = event.stack)
    OR (coalesce(physical_id, '') = ''
        AND resource_type IN (SELECT id FROM word WHERE text = 'AWS::CloudFormation::Stack')
        AND (SELECT arn FROM stack WHERE stack.id = event.stack) LIKE '%:stack/' || logical_id || '/%'));
CREATE INDEX own_event ON event (stack) WHERE own IS NOT NULL;

CREATE VIRTUAL TABLE said USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO said (rowid, text)
SELECT (fact << 22) + position * 4, logical_id || char(10) || reason
FROM event WHERE reason IS NOT NULL AND reason <> 'Resource creation Initiated';
INSERT INTO said (rowid, text)
SELECT (fact << 22) + position * 4 + 1, message FROM log_line;
INSERT INTO said (rowid, text)
SELECT id * 4 + 2, summary || char(10) || raw FROM trail_record;
";

/// Version 4: nothing. What it was for is done by the next.
const NOTHING: &str = "-- See the next.";

/// Version 5: what an event was said to be, and when; what is no event is set aside as facts of a kind of its own
/// (see [`no_event`]).
///
/// No table of its own: the whole schema must stand on the file's first page (see the test). A file that is
/// overwritten further on can be read only as long as its schema can.
const LAST_WORDS: &str = "
-- When the event was last seen to say what it says; null where it was seen only once.
ALTER TABLE event ADD COLUMN said_at ANY;
-- Set once it was seen to say something else: then every sight of it is a fact of its own in the journal, and
-- the row is only what it says last.
ALTER TABLE event ADD COLUMN contested INTEGER;
";

/// Version 6: nothing of the schema; the journal's format 2, in which marks are facts of their own (see [`markers`]).
const MARKERS: &str = "-- See `markers`.";

/// Version 7: any part of a word can be searched for, and what the diagnosis of each session says.
///
/// The index holds which three letters stand in a text, and not where: it is a quarter of one that knows, and the
/// text itself tells the rest. It and some older parts are written closely: the schema must stand on the first page,
/// of which nothing is left now. Two signs at the end of each text make its last letters the beginning of three, too.
/// `told` is a [`SessionDigest`](crate::domain::conclude::digest::SessionDigest), made out of the facts and remade when
/// they are others.
const LETTERS: &str = "
DROP INDEX own_event;
CREATE INDEX own_event ON event(stack)WHERE own NOT NULL;
DROP INDEX fact_by_moment;
CREATE INDEX fact_by_moment ON fact(session,kind,observed_at)WHERE kind<>'events';
DROP INDEX fact_of_stack;
CREATE INDEX fact_of_stack ON fact(stack)WHERE stack NOT NULL;
DROP INDEX line_identity;
CREATE UNIQUE INDEX line_identity ON log_line(log_group,stream,line_id,at);

DROP TABLE said;
CREATE VIRTUAL TABLE said USING fts5(text,content='',contentless_delete=1,detail=none,tokenize='trigram remove_diacritics 1');
INSERT INTO said (rowid, text)
SELECT (fact << 22) + position * 4, logical_id || char(10) || reason || char(10, 10)
FROM event WHERE reason IS NOT NULL AND reason <> 'Resource creation Initiated';
INSERT INTO said (rowid, text)
SELECT (fact << 22) + position * 4 + 1, message || char(10, 10) FROM log_line;
INSERT INTO said (rowid, text)
SELECT id * 4 + 2, summary || char(10) || raw || char(10, 10) FROM trail_record;
INSERT INTO said (said) VALUES ('optimize');

ALTER TABLE session ADD COLUMN told TEXT;
";

fn steps() -> Vec<M<'static>> {
    vec![
        M::up(JOURNAL).comment("sessions and their journal"),
        M::up(LABELS).comment("names, notes and pins"),
        M::up(SEARCH).comment("full-text search"),
        M::up(NOTHING).comment("nothing"),
        M::up_with_hook(LAST_WORDS, |transaction| Ok(no_event::set_aside(transaction)?))
            .comment("no events out of damaged answers; last words"),
        M::up_with_hook(MARKERS, |transaction| Ok(markers::rewrite(transaction)?))
            .comment("marks are facts of their own"),
        M::up(LETTERS).comment("search for any part of a word; what is told of a session"),
    ]
}

/// How many steps there are.
const STEPS: usize = 7;

/// The newest schema known here.
pub(super) fn newest() -> i64 {
    i64::try_from(STEPS).unwrap_or(i64::MAX)
}

/// All steps.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::new(steps())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    #[test]
    fn every_step_works_and_marks_the_file() {
        migrations().validate().unwrap();
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let id: i64 = connection
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .unwrap();
        assert_eq!(id, APPLICATION_ID);
    }

    #[test]
    fn the_schema_stands_on_the_first_page() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut connection).unwrap();
        // An inner page would say 5: then the schema would stand on others.
        let file = connection.serialize("main").unwrap();
        assert_eq!(file[100], 13);
    }

    #[test]
    fn what_an_older_program_took_out_of_damaged_answers_is_set_aside_word_for_word() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        assert_eq!(steps().len(), STEPS);
        migrations().to_version(&mut connection, 3).unwrap();
        connection
            .execute_batch(
                "INSERT INTO session (id, root, first_seen, last_seen, events, status, status_at, status_rank, status_event)
                 VALUES (1, 'ARN', 1, 2, 6, 'CREATE_COMPLETE', 1700000000000000001, 3, '');
                 INSERT INTO stack (id, session, arn) VALUES (1, 1, 'ARN');
                 INSERT INTO word (id, session, text) VALUES (1, 1, 'AWS::CloudFormation::Stack'), (2, 1, 'CREATE_FAILED');
                 INSERT INTO fact (seq, session, kind, observed_at, stack) VALUES (7, 1, 'events', 5, 1);"
                    .replace("ARN", ARN)
                    .as_str(),
            )
            .unwrap();
        let rows: [(&str, &str); 7] = [
            ("good", "1700000000000000000"),
            ("early", "'-20000000000 0'"),
            ("", "1700000000000000001"),
            ("\u{a0}", "1700000000000000001"),
            ("timeless", "0"),
            ("endless", "'8210266876799 0'"),
            ("begun", "'-8334601228800 0'"),
        ];
        for (position, (id, at)) in rows.iter().enumerate() {
            connection
                .execute_batch(&format!(
                    "INSERT INTO event (fact, position, stack, event_id, at, logical_id, resource_type, status, reason, own)
                     VALUES (7, {position}, 1, '{id}', {at}, 'shop', 1, 2, 'because', 1);
                     INSERT INTO said (rowid, text) VALUES ((7 << 22) + {position} * 4, 'because');"
                ))
                .unwrap();
        }
        migrations().to_latest(&mut connection).unwrap();
        let text = |query: &str| -> String { connection.query_row(query, [], |row| row.get(0)).unwrap() };
        assert_eq!(
            text("SELECT group_concat(event_id) FROM (SELECT event_id FROM event ORDER BY position)"),
            "good,early"
        );
        assert_eq!(
            text("SELECT events || status || status_event FROM session"),
            "2CREATE_FAILEDgood"
        );
        assert_eq!(
            text("SELECT CAST(count(*) AS TEXT) FROM said WHERE said MATCH 'bec AND use'"),
            "2"
        );
        let kept = "SELECT group_concat(body, ' ') FROM fact WHERE kind = 'no_event' AND session = 1 AND observed_at = 5";
        let kept = text(kept);
        for told in [
            "timeless",
            "8210266876799 0",
            "-8334601228800 0",
            "\"at\":0",
            "CREATE_FAILED",
            "because",
        ] {
            assert!(kept.contains(told), "{told}: {kept}");
        }
        assert_eq!(kept.matches("event_id").count(), 5, "{kept}");
    }

    /// U19: what an older program recorded can be searched for any part of a word.
    #[test]
    fn what_was_indexed_by_whole_words_is_found_by_any_part_of_one() {
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_version(&mut connection, 6).unwrap();
        connection
            .execute_batch(
                "INSERT INTO session (id, root, first_seen, last_seen) VALUES (1, 'ARN', 1, 2);
                 INSERT INTO stack (id, session, arn) VALUES (1, 1, 'ARN');
                 INSERT INTO word (id, session, text) VALUES (1, 1, 'AWS::S3::Bucket'), (2, 1, 'CREATE_FAILED'),
                     (3, 1, '{}');
                 INSERT INTO fact (seq, session, kind, observed_at, stack) VALUES (7, 1, 'events', 5, 1), (8, 1, 'logs', 5, 1);
                 INSERT INTO event (fact, position, stack, event_id, at, logical_id, resource_type, status, reason)
                 VALUES (7, 0, 1, 'one', 5, 'Uploads', 1, 2, 'API: s3:CreateBucket AccessDenied'),
                        (7, 1, 1, 'two', 6, 'Uploads', 1, 2, 'Resource creation Initiated');
                 INSERT INTO log_line (fact, position, log_group, stream, line_id, at, message)
                 VALUES (8, 0, 3, 3, 'l', 5, 'ERROR denied in s3');
                 INSERT INTO trail_record (id, session, event_id, observed_at, summary, raw)
                 VALUES (3, 1, 'r', 5, '{}', 'the deniedness');"
                    .replace("ARN", ARN)
                    .as_str(),
            )
            .unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let found = |letters: &str| -> i64 {
            let query = "SELECT count(*) FROM said WHERE said MATCH ?1";
            connection.query_row(query, [letters], |row| row.get(0)).unwrap()
        };
        assert_eq!(found("den AND eni AND nie AND ied"), 3);
        assert_eq!(found("\"s3\n\""), 1, "two letters at the end of a text");
        assert_eq!(found("ini AND tia"), 0, "what is said of all is not in the index");
    }
}
