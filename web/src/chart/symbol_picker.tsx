// A combobox over the symbols of the dataset in view. Up to a hundred are known already; beyond that the
// server searches.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, isAbort, type Dataset } from "../api";
import { go, href } from "../route";

const kShown = 50;

function useMatches(dataset: Dataset, text: string, open: boolean): string[] {
  const [found, setFound] = useState<string[]>(dataset.symbols);
  const all = dataset.symbol_count <= dataset.symbols.length;
  useEffect(() => {
    const wanted = text.trim().toUpperCase();
    if (!open) return;
    const near = dataset.symbols.filter((symbol) => symbol.toUpperCase().includes(wanted));
    setFound(near);
    if (all || !wanted) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.symbols(wanted, dataset.name, stop.signal).then(
        (page) => setFound(page.data.map((one) => one.symbol)),
        (error: unknown) => {
          if (!isAbort(error)) setFound(near); // what is known already stays usable
        },
      );
    }, 150);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [dataset, text, open]);
  return found.slice(0, kShown);
}

export function SymbolPicker(props: { dataset: Dataset; symbol: string; interval: string }) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const found = useMatches(props.dataset, text, open);
  const choose = (symbol: string | undefined) => {
    if (!symbol) return;
    setOpen(false);
    setText("");
    input.current?.blur();
    go(href("chart", [props.dataset.name, symbol], { interval: props.interval }));
  };
  const move = (by: number) => setActive((found.length + active + by) % Math.max(1, found.length));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") choose(found[active]);
    else if (event.key === "Escape") input.current?.blur();
    else return;
    event.preventDefault();
  };
  return (
    <div class="picker">
      <input
        id="symbol-input"
        ref={input}
        role="combobox"
        aria-label="Symbol"
        aria-expanded={open}
        aria-controls={listId}
        aria-activedescendant={open && found[active] ? `${listId}-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={props.symbol}
        value={open ? text : props.symbol}
        data-testid="symbol-input"
        onFocus={() => { setText(""); setActive(0); setOpen(true); }}
        onBlur={() => setOpen(false)}
        onInput={(event) => { setText(event.currentTarget.value); setActive(0); }}
        onKeyDown={onKeyDown}
      />
      {open && (
        <ul id={listId} role="listbox" aria-label="Symbols" data-testid="symbol-list">
          {found.map((symbol, index) => (
            <li
              key={symbol}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              onMouseDown={(event) => { event.preventDefault(); choose(symbol); }}
            >
              {symbol}
            </li>
          ))}
          {found.length === 0 && <li class="quiet">No such symbol here</li>}
        </ul>
      )}
    </div>
  );
}
