// A small form whose work is one call: it says what went wrong, and cannot be sent twice at once.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError, messageOf } from "../api";
import { Notice } from "../ui/notice";

function explain(error: unknown): string {
  const fields = error instanceof ApiError ? error.problem?.fields?.map((field) => `${field.name}: ${field.message}`) : undefined;
  return [messageOf(error), ...(fields ?? [])].join(" ");
}

export type Values = (name: string) => string;

export function Form(props: {
  button: string;
  onSubmit: (value: Values, form: FormData) => Promise<void>;
  children: ComponentChildren;
  testId: string;
  danger?: boolean;
  disabled?: boolean;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    setBusy(true);
    setError(null);
    try {
      await props.onSubmit((name) => String(form.get(name) ?? "").trim(), form);
      element.reset();
    } catch (problem) {
      setError(explain(problem));
    }
    setBusy(false);
  };
  return (
    <form class="stack account-form" onSubmit={(event) => void submit(event)} data-testid={props.testId}>
      {props.children}
      {error && <Notice kind="error" text={error} testId={`${props.testId}-error`} />}
      <button class={props.danger ? "danger" : "primary"} type="submit" disabled={busy || (props.disabled ?? false)}>{props.button}</button>
    </form>
  );
}
