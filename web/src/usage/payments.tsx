import { api, type Order } from "../api";
import { formatLocal, formatMoney, plural } from "../format";
import { PagedSection } from "./paged_section";
import { usePages } from "./pages";

const kStates: Record<Order["state"], string> = {
  pending: "waiting",
  paid: "paid",
  failed: "declined",
  expired: "left unpaid",
  refunded: "refunded",
  disputed: "disputed",
};

export function Payments() {
  const list = usePages(api.payments);
  return (
    <PagedSection list={list} empty="No payments yet.">
      {(orders) => (
        <div class="scroll-x">
          <table class="table stacked" data-testid="payments-table">
            <thead>
              <tr><th>When</th><th>What</th><th class="right">Amount</th><th>State</th><th>Order</th></tr>
            </thead>
            <tbody>
              {orders.map((order) => (
                <tr key={order.id} data-testid="payment-row" data-state={order.state}>
                  <td data-label="When" class="num">{formatLocal(order.paid_at ?? order.created_at)}</td>
                  <td data-label="What">{plural(order.hours, "hour")}</td>
                  <td data-label="Amount" class="right num">{formatMoney(order.amount)}</td>
                  <td data-label="State"><span class={`tag ${order.state}`}>{kStates[order.state]}</span></td>
                  <td data-label="Order" class="quiet num"><code>{order.id}</code></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </PagedSection>
  );
}
