// One run explained. What the list does not say is asked for once and kept; a run that goes on is asked for anew.
import { useEffect, useState } from "preact/hooks";
import { api, messageOf, type Run, type RunDetail } from "../api";
import { balance } from "../balance";
import { formatCount, formatDuration, formatLocal, plural } from "../format";
import { kGrantKinds } from "../pay/grants";
import { Notice } from "../ui/notice";

const kEnds: Record<string, string> = {
  idle: "no activity",
  exhausted: "hours used up",
  signed_out: "signed out",
  shutdown: "server stopped",
  expired: "hours expired",
};

export const endWords = (run: Run) => (run.state === "open" ? "going on" : (kEnds[run.ended_because ?? ""] ?? "closed"));

const known = new Map<string, RunDetail>();

export function useRunDetail(id: string | null): { detail: RunDetail | null; error: string | null } {
  const [answer, setAnswer] = useState<{ id: string; detail: RunDetail | null; error: string | null } | null>(null);
  useEffect(() => {
    if (id === null || known.has(id)) return;
    let wanted = true;
    api.run(id).then(
      (detail) => {
        if (detail.state === "closed") known.set(id, detail);
        if (wanted) setAnswer({ id, detail, error: null });
      },
      (error: unknown) => wanted && setAnswer({ id, detail: null, error: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [id]);
  const kept = id === null ? undefined : known.get(id);
  if (kept) return { detail: kept, error: null };
  return answer && answer.id === id ? answer : { detail: null, error: null };
}

function grantName(id: string): string {
  const kind = balance.value?.balance.grants.find((grant) => grant.id === id)?.kind;
  return kind ? (kGrantKinds[kind] ?? kind) : "Used up since";
}

function burned(run: Run) {
  if (run.grants.length === 0) return "none";
  return run.grants.map((grant) => (
    <span key={grant.id} class="burned" title={grant.id}>
      {grantName(grant.id)} <code>…{grant.id.slice(-6)}</code> {formatDuration(grant.ms)}
    </span>
  ));
}

const proofs = (run: Run) => {
  const kinds = Object.entries(run.routes ?? {}).map(([kind, count]) => `${kind} ${formatCount(count)}`);
  return kinds.length > 0 ? `${plural(run.proofs, "proof")}: ${kinds.join(", ")}` : plural(run.proofs, "proof");
};

export function RunFacts(props: { run: Run }) {
  const { detail, error } = useRunDetail(props.run.id);
  const run = detail ?? props.run;
  const facts: [string, preact.ComponentChildren][] = [
    ["Began", formatLocal(run.started_at)],
    ["Ended", run.ended_at ? `${formatLocal(run.ended_at)} (${endWords(run)})` : endWords(run)],
    ["Charged", formatDuration(run.billed_ms) + (run.unbilled_ms > 0 ? `, ${formatDuration(run.unbilled_ms)} free` : "")],
    ["Proven by", proofs(run)],
    ["Paid from", burned(run)],
  ];
  return (
    <>
      {error && <Notice kind="error" text={error} />}
      <dl class="facts" aria-busy={!detail && !error} data-testid="run-facts" data-run={run.id} data-billed-ms={run.billed_ms}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
