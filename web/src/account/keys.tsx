// Keys for programs. The secret is in the answer that makes a key, and nowhere else.
import { useState } from "preact/hooks";
import { api, messageOf, type ApiKey, type KeyScope } from "../api";
import { formatLocal } from "../format";
import { Notice } from "../ui/notice";
import { PagedSection } from "../usage/paged_section";
import { usePages } from "../usage/pages";
import { Form } from "./form";

const kScopes: readonly (readonly [KeyScope, string])[] = [
  ["data:read", "Read datasets and bars"],
  ["data:write", "Import and remove datasets"],
  ["query", "Run SQL"],
  ["billing:read", "Read balance, usage and receipts"],
];

// How long the old key works on beside its successor.
const kOverlap = 24 * 60 * 60;

function Row(props: { apiKey: ApiKey; onRevoke: () => void; onRotate: () => void }) {
  const { apiKey } = props;
  return (
    <li data-testid="key-row" data-key={apiKey.id}>
      <span>
        <strong>{apiKey.name}</strong> <code>{apiKey.hint}…</code>
        <span class="quiet num">
          {apiKey.scopes.join(", ")} · {apiKey.last_used_at ? `last used ${formatLocal(apiKey.last_used_at)}` : "never used"} ·{" "}
          {apiKey.expires_at ? `until ${formatLocal(apiKey.expires_at)}` : "does not expire"}
        </span>
      </span>
      <button onClick={props.onRotate} aria-label={`Rotate ${apiKey.name}`} title="A new secret; this one works for a day more" data-testid="key-rotate">Rotate</button>
      <button class="danger" onClick={props.onRevoke} aria-label={`Revoke ${apiKey.name}`} data-testid="key-revoke">Revoke</button>
    </li>
  );
}

export function Keys() {
  const list = usePages(api.keys);
  const [made, setMade] = useState<ApiKey | null>(null);
  const [error, setError] = useState<string | null>(null);
  const revoke = (id: string) => api.deleteKey(id).then(list.reload, (problem: unknown) => setError(messageOf(problem)));
  const shown = (key: ApiKey) => {
    setMade(key);
    setError(null);
    list.reload();
  };
  const rotate = (id: string) => api.rotateKey(id, kOverlap).then(shown, (problem: unknown) => setError(messageOf(problem)));
  const make = async (form: FormData, name: string, until: string) => {
    const key = await api.makeKey(name, form.getAll("scope") as KeyScope[], until ? new Date(until).toISOString() : undefined);
    shown(key);
  };
  return (
    <div class="stack">
      <section class="card" aria-labelledby="keys-title">
        <h2 id="keys-title">API keys</h2>
        {error && <Notice kind="error" text={error} />}
        {made?.secret && (
          <div class="notice ok" role="status">
            <span>Copy the key now; it is not shown again.<br /><code class="secret" data-testid="key-secret">{made.secret}</code></span>
            <button class="link" onClick={() => setMade(null)} data-testid="key-kept">I have it</button>
          </div>
        )}
        <PagedSection list={list} empty="No keys yet.">
          {(keys) => <ul class="rows">{keys.map((key) => <Row key={key.id} apiKey={key} onRevoke={() => void revoke(key.id)} onRotate={() => void rotate(key.id)} />)}</ul>}
        </PagedSection>
      </section>
      <section class="card" aria-labelledby="new-key-title">
        <h2 id="new-key-title">Make a key</h2>
        <Form testId="key-form" button="Make the key" onSubmit={(value, form) => make(form, value("name"), value("until"))}>
          <label>Name<input name="name" required maxLength={100} /></label>
          <fieldset>
            <legend>It may</legend>
            {kScopes.map(([scope, words]) => (
              <label key={scope} class="choice"><input type="checkbox" name="scope" value={scope} />{words}</label>
            ))}
          </fieldset>
          <label>Until (empty: it does not expire)<input name="until" type="date" /></label>
        </Form>
      </section>
    </div>
  );
}
