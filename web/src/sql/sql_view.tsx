import { useEffect, useMemo, useState } from "preact/hooks";
import type { QueryResult } from "../api";
import { tableName } from "../data/names";
import { workspace } from "../data/workspace";
import { formatCount, plural } from "../format";
import { useStore } from "../store";
import { Notice } from "../ui/notice";
import { cellText, download, gridColumns, toCsv } from "./cells";
import { Editor, type Tables } from "./editor";
import { Grid } from "./grid";
import { queryState, runStatement, statement, stopStatement } from "./query_state";

const kColumns = ["symbol", "timestamp", "open", "high", "low", "close", "volume", "open_interest", "adj_close"];

function firstStatement(table: string): string {
  return `SELECT symbol, date_trunc('month', timestamp) AS month,\n       min(low) AS low, max(high) AS high, sum(volume) AS volume\nFROM ${tableName(table)}\nGROUP BY ALL\nORDER BY month DESC`;
}

function useTables(): Tables {
  const { datasets } = useStore(workspace);
  return useMemo(() => Object.fromEntries((datasets ?? []).map((one) => [one.name, kColumns])), [datasets]);
}

function Running(props: { since: number }) {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return <span class="quiet num" role="status">running {(Math.max(0, now - props.since) / 1000).toFixed(1)} s</span>;
}

function Result(props: { result: QueryResult; incomplete: boolean }) {
  const { result, incomplete } = props;
  const columns = useMemo(() => gridColumns(result), [result]);
  const cell = (row: number, column: number) => {
    const value = result.data[row]?.[column];
    return value === null ? <span class="null">null</span> : cellText(value);
  };
  return (
    <>
      <div class="result-head">
        <span class="num" data-testid="results-count">
          {plural(result.row_count, "row")} {!incomplete && <span class="quiet">in {Math.max(1, Math.round(result.elapsed_ms))} ms</span>}
        </span>
        {incomplete && <span class="tag failed" data-testid="results-incomplete">incomplete</span>}
        {result.truncated && !incomplete && <span class="warn-text">Cut at {formatCount(result.data.length)} rows; narrow the statement to see the rest.</span>}
        <button class="end" onClick={() => download(incomplete ? "result-incomplete.csv" : "result.csv", toCsv(result))} data-testid="export-csv">Export CSV</button>
      </div>
      {result.data.length > 0 ? (
        <Grid columns={columns} rows={result.data.length} cell={cell} label="Result" testId="results-grid" />
      ) : (
        <p class="quiet pad">The statement gave no rows.</p>
      )}
    </>
  );
}

export function SqlView() {
  const { running, result, incomplete, error } = useStore(queryState);
  const { detail, datasets } = useStore(workspace);
  const tables = useTables();
  const text = useStore(statement);
  const table = detail?.name ?? datasets?.[0]?.name;
  useEffect(() => {
    if (table && !statement.value) statement.set(firstStatement(table));
  }, [table]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) stopStatement();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div class="sql-view">
      <div class="toolbar">
        <button class="primary" onClick={() => void runStatement()} disabled={running !== null || !text.trim()} data-testid="sql-run">Run <kbd>Ctrl ↵</kbd></button>
        <button onClick={stopStatement} disabled={running === null} data-testid="sql-cancel">Stop</button>
        {running && <Running since={running.since} />}
        {datasets?.length === 0 && <span class="quiet">Import a file first; its name becomes a table.</span>}
      </div>
      <Editor tables={tables} table={table ?? null} errorPosition={error?.position ?? null} />
      {error && <Notice kind={error.kind} text={error.text} testId="sql-error" />}
      <div class={`results ${error && !incomplete ? "stale" : ""}`} aria-busy={running !== null}>
        {running && <div class="loading-bar" aria-hidden="true" />}
        {result ? <Result result={result} incomplete={incomplete} /> : !error && <p class="quiet pad">Results appear here.</p>}
      </div>
    </div>
  );
}
