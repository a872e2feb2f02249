-- How sure are the causes that are told?
-- Columns:
--   confidence: text, how sure; `none` where no cause is told
--   failures: number, how many failures
--   percent: number, how many of a hundred, rounded down
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
), failures AS (
  SELECT COALESCE(confidence, 'none') AS confidence
  FROM told
  WHERE report = newest AND kind = 'failure'
)
SELECT
  confidence,
  COUNT(*) AS failures,
  100 * COUNT(*) / (SELECT COUNT(*) FROM failures) AS percent
FROM failures
GROUP BY confidence
ORDER BY failures DESC, confidence
