-- An entry of a run that only grew is one of a second of use, and the row of its run says which
-- was the last: it is left out of the index over accounts, where it cost as much as the entry
-- itself. Every entry says which entry of the account came before it. So the last entry of an
-- account is the last one in the index, or that of an open run; those in between follow.

ALTER TABLE journal ADD COLUMN before BIGINT NOT NULL DEFAULT 0;  -- 0: the account's first
ALTER TABLE journal ADD COLUMN listed BIGINT NOT NULL DEFAULT 1;  -- 1: in journal_by_account
UPDATE journal SET before = links.before FROM (
    SELECT sequence, lag(sequence, 1, 0) OVER (PARTITION BY account_id ORDER BY sequence) AS before
    FROM journal WHERE kind <> 'tariff_set') AS links  -- which belongs to no account
  WHERE journal.sequence = links.sequence;
DROP INDEX journal_by_account;
CREATE INDEX journal_by_account ON journal (account_id, sequence) WHERE listed = 1;

-- In place of NOT IN: for a list SQLite made a table of its own with every entry.
DROP INDEX journal_by_key;
CREATE UNIQUE INDEX journal_by_key ON journal (business_key)
  WHERE kind <> 'run_charged' AND kind <> 'run_recorded' AND kind <> 'run_reassigned';

ALTER TABLE runs ADD COLUMN last_entry BIGINT NOT NULL DEFAULT 0;  -- sequence in the journal
UPDATE runs SET last_entry = last.sequence FROM (
    SELECT account_id, run_id, max(sequence) AS sequence FROM journal
    WHERE run_id IS NOT NULL GROUP BY account_id, run_id) AS last
  WHERE last.account_id = runs.account_id AND last.run_id = runs.id;

-- An open run becomes longer every second, which no index has to follow.
DROP INDEX runs_by_end;
CREATE INDEX runs_by_end ON runs (account_id, end_at) WHERE ended_because IS NOT NULL;
CREATE INDEX runs_open ON runs (account_id) WHERE ended_because IS NULL;
