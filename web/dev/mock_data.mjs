// Made-up prices and reports for mock.mjs; the same every time.
function generator(seed) {
  let value = seed;
  return () => {
    value = (value * 1664525 + 1013904223) >>> 0;
    return value / 2 ** 32;
  };
}

const minutes = { "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440, "1w": 10080, "1mo": 43200 };

export function bars(symbol, interval) {
  const random = generator([...symbol].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0);
  const step = minutes[interval] * 60_000;
  const count = Math.min(20_000, Math.floor((3379 * 1440) / Math.max(minutes[interval], 60)));
  const start = Date.UTC(2018, 0, 19) - count * step;
  const out = { symbol, interval, timezone: "UTC", t: [], o: [], h: [], l: [], c: [], v: [], n: [] };
  let price = symbol === "EURUSD" ? 1.2 : 20;
  for (let index = 0; index < count; index += 1) {
    const time = start + index * step;
    const day = new Date(time).getUTCDay();
    if (interval === "1d" && (day === 0 || day === 6)) continue;
    const open = price;
    price *= 1 + (random() - 0.488) * 0.03;
    const high = Math.max(open, price) * (1 + random() * 0.008);
    const low = Math.min(open, price) * (1 - random() * 0.008);
    const digits = open < 5 ? 5 : 2;
    out.t.push(time);
    for (const [name, value] of Object.entries({ o: open, h: high, l: low, c: price })) out[name].push(+value.toFixed(digits));
    out.v.push(Math.round(2e7 + random() * 6e7));
    out.n.push(1);
  }
  return out;
}

export function report(count) {
  return {
    format: "yahoo_web", confidence: 0.97, reason: "The header is Date, Open, High, Low, Close, Adj Close, Volume.", timezone: "exchange-local days", timestamp_unit: "date", delimiter: ",", decimal: ".",
    rows_read: count + 14, rows_kept: count,
    rejected: [
      { reason: "no_prices", count: 12, examples: [{ line: 288, text: "2014-11-27,null,null,null,null,null,null" }, { line: 541, text: "2015-12-25,null,null,null,null,null,null" }] },
      { reason: "high_below_low", count: 1, examples: [{ line: 902, text: "2016-06-24,93.05,<img src=x onerror=alert(1)>,94.65,93.40,91.204,75311400" }] },
      { reason: "ragged_line", count: 1, examples: [{ line: 1407, text: "2018-01-19,178.61" }] },
    ],
    duplicates: { exact: 1, conflicting: 0 }, sorted: true,
    warnings: [{ code: "jump", message: "The price moved by more than half overnight: a split that is not adjusted?", count: 2 }, { code: "zero_volume", message: "Days without volume", count: 5 }],
    questions: [], columns: [["Date", "timestamp"], ["Open", "open"], ["High", "high"], ["Low", "low"], ["Close", "close"], ["Adj Close", "adj_close"], ["Volume", "vol"]].map(([source, role]) => ({ source, role })), elapsed_ms: 84.2,
  };
}

export function dataset(name, symbols, count, interval, filename = `${name}.csv`) {
  return {
    name, rows: count, symbol_count: symbols.length, from: "2004-08-19T00:00:00.000Z", to: "2018-01-19T00:00:00.000Z", interval, size_bytes: count * 48, created_at: "2026-11-22T10:00:00.000Z",
    symbols, imports: [{ id: "job_1", filename, report: report(count) }],
  };
}

export function rows(count) {
  const random = generator(99);
  const columns = [["ticker", "VARCHAR"], ["timestamp", "TIMESTAMP"], ["open", "DOUBLE"], ["high", "DOUBLE"], ["low", "DOUBLE"], ["close", "DOUBLE"], ["vol", "DOUBLE"], ["note", "VARCHAR"]].map(([name, type]) => ({ name, type }));
  const data = Array.from({ length: count }, (_, index) => {
    const price = 100 + random() * 40;
    return ["AAPL", new Date(Date.UTC(2004, 7, 19) + index * 86_400_000).toISOString(), ...[0, 1.2, -1.1, 0.4].map((by) => +(price + by).toFixed(2)), Math.round(random() * 1e8), index % 7 ? null : "<b>text</b>"];
  });
  return { columns, data, row_count: count, truncated: count === 100_000, elapsed_ms: 12.4 };
}
