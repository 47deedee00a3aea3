import { useMemo, useState } from "preact/hooks";
import { api, type LedgerEntry } from "../api";
import { formatDuration, formatLocal, plural } from "../format";
import { BalanceLine } from "./balance_line";
import { linesOf, sumsOf, type Line } from "./ledger_sums";
import { PagedSection } from "./paged_section";
import { usePages } from "./pages";

const kKinds: Record<LedgerEntry["kind"], string> = {
  grant_issued: "Hours added",
  run_charged: "Used",
  run_reassigned: "Charged to other hours",
  run_recorded: "Noted",
  grant_expired: "Expired",
  grant_held: "Put on hold",
  grant_released: "Released",
  grant_revoked: "Taken back",
  grant_restored: "Given back",
  adjusted: "Adjusted",
  debt_recorded: "Debt",
  debt_repaid: "Debt repaid",
};

const signed = (ms: number) => (ms > 0 ? `+${formatDuration(ms)}` : formatDuration(ms));

function Totals(props: { entries: LedgerEntry[] }) {
  const sums = sumsOf(props.entries);
  const parts: [string, string, number][] = [["", "Added", sums.addedMs], ["−", "Used", sums.chargedMs]];
  if (sums.openingMs !== 0) parts.unshift(["", "Before these lines", sums.openingMs]);
  if (sums.openingMs !== 0 && parts[1]) parts[1][0] = "+";
  if (sums.otherMs !== 0) parts.push([sums.otherMs < 0 ? "−" : "+", "Other changes", Math.abs(sums.otherMs)]);
  return (
    <dl class="equation" data-testid="ledger-totals" data-added-ms={sums.addedMs} data-charged-ms={sums.chargedMs} data-balance-ms={sums.closingMs}>
      {parts.map(([sign, name, ms]) => (
        <div key={name}>
          {sign && <span class="sign" aria-hidden="true">{sign}</span>}
          <span><dt>{name}</dt><dd class="num">{formatDuration(ms)}</dd></span>
        </div>
      ))}
      <div>
        <span class="sign" aria-hidden="true">=</span>
        <span><dt>Balance</dt><dd class="num">{formatDuration(sums.closingMs)}</dd></span>
      </div>
    </dl>
  );
}

function Row(props: { line: Line }) {
  const { newest, oldest, count, amountMs } = props.line;
  return (
    <tr data-testid="ledger-row" data-kind={newest.kind} data-sequence={newest.sequence} data-change-ms={amountMs} data-balance-ms={newest.available_after_ms}>
      <td data-label="When" class="num">{formatLocal(oldest.at)}</td>
      <td data-label="What">
        <span class="wrap">
          {kKinds[newest.kind]}
          <span class="quiet"> {newest.reason}{count > 1 && ` · ${plural(count, "entry", "entries")}`}</span>
        </span>
      </td>
      <td data-label="Change" class={`right num ${amountMs > 0 ? "up" : ""}`}>{signed(amountMs)}</td>
      <td data-label="Balance" class="right num">{formatDuration(newest.available_after_ms)}</td>
      <td data-label="Entry" class="num quiet" title={`SHA-256 ${newest.hash}`}>{newest.sequence} · {newest.hash.slice(0, 8)}</td>
    </tr>
  );
}

function Table(props: { entries: LedgerEntry[]; every: boolean }) {
  const lines = useMemo(() => linesOf(props.entries, props.every), [props.entries, props.every]);
  return (
    <div class="scroll-x">
      <table class="table stacked" data-testid="ledger-table">
        <thead>
          <tr><th>When</th><th>What</th><th class="right">Change</th><th class="right">Balance</th><th>Entry</th></tr>
        </thead>
        <tbody>{lines.map((line) => <Row key={line.newest.sequence} line={line} />)}</tbody>
      </table>
    </div>
  );
}

export function Ledger() {
  const list = usePages(api.ledger);
  const [every, setEvery] = useState(false);
  return (
    <PagedSection list={list} empty="No entries yet.">
      {(entries) => (
        <>
          <Totals entries={entries} />
          <BalanceLine entries={entries} />
          <label class="choice">
            <input type="checkbox" data-testid="ledger-every" checked={every} onChange={(event) => setEvery(event.currentTarget.checked)} />
            Every single entry
          </label>
          <Table entries={entries} every={every} />
        </>
      )}
    </PagedSection>
  );
}
