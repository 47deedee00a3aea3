// Columnar bars of the server as what the chart draws.
import type { Bars } from "../api";

export interface Bar {
  time: number; // ms
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | null;
  previous: number | null; // close of the bar before
}

export function barsOf(columns: Bars): Bar[] {
  const bars: Bar[] = [];
  columns.t.forEach((time, index) => {
    const [open, high, low, close] = [columns.o[index], columns.h[index], columns.l[index], columns.c[index]];
    if (open == null || high == null || low == null || close == null) return;
    const previous = bars.at(-1)?.close ?? null;
    bars.push({ time, open, high, low, close, volume: columns.v[index] ?? null, previous });
  });
  return bars;
}

// Decimals that the prices themselves use, bounded so that float noise does not show.
export function decimalsOf(bars: readonly Bar[]): number {
  const sample = bars.slice(-200);
  const size = Math.max(...sample.map((bar) => Math.abs(bar.close)), 0);
  const most = size >= 1000 ? 2 : size >= 10 ? 4 : size >= 0.1 ? 6 : 8;
  let needed = 2;
  for (const bar of sample) {
    const text = bar.close.toFixed(most).replace(/0+$/, "");
    needed = Math.max(needed, text.length - text.indexOf(".") - 1);
  }
  return size >= 10 && needed > 2 && sample.some((bar) => bar.close !== +bar.close.toFixed(4)) ? 2 : Math.min(needed, most);
}

export const indexAt = (bars: readonly Bar[], time: number): number => {
  let low = 0;
  let high = bars.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.time ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
};
