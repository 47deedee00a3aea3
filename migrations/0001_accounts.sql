-- Users, accounts, sessions. Instants are microseconds UTC; secrets are stored as hashes only.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,                        -- as given, trimmed; '' when an external token has none
  email_folded TEXT UNIQUE,                   -- lower case; NULL for users of external tokens
  email_verified BIGINT NOT NULL DEFAULT 0,
  password_hash TEXT,                         -- argon2id; NULL for users of external tokens
  role TEXT NOT NULL CHECK (role IN ('user', 'operator')),
  provider TEXT,                              -- 'makerkit' for external tokens
  external_id TEXT,                           -- their `sub`
  created_at BIGINT NOT NULL,
  UNIQUE (provider, external_id)
);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  plan TEXT NOT NULL,
  external_id TEXT,
  created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'member')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

-- A sign-in. Ended sessions are deleted: what is here and not past its end is good.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  token_hash TEXT UNIQUE,                     -- of the cookie; NULL for issued tokens
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Used ones stay until the session ends, so that a second use is noticed.
CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- External sessions that were signed out here while their tokens are still running.
CREATE TABLE denied_sessions (
  external_session TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
