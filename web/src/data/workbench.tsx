import { useState } from "preact/hooks";
import { useStore } from "../store";
import { lazy } from "../ui/lazy";
import { imports } from "./imports";
import { FileButton, Intake } from "./intake";
import { Sidebar } from "./sidebar";
import { workspace } from "./workspace";

const ChartView = lazy(() => import("../chart/chart_view").then((module) => module.ChartView));
const SqlView = lazy(() => import("../sql/sql_view").then((module) => module.SqlView));

function Welcome() {
  const busy = useStore(imports).some((one) => one.stage !== "failed" && one.stage !== "cancelled");
  return (
    <div class="welcome" data-testid="welcome">
      <h1>{busy ? "Reading your file …" : "Start with a file of prices"}</h1>
      <p class="quiet">
        Drop it anywhere on this page. CSV as it comes from Yahoo Finance, Stooq and others is read as it is; you get
        a report of every row that was not.
      </p>
      <FileButton primary />
    </div>
  );
}

export function Workbench(props: { view: "chart" | "sql" }) {
  const { datasets } = useStore(workspace);
  const [open, setOpen] = useState(false);
  const empty = datasets !== null && datasets.length === 0;
  return (
    <div class="workbench" data-testid="workbench">
      <button class="aside-toggle" aria-expanded={open} aria-controls="datasets" onClick={() => setOpen(!open)} data-testid="datasets-toggle">
        Datasets {datasets ? `(${datasets.length})` : ""}
      </button>
      <Sidebar open={open} onClose={() => setOpen(false)} />
      <section class="stage" aria-label={props.view === "chart" ? "Chart" : "SQL"}>
        {empty && props.view === "chart" ? <Welcome /> : props.view === "chart" ? <ChartView /> : <SqlView />}
      </section>
      <Intake />
    </div>
  );
}
