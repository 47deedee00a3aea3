-- A new address waits until the mails to it and to the old one were both answered.
CREATE TABLE email_changes (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  email TEXT NOT NULL,         -- the new one
  new_token_hash TEXT UNIQUE,  -- NULL: confirmed
  old_token_hash TEXT UNIQUE,  -- NULL: confirmed, or there was no confirmed old address to ask
  expires_at BIGINT NOT NULL
);
