-- What workspaces hold, as their workers last said, and the jobs that fill them. The datasets
-- themselves are in each workspace's own file; these rows are a cache of its catalogue.
CREATE TABLE datasets (
  account_id TEXT NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,                      -- JSON for the list
  detail TEXT NOT NULL,                       -- JSON with symbols and import reports
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)
);

CREATE TABLE jobs (
  account_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('import')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  dataset TEXT NOT NULL,
  filename TEXT NOT NULL,                     -- as the user called it
  upload TEXT NOT NULL,                       -- generated name below uploads/
  options TEXT NOT NULL,                      -- JSON for the worker
  result TEXT NOT NULL,                       -- JSON, '' until succeeded
  error TEXT NOT NULL,                        -- JSON, '' unless failed or cancelled
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX jobs_unfinished ON jobs (state) WHERE state IN ('queued', 'running');
