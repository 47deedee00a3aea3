// What is left, grant by grant, in the order in which they are used.
import { useEffect } from "preact/hooks";
import { balance, refreshBalance, type LiveBalance } from "../balance";
import { formatClock, formatDuration, formatLocal } from "../format";
import { useStore } from "../store";

export const kGrantKinds: Record<string, string> = {
  purchase: "Bought",
  subscription: "Subscription",
  trial: "Trial",
  promotional: "Gift",
  manual: "From the operator",
};

const kSettledMs = 500;

// The stream tells sums only. When they say that time came or went, the grants are asked for; a countdown, which
// moves none of these, asks for nothing.
function useGrantsOf(live: LiveBalance | null): void {
  const now = live?.balance;
  const moved = now && [now.state, now.held_ms, now.debt_ms, now.exhausts_at ?? now.remaining_ms].join(" ");
  useEffect(() => {
    if (!moved) return;
    const wait = setTimeout(() => void refreshBalance(), kSettledMs);
    return () => clearTimeout(wait);
  }, [moved]);
}

export function Grants() {
  const live = useStore(balance);
  useGrantsOf(live);
  if (!live) return <p class="quiet">Loading your balance …</p>;
  const { grants, held_ms, debt_ms, state } = live.balance;
  return (
    <>
      <p class="big num" data-testid="pay-balance">
        {formatClock(live.remainingMs)} <span class="quiet">left{state === "held" ? ", on hold" : ""}</span>
      </p>
      {held_ms > 0 && <p class="quiet">{formatDuration(held_ms)} on hold.</p>}
      {debt_ms > 0 && <p class="quiet">{formatDuration(debt_ms)} owed; the next hours pay it first.</p>}
      <ul class="grants">
        {grants.map((grant) => (
          <li key={grant.id} data-testid="grant-row" data-grant={grant.id} data-remaining-ms={grant.remaining_ms}>
            <span>{kGrantKinds[grant.kind] ?? grant.kind}</span>
            <meter min={0} max={Math.max(1, grant.total_ms)} value={grant.remaining_ms} aria-label="left of this grant" />
            <span class="num">
              {formatDuration(grant.remaining_ms)} of {formatDuration(grant.total_ms)}
            </span>
            <span class="quiet">{grant.expires_at ? `until ${formatLocal(grant.expires_at)}` : "does not expire"}</span>
          </li>
        ))}
      </ul>
      {grants.length === 0 && <p class="quiet">No hours yet.</p>}
    </>
  );
}
