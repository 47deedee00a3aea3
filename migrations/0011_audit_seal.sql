-- Where the audit log ends, under a key that is not in the database: without it a log whose last entries were cut off, or
-- whose whole chain was computed anew, would look whole. And whose log it is, for the list that users see of their own.
CREATE TABLE audit_seal (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  sequence BIGINT NOT NULL,
  hash TEXT NOT NULL,
  mark TEXT NOT NULL
);
CREATE INDEX audit_log_of_actor ON audit_log (actor, sequence);
