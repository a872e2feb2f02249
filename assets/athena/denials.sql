-- Which denial stops whom?
-- Columns:
--   principal: text, who was denied
--   action: text, what
--   denied_by: text, which policy said no, where that is known
--   denials: number, how often
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
  principal,
  action,
  denied_by,
  COUNT(*) AS denials,
  COUNT(DISTINCT stack_id) AS stacks,
  MAX(day) AS last_day
FROM told
WHERE report = newest AND kind = 'failure' AND action IS NOT NULL
GROUP BY principal, action, denied_by
ORDER BY denials DESC, action, principal NULLS LAST, denied_by NULLS LAST
LIMIT 100
