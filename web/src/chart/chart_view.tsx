import { useEffect, useRef, useState } from "preact/hooks";
import { api, isAbort, messageOf, type Dataset } from "../api";
import { workspace } from "../data/workspace";
import { go, href, route } from "../route";
import { useStore } from "../store";
import { theme } from "../theme";
import { isTyping } from "../ui/keys";
import { Notice } from "../ui/notice";
import { barsOf, decimalsOf, type Bar } from "./bars";
import { kRanges, minutesOf, offeredIntervals, usableInterval, type Range } from "./intervals";
import { Legend } from "./legend";
import { PriceChart } from "./price_chart";
import { SymbolPicker } from "./symbol_picker";

interface Loaded {
  bars: Bar[] | null;
  loading: boolean;
  error: string | null;
}

function useBars(dataset: string, symbol: string, interval: string, attempt: number): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ bars: null, loading: true, error: null });
  useEffect(() => {
    const stop = new AbortController();
    setLoaded((before) => ({ ...before, loading: true, error: null }));
    api.bars(symbol, dataset, interval, stop.signal).then(
      (columns) => setLoaded({ bars: barsOf(columns), loading: false, error: null }),
      (error: unknown) => {
        if (!isAbort(error)) setLoaded({ bars: null, loading: false, error: messageOf(error) });
      },
    );
    return () => stop.abort();
  }, [dataset, symbol, interval, attempt]);
  return loaded;
}

function onChartKey(chart: PriceChart | null, event: KeyboardEvent): void {
  const acts: Record<string, () => void> = {
    "+": () => chart?.zoom(0.7),
    "-": () => chart?.zoom(1.4),
    ArrowLeft: () => chart?.pan(-0.15),
    ArrowRight: () => chart?.pan(0.15),
    Home: () => chart?.showRange("All"),
  };
  const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : acts[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}

function useLogToggle(): [boolean, () => void] {
  const [on, setOn] = useState(false);
  const toggle = () => setOn((now) => !now);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "l" && !event.ctrlKey && !event.metaKey && !isTyping(event)) toggle();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return [on, toggle];
}

interface CanvasProps {
  bars: Bar[];
  symbol: string;
  interval: string;
  range: Range;
  logarithmic: boolean;
}

function Canvas(props: CanvasProps) {
  const { bars, range, interval } = props;
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  const [hovered, setHovered] = useState<Bar | null>(null);
  const colours = useStore(theme);
  const intraday = (minutesOf(interval) ?? 0) < 1440;
  useEffect(() => {
    if (!element.current) return;
    chart.current = new PriceChart(element.current, setHovered);
    return () => chart.current?.destroy();
  }, []);
  useEffect(() => {
    setHovered(null);
    chart.current?.show(bars, intraday);
  }, [bars]);
  useEffect(() => chart.current?.showRange(range), [bars, range]);
  useEffect(() => chart.current?.paint(), [colours]);
  useEffect(() => chart.current?.setLogarithmic(props.logarithmic), [props.logarithmic]);
  const bar = hovered ?? bars.at(-1);
  return (
    <>
      {bar && <Legend symbol={props.symbol} interval={interval} bar={bar} decimals={decimalsOf(bars)} intraday={intraday} />}
      <div
        class="chart-canvas"
        ref={element}
        tabIndex={0}
        role="img"
        aria-label={`Candles and volume of ${props.symbol}, ${bars.length} bars. Arrow keys move, plus and minus zoom.`}
        data-testid="chart"
        data-bars={bars.length}
        onKeyDown={(event) => onChartKey(chart.current, event)}
      />
    </>
  );
}

function Plot(props: { dataset: Dataset; symbol: string }) {
  const { dataset, symbol } = props;
  const { query } = useStore(route);
  const interval = usableInterval(query.get("interval"), dataset.interval);
  const [range, setRange] = useState<Range>((minutesOf(dataset.interval) ?? 1440) < 1440 ? "5D" : "1Y");
  const [logarithmic, toggleLog] = useLogToggle();
  const [attempt, setAttempt] = useState(0);
  const { bars, loading, error } = useBars(dataset.name, symbol, interval, attempt);
  return (
    <div class="chart-view" aria-busy={loading}>
      <div class="toolbar">
        <SymbolPicker dataset={dataset} symbol={symbol} interval={interval} />
        <select
          aria-label="Interval"
          value={interval}
          data-testid="interval"
          onChange={(event) => go(href("chart", [dataset.name, symbol], { interval: event.currentTarget.value }))}
        >
          {offeredIntervals(dataset.interval).map((one) => <option key={one.code} value={one.code}>{one.code}</option>)}
        </select>
        <div class="segments" role="group" aria-label="Range">
          {kRanges.map((one) => (
            <button key={one} aria-pressed={range === one} onClick={() => setRange(one)} data-testid={`range-${one.toLowerCase()}`}>{one}</button>
          ))}
        </div>
        <button class="toggle" aria-pressed={logarithmic} onClick={toggleLog} data-testid="log-toggle" title="Logarithmic prices (L)">log</button>
      </div>
      {error && <Notice kind="error" text={error} action="Try again" onAction={() => setAttempt(attempt + 1)} testId="chart-error" />}
      <div class="chart-box">
        {loading && <div class="loading-bar" role="status" aria-label="Loading bars" />}
        {bars && bars.length > 0 && <Canvas bars={bars} symbol={symbol} interval={interval} range={range} logarithmic={logarithmic} />}
        {bars?.length === 0 && <p class="quiet pad">There are no bars of {symbol} at this interval.</p>}
      </div>
    </div>
  );
}

export function ChartView() {
  const { detail, datasets } = useStore(workspace);
  const { parts } = useStore(route);
  if (!detail) return <p class="quiet pad">{datasets ? "Opening the dataset …" : "Loading …"}</p>;
  const symbol = (parts[0] === detail.name ? parts[1] : undefined) ?? detail.symbols[0];
  if (!symbol) return <p class="quiet pad">This dataset has no rows to draw.</p>;
  return <Plot key={detail.name} dataset={detail} symbol={symbol} />;
}
