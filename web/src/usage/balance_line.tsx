// The balance over time, as the ledger has it: a step at every entry.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { LedgerEntry } from "../api";
import { formatDuration } from "../format";
import { useStore } from "../store";
import { colour, theme } from "../theme";

const kHeightPx = 120;
const kMinute = 60;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;
const kTicks = [1, 5, 15, 30, kMinute, 5 * kMinute, 15 * kMinute, 30 * kMinute, kHour, 3 * kHour, 6 * kHour, 12 * kHour, kDay, 7 * kDay, 30 * kDay, 90 * kDay, 365 * kDay];
const kSeconds = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const kMinutes = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const kDays = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

// As fine as the ticks are apart, in the reader's own words.
function tickNames(_plot: uPlot, ticks: number[], _axis: number, _space: number, step: number): string[] {
  const names = step < kMinute ? kSeconds : step < kDay ? kMinutes : kDays;
  return ticks.map((tick) => names.format(tick * 1000));
}

function stepsOf(entries: readonly LedgerEntry[]): uPlot.AlignedData {
  const oldestFirst = [...entries].reverse();
  const times: number[] = [];
  const hours: number[] = [];
  for (const entry of oldestFirst) {
    const time = Date.parse(entry.at) / 1000;
    if (times.at(-1) === time) hours[hours.length - 1] = entry.available_after_ms / 3_600_000;
    else {
      times.push(time);
      hours.push(entry.available_after_ms / 3_600_000);
    }
  }
  return [times, hours];
}

function options(width: number): uPlot.Options {
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: kHeightPx,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    padding: [8, 8, 0, 0],
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.1, 0.01)] } },
    axes: [{ ...axis, space: 110, incrs: kTicks, values: tickNames }, { ...axis, size: 56, values: (_plot, ticks) => ticks.map((hour) => `${+hour.toFixed(2)} h`) }],
    series: [{}, { stroke: colour("red"), width: 1.5, fill: colour("red-soft"), paths: uPlot.paths.stepped?.({ align: 1 }), points: { show: false } }],
  };
}

export function BalanceLine(props: { entries: LedgerEntry[] }) {
  const element = useRef<HTMLDivElement>(null);
  const colours = useStore(theme);
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const plot = new uPlot(options(box.clientWidth), stepsOf(props.entries), box);
    const watcher = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: kHeightPx }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [props.entries, colours]);
  const now = props.entries[0]?.available_after_ms ?? 0;
  return <div class="balance-line" ref={element} role="img" aria-label={`Balance over time, now ${formatDuration(now)}`} data-testid="balance-line" />;
}
