-- What fails most?
-- Columns:
--   resource_type: text, what failed
--   category: text, what kind of failure its reason speaks of
--   failures: number, how often
--   deployments: number, in how many deployments
--   stacks: number, of how many stacks
--   last_day: text, the last day on which such a deployment began
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
)
SELECT
  resource_type,
  category,
  COUNT(*) AS failures,
  COUNT(DISTINCT stack_id || started) AS deployments,
  COUNT(DISTINCT stack_id) AS stacks,
  MAX(day) AS last_day
FROM told
WHERE report = newest AND kind = 'failure'
GROUP BY resource_type, category
ORDER BY failures DESC, resource_type, category
LIMIT 100
