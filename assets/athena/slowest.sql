-- Which types of resources are the slowest?
-- Columns:
--   resource_type: text, the type
--   operation: text, what was done to it
--   times: number, how often it went well
--   p50_seconds: number, half of them took no longer
--   p95_seconds: number, 19 of 20 took no longer
--   longest_seconds: number, none took longer
-- Scans the rows of the deployments that began on the days asked for, in the accounts and regions asked for.
-- Parameters: account from, to; region from, to; day from, to (texts, the ends included).
WITH told AS (
  SELECT DISTINCT *, MAX(report) OVER (PARTITION BY stack_id, started) AS newest
  FROM stacktrail_deployments
  WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?
), placed AS (
  SELECT
    resource_type,
    operation,
    seconds,
    ROW_NUMBER() OVER (PARTITION BY resource_type, operation ORDER BY seconds) AS place,
    COUNT(*) OVER (PARTITION BY resource_type, operation) AS places
  FROM told
  WHERE report = newest AND kind = 'resource' AND outcome = 'succeeded'
)
SELECT
  resource_type,
  operation,
  COUNT(*) AS times,
  MIN(CASE WHEN 100 * place >= 50 * places THEN seconds END) AS p50_seconds,
  MIN(CASE WHEN 100 * place >= 95 * places THEN seconds END) AS p95_seconds,
  MAX(seconds) AS longest_seconds
FROM placed
GROUP BY resource_type, operation
ORDER BY p95_seconds DESC, times DESC, resource_type, operation
LIMIT 100
