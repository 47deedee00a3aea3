// A list that is fetched page by page; later pages on request.
import { useCallback, useEffect, useState } from "preact/hooks";
import { messageOf, type Page } from "../api";

export interface Paged<T> {
  rows: T[] | null;
  more: boolean;
  loading: boolean;
  error: string | null;
  next: () => void;
  reload: () => void;
}

interface State<T> {
  rows: T[] | null;
  cursor: string | null;
  loading: boolean;
  error: string | null;
}

export function usePages<T>(load: (cursor?: string) => Promise<Page<T>>): Paged<T> {
  const [state, setState] = useState<State<T>>({ rows: null, cursor: null, loading: true, error: null });
  const fetchPage = useCallback((before: T[], cursor?: string) => {
    setState((now) => ({ ...now, loading: true, error: null }));
    load(cursor).then(
      (page) => setState({ rows: [...before, ...page.data], cursor: page.next_cursor, loading: false, error: null }),
      (error: unknown) => setState((now) => ({ ...now, loading: false, error: messageOf(error) })),
    );
  }, []);
  useEffect(() => fetchPage([]), []);
  return {
    rows: state.rows,
    more: state.cursor !== null,
    loading: state.loading,
    error: state.error,
    next: () => fetchPage(state.rows ?? [], state.cursor ?? undefined),
    reload: () => fetchPage([]),
  };
}
