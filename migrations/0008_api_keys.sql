-- API keys: 160 random bits each, stored as hashes. A rotated key ends a while after its successor was made.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  user_id TEXT NOT NULL REFERENCES users (id),   -- who made it; it never allows more than that person's role
  name TEXT NOT NULL,
  hint TEXT NOT NULL,                            -- the first characters, to tell keys apart
  secret_hash TEXT NOT NULL UNIQUE,
  scopes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,                             -- NULL: never
  last_used_at BIGINT,
  replaced_by TEXT REFERENCES api_keys (id)
);
CREATE INDEX api_keys_of_account ON api_keys (account_id, id);
CREATE INDEX api_keys_of_user ON api_keys (user_id);
