// Refusals and operator work, for operators.
import { api } from "../api";
import { formatLocal } from "../format";
import { PagedSection } from "../usage/paged_section";
import { usePages } from "../usage/pages";

export function SecurityLog() {
  const list = usePages(api.audit);
  return (
    <section class="card" aria-labelledby="audit-title">
      <h2 id="audit-title">Audit log of the server</h2>
      <p class="quiet">Refusals and operator work, newest first. Each entry carries the hash of the one before.</p>
      <PagedSection list={list} empty="Nothing yet.">
        {(entries) => (
          <div class="scroll-x">
            <table class="table stacked" data-testid="audit-table">
              <thead><tr><th>When</th><th>What</th><th>Who</th><th>Where</th><th>Entry</th></tr></thead>
              <tbody>
                {entries.map((entry) => (
                  <tr key={entry.sequence}>
                    <td data-label="When" class="num">{formatLocal(entry.at)}</td>
                    <td data-label="What"><span class="wrap">{entry.action} <span class="quiet">{entry.reason}</span></span></td>
                    <td data-label="Who"><code>{entry.actor}</code></td>
                    <td data-label="Where" class="num">{entry.address}</td>
                    <td data-label="Entry" class="num quiet" title={`SHA-256 ${entry.hash}`}>{entry.sequence} · {entry.hash.slice(0, 8)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </PagedSection>
    </section>
  );
}
