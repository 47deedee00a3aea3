// My address, and leaving.
import { useState } from "preact/hooks";
import { api } from "../api";
import { session } from "../session";
import { Notice } from "../ui/notice";
import { Form } from "./form";

const Proof = (props: { factor: boolean }) => (
  <>
    <label>Your password<input name="password" type="password" required maxLength={1024} autocomplete="current-password" /></label>
    {props.factor && <label>Code of the app<input name="code" required minLength={6} maxLength={64} autocomplete="one-time-code" spellcheck={false} /></label>}
  </>
);
const code = (text: string) => text || undefined;

export function ChangeEmail(props: { email: string; verified: boolean; factor: boolean }) {
  const [sent, setSent] = useState<string | null>(null);
  return (
    <section class="card" aria-labelledby="email-title">
      <h2 id="email-title">E-mail address</h2>
      <p class="cut">{props.email}</p>
      {sent && <Notice kind="ok" text={`We have written to ${sent}${props.verified ? ` and to ${props.email}: both links are needed` : ": follow the link"}. Until then nothing changes.`} testId="email-sent" />}
      <details>
        <summary data-testid="email-open">Change it</summary>
        <Form testId="email-form" button="Send the mails" onSubmit={async (value) => (await api.changeEmail(value("email"), value("password"), code(value("code"))), setSent(value("email")))}>
          <label>New address<input name="email" type="email" required maxLength={254} autocomplete="email" /></label>
          <Proof factor={props.factor} />
        </Form>
      </details>
    </section>
  );
}

export function Leave(props: { email: string; factor: boolean }) {
  const [typed, setTyped] = useState("");
  const leave = async (password: string, given: string) => {
    await api.deleteUser(password, code(given));
    session.set({ phase: "out", notice: "Your account and its data are deleted." });
  };
  return (
    <section class="card" aria-labelledby="leave-title">
      <h2 id="leave-title">Delete my account</h2>
      <p class="quiet">
        Your data, keys and sign-ins go at once and cannot be brought back; hours that are left are lost. The ledger stays,
        under a number that leads to nobody.
      </p>
      <details>
        <summary data-testid="leave-open">Delete it</summary>
        <Form testId="leave-form" button="Delete my account for good" danger disabled={typed.trim() !== props.email} onSubmit={(value) => leave(value("password"), value("code"))}>
          <label>
            Type {props.email} to confirm
            <input name="confirmation" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} required autocomplete="off" spellcheck={false} />
          </label>
          <Proof factor={props.factor} />
        </Form>
      </details>
    </section>
  );
}
