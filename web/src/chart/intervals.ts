// Intervals on offer, and the stretch of time each range button shows.
export interface Interval {
  code: string;
  name: string;
  minutes: number;
}

export const kIntervals: readonly Interval[] = [
  { code: "1m", name: "1 minute", minutes: 1 },
  { code: "5m", name: "5 minutes", minutes: 5 },
  { code: "15m", name: "15 minutes", minutes: 15 },
  { code: "30m", name: "30 minutes", minutes: 30 },
  { code: "1h", name: "1 hour", minutes: 60 },
  { code: "4h", name: "4 hours", minutes: 240 },
  { code: "1d", name: "1 day", minutes: 1440 },
  { code: "1w", name: "1 week", minutes: 10080 },
  { code: "1mo", name: "1 month", minutes: 43200 },
];

const kUnits: Record<string, number> = { s: 1 / 60, m: 1, h: 60, d: 1440, w: 10080, mo: 43200 };

export function minutesOf(code: string | null): number | null {
  const match = /^(\d+)(mo|s|m|h|d|w)$/.exec(code ?? "");
  return match ? Number(match[1]) * (kUnits[match[2] ?? ""] ?? 0) : null;
}

// Bars can be made coarser, never finer than the data.
export function offeredIntervals(finest: string | null): readonly Interval[] {
  const least = minutesOf(finest);
  return least === null ? kIntervals : kIntervals.filter((interval) => interval.minutes >= least);
}

export function usableInterval(wanted: string | null, finest: string | null): string {
  const offered = offeredIntervals(finest);
  if (offered.some((interval) => interval.code === wanted)) return wanted ?? "1d";
  return offered.find((interval) => interval.code === "1d")?.code ?? offered[0]?.code ?? "1d";
}

export const kRanges = ["1D", "5D", "1M", "3M", "6M", "YTD", "1Y", "5Y", "All"] as const;
export type Range = (typeof kRanges)[number];

// First instant of the range that ends at `last` (both in ms); null for everything.
export function rangeStart(range: Range, last: number): number | null {
  if (range === "All") return null;
  const date = new Date(last);
  if (range === "YTD") return Date.UTC(date.getUTCFullYear(), 0, 1);
  const count = Number.parseInt(range, 10);
  if (range.endsWith("D")) return last - count * 86_400_000;
  if (range.endsWith("M")) date.setUTCMonth(date.getUTCMonth() - count);
  else date.setUTCFullYear(date.getUTCFullYear() - count);
  return date.getTime();
}
