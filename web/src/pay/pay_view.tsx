import { useEffect, useState } from "preact/hooks";
import { refreshBalance } from "../balance";
import { Grants } from "./grants";
import { OrderStatus, returnedOrder } from "./order_status";
import { Packs } from "./packs";
import { WarningSwitches } from "./warnings";

export function PayView() {
  const [order, setOrder] = useState(returnedOrder);
  useEffect(() => void refreshBalance(), []);
  const dismiss = () => {
    history.replaceState(null, "", `/${location.hash}`);
    setOrder(null);
  };
  return (
    <div class="page" data-testid="pay-view">
      <h1>Hours</h1>
      {order && <OrderStatus id={order} onDismiss={dismiss} />}
      <div class="two-columns">
        <section class="card" aria-labelledby="left-title">
          <h2 id="left-title">What you have</h2>
          <Grants />
          <p class="quiet">
            Time counts only while you work: a request, a running query, or this page in front of you. A hidden
            tab, a sleeping laptop or a second window adds nothing.
          </p>
          <WarningSwitches />
        </section>
        <section class="card" aria-labelledby="buy-title">
          <h2 id="buy-title">Buy hours</h2>
          <Packs />
        </section>
      </div>
    </div>
  );
}
