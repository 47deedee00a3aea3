import { useState } from "preact/hooks";
import { messageOf, type Session } from "../api";
import { href, kViews, route, type View } from "../route";
import { signOut } from "../session";
import { useStore } from "../store";
import { theme, toggleTheme } from "../theme";
import { AccountSwitch } from "./account_switch";
import { BalanceChip } from "./balance_chip";
import { Brand, ExitIcon, HelpIcon, ThemeIcon } from "./icons";
import { Notice } from "./notice";

export const kViewNames: Record<View, string> = { chart: "Chart", sql: "SQL", usage: "Usage", pay: "Hours", account: "Account" };

export function Header(props: { session: Session; onHelp: () => void }) {
  const { view } = useStore(route);
  const dark = useStore(theme) === "dark";
  const [error, setError] = useState<string | null>(null);
  const leave = () => signOut().catch((problem: unknown) => setError(messageOf(problem)));
  return (
    <header class="top">
      <div class="top-row">
        <Brand />
        <nav aria-label="Views">
          {kViews.map((name, index) => (
            <a key={name} href={href(name)} aria-current={view === name ? "page" : undefined} data-testid={`nav-${name}`} title={`${kViewNames[name]} (${index + 1})`}>
              {kViewNames[name]}
            </a>
          ))}
        </nav>
        <div class="top-end">
          {props.session.test_mode && <span class="badge" title="Payments are pretended">test</span>}
          <BalanceChip />
          <AccountSwitch session={props.session} />
          <span class="who quiet" title={props.session.user.email}>{props.session.user.email}</span>
          <button class="icon" onClick={props.onHelp} aria-label="Keyboard help" title="Keyboard (?)" data-testid="help"><HelpIcon /></button>
          <button class="icon" onClick={toggleTheme} aria-label={dark ? "Light colours" : "Dark colours"} title={dark ? "Light colours" : "Dark colours"} data-testid="theme-toggle"><ThemeIcon /></button>
          <button class="icon" onClick={() => void leave()} aria-label="Sign out" title="Sign out" data-testid="sign-out"><ExitIcon /></button>
        </div>
      </div>
      {error && <Notice kind="error" text={error} />}
    </header>
  );
}
