// Teams I belong to: members, roles, invitations. The server decides who may change what, and says so.
import { useEffect, useState } from "preact/hooks";
import { api, messageOf, type Account, type Invitation, type Role, type Roster } from "../api";
import { formatLocal } from "../format";
import { mailLink } from "../mail_link";
import { loadSession } from "../session";
import { useStore } from "../store";
import { Notice } from "../ui/notice";
import { Form } from "./form";

const kRoles: readonly Role[] = ["owner", "admin", "member", "billing"];

// An owner is made out of a member, never invited.
const kInvited: readonly Role[] = ["member", "admin", "billing"];

const RoleChoice = (props: { roles: readonly Role[]; value?: Role; label: string; onChange?: (role: Role) => void }) => (
  <select name="role" aria-label={props.label} value={props.value} onChange={(event) => props.onChange?.(event.currentTarget.value as Role)}>
    {props.roles.map((role) => <option key={role} value={role}>{role}</option>)}
  </select>
);

function Members(props: { team: Account; me: string }) {
  const { team, me } = props;
  const [roster, setRoster] = useState<Roster | null>(null);
  const [made, setMade] = useState<Invitation | null>(null);
  const [error, setError] = useState<string | null>(null);
  const failed = (problem: unknown) => setError(messageOf(problem));
  const load = () => api.members(team.id).then(setRoster, failed);
  useEffect(() => void load(), [team.id]);
  const then = (work: Promise<void>) => {
    setError(null);
    void work.then(load, (problem: unknown) => (failed(problem), load()));
  };
  // Who left may not read the members: the session says which teams are left.
  const leave = () => void api.removeMember(team.id, me).then(loadSession).catch(failed);
  const manages = team.role === "owner" || team.role === "admin";
  return (
    <section class="card" aria-label={team.name} data-testid="team" data-team={team.id}>
      <h2>{team.name} <span class="quiet">{team.role}</span></h2>
      {error && <Notice kind="error" text={error} />}
      <ul class="rows">
        {roster?.data.map((member) => (
          <li key={member.id} data-testid="member">
            <span>{member.email} <span class="quiet num">since {formatLocal(member.since)}</span></span>
            {manages ? <RoleChoice roles={kRoles} value={member.role} label={`Role of ${member.email}`} onChange={(role) => then(api.setRole(team.id, member.id, role))} /> : <span class="tag">{member.role}</span>}
            {(manages || member.id === me) && (
              <button onClick={() => (member.id === me ? leave() : then(api.removeMember(team.id, member.id)))}>{member.id === me ? "Leave" : "Remove"}</button>
            )}
          </li>
        ))}
        {roster?.invitations.map((one) => (
          <li key={one.id} data-testid="invitation">
            <span>{one.email} <span class="quiet num">invited, until {formatLocal(one.expires_at)}</span></span>
            <span class="tag">{one.role}</span>
            {manages && <button onClick={() => then(api.withdraw(team.id, one.id))} data-testid="invitation-withdraw">Withdraw</button>}
          </li>
        ))}
      </ul>
      {made?.token && (
        <div class="notice ok" role="status">
          <span>No mail goes out here. Give {made.email} this word to join:<br /><code class="secret" data-testid="invitation-token">{made.token}</code></span>
        </div>
      )}
      {manages && (
        <details>
          <summary data-testid="invite-open">Invite somebody</summary>
          <Form testId="invite-form" button="Invite" onSubmit={async (value) => (setMade(await api.invite(team.id, value("email"), value("role") as Role)), await load())}>
            <label>E-mail<input name="email" type="email" required maxLength={254} /></label>
            <label>Role<RoleChoice roles={kInvited} label="Role" /></label>
          </Form>
        </details>
      )}
    </section>
  );
}

export function Teams(props: { accounts: Account[]; me: string }) {
  const { invitation } = useStore(mailLink);
  const join = async (token: string) => {
    await api.acceptInvitation(token);
    mailLink.update((state) => ({ ...state, invitation: null }));
    await loadSession();
  };
  const teams = props.accounts.filter((account) => account.name);
  return (
    <div class="stack">
      {teams.map((team) => <Members key={team.id} team={team} me={props.me} />)}
      <section class="card two-columns" aria-label="New teams">
        <div>
          <h2>Make a team</h2>
          <p class="quiet">Its members share one balance. You are its owner.</p>
          <Form testId="team-form" button="Make the team" onSubmit={async (value) => (await api.makeTeam(value("name")), await loadSession())}>
            <label>Name<input name="name" required maxLength={100} /></label>
          </Form>
        </div>
        <div>
          <h2>Join a team</h2>
          <p class="quiet">With the word from your invitation.</p>
          <Form testId="join-form" button="Join" onSubmit={(value) => join(value("token"))}>
            <label>Invitation<input key={invitation} name="token" defaultValue={invitation ?? ""} required maxLength={128} spellcheck={false} autocomplete="off" /></label>
          </Form>
        </div>
      </section>
    </div>
  );
}
