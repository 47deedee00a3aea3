// Where the reader is: #/chart/<dataset>/<symbol>?interval=1d, #/sql, #/usage/<tab>, #/pay, #/account/<tab>.
import { Store } from "./store";

export const kViews = ["chart", "sql", "usage", "pay", "account"] as const;
export type View = (typeof kViews)[number];
export interface Route {
  view: View;
  parts: string[];
  query: URLSearchParams;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The bare address of the chart means the chart that was open last.
let lastChart: Route | null = null;

function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [first = "", ...parts] = path.split("/").map(decode);
  const view = kViews.find((known) => known === first) ?? "chart";
  const parsed = { view, parts: parts.filter(Boolean), query: new URLSearchParams(query) };
  if (view !== "chart") return parsed;
  if (parsed.parts.length > 0) lastChart = parsed;
  return lastChart ?? parsed;
}

export const route = new Store<Route>(parse(location.hash));

export function href(view: View, parts: string[] = [], query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${[view, ...parts.map(encodeURIComponent)].join("/")}${search ? `?${search}` : ""}`;
}

export function go(target: string, replace = false): void {
  if (target === location.hash) return;
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  route.set(parse(location.hash));
}

for (const event of ["hashchange", "popstate"]) addEventListener(event, () => route.set(parse(location.hash)));
