-- Which warnings are due when the balance falls to their level: armed by time that is added and
-- lifts the balance above it. In place of what an account was told, which said nothing of holds,
-- refunds and expiry.
CREATE TABLE low_balance_armed (
  account_id TEXT PRIMARY KEY,                -- no row: none
  hour BIGINT NOT NULL,
  quarter_hour BIGINT NOT NULL,
  zero BIGINT NOT NULL
);
INSERT INTO low_balance_armed (account_id, hour, quarter_hour, zero)
  SELECT b.account_id,
    CASE WHEN b.left_ms > 3600000 AND NOT EXISTS (SELECT 1 FROM low_balance_warnings w
      WHERE w.account_id = b.account_id AND w.level_ms = 3600000) THEN 1 ELSE 0 END,
    CASE WHEN b.left_ms > 900000 AND NOT EXISTS (SELECT 1 FROM low_balance_warnings w
      WHERE w.account_id = b.account_id AND w.level_ms = 900000) THEN 1 ELSE 0 END,
    CASE WHEN NOT EXISTS (SELECT 1 FROM low_balance_warnings w
      WHERE w.account_id = b.account_id AND w.level_ms = 0) THEN 1 ELSE 0 END
  FROM (SELECT account_id, SUM(available_ms) AS left_ms FROM grants GROUP BY account_id) b
  WHERE b.left_ms > 0;
DROP TABLE low_balance_warnings;
