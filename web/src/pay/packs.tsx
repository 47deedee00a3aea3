import { useEffect, useState } from "preact/hooks";
import { messageOf, type Pack } from "../api";
import { formatMoney, plural } from "../format";
import { useStore } from "../store";
import { Notice } from "../ui/notice";
import { buy, loadPlans, plans, plansError } from "./buy";

const perHour = (pack: Pack) =>
  formatMoney({ amount: Math.round(pack.price.amount / pack.hours), currency: pack.price.currency });

function PackButton(props: { pack: Pack; busy: boolean; onBuy: () => void }) {
  const { pack } = props;
  return (
    <li class="pack" data-testid={`pack-${pack.sku}`}>
      <span class="pack-hours">{plural(pack.hours, "hour")}</span>
      <span class="pack-price num">{formatMoney(pack.price)}</span>
      <span class="quiet num">
        {perHour(pack)} an hour
        {pack.expires_days > 0 && <> · use within {plural(pack.expires_days, "day")}</>}
      </span>
      <button class="primary" disabled={props.busy} onClick={props.onBuy} data-testid={`buy-${pack.sku}`}>
        Buy {plural(pack.hours, "hour")}
      </button>
    </li>
  );
}

export function Packs() {
  const catalogue = useStore(plans);
  const failed = useStore(plansError);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (!plans.value) void loadPlans();
  }, []);
  const onBuy = async (sku: string) => {
    setBusy(true);
    setError(null);
    try {
      await buy(sku);
    } catch (problem) {
      setError(messageOf(problem));
      setBusy(false);
    }
  };
  if (!catalogue && failed) return <Notice kind="error" text={failed} action="Try again" onAction={() => void loadPlans()} />;
  if (!catalogue) return <p class="quiet">Loading prices …</p>;
  if (catalogue.packs.length === 0) return <p class="quiet">There is nothing for sale at the moment.</p>;
  return (
    <>
      {error && <Notice kind="error" text={error} />}
      <ul class="packs">
        {catalogue.packs.map((pack) => (
          <PackButton key={pack.sku} pack={pack} busy={busy} onBuy={() => void onBuy(pack.sku)} />
        ))}
      </ul>
      {catalogue.test_mode && (
        <p class="quiet">Test mode: the checkout page is a pretend one and nobody is charged.</p>
      )}
    </>
  );
}
