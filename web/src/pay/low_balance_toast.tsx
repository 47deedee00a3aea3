// Says once that the time is running out, in a corner that nothing else needs; stays until it is read or more time is there.
import { lowBalance } from "../balance";
import { href } from "../route";
import { useStore } from "../store";

const kWords: Record<number, string> = { 3600: "Less than one hour is left.", 900: "Less than 15 minutes are left.", 0: "No time is left." };

export function LowBalanceToast() {
  const warned = useStore(lowBalance);
  const dismiss = () => lowBalance.set(null);
  // The region is there before its words, or screen readers would not read them.
  return (
    <div class="toasts" role="status">
      {warned && (
        <div class="toast" data-testid="low-balance" data-level={warned.level_seconds} onKeyDown={(event) => event.key === "Escape" && dismiss()}>
          <strong>{kWords[warned.level_seconds]}</strong>
          <a href={href("pay")} onClick={dismiss} data-testid="low-balance-buy">Buy hours</a>
          <button class="icon" onClick={dismiss} aria-label="Dismiss" data-testid="low-balance-dismiss">×</button>
        </div>
      )}
    </div>
  );
}
