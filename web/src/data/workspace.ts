// The datasets of the account and the one in view. The address says which; this holds what the server said.
import { ApiError, api, messageOf, type Dataset, type DatasetSummary, type Page } from "../api";
import { go, href, route } from "../route";
import { Store } from "../store";

export interface Workspace {
  datasets: DatasetSummary[] | null;
  error: string | null;
  detail: Dataset | null;
}

const kEmpty: Workspace = { datasets: null, error: null, detail: null };
export const workspace = new Store<Workspace>(kEmpty);

async function allPages<T>(load: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await load(cursor);
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return all;
}

export function selectedName(): string | null {
  const { view, parts } = route.value;
  const wanted = (view === "chart" && parts[0]) || workspace.value.detail?.name;
  const { datasets } = workspace.value;
  if (!datasets) return null;
  return datasets.find((dataset) => dataset.name === wanted)?.name ?? datasets[0]?.name ?? null;
}

export async function loadDetail(name: string | null): Promise<void> {
  if (!name) return workspace.update((now) => ({ ...now, detail: null }));
  try {
    const detail = await api.dataset(name);
    if (selectedName() === name) workspace.update((now) => ({ ...now, detail, error: null }));
  } catch (error) {
    workspace.update((now) => ({ ...now, error: messageOf(error) }));
  }
}

export async function loadDatasets(): Promise<void> {
  try {
    const datasets = await allPages(api.datasets);
    workspace.update((now) => ({ ...now, datasets, error: null }));
    await loadDetail(selectedName());
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return;
    workspace.update((now) => ({ ...now, error: messageOf(error) }));
  }
}

// Whoever looks at something else by now is not pulled away from it.
export async function showDataset(name: string): Promise<void> {
  await loadDatasets();
  if (route.value.view === "chart") go(href("chart", [name]));
}

export async function removeDataset(name: string): Promise<void> {
  await api.deleteDataset(name);
  await loadDatasets();
}

export function startWorkspace(): () => void {
  void loadDatasets();
  const end = route.subscribe(() => {
    const name = selectedName();
    if (name !== workspace.value.detail?.name) void loadDetail(name);
  });
  return () => {
    end();
    workspace.set(kEmpty);
  };
}
