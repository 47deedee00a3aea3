// A table that draws only the rows in view: 100,000 rows scroll like ten.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

const kRowPx = 26;
const kSpare = 12;
const kMaxPx = 15_000_000; // beyond this, browsers draw wrongly: the scroll bar is scaled instead

export interface GridColumn {
  name: string;
  hint?: string;
  right?: boolean;
  width: number; // in characters
}

export interface GridProps {
  columns: GridColumn[];
  rows: number;
  cell: (row: number, column: number) => ComponentChildren;
  label: string;
  testId: string;
}

const kLetterPx = 7.6;
const kPaddingPx = 22;

// Head and rows share one set of widths; a last column of text takes what is left.
function frameOf(columns: GridColumn[]): Record<string, string> {
  const widths = columns.map((column) => Math.ceil(column.width * kLetterPx) + kPaddingPx);
  const last = widths.length - 1;
  const template = widths.map((width, index) => (index === last && !columns[index]?.right ? `minmax(${width}px, 1fr)` : `${width}px`));
  return { "--columns": template.join(" "), "--width": `${widths.reduce((sum, width) => sum + width, 0)}px` };
}

function useWindow(rows: number) {
  const element = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    let frame = 0;
    const onScroll = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setTop(box.scrollTop));
    };
    const watcher = new ResizeObserver(() => setHeight(box.clientHeight));
    watcher.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      watcher.disconnect();
      box.removeEventListener("scroll", onScroll);
      cancelAnimationFrame(frame);
    };
  }, []);
  useEffect(() => {
    if (element.current) element.current.scrollTop = 0;
  }, [rows]);
  const real = rows * kRowPx;
  const drawn = Math.min(real, kMaxPx);
  const at = drawn > height ? (top / (drawn - height)) * (real - height) : 0;
  const first = Math.max(0, Math.floor(Math.max(0, at) / kRowPx) - kSpare);
  const last = Math.min(rows, Math.ceil((at + height) / kRowPx) + kSpare);
  return { element, drawn, first, last, offset: top - at + first * kRowPx };
}

export function Grid(props: GridProps) {
  const { columns, rows } = props;
  const { element, drawn, first, last, offset } = useWindow(rows);
  const frame = useMemo(() => frameOf(columns), [columns]);
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return (
    <div class="grid" ref={element} role="grid" aria-rowcount={rows + 1} aria-label={props.label} data-testid={props.testId} data-rows={rows} tabIndex={0} style={frame}>
      <div class="grid-row grid-head" role="row" aria-rowindex={1}>
        {columns.map((column, index) => (
          <div key={index} role="columnheader" class={column.right ? "right" : ""} title={column.hint}>{column.name}</div>
        ))}
      </div>
      <div class="grid-space" style={{ height: `${drawn}px` }}>
        <div class="grid-rows" style={{ transform: `translateY(${offset}px)` }}>
          {shown.map((row) => (
            <div key={row} class={`grid-row ${row % 2 ? "odd" : ""}`} role="row" aria-rowindex={row + 2}>
              {columns.map((column, index) => (
                <div key={index} role="gridcell" class={column.right ? "right num" : ""}>{props.cell(row, index)}</div>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
