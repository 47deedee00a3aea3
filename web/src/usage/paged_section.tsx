import type { ComponentChildren } from "preact";
import { Notice } from "../ui/notice";
import type { Paged } from "./pages";

export function PagedSection<T>(props: { list: Paged<T>; empty: string; children: (rows: T[]) => ComponentChildren }) {
  const { list } = props;
  return (
    <div aria-busy={list.loading}>
      {list.error && <Notice kind="error" text={list.error} action="Try again" onAction={list.reload} />}
      {!list.rows && !list.error && <p class="quiet pad">Loading …</p>}
      {list.rows?.length === 0 && <p class="quiet pad">{props.empty}</p>}
      {list.rows && list.rows.length > 0 && props.children(list.rows)}
      <div class="row list-end">
        <button onClick={list.reload} disabled={list.loading}>Refresh</button>
        {list.more && <button onClick={list.next} disabled={list.loading} data-testid="load-more">Older</button>}
      </div>
    </div>
  );
}
