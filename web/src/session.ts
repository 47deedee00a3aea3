// Who is signed in. Everything else on the page hangs on this.
import { ApiError, api, messageOf, onApiError, type Session } from "./api";
import { Store } from "./store";

export type SessionState =
  | { phase: "loading" }
  | { phase: "unreachable"; message: string }
  | { phase: "out"; notice: string | null }
  | { phase: "in"; session: Session };

export const session = new Store<SessionState>({ phase: "loading" });

export async function loadSession(): Promise<void> {
  try {
    session.set({ phase: "in", session: await api.session() });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) session.set({ phase: "out", notice: null });
    else session.set({ phase: "unreachable", message: messageOf(error) });
  }
}

// False: the address has to be confirmed by mail first.
export async function signIn(kind: "login" | "register", email: string, password: string, code?: string): Promise<boolean> {
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
