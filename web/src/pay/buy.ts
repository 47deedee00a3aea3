// Buying: the server makes the order and says where to pay. One key per attempt, so that a double click or a
// lost answer makes one order.
import { Store } from "../store";
import { ApiError, api, messageOf, type Plans } from "../api";

export const plans = new Store<Plans | null>(null);
export const plansError = new Store<string | null>(null);

export async function loadPlans(): Promise<void> {
  try {
    plans.set(await api.plans());
    plansError.set(null);
  } catch (error) {
    plansError.set(messageOf(error));
  }
}

const keys = new Map<string, string>();

function randomHex(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keyOf(sku: string): string {
  const known = keys.get(sku) ?? randomHex();
  keys.set(sku, known);
  return known;
}

export async function buy(sku: string): Promise<void> {
  const { url } = await api.checkout(sku, keyOf(sku)).catch((error: unknown) => {
    // A refusal is final for this key; an unreachable server may have made the order: same key again.
    if (error instanceof ApiError && error.status !== 0) keys.delete(sku);
    throw error;
  });
  keys.delete(sku);
  const target = new URL(url, location.href);
  if (!/^https?:$/.test(target.protocol)) throw new ApiError(0, null, "The checkout address is not one this page opens.");
  location.assign(target.href);
}
