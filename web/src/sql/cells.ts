// Cells of an answer as text, for the grid and for CSV.
import type { QueryResult } from "../api";
import type { GridColumn } from "./grid";

export type Cell = QueryResult["data"][number][number];

export function cellText(value: Cell | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const kNumeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|REAL|DOUBLE|DECIMAL)/i;
const kSample = 200;
const kWide = 1.2; // names are bold and text is often capitals: wider than digits

export function gridColumns(result: QueryResult): GridColumn[] {
  return result.columns.map((column, index) => {
    const right = kNumeric.test(column.type);
    let longest = 0;
    for (const row of result.data.slice(0, kSample)) longest = Math.max(longest, cellText(row[index]).length);
    const width = Math.ceil(Math.max(column.name.length * kWide, right ? longest : longest * kWide, 4));
    return { name: column.name, hint: column.type, right, width: Math.min(width, 48) };
  });
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);

export function toCsv(result: QueryResult): Blob {
  const lines = [result.columns.map((column) => quoted(column.name)).join(",")];
  for (const row of result.data) lines.push(row.map((value) => quoted(cellText(value))).join(","));
  return new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
}

export function download(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
