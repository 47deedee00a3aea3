import { useEffect, useState } from "preact/hooks";
import { ApiError, api, messageOf } from "../api";
import { mailLink } from "../mail_link";
import { loadPlans, plans } from "../pay/buy";
import { signIn } from "../session";
import { useStore } from "../store";
import { Brand } from "./icons";
import { Notice } from "./notice";

const kMinPassword = 10;
type Kind = "login" | "register" | "forgot" | "reset";

function explain(kind: Kind, error: unknown): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  const fields = error.problem?.fields?.map((field) => `${field.name}: ${field.message}`).join(" ");
  if (kind === "register" && error.status === 409) return "There is an account with this e-mail already. Sign in instead?";
  return fields ? `${error.message} ${fields}` : error.message;
}

function Fields(props: { kind: Kind; busy: boolean; code: boolean }) {
  const fresh = props.kind === "register" || props.kind === "reset";
  return (
    <>
      {props.kind !== "reset" && (
        <label>
          E-mail
          <input name="email" type="email" autocomplete="username" required maxLength={254} data-testid="auth-email" autofocus />
        </label>
      )}
      {props.kind !== "forgot" && <label>
        {props.kind === "reset" ? "New password" : "Password"}
        <input
          name="password"
          type="password"
          required
          minLength={fresh ? kMinPassword : 1}
          maxLength={1024}
          autocomplete={fresh ? "new-password" : "current-password"}
          data-testid="auth-password"
          aria-describedby={fresh ? "password-rule" : undefined}
        />
      </label>}
      {fresh && (
        <p class="quiet" id="password-rule">
          At least {kMinPassword} characters. No other rule.
        </p>
      )}
      {props.code && (
        <label>
          Code of your authenticator app, or a recovery code
          <input name="code" required minLength={6} maxLength={64} autocomplete="one-time-code" autofocus data-testid="auth-code" />
        </label>
      )}
      <button class="primary" type="submit" disabled={props.busy} data-testid="auth-submit">
        {props.busy ? "One moment …" : kButtons[props.kind]}
      </button>
    </>
  );
}

const kTitles: Record<Kind, string> = { login: "Sign in", register: "Create an account", forgot: "Forgot your password?", reset: "Choose a new password" };
const kButtons: Record<Kind, string> = { login: "Sign in", register: "Create account", forgot: "Send me a link", reset: "Set the password" };

export function AuthCard(props: { notice: string | null }) {
  const catalogue = useStore(plans);
  const link = useStore(mailLink);
  const [kind, setKind] = useState<Kind>("login");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [code, setCode] = useState(false);
  const shown: Kind = link.reset ? "reset" : kind;
  useEffect(() => void loadPlans(), []);
  const swap = (to: Kind) => {
    setKind(to);
    setError(null);
    setSaid(null);
  };
  const done = (text: string) => {
    swap("login");
    setSaid(text);
  };
  const work = async (email: string, password: string, digits?: string) => {
    if (shown === "reset") {
      await api.resetPassword(link.reset ?? "", password);
      mailLink.update((state) => ({ ...state, reset: null }));
      return done("Your new password is set, and every session has ended. Sign in with it.");
    }
    if (shown === "forgot") {
      await api.forgotPassword(email);
      return done(`If ${email} has an account, a link to choose a new password is on its way.`);
    }
    if (!(await signIn(shown, email, password, digits))) done(`We sent a link to ${email}. Open it to confirm the address, then sign in.`);
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    setError(null);
    mailLink.update((state) => ({ ...state, said: null }));
    try {
      await work(text("email").trim(), text("password"), form.has("code") ? text("code").trim() : undefined);
    } catch (problem) {
      if (problem instanceof ApiError && problem.reason === "second_factor_required") setCode(true);
      setError(explain(shown, problem));
      // A link that was used or is too old is worth nothing: ask for another.
      if (problem instanceof ApiError && problem.status === 410) {
        mailLink.update((state) => ({ ...state, reset: null }));
        setKind("forgot");
        setSaid(null);
      }
    }
    setBusy(false);
  };
  const trial = Math.max(0, ...(catalogue?.plans.map((plan) => plan.trial_hours) ?? []));
  const said_by_link = link.said;
  const said_here = shown === "reset" ? null : said; // what was said of the mail is old news once its link is open
  return (
    <main class="auth">
      <form class="card" onSubmit={(event) => void submit(event)} data-testid="auth-form" aria-labelledby="auth-title">
        <Brand />
        <h1 id="auth-title">{kTitles[shown]}</h1>
        <p class="quiet">{shown === "forgot" ? "We send a link to your address. It works once, for an hour." : "Price files, charts and SQL, paid by the second of use."}</p>
        {props.notice && !error && !said_here && !said_by_link && <Notice kind="info" text={props.notice} />}
        {said_by_link && !error && <Notice kind={said_by_link.kind} text={said_by_link.text} testId="auth-mail" />}
        {link.invitation && !error && !said_here && <Notice kind="info" text="You are invited to a team. Sign in, or create an account with the address that was invited." testId="auth-invited" />}
        {said_here && !said_by_link && !error && <Notice kind="ok" text={said_here} testId="auth-said" />}
        {error && <Notice kind="error" text={error} testId="auth-error" />}
        <Fields kind={shown} busy={busy} code={code && shown === "login"} />
        {(shown === "login" || shown === "register") && (
          <button type="button" class="link" onClick={() => swap(shown === "login" ? "register" : "login")} data-testid="auth-switch">
            {shown === "login" ? "New here? Create an account" : "Have an account? Sign in"}
          </button>
        )}
        {shown === "login" && <button type="button" class="link" onClick={() => swap("forgot")} data-testid="auth-forgot">Forgot your password?</button>}
        {shown === "forgot" && <button type="button" class="link" onClick={() => swap("login")} data-testid="auth-back">Back to sign-in</button>}
        {shown === "register" && trial > 0 && <p class="quiet">A new account starts with {trial === 1 ? "one free hour" : `${trial} free hours`}.</p>}
        {catalogue?.test_mode && (
          <p class="hint" data-testid="test-mode-hint">
            Test mode: payments are pretended. Started with <code>--demo</code>, the server printed a ready sign-in in
            its terminal.
          </p>
        )}
      </form>
    </main>
  );
}
