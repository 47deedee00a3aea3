// A 402 from anywhere opens one panel; time coming back closes it.
import { onApiError } from "../api";
import { balance } from "../balance";
import { Store } from "../store";

export interface PayNeeded {
  reason: string;
  detail: string;
}

export const payNeeded = new Store<PayNeeded | null>(null);

onApiError((error) => {
  if (error.status === 402) payNeeded.set({ reason: error.reason, detail: error.message });
});

let wasActive = false;
balance.subscribe((live) => {
  if (!live) return;
  const active = live.balance.state === "active";
  if (active && !wasActive) payNeeded.set(null);
  if (!active && wasActive && live.balance.state === "exhausted") {
    payNeeded.set({ reason: "hours_exhausted", detail: "The last second has been used. Your data stays as it is." });
  }
  wasActive = active;
});
