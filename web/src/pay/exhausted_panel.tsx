import { useStore } from "../store";
import { Dialog } from "../ui/dialog";
import { Packs } from "./packs";
import { payNeeded } from "./pay_needed";

const kTitles: Record<string, string> = {
  hours_exhausted: "Your hours are used up",
  subscription_required: "This needs a subscription",
  account_held: "Your account is on hold",
};

export function ExhaustedPanel() {
  const needed = useStore(payNeeded);
  if (!needed) return null;
  const held = needed.reason === "account_held";
  return (
    <Dialog title={kTitles[needed.reason] ?? "Payment is needed"} onClose={() => payNeeded.set(null)} testId="exhausted-panel">
      <p>{needed.detail}</p>
      {held ? (
        <p class="quiet">A payment is being disputed or checked. Your data is safe; write to the operator to sort it out.</p>
      ) : (
        <>
          <p class="quiet">Your datasets, usage and receipts stay open. Buy hours to go on charting and querying.</p>
          <Packs />
        </>
      )}
    </Dialog>
  );
}
