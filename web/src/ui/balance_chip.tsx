import { balance, type LiveBalance } from "../balance";
import { formatClock } from "../format";
import { href } from "../route";
import { useStore } from "../store";

const kLowMs = 10 * 60_000;
const kVeryLowMs = 60_000;

function level(live: LiveBalance): string {
  if (live.balance.state !== "active" || live.remainingMs < kVeryLowMs) return "empty";
  return live.remainingMs < kLowMs ? "low" : "fine";
}

function status(live: LiveBalance): string {
  if (!live.live) return "reconnecting";
  if (live.balance.state === "held") return "on hold";
  if (live.balance.state === "exhausted") return "used up";
  return live.counting ? "counting" : "standing still";
}

export function BalanceChip() {
  const live = useStore(balance);
  if (!live) return <span class="chip quiet" data-testid="balance" data-state="loading">–:––</span>;
  const words = status(live);
  return (
    <a
      href={href("pay")}
      class={`chip ${level(live)}`}
      data-testid="balance"
      data-state={live.balance.state}
      data-rate={live.counting ? 1 : 0}
      data-remaining-seconds={Math.floor(live.remainingMs / 1000)}
      title={`Time left: ${words}. Buy more under Hours.`}
    >
      <span class={`dot ${live.live && live.counting ? "burning" : ""}`} aria-hidden="true" />
      <span class="num" role="timer" aria-label="Time left">
        {formatClock(live.remainingMs)}
      </span>
      <span class="chip-words">{words}</span>
    </a>
  );
}
