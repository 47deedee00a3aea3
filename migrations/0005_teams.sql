-- Team accounts, roles in them, and operator roles.
ALTER TABLE accounts ADD COLUMN kind TEXT NOT NULL DEFAULT 'personal' CHECK (kind IN ('personal', 'team'));
ALTER TABLE accounts ADD COLUMN name TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX accounts_by_external_id ON accounts (external_id);

ALTER TABLE users ADD COLUMN operator_role TEXT CHECK (operator_role IN ('support', 'finance', 'admin'));
UPDATE users SET operator_role = 'admin' WHERE role = 'operator';

CREATE TABLE seats (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'billing')),
  -- 'local': made here; 'synced': told by the application beside us; 'claim': read from a token,
  -- and gone when the next token lacks it.
  source TEXT NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'synced', 'claim')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
INSERT INTO seats (account_id, user_id, role, source, created_at)
  SELECT account_id, user_id, role, 'local', created_at FROM memberships;
DROP TABLE memberships;
ALTER TABLE seats RENAME TO memberships;
CREATE INDEX memberships_of_user ON memberships (user_id);
