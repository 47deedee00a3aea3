// The return page of the checkout: asks for the order until its state is final, then says what was added.
import { useEffect, useState } from "preact/hooks";
import { api, messageOf, type Order } from "../api";
import { refreshBalance } from "../balance";
import { formatMoney, plural } from "../format";
import { Notice } from "../ui/notice";

const kPollMs = 1000;
const kPatienceMs = 90_000;

export const returnedOrder = () => new URLSearchParams(location.search).get("order");

function useOrder(id: string) {
  const [order, setOrder] = useState<Order | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let timer = 0;
    let ended = false;
    const until = performance.now() + kPatienceMs;
    const ask = async () => {
      try {
        const answer = (await api.order(id)).order;
        if (ended) return;
        setOrder(answer);
        setError(null);
        if (answer.state !== "pending") return void refreshBalance();
      } catch (problem) {
        if (ended) return;
        setError(messageOf(problem));
      }
      if (performance.now() < until) timer = window.setTimeout(() => void ask(), kPollMs);
      else setError("The payment is not confirmed yet. It will show under Usage → Payments when it is.");
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [id]);
  return { order, error };
}

function said(order: Order): { kind: "ok" | "error" | "info"; text: string } {
  const what = `${plural(order.hours, "hour")} (${formatMoney(order.amount)})`;
  switch (order.state) {
    case "paid":
      return { kind: "ok", text: `${plural(order.hours, "hour")} added to your balance for ${formatMoney(order.amount)}. Thank you.` };
    case "failed":
      return { kind: "error", text: `The payment for ${what} was declined. Nothing was charged; you can try again below.` };
    case "expired":
      return { kind: "info", text: `The checkout for ${what} was left without paying. Nothing was charged.` };
    case "refunded":
      return { kind: "info", text: `The payment for ${what} was refunded.` };
    case "disputed":
      return { kind: "info", text: `The payment for ${what} is disputed; its hours are on hold.` };
    case "pending":
      return { kind: "info", text: `Waiting for the payment of ${what} to be confirmed …` };
  }
}

export function OrderStatus(props: { id: string; onDismiss: () => void }) {
  const { order, error } = useOrder(props.id);
  const state = order ? said(order) : { kind: "info" as const, text: "Looking up your order …" };
  const final = order !== null && order.state !== "pending";
  return (
    <div data-testid="order-status" data-state={order?.state ?? "unknown"}>
      <Notice kind={state.kind} text={state.text} {...(final ? { action: "Dismiss", onAction: props.onDismiss } : {})} />
      {error && <Notice kind="error" text={error} />}
    </div>
  );
}
