-- What did failures cost, in minutes?
-- Columns:
--   account: text, the account
--   region: text, the region
--   stack: text, the stack
--   failed: number, how many of its deployments failed
--   minutes: number, how long these took, from their beginning to their end
--   rollback_minutes: number, how much of that was the way back
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
)
SELECT
  account,
  region,
  stack,
  COUNT(*) AS failed,
  SUM(COALESCE(seconds, 0)) / 60 AS minutes,
  SUM(COALESCE(rollback_seconds, 0)) / 60 AS rollback_minutes
FROM told
WHERE report = newest AND kind = 'deployment' AND outcome <> 'succeeded'
GROUP BY account, region, stack
ORDER BY minutes DESC, failed DESC, account, region, stack
LIMIT 100
