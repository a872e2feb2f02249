//! Gives what lost its owner another one, made of what it says itself.

/// Run over the copy of what could be read.
pub(super) const MEND: &str = "
-- Stacks: a stack's own events name it, and the root is known by its session.
INSERT OR IGNORE INTO stack (id, session, arn)
SELECT event.stack, min(fact.session), min(event.physical_id)
FROM event JOIN fact ON fact.seq = event.fact
WHERE event.stack NOT IN (SELECT id FROM stack)
      AND event.logical_id <> '' AND event.physical_id LIKE 'arn:%:cloudformation:%:stack/' || event.logical_id || '/%'
GROUP BY event.stack;
INSERT OR IGNORE INTO stack (id, session, arn)
SELECT min(fact.stack), session.id, session.root
FROM session JOIN fact ON fact.session = session.id
WHERE fact.stack NOT IN (SELECT id FROM stack)
      AND session.root NOT IN (SELECT arn FROM stack WHERE stack.session = session.id)
GROUP BY session.id;

-- Sessions, known by their stacks: the root was met first.
INSERT INTO session (id, root, first_seen, last_seen)
SELECT stack.session, stack.arn, 0, 0
FROM stack
WHERE stack.id = (SELECT min(id) FROM stack AS other WHERE other.session = stack.session)
      AND stack.session NOT IN (SELECT id FROM session)
ON CONFLICT DO NOTHING;

-- Pages of events: seen when they happened, for want of better knowledge.
INSERT INTO fact (seq, session, kind, observed_at, stack)
SELECT event.fact, stack.session, 'events', max(event.at), event.stack
FROM event JOIN stack ON stack.id = event.stack
WHERE event.fact NOT IN (SELECT seq FROM fact) AND typeof(event.at) = 'integer'
GROUP BY event.fact;

-- Readings of logs.
INSERT INTO fact (seq, session, kind, observed_at, body)
SELECT log_line.fact, word.session, 'logs', max(log_line.at),
       json_object('search', json_object('group', json(word.text),
                       'from', strftime('%Y-%m-%dT%H:%M:%SZ', min(log_line.at) / 1000000000, 'unixepoch'),
                       'to', strftime('%Y-%m-%dT%H:%M:%SZ', max(log_line.at) / 1000000000 + 1, 'unixepoch')),
                   'group_missing', json('false'), 'complete', json('false'))
FROM log_line JOIN word ON word.id = log_line.log_group
WHERE log_line.fact NOT IN (SELECT seq FROM fact) AND typeof(log_line.at) = 'integer' AND json_valid(word.text)
GROUP BY log_line.fact;

-- Records that no answer names any more.
INSERT INTO fact (session, kind, observed_at, body)
SELECT session, 'trail', max(observed_at),
       json_object('search', json_object('region', region, 'attribute', NULL,
                       'from', strftime('%Y-%m-%dT%H:%M:%SZ', min(observed_at) / 1000000000, 'unixepoch'),
                       'to', strftime('%Y-%m-%dT%H:%M:%SZ', max(observed_at) / 1000000000 + 1, 'unixepoch')),
                   'complete', json('false'), 'calls', 0, 'records', json_group_array(id))
FROM (SELECT id, session, observed_at, json_extract(summary, '$.region') AS region FROM trail_record
      WHERE json_valid(summary) AND typeof(observed_at) = 'integer'
            AND id NOT IN (SELECT value FROM fact, json_each(fact.body, '$.records')
                           WHERE kind = 'trail' AND json_valid(body)))
WHERE region IS NOT NULL
GROUP BY session, region;

-- Words belong to the session whose rows use them; one that is lost says so in its place.
CREATE TEMP TABLE used AS
SELECT resource_type AS word, fact.session FROM event JOIN fact ON seq = event.fact
UNION SELECT status, fact.session FROM event JOIN fact ON seq = event.fact
UNION SELECT operation, fact.session FROM event JOIN fact ON seq = event.fact WHERE operation IS NOT NULL
UNION SELECT stream, fact.session FROM log_line JOIN fact ON seq = log_line.fact
UNION SELECT log_group, fact.session FROM log_line JOIN fact ON seq = log_line.fact;
UPDATE event SET named_stack = NULL WHERE named_stack NOT IN (SELECT id FROM word);
UPDATE OR IGNORE word SET session = (SELECT min(used.session) FROM used WHERE used.word = word.id)
WHERE EXISTS (SELECT 1 FROM used WHERE used.word = word.id)
      AND NOT EXISTS (SELECT 1 FROM used WHERE used.word = word.id AND used.session = word.session);
INSERT OR IGNORE INTO word (id, session, text)
SELECT word, min(session), '(word ' || word || ' cannot be read)'
FROM used WHERE word NOT IN (SELECT id FROM word) AND session IN (SELECT id FROM session) GROUP BY word;
DROP TABLE used;
";

/// What still belongs to nothing: its table, the fact or the row, how many, and what is missing.
pub(super) const ORPHANS: &str = "
SELECT 'event', fact, count(*), 'their stack cannot be named' FROM event
WHERE stack NOT IN (SELECT id FROM stack) OR fact NOT IN (SELECT seq FROM fact) GROUP BY fact
UNION ALL
SELECT 'log_line', fact, count(*), 'their reading is lost' FROM log_line
WHERE fact NOT IN (SELECT seq FROM fact) GROUP BY fact
UNION ALL
SELECT 'fact', seq, 1, 'its session is lost' FROM fact WHERE session NOT IN (SELECT id FROM session)
UNION ALL
SELECT 'trail_record', id, 1, 'its session is lost' FROM trail_record WHERE session NOT IN (SELECT id FROM session)
";
