// Time left, fed by the server's stream. Between two events the page counts down by itself, towards the same
// instant in every tab, and only while it has a reason to: this browser proves its presence, or the server has
// shown that time is being proven elsewhere. Without one the number is what is proven, and stands still.
import { ApiError, api, type Balance, type BalanceChange, type LowBalance } from "./api";
import { Store } from "./store";

export interface LiveBalance {
  balance: Balance;
  remainingMs: number;
  counting: boolean;
  live: boolean; // the stream is connected
}

export const balance = new Store<LiveBalance | null>(null);
export const lowBalance = new Store<LowBalance | null>(null); // the last warning, until it is read or no longer true
export const beating = new Store(false); // by beats.ts: a tab of this browser proves presence

const kAskAgainMs = 2000;
const kSettleMs = 1500;

let stream: EventSource | null = null;
let ticker = 0;
let retry = 0;
let asking = 0;
let receivedAt = 0;
let aheadAtReceipt = 0; // what is left if time was burning from as_of to the instant the server spoke
let burnsElsewhere = false; // time is being proven, and not by this browser
let provenBefore: string | null = null; // as_of of the answer before
let settledAt = -Infinity; // before this, a last proof of our own may still move as_of

function count(value: Balance): boolean {
  return value.rate > 0 && (beating.value || burnsElsewhere);
}

function remainingNow(value: Balance): number {
  if (!count(value)) return value.remaining_ms;
  return Math.max(0, aheadAtReceipt - value.rate * (performance.now() - receivedAt));
}

function tick(): void {
  clearTimeout(ticker);
  const current = balance.value;
  if (!current) return;
  const remainingMs = remainingNow(current.balance);
  const counting = count(current.balance);
  balance.set({ ...current, remainingMs, counting });
  if (counting && current.live && remainingMs > 0) ticker = window.setTimeout(tick, (remainingMs % 1000) / current.balance.rate + 5);
}

// The server calls time burning for a while after the last proof, in case another comes. Whether one does shows
// in as_of, the end of what is proven: it moves, or it does not and the number stays where it is.
function judge(value: BalanceChange): void {
  clearTimeout(asking);
  const before = balance.value?.balance;
  if (value.rate === 0) {
    burnsElsewhere = false;
    provenBefore = null;
    return;
  }
  if (before?.rate === 0) burnsElsewhere = !beating.value;
  else if (provenBefore !== null && value.as_of > provenBefore) burnsElsewhere = !beating.value;
  if (performance.now() >= settledAt) provenBefore = value.as_of;
  if (!beating.value && !burnsElsewhere) asking = window.setTimeout(() => void refreshBalance(), kAskAgainMs);
}

// Events come without the grants: those stay as they were last asked for.
function take(value: BalanceChange & Partial<Balance>): void {
  judge(value);
  receivedAt = performance.now();
  const since = Math.max(0, Date.parse(value.server_time) - Date.parse(value.as_of));
  aheadAtReceipt = Math.max(0, value.remaining_ms - value.rate * since);
  const grants = value.grants ?? balance.value?.balance.grants ?? [];
  const full = { ...value, grants };
  balance.set({ balance: full, remainingMs: remainingNow(full), counting: count(full), live: stream !== null && stream.readyState === EventSource.OPEN });
  const warned = lowBalance.value;
  if (warned && value.remaining_ms > warned.level_seconds * 1000 && value.remaining_ms > warned.remaining_ms) lowBalance.set(null);
  tick();
}

function setLive(live: boolean): void {
  if (balance.value && balance.value.live !== live) balance.set({ ...balance.value, live });
  tick();
}

export async function refreshBalance(): Promise<void> {
  try {
    take(await api.balance());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // the stream's own state shows that the link is down
  }
}

function connect(): void {
  stream?.close();
  const source = api.balanceStream();
  stream = source;
  source.addEventListener("open", () => setLive(true));
  source.addEventListener("balance", (event) => take(JSON.parse((event as MessageEvent<string>).data) as BalanceChange));
  source.addEventListener("low_balance", (event) => lowBalance.set(JSON.parse((event as MessageEvent<string>).data) as LowBalance));
  source.addEventListener("error", () => {
    setLive(false);
    if (source.readyState !== EventSource.CLOSED || stream !== source) return;
    // The server refused: asking for the balance tells why (401 ends the session); then try again.
    clearTimeout(retry);
    retry = window.setTimeout(() => void refreshBalance().then(() => stream === source && connect()), 3000);
  });
}

function disconnect(): void {
  clearTimeout(retry);
  clearTimeout(asking);
  stream?.close();
  stream = null;
  setLive(false);
}

// A browser allows six connections to one server: tabs out of sight give theirs back.
function onVisibility(): void {
  if (document.hidden) disconnect();
  else if (!stream) connect();
}

// Presence ended: the number stops where it is until the server has said what is proven by now, and only a later
// proof makes it move again.
function onBeating(now: boolean): void {
  const current = balance.value;
  if (!now && current?.counting) {
    const remaining_ms = remainingNow(current.balance);
    balance.set({ ...current, balance: { ...current.balance, remaining_ms } });
  }
  burnsElsewhere = false;
  provenBefore = null;
  settledAt = performance.now() + kSettleMs;
  tick();
  if (!now && current && current.balance.rate > 0 && !document.hidden) void refreshBalance();
}

export function startBalance(): () => void {
  if (!document.hidden) connect();
  void refreshBalance();
  document.addEventListener("visibilitychange", onVisibility);
  const endBeating = beating.subscribe(onBeating);
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    endBeating();
    disconnect();
    clearTimeout(ticker);
    burnsElsewhere = false;
    provenBefore = null;
    balance.set(null);
    lowBalance.set(null);
  };
}
