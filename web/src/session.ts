// Who is signed in. Everything else on the page hangs on this.
import { ApiError, actFor, api, messageOf, onApiError, type Session } from "./api";
import { Store } from "./store";

export type SessionState =
  | { phase: "loading" }
  | { phase: "unreachable"; message: string }
  | { phase: "out"; notice: string | null }
  | { phase: "in"; session: Session };

export const session = new Store<SessionState>({ phase: "loading" });

// Each tab works for one account, also after a reload; who was put out of a team is back with their own.
const kPlace = "redline-account";

async function load(): Promise<Session> {
  actFor(sessionStorage.getItem(kPlace));
  try {
    return await api.session();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403 || !sessionStorage.getItem(kPlace)) throw error;
    sessionStorage.removeItem(kPlace);
    actFor(null);
    return api.session();
  }
}

export function switchAccount(account: string): Promise<void> {
  sessionStorage.setItem(kPlace, account);
  return loadSession();
}

function forgetAccount(): void {
  sessionStorage.removeItem(kPlace);
  actFor(null);
}

export async function loadSession(): Promise<void> {
  try {
    session.set({ phase: "in", session: await load() });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) session.set({ phase: "out", notice: null });
    else session.set({ phase: "unreachable", message: messageOf(error) });
  }
}

// False: the address has to be confirmed by mail first.
export async function signIn(kind: "login" | "register", email: string, password: string, code?: string): Promise<boolean> {
  forgetAccount(); // somebody else's, perhaps
  if (kind === "login") await api.login(email, password, code);
  else if ((await api.register(email, password)).verification_required) return false;
  session.set({ phase: "in", session: await api.session() });
  return true;
}

export async function signOut(): Promise<void> {
  try {
    await api.logout();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  session.set({ phase: "out", notice: "You are signed out. Nothing is being counted." });
}

onApiError((error) => {
  if (error.status !== 401 || session.value.phase !== "in") return;
  session.set({ phase: "out", notice: "Your sign-in has ended. Please sign in again." });
});
