-- How often do rollbacks fail?
-- Columns:
--   account: text, the account
--   region: text, the region
--   rollbacks: number, deployments that turned back and ended
--   failed: number, of which the way back failed
--   percent: number, how many of a hundred, rounded down
--   cancelled: number, how many turned back because somebody asked for it
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
  COUNT(*) AS rollbacks,
  SUM(CASE WHEN outcome = 'rollback_failed' THEN 1 ELSE 0 END) AS failed,
  100 * SUM(CASE WHEN outcome = 'rollback_failed' THEN 1 ELSE 0 END) / COUNT(*) AS percent,
  SUM(CASE WHEN turn IN ('cancelled', 'requested') THEN 1 ELSE 0 END) AS cancelled
FROM told
WHERE report = newest AND kind = 'deployment' AND outcome IN ('rolled_back', 'rollback_failed')
GROUP BY account, region
ORDER BY failed DESC, rollbacks DESC, account, region
LIMIT 100
