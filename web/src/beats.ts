// Proof of presence: a beat every 20 s, and only when all of it is true: the page is visible, there was
// input in the last five minutes, the workbench is open, and there is time left. Silence bills nothing.
// Who walks away from the workbench proves the time up to that moment with a last beat. The tabs of one
// browser tell each other whether one of them beats: `beating` is true in all of them or in none.
import { api, isAbort } from "./api";
import { balance, beating } from "./balance";
import { route } from "./route";

const kBeatIntervalMs = 20_000;
const kPresenceMs = 5 * 60_000;
const kHeardMs = 3_000; // a tab that beats says so every second
const kInputs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

function workbenchOpen(): boolean {
  return route.value.view === "chart" || route.value.view === "sql";
}

const send = () =>
  api.beat().catch((error: unknown) => {
    // A lost beat bills nothing; 401 and 402 have been announced to the page already.
    if (!isAbort(error)) console.info("beat refused", error);
  });

export function startBeats(): () => void {
  let lastInput = performance.now();
  let lastBeat = -Infinity;
  let lastHeard = -Infinity;
  let here = false;
  const tabs = new BroadcastChannel("redline-beats");
  const tell = () => beating.set(here || performance.now() - lastHeard < kHeardMs);
  const stop = async (proveIt: boolean) => {
    here = false;
    if (proveIt) await send();
    tabs.postMessage("stopped");
    tell();
  };
  const onInput = () => {
    lastInput = performance.now();
  };
  const step = () => {
    const now = performance.now();
    const awake = now - lastInput < kPresenceMs;
    const spendable = balance.value?.balance.state === "active";
    const present = !document.hidden && awake && workbenchOpen() && spendable;
    if (here && !present) return void stop(awake && spendable);
    here = present;
    if (present) {
      tabs.postMessage("beating");
      if (now - lastBeat >= kBeatIntervalMs) {
        lastBeat = now;
        void send();
      }
    }
    tell();
  };
  tabs.onmessage = (event: MessageEvent<string>) => {
    lastHeard = event.data === "beating" ? performance.now() : -Infinity;
    tell();
  };
  for (const name of kInputs) addEventListener(name, onInput, { passive: true, capture: true });
  const timer = window.setInterval(step, 1000);
  const endRoute = route.subscribe(step);
  document.addEventListener("visibilitychange", step);
  return () => {
    clearInterval(timer);
    endRoute();
    document.removeEventListener("visibilitychange", step);
    for (const name of kInputs) removeEventListener(name, onInput, { capture: true });
    tabs.close();
    beating.set(false);
  };
}
