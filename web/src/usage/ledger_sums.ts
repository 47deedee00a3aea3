// Sums of the ledger lines at hand. They add up whatever part of the ledger is loaded, because the part begins
// with the balance before its oldest line.
import type { LedgerEntry } from "../api";

export interface Sums {
  openingMs: number;
  addedMs: number;
  chargedMs: number;
  otherMs: number;
  closingMs: number;
}

// `entries` are newest first, as the server gives them.
export function sumsOf(entries: readonly LedgerEntry[]): Sums {
  const oldest = entries.at(-1);
  const sums = {
    openingMs: oldest ? oldest.available_after_ms - oldest.amount_ms : 0,
    addedMs: 0,
    chargedMs: 0,
    otherMs: 0,
    closingMs: entries[0]?.available_after_ms ?? 0,
  };
  for (const entry of entries) {
    if (entry.kind === "grant_issued") sums.addedMs += entry.amount_ms;
    else if (entry.kind === "run_charged") sums.chargedMs -= entry.amount_ms;
    else sums.otherMs += entry.amount_ms;
  }
  return sums;
}

export interface Line {
  newest: LedgerEntry;
  oldest: LedgerEntry;
  count: number;
  amountMs: number;
}

const runOf = (entry: LedgerEntry) => (entry.kind === "run_charged" ? (entry.run_id ?? null) : null);

// A run is charged many times while it goes on: neighbouring charges of one run and grant make one line. Notes
// that move no time are left out.
export function linesOf(entries: readonly LedgerEntry[], every: boolean): Line[] {
  const lines: Line[] = [];
  for (const entry of entries) {
    if (!every && entry.kind === "run_recorded" && entry.amount_ms === 0) continue;
    const before = lines.at(-1);
    const run = runOf(entry);
    if (!every && before && run && runOf(before.oldest) === run && before.oldest.grant_id === entry.grant_id) {
      before.oldest = entry;
      before.count += 1;
      before.amountMs += entry.amount_ms;
    } else {
      lines.push({ newest: entry, oldest: entry, count: 1, amountMs: entry.amount_ms });
    }
  }
  return lines;
}
