-- The table of a store's deployments, for Amazon Athena. Run it once in a database of your choice, after these changes:
--   LOCATION and storage.location.template: your store;
--   projection.account.values: your accounts, without blanks;
--   projection.region.values: your regions, without blanks;
--   projection.day.range: the first day of your store.
-- A column each: assets/schemas/stacktrail.deployment-1.json.
--
-- Partitions are projected: nothing has to be crawled or added, and a query reads only the folders of its account,
-- region and days. Athena looks into every combination that a query leaves open, so that questions about a hundred
-- accounts should leave open few days, or few regions.
CREATE EXTERNAL TABLE IF NOT EXISTS `stacktrail_deployments` (
  `schema` string,
  `stack_id` string,
  `stack` string,
  `started` string,
  `report` string,
  `number` bigint,
  `kind` string,
  `operation` string,
  `outcome` string,
  `ended` string,
  `seconds` bigint,
  `rollback_seconds` bigint,
  `turn` string,
  `logical_id` string,
  `resource_type` string,
  `category` string,
  `during` string,
  `at` string,
  `reason` string,
  `cause` string,
  `confidence` string,
  `cause_seconds` bigint,
  `denied_by` string,
  `principal` string,
  `action` string,
  `event_name` string,
  `who` string,
  `refused` string
)
PARTITIONED BY (`account` string, `region` string, `day` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://BUCKET/PREFIX/deployments/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.account.type' = 'enum',
  'projection.account.values' = '111122223333,444455556666',
  'projection.region.type' = 'enum',
  'projection.region.values' = 'eu-west-1,us-east-1',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2026-01-01,NOW',
  'projection.day.interval' = '1',
  'projection.day.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://BUCKET/PREFIX/deployments/account=${account}/region=${region}/day=${day}'
)
