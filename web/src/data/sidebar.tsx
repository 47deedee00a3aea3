import { useState } from "preact/hooks";
import { messageOf, type DatasetSummary } from "../api";
import { formatBytes, formatCount, formatDay, plural } from "../format";
import { href, route } from "../route";
import { useStore } from "../store";
import { Dialog } from "../ui/dialog";
import { ReportIcon, TrashIcon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { ImportCard } from "./import_card";
import { canGo, dismissFinished, imports } from "./imports";
import { FileButton } from "./intake";
import { ReportDialog } from "./report";
import { loadDatasets, removeDataset, selectedName, workspace } from "./workspace";

function RemoveDialog(props: { name: string; onClose: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const remove = () => removeDataset(props.name).then(props.onClose, (problem: unknown) => setError(messageOf(problem)));
  return (
    <Dialog title="Remove this dataset?" onClose={props.onClose} testId="remove-dialog">
      <p><code>{props.name}</code> and its import reports are removed for good. Your usage history stays.</p>
      {error && <Notice kind="error" text={error} />}
      <div class="row end">
        <button onClick={props.onClose}>Keep it</button>
        <button class="danger" onClick={() => void remove()} data-testid="remove-confirm">Remove</button>
      </div>
    </Dialog>
  );
}

function Entry(props: { dataset: DatasetSummary; current: boolean; onOpen: () => void }) {
  const { dataset, current } = props;
  const { detail } = useStore(workspace);
  const [dialog, setDialog] = useState<"none" | "report" | "remove">("none");
  const last = current && detail?.name === dataset.name ? detail.imports.at(-1) : undefined;
  const close = () => setDialog("none");
  return (
    <li class={`dataset ${current ? "current" : ""}`} data-testid={`dataset-${dataset.name}`}>
      <a href={href("chart", [dataset.name])} aria-current={current ? "true" : undefined} onClick={props.onOpen}>
        <strong class="cut">{dataset.name}</strong>
        <span class="quiet num">
          {plural(dataset.rows, "row")} · {dataset.symbol_count === 1 ? "1 symbol" : `${formatCount(dataset.symbol_count)} symbols`}
          {dataset.interval && ` · ${dataset.interval}`}
        </span>
        <span class="quiet num">{formatDay(dataset.from)} – {formatDay(dataset.to)} · {formatBytes(dataset.size_bytes)}</span>
      </a>
      {current && (
        <div class="dataset-tools">
          {last && <button class="icon" aria-label="Import report" title="Import report" onClick={() => setDialog("report")} data-testid="dataset-report"><ReportIcon /></button>}
          <button class="icon" aria-label={`Remove ${dataset.name}`} title="Remove" onClick={() => setDialog("remove")} data-testid="dataset-remove"><TrashIcon /></button>
        </div>
      )}
      {dialog === "report" && last && <ReportDialog title={last.filename ?? dataset.name} report={last.report} onClose={close} />}
      {dialog === "remove" && <RemoveDialog name={dataset.name} onClose={close} />}
    </li>
  );
}

export function Sidebar(props: { open: boolean; onClose: () => void }) {
  const { datasets, error } = useStore(workspace);
  const running = useStore(imports);
  useStore(route);
  const current = selectedName();
  return (
    <aside class={props.open ? "open" : ""} aria-label="Datasets" id="datasets">
      <div class="aside-head">
        <h2>Datasets</h2>
        <FileButton />
      </div>
      {running.length > 0 && (
        <ul class="imports" aria-label="Imports">
          {running.map((one) => <ImportCard key={one.key} state={one} />)}
        </ul>
      )}
      {running.filter(canGo).length > 1 && (
        <button class="link imports-clear" onClick={dismissFinished} data-testid="imports-clear">Dismiss finished imports</button>
      )}
      {error && <Notice kind="error" text={error} action="Try again" onAction={() => void loadDatasets()} />}
      {!datasets && !error && <ul class="skeleton" aria-label="Loading"><li /><li /><li /></ul>}
      <ul class="datasets" data-testid="dataset-list">
        {datasets?.map((dataset) => (
          <Entry key={dataset.name} dataset={dataset} current={dataset.name === current} onOpen={props.onClose} />
        ))}
      </ul>
      {datasets && <p class="quiet drop-hint" data-testid="drop-zone">Drop a price file anywhere on this page.</p>}
    </aside>
  );
}
