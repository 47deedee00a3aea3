// Runs laid out on the reader's own days. A run over midnight lies on both.
import type { Run } from "../api";

export interface Piece {
  run: Run;
  from: number; // of the day's length, 0 to 1
  to: number;
}

export interface Day {
  start: number; // ms
  billedMs: number; // of the runs that began on it
  pieces: Piece[];
}

function midnight(time: number, daysLater = 0): number {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + daysLater).getTime();
}

const endOf = (run: Run) => Math.max(Date.parse(run.started_at), run.ended_at ? Date.parse(run.ended_at) : Date.parse(run.last_proof_at ?? run.started_at));

// Newest day first; within a day in order of time. Days without use are left out.
export function daysOf(runs: readonly Run[]): Day[] {
  const days = new Map<number, Day>();
  for (const run of [...runs].reverse()) {
    const began = Date.parse(run.started_at);
    const ended = endOf(run);
    for (let start = midnight(began); start <= ended; start = midnight(start, 1)) {
      const next = midnight(start, 1);
      const day = days.get(start) ?? { start, billedMs: 0, pieces: [] };
      days.set(start, day);
      const share = (time: number) => (Math.min(next, Math.max(start, time)) - start) / (next - start);
      day.pieces.push({ run, from: share(began), to: share(ended) });
      if (start === midnight(began)) day.billedMs += run.billed_ms;
    }
  }
  return [...days.values()].sort((one, other) => other.start - one.start);
}
