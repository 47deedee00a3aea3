// The price chart: candles over a volume pane. Rising candles are hollow and falling ones filled, so that
// colour is never the only cue. Owns the library's objects; destroy() frees them.
import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  HistogramSeries,
  PriceScaleMode,
  createChart,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  type UTCTimestamp,
} from "lightweight-charts";
import { formatVolume } from "../format";
import { colour } from "../theme";
import { decimalsOf, indexAt, type Bar } from "./bars";
import { rangeStart, type Range } from "./intervals";

const seconds = (ms: number) => Math.floor(ms / 1000) as UTCTimestamp;

export class PriceChart {
  private readonly chart: IChartApi;
  private readonly prices: ISeriesApi<"Candlestick">;
  private readonly volumes: ISeriesApi<"Histogram">;
  private bars: Bar[] = [];

  constructor(element: HTMLElement, onHover: (bar: Bar | null) => void) {
    // Sized before the first range is set: the library's own watcher comes too late for that.
    const size = { width: element.clientWidth, height: element.clientHeight };
    this.chart = createChart(element, {
      ...size,
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { rightOffset: 4, minBarSpacing: 0.05 },
    });
    this.prices = this.chart.addSeries(CandlestickSeries, {});
    this.volumes = this.chart.addSeries(
      HistogramSeries,
      { priceFormat: { type: "custom", formatter: formatVolume, minMove: 0.0001 }, priceLineVisible: false, lastValueVisible: false },
      1,
    );
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.15, bottom: 0 } });
    const [main, below] = this.chart.panes();
    main?.setStretchFactor(4);
    below?.setStretchFactor(1);
    this.chart.subscribeCrosshairMove((event) => onHover(this.barUnder(event)));
    this.paint();
  }

  destroy(): void {
    this.chart.remove();
  }

  // Colours come from the style sheet; call again when the theme changes.
  paint(): void {
    const [up, down, line] = [colour("up"), colour("down"), colour("line")];
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colour("surface") },
        textColor: colour("quiet"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        attributionLogo: true,
        panes: { separatorColor: line, separatorHoverColor: line },
      },
      grid: { vertLines: { color: colour("grid") }, horzLines: { color: colour("grid") } },
      rightPriceScale: { borderColor: line, scaleMargins: { top: 0.14, bottom: 0.06 } },
      timeScale: { borderColor: line },
      localization: { locale: "en-US" },
    });
    this.prices.applyOptions({
      upColor: "rgba(0,0,0,0)",
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
      priceLineColor: colour("red"),
    });
    this.drawVolumes();
  }

  show(bars: Bar[], intraday: boolean): void {
    this.bars = bars;
    const precision = decimalsOf(bars);
    this.prices.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
    this.chart.applyOptions({ timeScale: { timeVisible: intraday, secondsVisible: false } });
    this.prices.setData(bars.map((bar) => ({ time: seconds(bar.time), open: bar.open, high: bar.high, low: bar.low, close: bar.close })));
    this.drawVolumes();
  }

  setLogarithmic(on: boolean): void {
    this.chart.priceScale("right").applyOptions({ mode: on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
  }

  showRange(range: Range): void {
    const last = this.bars.at(-1);
    if (!last) return;
    const start = rangeStart(range, last.time);
    if (start === null) return this.chart.timeScale().fitContent();
    this.showBars(indexAt(this.bars, start), this.bars.length);
  }

  // Positive counts move towards newer bars.
  pan(share: number): void {
    const visible = this.chart.timeScale().getVisibleLogicalRange();
    if (!visible) return;
    const by = (visible.to - visible.from) * share;
    this.showBars(visible.from + by, visible.to + by);
  }

  zoom(factor: number): void {
    const visible = this.chart.timeScale().getVisibleLogicalRange();
    if (!visible) return;
    const width = Math.max(5, (visible.to - visible.from) * factor);
    this.showBars(visible.to - width, visible.to);
  }

  private showBars(from: number, to: number): void {
    this.chart.timeScale().setVisibleLogicalRange({ from, to });
  }

  private drawVolumes(): void {
    const [up, down] = [colour("up-soft"), colour("down-soft")];
    this.volumes.setData(
      this.bars.map((bar) => ({ time: seconds(bar.time), value: bar.volume ?? 0, color: bar.close >= bar.open ? up : down })),
    );
  }

  private barUnder(event: MouseEventParams): Bar | null {
    if (typeof event.time !== "number") return null;
    const bar = this.bars[indexAt(this.bars, event.time * 1000)];
    return bar ?? null;
  }
}
