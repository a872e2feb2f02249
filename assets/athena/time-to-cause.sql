-- How long is it from a failure to its known cause?
-- Columns:
--   category: text, what kind of failure
--   failures: number, how many
--   known: number, of how many the cause was told for sure or nearly so (certain, high)
--   timed: number, of how many of these the moment is kept at which it was known
--   p50_seconds: number, half of these took no longer
--   p95_seconds: number, 19 of 20 took no longer
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
), failures AS (
  SELECT
    category,
    CASE WHEN confidence IN ('certain', 'high') THEN 1 ELSE 0 END AS known,
    CASE WHEN confidence IN ('certain', 'high') THEN cause_seconds END AS seconds
  FROM told
  WHERE report = newest AND kind = 'failure'
), placed AS (
  SELECT
    category,
    known,
    seconds,
    ROW_NUMBER() OVER (PARTITION BY category ORDER BY seconds NULLS LAST) AS place,
    COUNT(seconds) OVER (PARTITION BY category) AS places
  FROM failures
)
SELECT
  category,
  COUNT(*) AS failures,
  SUM(known) AS known,
  COUNT(seconds) AS timed,
  MIN(CASE WHEN 100 * place >= 50 * places THEN seconds END) AS p50_seconds,
  MIN(CASE WHEN 100 * place >= 95 * places THEN seconds END) AS p95_seconds
FROM placed
GROUP BY category
ORDER BY failures DESC, category
LIMIT 100
