// Runs as stripes on their days. One stop for the Tab key; arrows go from run to run.
import { useMemo, useRef, useState } from "preact/hooks";
import type { Run } from "../api";
import { formatDuration, formatLocal } from "../format";
import { daysOf, type Day } from "./days";
import { endWords, RunFacts } from "./run_facts";

const dayName = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const kHours = [0, 6, 12, 18, 24];
const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

function labelOf(run: Run): string {
  return `${formatLocal(run.started_at)}, charged ${formatDuration(run.billed_ms)}, ${endWords(run)}`;
}

function Track(props: { day: Day; chosen: Run; onChoose: (run: Run) => void; onOpen: (run: Run) => void }) {
  const { day, chosen } = props;
  return (
    <li class="day" data-testid="timeline-day">
      <span class="day-name">{dayName.format(day.start)}</span>
      <div class="track">
        {day.pieces.map(({ run, from, to }) => (
          <button
            key={run.id}
            class={`stripe ${run.state} ${run.id === chosen.id ? "chosen" : ""}`}
            style={{ left: percent(from), width: percent(to - from) }}
            aria-label={labelOf(run)}
            tabIndex={run.id === chosen.id ? 0 : -1}
            data-testid="timeline-run"
            data-run={run.id}
            onPointerEnter={() => props.onChoose(run)}
            onFocus={() => props.onChoose(run)}
            onClick={() => props.onOpen(run)}
          />
        ))}
      </div>
      <span class="day-sum num">{formatDuration(day.billedMs)}</span>
    </li>
  );
}

export function Timeline(props: { runs: Run[]; onOpen: (run: Run) => void }) {
  const { runs } = props;
  const days = useMemo(() => daysOf(runs), [runs]);
  const list = useRef<HTMLOListElement>(null);
  const [id, setId] = useState<string | null>(null);
  const chosen = runs.find((run) => run.id === id) ?? runs[0];
  if (!chosen) return null;
  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowLeft: 1, ArrowDown: 1, ArrowRight: -1, ArrowUp: -1 };
    const step = steps[event.key];
    const next = step === undefined ? undefined : runs[runs.indexOf(chosen) + step];
    if (!next) return;
    event.preventDefault();
    list.current?.querySelector<HTMLElement>(`[data-run="${next.id}"]`)?.focus();
  };
  return (
    <div class="timeline" data-testid="timeline">
      <div class="hours" aria-hidden="true">
        {kHours.map((hour) => <span key={hour} style={{ left: percent(hour / 24) }}>{hour}</span>)}
      </div>
      <ol ref={list} onKeyDown={onKey} aria-label="Runs by day; arrow keys go from run to run">
        {days.map((day) => <Track key={day.start} day={day} chosen={chosen} onChoose={(run) => setId(run.id)} onOpen={props.onOpen} />)}
      </ol>
      <div aria-live="polite"><RunFacts run={chosen} /></div>
    </div>
  );
}
