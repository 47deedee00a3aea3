// What happened to my own account: who signed in, from where, and what was changed.
import { api, type OwnLogEntry } from "../api";
import { formatLocal } from "../format";
import { PagedSection } from "../usage/paged_section";
import { usePages } from "../usage/pages";

const kWords: Record<string, string> = {
  signed_in: "Signed in",
  signed_out: "Signed out",
  password_refused: "A wrong password was given",
  password_changed: "Password changed",
  password_reset: "Password chosen anew by mail",
  email_change_asked: "Asked for another e-mail address",
  email_changed: "E-mail address changed",
  second_factor_on: "Second factor turned on",
  second_factor_off: "Second factor turned off",
  session_ended: "A sign-in was ended",
  sessions_ended: "Signed out everywhere",
  key_made: "API key made",
  key_removed: "API key revoked",
  team_made: "Team made",
  member_invited: "Somebody was invited to a team",
  member_joined: "Joined a team",
  member_left: "Left a team",
  denied: "Refused",
};

const wordsOf = (entry: OwnLogEntry) => kWords[entry.action] ?? entry.action.replaceAll("_", " ");

export function OwnLog() {
  const list = usePages(api.ownLog);
  return (
    <section class="card" aria-labelledby="own-log-title">
      <h2 id="own-log-title">What happened to your account</h2>
      <p class="quiet">Newest first. What you do not recognise was not you: choose a new password and sign out everywhere.</p>
      <PagedSection list={list} empty="Nothing yet.">
        {(entries) => (
          <div class="scroll-x">
            <table class="table stacked" data-testid="own-log">
              <thead><tr><th>When</th><th>What</th><th>From</th><th>About</th></tr></thead>
              <tbody>
                {entries.map((entry) => (
                  <tr key={entry.sequence} data-action={entry.action}>
                    <td data-label="When" class="num">{formatLocal(entry.at)}</td>
                    <td data-label="What"><span class="wrap">{wordsOf(entry)} <span class="quiet">{entry.reason}</span></span></td>
                    <td data-label="From" class="num">{entry.address || "–"}</td>
                    <td data-label="About"><code class="wrap">{entry.target}</code></td>
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
