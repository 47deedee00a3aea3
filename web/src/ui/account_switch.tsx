// Whose hours and data this tab works with, for who belongs to a team.
import type { Session } from "../api";
import { switchAccount } from "../session";

export function AccountSwitch(props: { session: Session }) {
  const { accounts, account } = props.session;
  if (accounts.length < 2) return null;
  return (
    <select class="account-switch" aria-label="Account" title="Whose hours and data this tab uses" value={account.id} data-testid="account-switch" onChange={(event) => void switchAccount(event.currentTarget.value)}>
      {accounts.map((one) => <option key={one.id} value={one.id}>{one.name || "Personal"}</option>)}
    </select>
  );
}
