// Files on their way in: bytes out of the browser first, then the server's job. A reload loses sight of the
// first half only; a running job is found again.
import { ApiError, api, isAbort, messageOf, upload, type ImportQuestion, type ImportReport, type Job } from "../api";
import { formatBytes, formatCount } from "../format";
import { Store } from "../store";
import { followJob } from "./job";
import { loadDatasets, showDataset } from "./workspace";

export interface ImportState {
  key: number;
  title: string;
  dataset: string;
  stage: "sending" | "waiting" | "working" | "done" | "failed" | "cancelled";
  fraction: number | null; // null: under way, length unknown
  words: string;
  report: ImportReport | null;
  questions: ImportQuestion[];
  again: { file: File; settings: Record<string, string> } | null;
  cancel: () => void;
}

export const imports = new Store<ImportState[]>([]);
let nextKey = 1;

function change(key: number, part: Partial<ImportState>): void {
  imports.update((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
}

export function dismissImport(key: number): void {
  imports.update((all) => all.filter((one) => one.key !== key));
}

export const isOver = (one: ImportState) => one.stage === "done" || one.stage === "failed" || one.stage === "cancelled";

// Not those that ask something.
export const canGo = (one: ImportState) => isOver(one) && one.questions.length === 0;

export function dismissFinished(): void {
  imports.update((all) => all.filter((one) => !canGo(one)));
}

function dismissAll(): void {
  for (const one of imports.value) one.cancel();
  imports.set([]);
}

function add(title: string, dataset: string): number {
  const key = nextKey++;
  const state: ImportState = {
    key, title, dataset, stage: "sending", fraction: 0, words: "Starting …",
    report: null, questions: [], again: null, cancel: () => {},
  };
  imports.update((all) => [state, ...all]);
  return key;
}

function finish(key: number, dataset: string, report: ImportReport | null, show: boolean): void {
  const kept = report ? `${formatCount(report.rows_kept)} of ${formatCount(report.rows_read)} rows kept` : "Done";
  change(key, { stage: "done", fraction: 1, words: kept, report, cancel: () => {} });
  void (show ? showDataset(dataset) : loadDatasets());
}

function fail(key: number, words: string, questions: ImportQuestion[] = []): void {
  change(key, { stage: "failed", fraction: null, words, questions, cancel: () => {} });
}

function onJob(key: number, job: Job): void {
  const progress = job.progress;
  if (!progress) return change(key, { stage: "working", fraction: null, words: job.state === "queued" ? "Waiting its turn" : "Reading" });
  const rate = progress.rate ? `, ${formatCount(progress.rate)} ${progress.unit}/s` : "";
  const done = progress.unit === "bytes" ? formatBytes(progress.done) : `${formatCount(progress.done)} ${progress.unit}`;
  change(key, {
    stage: "working",
    fraction: progress.total ? Math.min(1, progress.done / progress.total) : null,
    words: `${progress.stage ?? "Importing"}: ${done}${rate}`,
  });
}

async function watch(key: number, id: string, dataset: string, show: boolean): Promise<void> {
  const following = followJob(id, (job) => onJob(key, job));
  change(key, { stage: "working", fraction: null, words: "Reading", cancel: () => void api.cancelJob(id).catch(() => {}) });
  const job = await following;
  if (job.state === "succeeded") return finish(key, job.result?.dataset?.name ?? dataset, job.result?.report ?? null, show);
  if (job.state === "cancelled") return change(key, { stage: "cancelled", fraction: null, words: "Cancelled; nothing was kept." });
  fail(key, job.error?.detail ?? "The import failed; nothing was kept.", job.error?.questions);
}

async function send(key: number, dataset: string, file: File, settings: Record<string, string>): Promise<void> {
  change(key, { again: { file, settings } });
  const sending = upload(dataset, file, { filename: file.name, ...settings }, (sent, total) =>
    change(key, {
      stage: sent >= total ? "waiting" : "sending",
      fraction: total ? sent / total : null,
      words: sent >= total ? "Sent; waiting for the server" : `Sending ${formatBytes(sent)} of ${formatBytes(total)}`,
    }),
  );
  change(key, { cancel: sending.abort });
  try {
    const started = await sending.done;
    if (started.report) return finish(key, started.dataset.name, started.report, true);
    await watch(key, started.job.id, started.dataset.name, true);
  } catch (error) {
    if (isAbort(error)) return change(key, { stage: "cancelled", fraction: null, words: "Cancelled; nothing was kept." });
    fail(key, messageOf(error), error instanceof ApiError ? error.problem?.questions : []);
  }
}

export function startImport(dataset: string, file: File, settings: Record<string, string>): void {
  void send(add(file.name, dataset), dataset, file, settings);
}

// The same file again, with an answer to one of the questions.
export function answerImport(key: number, question: string, choice: string): void {
  const one = imports.value.find((candidate) => candidate.key === key);
  if (!one?.again) return;
  change(key, { stage: "sending", fraction: 0, words: "Starting …", questions: [] });
  void send(key, one.dataset, one.again.file, { ...one.again.settings, [question]: choice });
}

async function resume(): Promise<void> {
  const page = await api.jobs().catch(() => null);
  for (const job of page?.data ?? []) {
    if (job.kind !== "import" || (job.state !== "queued" && job.state !== "running")) continue;
    const dataset = job.dataset ?? "";
    const key = add(job.filename ?? (dataset || "Import"), dataset);
    watch(key, job.id, dataset, false).catch((error: unknown) => fail(key, messageOf(error)));
  }
}

export function startImports(): () => void {
  void resume();
  return dismissAll;
}
