// The links of our mails: /#verify=…, /#email=…, /#reset=…, /#invitation=…. Each is taken from the address once, so that
// it stays neither there nor in the history.
import { api, messageOf } from "./api";
import { Store } from "./store";

const kWords = ["verify", "email", "reset", "invitation"] as const;
// Where somebody who is signed in sees what the link did.
const kPlaces: Partial<Record<(typeof kWords)[number], string>> = { email: "#/account", invitation: "#/account/team" };
export interface MailLink {
  word: (typeof kWords)[number];
  token: string;
}
export interface MailState {
  reset: string | null; // a new password is to be chosen with it
  invitation: string | null; // to be accepted when somebody is signed in
  said: { kind: "ok" | "error"; text: string } | null;
}

export const mailLink = new Store<MailState>({ reset: null, invitation: null, said: null });

export function readMailLink(hash: string): MailLink | null {
  const found = /^#(\w+)=([A-Za-z0-9_-]+)$/.exec(hash);
  const word = kWords.find((one) => one === found?.[1]);
  return word && found?.[2] ? { word, token: found[2] } : null;
}

async function confirmed(token: string): Promise<string> {
  await api.verifyEmail(token);
  return "Your address is confirmed. You can sign in now.";
}

async function changed(token: string): Promise<string> {
  const waiting = (await api.confirmEmail(token))?.waiting_for;
  if (!waiting) return "Your new address is confirmed.";
  return `Confirmed. Now follow the link in the mail to your ${waiting === "old_address" ? "old" : "new"} address as well.`;
}

async function follow(link: MailLink): Promise<void> {
  if (link.word === "reset" || link.word === "invitation") return mailLink.set({ ...mailLink.value, [link.word]: link.token });
  try {
    const text = link.word === "verify" ? await confirmed(link.token) : await changed(link.token);
    mailLink.set({ ...mailLink.value, said: { kind: "ok", text } });
  } catch (error) {
    mailLink.set({ ...mailLink.value, said: { kind: "error", text: messageOf(error) } });
  }
}

export function startMailLinks(): void {
  const take = () => {
    const link = readMailLink(location.hash);
    if (!link) return;
    history.replaceState(null, "", location.pathname);
    const place = kPlaces[link.word];
    if (place) location.replace(place);
    void follow(link);
  };
  addEventListener("hashchange", take);
  take();
}
