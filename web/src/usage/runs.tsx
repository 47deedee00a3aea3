import { useState } from "preact/hooks";
import { api, type Run } from "../api";
import { formatCount, formatDuration, formatLocal } from "../format";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { PagedSection } from "./paged_section";
import { usePages } from "./pages";
import { endWords, RunFacts, useRunDetail } from "./run_facts";
import { Timeline } from "./timeline";

const inLocalTime = (text: string) => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, formatLocal);

function Explanation(props: { run: Run; onClose: () => void }) {
  const { detail, error } = useRunDetail(props.run.id);
  const total = detail?.lines.reduce((sum, line) => sum + line.ms, 0) ?? 0;
  return (
    <Dialog title={`Use from ${formatLocal(props.run.started_at)}`} onClose={props.onClose} testId="run-dialog">
      {error && <Notice kind="error" text={error} />}
      {!detail && !error && <p class="quiet">Loading …</p>}
      <RunFacts run={props.run} />
      {detail && (
        <table class="table">
          <tbody>
            {detail.lines.map((line, index) => (
              <tr key={index}><td class="words" title={line.text}>{inLocalTime(line.text)}</td><td class="right num">{formatDuration(line.ms)}</td></tr>
            ))}
          </tbody>
          <tfoot>
            <tr><th scope="row">Charged</th><td class="right num">{formatDuration(total)}</td></tr>
          </tfoot>
        </table>
      )}
      <p class="quiet">Run <code>{props.run.id}</code>, tariff {props.run.tariff}. Time proven twice at once: {formatDuration(props.run.overlap_ms)}, charged once.</p>
    </Dialog>
  );
}

// The newest run knows the rule of now; before there is one, no number is named.
function Rule(props: { run: Run | undefined }) {
  const { detail } = useRunDetail(props.run?.id ?? null);
  const gap = detail?.rule?.idle_gap_ms;
  return (
    <p class="quiet" data-testid="runs-rule" data-idle-gap-ms={gap}>
      Stretches of work. {gap === undefined ? "A long pause" : `A pause of more than ${formatDuration(gap)}`} ends one; that pause is free.
    </p>
  );
}

export function Runs() {
  const list = usePages(api.runs);
  const [open, setOpen] = useState<Run | null>(null);
  return (
    <>
      <Rule run={list.rows?.[0]} />
      <PagedSection list={list} empty="Nothing used yet.">
        {(rows) => (
          <>
            <Timeline runs={rows} onOpen={setOpen} />
            <div class="scroll-x">
              <table class="table stacked" data-testid="runs-table">
                <thead>
                  <tr><th>Began</th><th>Ended</th><th class="right">Active</th><th class="right">Charged</th><th class="right">Requests</th><th><span class="hidden">Explain</span></th></tr>
                </thead>
                <tbody>
                  {rows.map((run) => (
                    <tr key={run.id} data-testid="run-row" data-billed-ms={run.billed_ms}>
                      <td data-label="Began" class="num">{formatLocal(run.started_at)}</td>
                      <td data-label="Ended"><span class={run.state === "open" ? "up" : ""}>{endWords(run)}</span></td>
                      <td data-label="Active" class="right num">{formatDuration(run.active_ms)}</td>
                      <td data-label="Charged" class="right num">
                        <span>
                          {formatDuration(run.billed_ms)}
                          {run.unbilled_ms > 0 && <span class="quiet"> ({formatDuration(run.unbilled_ms)} free)</span>}
                        </span>
                      </td>
                      <td data-label="Requests" class="right num">{formatCount(run.requests)}</td>
                      <td class="right"><button class="link" onClick={() => setOpen(run)} data-testid="run-explain">Explain</button></td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </PagedSection>
      {open && <Explanation run={open} onClose={() => setOpen(null)} />}
    </>
  );
}
