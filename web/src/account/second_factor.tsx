// An authenticator app beside the password, and a new password.
import { useState } from "preact/hooks";
import { api } from "../api";
import { loadSession } from "../session";
import { Notice } from "../ui/notice";
import { Form } from "./form";
import { QrCode } from "./qr_code";

type Step = { name: "closed" } | { name: "secret"; secret: string; uri: string } | { name: "codes"; codes: string[] } | { name: "off" };

const Password = (props: { label: string; name: string; fresh?: boolean }) => (
  <label>
    {props.label}
    <input name={props.name} type="password" required minLength={props.fresh ? 10 : 1} maxLength={1024} autocomplete={props.fresh ? "new-password" : "current-password"} />
  </label>
);

const Code = (props: { label: string; required?: boolean }) => (
  <label>
    {props.label}
    <input name="code" required={props.required ?? false} minLength={6} maxLength={64} autocomplete="one-time-code" spellcheck={false} />
  </label>
);

function Confirm(props: { secret: string; uri: string; onCodes: (codes: string[]) => void }) {
  return (
    <>
      <p>Scan this with your authenticator app, or type the secret, then enter the code that the app shows.</p>
      <QrCode text={props.uri} label="QR code of the secret" />
      <p><code class="secret" data-testid="factor-secret">{props.secret}</code></p>
      <p><a href={props.uri}>Open in an app on this device</a></p>
      <Form testId="factor-confirm" button="Turn on" onSubmit={async (value) => props.onCodes((await api.confirmSecondFactor(value("code"))).recovery_codes)}>
        <Code label="Six digits" required />
      </Form>
    </>
  );
}

function Codes(props: { codes: string[]; onDone: () => void }) {
  return (
    <>
      <Notice kind="ok" text="It is on. Keep these recovery codes: each gets you in once without the app. They are not shown again." />
      <ul class="codes" data-testid="recovery-codes">
        {props.codes.map((code) => <li key={code}><code>{code}</code></li>)}
      </ul>
      <button onClick={props.onDone}>I have kept them</button>
    </>
  );
}

export function SecondFactor(props: { on: boolean }) {
  const [step, setStep] = useState<Step>({ name: "closed" });
  const close = () => (setStep({ name: "closed" }), void loadSession());
  return (
    <section class="card" aria-labelledby="factor-title">
      <h2 id="factor-title">Second factor</h2>
      {step.name === "secret" && <Confirm {...step} onCodes={(codes) => setStep({ name: "codes", codes })} />}
      {step.name === "codes" && <Codes codes={step.codes} onDone={close} />}
      {(step.name === "closed" || step.name === "off") && (
        <>
          <p class="quiet" data-testid="factor-state">{props.on ? "On: signing in asks for a code of your app." : "Off: the password alone signs you in."}</p>
          {!props.on && <details>
            <summary data-testid="factor-on">Turn it on</summary>
            <Form testId="factor-start" button="Go on" onSubmit={async (value) => setStep({ name: "secret", ...(await api.startSecondFactor(value("password"))) })}>
              <Password label="Your password" name="password" />
            </Form>
          </details>}
          {props.on && <details>
            <summary data-testid="factor-off">Turn it off</summary>
            <Form testId="factor-stop" button="Turn off" danger onSubmit={async (value) => (await api.stopSecondFactor(value("password"), value("code")), setStep({ name: "off" }), await loadSession())}>
              <Password label="Your password" name="password" />
              <Code label="Code, or a recovery code" required />
            </Form>
          </details>}
        </>
      )}
    </section>
  );
}

export function NewPassword() {
  const [changed, setChanged] = useState(false);
  return (
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      {changed && <Notice kind="ok" text="Changed. Your other sign-ins have ended." testId="password-changed" />}
      <details>
        <summary data-testid="password-open">Change it</summary>
        <Form testId="password-form" button="Change" onSubmit={async (value) => (await api.changePassword(value("current"), value("password"), value("code") || undefined), setChanged(true))}>
          <Password label="Your password now" name="current" />
          <Password label="The new one, at least 10 characters" name="password" fresh />
          <Code label="Code, if a second factor is on" />
        </Form>
      </details>
    </section>
  );
}
