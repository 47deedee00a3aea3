-- Orders and the inbox of payment events. Instants are microseconds UTC; money is in minor units.

-- What is bought is fixed when the order is made: neither a browser nor an event can change it.
CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  sku TEXT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  hours BIGINT NOT NULL CHECK (hours > 0),          -- of the whole order
  amount BIGINT NOT NULL CHECK (amount > 0),        -- of the whole order
  currency TEXT NOT NULL,
  expires_days BIGINT NOT NULL,                     -- of the grant; 0 is never
  state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'failed', 'expired')),
  session_id TEXT UNIQUE,                           -- the provider's; NULL until its page exists
  checkout_url TEXT,
  payment_intent TEXT,
  grant_id TEXT,
  idempotency_key TEXT,                             -- kept for ever
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  paid_at BIGINT,
  UNIQUE (account_id, idempotency_key),
  CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
  CHECK ((state = 'paid') = (grant_id IS NOT NULL))
);
CREATE INDEX orders_by_account ON orders (account_id, id);

-- Every event whose signature was right, once. processed_at is set in the transaction that holds
-- the effect; a row without it waits for the sender's next try.
CREATE TABLE stripe_inbox (
  event_id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  live BIGINT NOT NULL,
  created_at BIGINT NOT NULL,                       -- as the event says
  received_at BIGINT NOT NULL,
  body BLOB NOT NULL,                               -- as sent
  outcome TEXT,
  detail TEXT,
  attempts BIGINT NOT NULL DEFAULT 0,               -- that failed
  processed_at BIGINT
);
CREATE INDEX stripe_inbox_by_receipt ON stripe_inbox (received_at);
CREATE INDEX stripe_inbox_waiting ON stripe_inbox (received_at) WHERE processed_at IS NULL;
CREATE INDEX stripe_inbox_dead ON stripe_inbox (received_at) WHERE outcome = 'contradiction';
