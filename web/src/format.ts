// Values as people read them. Market data in UTC; account matters in the reader's own time zone.
import type { Money } from "./api";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const pad = (value: number) => String(value).padStart(2, "0");

export const formatCount = (value: number) => whole.format(value);
export const formatVolume = (value: number) => (Math.abs(value) < 10000 ? String(+value.toFixed(4)) : compact.format(value));

// 3:04:05, or 4:05 below an hour. Rounds down: never shows time that is not there.
export function formatClock(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest}` : rest;
}

// 1 h 02 min, 3 min 04 s, 1.250 s: exact where exactness can be seen.
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? "−" : "";
  const size = Math.abs(ms);
  if (size < 60_000) return `${sign}${(size / 1000).toFixed(size % 1000 ? 3 : 0)} s`;
  const minutes = Math.floor(size / 60_000);
  const seconds = (size % 60_000) / 1000;
  const secondsText = size % 1000 ? seconds.toFixed(3).padStart(6, "0") : pad(seconds);
  if (minutes < 60) return `${sign}${minutes} min${seconds ? ` ${secondsText} s` : ""}`;
  const tail = seconds ? ` ${pad(minutes % 60)} min ${secondsText} s` : minutes % 60 ? ` ${pad(minutes % 60)} min` : "";
  return `${sign}${Math.floor(minutes / 60)} h${tail}`;
}

export function formatMoney(money: Money): string {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: money.currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(money.amount / 10 ** digits);
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

export const formatLocal = (instant: string) => local.format(new Date(instant));
export const formatDay = (instant: string | null) => instant?.slice(0, 10) ?? "–";

// Minute and second only when the bars are finer than a day.
export function formatBarTime(ms: number, intraday: boolean): string {
  const text = new Date(ms).toISOString();
  return intraday ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : text.slice(0, 10);
}

export const plural = (count: number, one: string, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`;
