// Keys of the whole page. Plain keys never fire while somebody types.
import { go, href, kViews, route } from "../route";

export const kKeys: readonly (readonly [string, string])[] = [
  ["1 – 5", "Chart, SQL, Usage, Hours, Account"],
  ["/", "Search a symbol"],
  ["Ctrl + Enter", "Run the SQL statement"],
  ["Esc", "Close what is open; stop a running statement"],
  ["L", "Logarithmic prices on or off"],
  ["+ / −, ← / →", "Zoom and move the chart, when it has the focus"],
  ["Home", "All bars, when the chart has the focus"],
  ["?", "This help"],
];

export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function focusSymbolSearch(): void {
  let tries = 60; // frames: the chart may have to be drawn first
  const focus = () => {
    const input = document.querySelector<HTMLInputElement>("#symbol-input");
    if (input) input.focus();
    else if (tries-- > 0) requestAnimationFrame(focus);
  };
  focus();
}

export function startKeys(onHelp: () => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (document.querySelector("dialog[open]")) return;
    const view = kViews[Number(event.key) - 1];
    if (view) go(href(view));
    else if (event.key === "/") {
      if (route.value.view !== "chart") go(href("chart"));
      focusSymbolSearch();
    } else if (event.key === "?") onHelp();
    else return;
    event.preventDefault();
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}
