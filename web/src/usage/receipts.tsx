// The receipt of a month, in the three forms that the server writes.
import { useEffect, useState } from "preact/hooks";
import { api, messageOf, receiptAddress, type Receipt } from "../api";
import { formatDuration } from "../format";
import { Notice } from "../ui/notice";

const kMonths = 24;
const monthName = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

// Receipts run from the first of a month to the next in UTC, newest first.
function months(): { value: string; name: string }[] {
  const now = new Date();
  return Array.from({ length: kMonths }, (_, back) => {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back));
    return { value: first.toISOString().slice(0, 7), name: monthName.format(first) };
  });
}

function Sums(props: { receipt: Receipt }) {
  const { receipt } = props;
  const parts: [string, string, number][] = [
    ["", "At its start", receipt.opening_available_ms],
    [receipt.moved_ms < 0 ? "−" : "+", "Brought", Math.abs(receipt.moved_ms)],
    ["−", "Used", receipt.charged_ms],
    ["=", "At its end", receipt.closing_available_ms],
  ];
  if (receipt.unexpired_ms > 0) parts.splice(2, 0, ["+", "Used before it expired", receipt.unexpired_ms]);
  return (
    <>
      <dl class="equation" data-testid="receipt-sums" data-charged-ms={receipt.charged_ms} data-closing-ms={receipt.closing_available_ms}>
        {parts.map(([sign, name, ms]) => (
          <div key={name}>
            {sign && <span class="sign" aria-hidden="true">{sign}</span>}
            <span><dt>{name}</dt><dd class="num">{formatDuration(ms)}</dd></span>
          </div>
        ))}
      </dl>
      <p class="quiet hash">SHA-256 <code>{receipt.sha256}</code></p>
    </>
  );
}

export function Receipts() {
  const [month, setMonth] = useState(() => new Date().toISOString().slice(0, 7));
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    setReceipt(null);
    setError(null);
    api.receipt(month).then(
      (answer) => wanted && setReceipt(answer),
      (problem: unknown) => wanted && setError(messageOf(problem)),
    );
    return () => {
      wanted = false;
    };
  }, [month]);
  const file = `redline-receipt-${month}`;
  return (
    <div class="stack" aria-busy={!receipt && !error}>
      <label class="narrow">
        Month
        <select value={month} onChange={(event) => setMonth(event.currentTarget.value)} data-testid="receipt-month">
          {months().map(({ value, name }) => <option key={value} value={value}>{name}</option>)}
        </select>
      </label>
      {error && <Notice kind="error" text={error} />}
      {receipt && <Sums receipt={receipt} />}
      <p class="row links">
        <a href={receiptAddress(month, "html")} target="_blank" rel="noopener" data-testid="receipt-html">Page to print</a>
        <a href={receiptAddress(month, "csv")} download={`${file}.csv`} data-testid="receipt-csv">CSV</a>
        <a href={receiptAddress(month, "json")} download={`${file}.json`} data-testid="receipt-json">JSON</a>
      </p>
      <p class="quiet">A kept file can be checked without this server: <code>redline ledger receipt --verify FILE</code></p>
    </div>
  );
}
