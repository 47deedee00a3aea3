import { mailLink } from "../mail_link";
import { href, route } from "../route";
import { session } from "../session";
import { useStore } from "../store";
import { Notice } from "../ui/notice";
import { Keys } from "./keys";
import { OwnLog } from "./own_log";
import { ChangeEmail, Leave } from "./profile";
import { NewPassword, SecondFactor } from "./second_factor";
import { SecurityLog } from "./security_log";
import { SignIns } from "./sign_ins";
import { Teams } from "./team";

const kTabs = [["security", "Sign-in"], ["keys", "API keys"], ["team", "Team"], ["log", "Security log"]] as const;

export function AccountView() {
  const { parts } = useStore(route);
  const state = useStore(session);
  const { said } = useStore(mailLink);
  if (state.phase !== "in") return null;
  const { user, accounts, roles } = state.session;
  const [name] = kTabs.find(([tab]) => tab === parts[0]) ?? kTabs[0];
  const factor = state.session.second_factor;
  return (
    <div class="page" data-testid="account-view">
      <h1>Account</h1>
      <p class="quiet cut">{user.email}</p>
      {said && <Notice kind={said.kind} text={said.text} testId="account-mail" />}
      <nav class="tabs" aria-label="Account">
        {kTabs.map(([tab, text]) => (
          <a key={tab} href={href("account", [tab])} aria-current={tab === name ? "page" : undefined} data-testid={`account-tab-${tab}`}>{text}</a>
        ))}
      </nav>
      {name === "security" && <div class="stack"><SignIns /><NewPassword /><SecondFactor on={factor} /><ChangeEmail email={user.email} verified={user.email_verified} factor={factor} /><Leave email={user.email} factor={factor} /></div>}
      {name === "keys" && <Keys />}
      {name === "team" && <Teams accounts={accounts} me={user.id} />}
      {name === "log" && <div class="stack"><OwnLog />{roles.length > 0 && <SecurityLog />}</div>}
    </div>
  );
}
