import { useEffect, useState } from "preact/hooks";
import type { Session } from "./api";
import { startBalance } from "./balance";
import { startBeats } from "./beats";
import { startImports } from "./data/imports";
import { Workbench } from "./data/workbench";
import { startWorkspace } from "./data/workspace";
import { ExhaustedPanel } from "./pay/exhausted_panel";
import { LowBalanceToast } from "./pay/low_balance_toast";
import { PayView } from "./pay/pay_view";
import { route } from "./route";
import { loadSession, session } from "./session";
import { useStore } from "./store";
import { AuthCard } from "./ui/auth_card";
import { ErrorBoundary } from "./ui/error_boundary";
import { Header, kViewNames } from "./ui/header";
import { Help } from "./ui/help";
import { startKeys } from "./ui/keys";
import { lazy } from "./ui/lazy";
import { Notice } from "./ui/notice";

const UsageView = lazy(() => import("./usage/usage_view").then((module) => module.UsageView));
const AccountView = lazy(() => import("./account/account_view").then((module) => module.AccountView));

function CurrentView() {
  const { view } = useStore(route);
  if (view === "usage") return <UsageView />;
  if (view === "pay") return <PayView />;
  if (view === "account") return <AccountView />;
  return <Workbench view={view} />;
}

function SignedIn(props: { session: Session }) {
  const { view } = useStore(route);
  const [help, setHelp] = useState(false);
  const account = props.session.account.id;
  useEffect(() => {
    const ends = [startBalance(), startBeats(), startWorkspace(), startImports(), startKeys(() => setHelp(true))];
    return () => ends.forEach((end) => end());
  }, [account]);
  useEffect(() => {
    document.title = `${kViewNames[view]} · Redline`;
  }, [view]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to content</a>
      <Header session={props.session} onHelp={() => setHelp(true)} />
      <main id="main" tabIndex={-1}>
        <ErrorBoundary key={view === "sql" ? "chart" : view}>
          <CurrentView />
        </ErrorBoundary>
      </main>
      <LowBalanceToast />
      <ExhaustedPanel />
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

export function App() {
  const state = useStore(session);
  useEffect(() => void loadSession(), []);
  useEffect(() => {
    if (state.phase === "out") document.title = "Sign in · Redline";
  }, [state.phase]);
  switch (state.phase) {
    case "loading":
      return <main class="auth"><p class="quiet" role="status">Loading …</p></main>;
    case "unreachable":
      return (
        <main class="auth">
          <Notice kind="error" text={state.message} action="Try again" onAction={() => void loadSession()} />
        </main>
      );
    case "out":
      return <AuthCard notice={state.notice} />;
    case "in":
      return <SignedIn key={state.session.account.id} session={state.session} />;
  }
}
