-- Who cancels and deletes?
-- Columns:
--   who: text, who made the call
--   event_name: text, the call
--   calls: number, how often
--   refused: number, how often CloudFormation said no
--   stacks: number, on how many stacks
--   last_day: text, the last day on which such a deployment began
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
)
SELECT
  who,
  event_name,
  COUNT(*) AS calls,
  SUM(CASE WHEN refused IS NOT NULL THEN 1 ELSE 0 END) AS refused,
  COUNT(DISTINCT stack_id) AS stacks,
  MAX(day) AS last_day
FROM told
WHERE report = newest AND kind = 'call' AND event_name IN ('CancelUpdateStack', 'DeleteStack', 'RollbackStack', 'ContinueUpdateRollback')
GROUP BY who, event_name
ORDER BY calls DESC, event_name, who
LIMIT 100
