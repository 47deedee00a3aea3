// The whole rows of an answer that ended in the middle: {"columns":[...],"data":[[...],[...],[..
import type { QueryResult } from "../api";

// Where the last list that lies directly in the outer list `data` ends; 0 when there is none.
function endOfLastRow(text: string, from: number): number {
  let depth = 0;
  let end = 0;
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
    } else if (letter === "[" || letter === "{") depth += 1;
    else if (letter === "]" || letter === "}") {
      depth -= 1;
      if (depth === 1) end = at + 1;
      if (depth === 0) return end;
    }
  }
  return end;
}

export function rowsThatCame(text: string): QueryResult | null {
  const mark = ',"data":[';
  const start = text.indexOf(mark);
  if (start < 0) return null;
  const list = start + mark.length - 1;
  const end = endOfLastRow(text, list) || list + 1;
  try {
    const rows = JSON.parse(`${text.slice(0, end)}]}`) as Pick<QueryResult, "columns" | "data">;
    return { ...rows, row_count: rows.data.length, truncated: true, elapsed_ms: 0 };
  } catch {
    return null; // not the shape of an answer: there is nothing to show
  }
}
