-- How many deployments are there a day, and how many succeed?
-- Columns:
--   day: text, the day on which they began, by UTC
--   deployments: number, how many
--   failed: number, how many failed
--   succeeded: number, how many succeeded
--   percent: number, how many of a hundred succeeded, rounded down
--   stacks: number, how many stacks
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
)
SELECT
  day,
  COUNT(*) AS deployments,
  SUM(CASE WHEN outcome <> 'succeeded' THEN 1 ELSE 0 END) AS failed,
  SUM(CASE WHEN outcome = 'succeeded' THEN 1 ELSE 0 END) AS succeeded,
  100 * SUM(CASE WHEN outcome = 'succeeded' THEN 1 ELSE 0 END) / COUNT(*) AS percent,
  COUNT(DISTINCT stack_id) AS stacks
FROM told
WHERE report = newest AND kind = 'deployment'
GROUP BY day
ORDER BY day
