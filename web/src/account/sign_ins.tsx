// Where I am signed in.
import { useEffect, useState } from "preact/hooks";
import { agentInWords } from "../agent";
import { api, messageOf, type SignIn } from "../api";
import { formatLocal } from "../format";
import { loadSession } from "../session";
import { Notice } from "../ui/notice";

export function SignIns() {
  const [list, setList] = useState<SignIn[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const failed = (problem: unknown) => setError(messageOf(problem));
  const load = () => api.signIns().then((answer) => setList(answer.data), failed);
  useEffect(() => void load(), []);
  const end = (id: string) => api.endSignIn(id).then(load, failed);
  const endAll = () => api.endSignIns().then(loadSession, failed);
  return (
    <section class="card" aria-labelledby="sign-ins-title">
      <h2 id="sign-ins-title">Where you are signed in</h2>
      {error && <Notice kind="error" text={error} />}
      {!list && !error && <p class="quiet">Loading …</p>}
      <ul class="rows" data-testid="sign-ins">
        {list?.map((one) => (
          <li key={one.id} data-testid="sign-in" data-current={one.current}>
            <span>
              <span class="agent" title={one.agent}>{agentInWords(one.agent)}</span>
              <span class="quiet num">{one.address} · since {formatLocal(one.created_at)}{one.last_seen_at && ` · last seen ${formatLocal(one.last_seen_at)}`}</span>
            </span>
            {one.current ? <span class="tag">this one</span> : <button onClick={() => void end(one.id)} data-testid="sign-in-end">End</button>}
          </li>
        ))}
      </ul>
      <button class="danger" onClick={() => void endAll()} data-testid="sign-out-everywhere">Sign out everywhere</button>
    </section>
  );
}
