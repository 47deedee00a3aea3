// The statement, its answer and what runs: kept here so that looking at a chart does not lose them.
import { ApiError, api, CutOff, isAbort, messageOf, type QueryResult } from "../api";
import { formatCount } from "../format";
import { Store } from "../store";
import { rowsThatCame } from "./rows_that_came";

export interface QueryState {
  running: { id: string; since: number } | null;
  result: QueryResult | null;
  incomplete: boolean; // the answer was cut off: `result` has the rows that came before
  error: { kind: "error" | "info"; text: string; position: number | null } | null;
}

export const queryState = new Store<QueryState>({ running: null, result: null, incomplete: false, error: null });
export const statement = new Store<string>("");
let stop: AbortController | null = null;

const kLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function newQueryId(): string {
  const random = crypto.getRandomValues(new Uint8Array(26));
  const letters = [...random].map((byte) => kLetters[byte % 32]).join("");
  return `qry_0${letters.slice(1)}`;
}

// The rows go out while the statement still runs, so that what stops it later can only end the answer.
function onCut(cut: CutOff): void {
  const result = rowsThatCame(cut.text);
  const came = `The result was cut off after ${formatCount(result?.data.length ?? 0)} rows; what is missing is not known.`;
  const why = cut.problem ? cut.message : "The connection broke. Please run the statement again.";
  const error = { kind: "error" as const, text: `${came} ${why}`, position: null };
  queryState.set({ running: null, result, incomplete: result !== null, error });
}

export async function runStatement(): Promise<void> {
  const sql = statement.value.trim();
  if (!sql || queryState.value.running) return;
  const id = newQueryId();
  stop = new AbortController();
  queryState.set({ ...queryState.value, running: { id, since: performance.now() }, error: null });
  try {
    const result = await api.query(id, statement.value, stop.signal);
    queryState.set({ running: null, result, incomplete: false, error: null });
  } catch (error) {
    if (error instanceof CutOff) return onCut(error);
    const stopped = isAbort(error);
    const text = stopped ? "Stopped. What ran up to then counts; nothing was changed." : messageOf(error);
    const position = error instanceof ApiError ? (error.problem?.position ?? null) : null;
    queryState.set({ ...queryState.value, running: null, error: { kind: stopped ? "info" : "error", text, position } });
  }
}

export function stopStatement(): void {
  const running = queryState.value.running;
  if (!running) return;
  // The interrupt frees the server's side; the abort frees this one even when the interrupt is lost.
  void api.cancelQuery(running.id).catch(() => {});
  stop?.abort();
}
