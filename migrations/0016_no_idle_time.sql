-- How long the pauses inside a run were together: nobody ever counted it.
ALTER TABLE runs DROP COLUMN idle_ms;
ALTER TABLE run_parts DROP COLUMN idle_ms;
