import { useEffect } from "preact/hooks";
import { refreshBalance } from "../balance";
import { Grants } from "../pay/grants";
import { href, route } from "../route";
import { useStore } from "../store";
import { Ledger } from "./ledger";
import { Payments } from "./payments";
import { Receipts } from "./receipts";
import { Runs } from "./runs";

const kTabs = [
  ["runs", "Runs", null, Runs],
  ["balance", "Balance", "What is left and when it expires, in the order in which it is used.", Grants],
  ["ledger", "Ledger", "Every change of your balance. The lines add up, and each carries the hash of the one before.", Ledger],
  ["receipts", "Receipts", "What a month brought and cost.", Receipts],
  ["payments", "Payments", "What you bought.", Payments],
] as const;

export function UsageView() {
  const { parts } = useStore(route);
  const [name, title, words, Section] = kTabs.find(([tab]) => tab === parts[0]) ?? kTabs[0];
  useEffect(() => void refreshBalance(), []);
  return (
    <div class="page" data-testid="usage-view">
      <h1>Usage</h1>
      <nav class="tabs" aria-label="Usage">
        {kTabs.map(([tab, text]) => (
          <a key={tab} href={href("usage", [tab])} aria-current={tab === name ? "page" : undefined} data-testid={`usage-tab-${tab}`}>{text}</a>
        ))}
      </nav>
      <section class="card" aria-label={title}>
        {words && <p class="quiet">{words}</p>}
        <Section key={name} />
      </section>
    </div>
  );
}
