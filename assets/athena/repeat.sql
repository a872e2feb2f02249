-- Which stacks fail again and again?
-- Columns:
--   account: text, the account
--   region: text, the region
--   stack: text, the stack
--   deployments: number, how many deployments it had
--   failed: number, how many of them failed, two at least
--   percent: number, how many of a hundred, rounded down
--   last_day: text, the last day on which one began that failed
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
  COUNT(*) AS deployments,
  SUM(CASE WHEN outcome <> 'succeeded' THEN 1 ELSE 0 END) AS failed,
  100 * SUM(CASE WHEN outcome <> 'succeeded' THEN 1 ELSE 0 END) / COUNT(*) AS percent,
  MAX(CASE WHEN outcome <> 'succeeded' THEN day END) AS last_day
FROM told
WHERE report = newest AND kind = 'deployment'
GROUP BY account, region, stack
HAVING SUM(CASE WHEN outcome <> 'succeeded' THEN 1 ELSE 0 END) >= 2
ORDER BY failed DESC, percent DESC, account, region, stack
LIMIT 100
