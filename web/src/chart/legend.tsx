import { formatBarTime, formatVolume } from "../format";
import type { Bar } from "./bars";

export function Legend(props: { symbol: string; interval: string; bar: Bar; decimals: number; intraday: boolean }) {
  const { bar, decimals } = props;
  const price = (value: number) => value.toFixed(decimals);
  const change = bar.previous === null ? null : bar.close - bar.previous;
  const percent = change === null || !bar.previous ? null : (change / bar.previous) * 100;
  const rising = change === null ? bar.close >= bar.open : change >= 0;
  const sign = change !== null && change >= 0 ? "+" : "−";
  return (
    <div class="legend num" data-testid="legend" aria-live="off">
      <strong>{props.symbol}</strong> <span class="quiet">{props.interval} · {formatBarTime(bar.time, props.intraday)}</span>
      <span class={rising ? "up" : "down"}>
        <i>O</i>{price(bar.open)} <i>H</i>{price(bar.high)} <i>L</i>{price(bar.low)} <i>C</i>
        <b data-testid="legend-close">{price(bar.close)}</b>
        {change !== null && (
          <span>
            {" "}{rising ? "▲" : "▼"} {sign}{price(Math.abs(change))}
            {percent !== null && ` (${sign}${Math.abs(percent).toFixed(2)} %)`}
          </span>
        )}
      </span>
      <span><i>V</i>{bar.volume === null ? "–" : formatVolume(bar.volume)}</span>
    </div>
  );
}
