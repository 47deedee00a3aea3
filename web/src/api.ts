// The only file that talks to the server. Types come from the contract (api.gen.ts).
import type { components } from "./api.gen";

type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Session = Schemas["Session"];
export type Balance = Schemas["Balance"];
export type BalanceChange = Schemas["BalanceChange"];
export type LowBalance = Schemas["LowBalance"];
export type Warnings = Schemas["Warnings"];
export type Run = Schemas["Run"];
export type RunDetail = Schemas["RunDetail"];
export type SignIn = Schemas["SessionList"]["data"][number];
export type ApiKey = Schemas["ApiKey"];
export type KeyScope = Schemas["KeyScope"];
export type Roster = Schemas["Roster"];
export type Role = Schemas["Role"];
export type Account = Schemas["Account"];
export type Invitation = Schemas["Invitation"];
export type OwnLogEntry = Schemas["SecurityLog"]["data"][number];
export type AuditEntry = Schemas["AuditList"]["data"][number];
export type Receipt = Schemas["Receipt"];
export type LedgerEntry = Schemas["LedgerEntry"];
export type Plans = Schemas["Plans"];
export type Pack = Plans["packs"][number];
export type Money = Schemas["Money"];
export type Order = Schemas["Order"];
export type Checkout = Schemas["Checkout"];
export type DatasetSummary = Schemas["DatasetSummary"];
export type Dataset = Schemas["Dataset"];
export type ImportReport = Schemas["ImportReport"];
export type ImportQuestion = Schemas["ImportQuestion"];
export type ImportStarted = Schemas["ImportStarted"] & { report?: ImportReport };
export type SymbolInfo = Schemas["SymbolInfo"];
export type Bars = Schemas["Bars"];
export type QueryResult = Schemas["QueryResult"];
export type Job = Schemas["Job"];
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

// What went wrong, in words for the user; `problem` is null when the server did not get to say.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
    message: string,
  ) {
    super(message);
  }
  get reason(): string {
    return this.problem?.reason ?? "unreachable";
  }
}

// An answer that ended in the middle; `text` is what came. Without a problem the connection broke.
export class CutOff extends ApiError {
  constructor(readonly text: string, problem: Problem | null = null) {
    super(problem?.status ?? 0, problem, problem?.detail ?? "The answer was cut off half way. Please try again.");
  }
}

type Listener = (error: ApiError) => void;
const listeners = new Set<Listener>();
let csrfToken: string | null = null;
let actingFor: string | null = null;

// The account that every request of this tab names; null: the personal one.
export function actFor(account: string | null): void {
  actingFor = account;
}

// 401 and 402 concern the whole page, wherever they turn up.
export function onApiError(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  return error instanceof Error ? `The page made a mistake: ${error.message}` : "Something went wrong.";
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function announce(error: ApiError): ApiError {
  for (const listener of [...listeners]) listener(error);
  return error;
}

function problemOf(status: number, type: string | null, text: string): ApiError {
  if (type?.includes("json")) {
    try {
      const problem = JSON.parse(text) as Problem;
      if (typeof problem.detail === "string") return new ApiError(status, problem, problem.detail);
    } catch {
      // Not what the type says: the generic words below are all there is to say.
    }
  }
  return new ApiError(status, null, `The server gave an answer that this page does not understand (status ${status}).`);
}

const unreachable = () =>
  new ApiError(0, null, "The server cannot be reached. Check the connection; nothing was lost.");

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  quiet?: boolean;
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...(actingFor ? inTeam(actingFor) : {}), ...options.headers };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrfToken) headers["X-CSRF-Token"] = csrfToken;
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal) init.signal = options.signal;
  try {
    return await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw unreachable();
  }
}

async function textOf(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const pieces: string[] = [];
  try {
    for (;;) {
      const piece = await reader?.read();
      if (!piece || piece.done) return pieces.join("");
      pieces.push(piece.value);
    }
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new CutOff(pieces.join(""));
  }
}

// What fails when rows went out already ends with a line of its own: the problem. No other answer has line ends in it.
function cutOff(text: string): CutOff | null {
  const line = text.lastIndexOf('\n{"type":"urn:redline:problem:');
  return line < 0 ? null : new CutOff(text.slice(0, line), JSON.parse(text.slice(line)) as Problem);
}

async function call<T>(method: string, path: string, options: Options = {}, again = true): Promise<T> {
  const response = await send(method, path, options);
  const text = await textOf(response);
  if (response.ok) {
    const cut = cutOff(text);
    if (cut) throw options.quiet ? cut : announce(cut);
    return (text ? JSON.parse(text) : undefined) as T;
  }
  const error = problemOf(response.status, response.headers.get("Content-Type"), text);
  // Another tab signed in anew: this page's token is old, its session is not.
  if (error.reason === "csrf_invalid" && again) {
    await api.session();
    return call<T>(method, path, options, false);
  }
  throw options.quiet ? error : announce(error);
}

function query(values: Record<string, string | number | undefined | null>): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") parts.set(name, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

const segment = encodeURIComponent;

const inTeam = (account: string) => ({ "Redline-Account": account });
// Where no header can be sent: links and streams.
const named = (path: string, values: Record<string, string> = {}) => path + query({ ...values, "redline-account": actingFor });
export const receiptAddress = (month: string, format: "json" | "csv" | "html") => named("/v1/receipts", { month, format });

export const api = {
  async session(): Promise<Session> {
    const session = await call<Session>("GET", "/v1/session", { quiet: true });
    csrfToken = session.csrf_token;
    return session;
  },
  login: (email: string, password: string, code?: string) =>
    call<unknown>("POST", "/v1/auth/login", { body: { email, password, code }, quiet: true }),
  register: (email: string, password: string) =>
    call<{ verification_required?: boolean }>("POST", "/v1/auth/register", { body: { email, password }, quiet: true }),
  verifyEmail: (token: string) => call<void>("POST", "/v1/auth/verify", { body: { token }, quiet: true }),
  confirmEmail: (token: string) => call<{ waiting_for: "new_address" | "old_address" } | undefined>("POST", "/v1/auth/email/confirm", { body: { token }, quiet: true }),
  forgotPassword: (email: string) => call<void>("POST", "/v1/auth/password/forgot", { body: { email }, quiet: true }),
  resetPassword: (token: string, password: string) =>
    call<void>("POST", "/v1/auth/password/reset", { body: { token, password }, quiet: true }),
  async logout(): Promise<void> {
    await call<void>("POST", "/v1/auth/logout", { quiet: true });
    csrfToken = null;
  },
  signIns: () => call<{ data: SignIn[] }>("GET", "/v1/user/sessions"),
  endSignIn: (id: string) => call<void>("DELETE", `/v1/user/sessions/${segment(id)}`),
  endSignIns: () => call<void>("DELETE", "/v1/user/sessions"),
  changePassword: (current_password: string, password: string, code?: string) =>
    call<void>("PUT", "/v1/user/password", { body: { current_password, password, code }, quiet: true }),
  changeEmail: (email: string, password: string, code?: string) =>
    call<void>("PUT", "/v1/user/email", { body: { email, password, code }, quiet: true }),
  deleteUser: (password: string, code?: string) => call<void>("POST", "/v1/user/delete", { body: { password, code }, quiet: true }),
  ownLog: (cursor?: string) => call<Page<OwnLogEntry>>("GET", `/v1/user/log${query({ limit: 50, cursor })}`),
  startSecondFactor: (password: string) =>
    call<{ secret: string; uri: string }>("POST", "/v1/user/second-factor", { body: { password }, quiet: true }),
  confirmSecondFactor: (code: string) =>
    call<{ recovery_codes: string[] }>("POST", "/v1/user/second-factor/confirm", { body: { code }, quiet: true }),
  stopSecondFactor: (password: string, code: string) =>
    call<void>("POST", "/v1/user/second-factor/stop", { body: { password, code }, quiet: true }),
  keys: (cursor?: string) => call<Page<ApiKey>>("GET", `/v1/keys${query({ limit: 100, cursor })}`),
  makeKey: (name: string, scopes: KeyScope[], expires_at?: string) =>
    call<ApiKey>("POST", "/v1/keys", { body: { name, scopes, expires_at } }),
  rotateKey: (id: string, overlap_seconds: number) =>
    call<ApiKey>("POST", `/v1/keys/${segment(id)}/rotate`, { body: { overlap_seconds } }),
  deleteKey: (id: string) => call<void>("DELETE", `/v1/keys/${segment(id)}`),
  makeTeam: (name: string) => call<Account>("POST", "/v1/teams", { body: { name } }),
  members: (team: string) => call<Roster>("GET", "/v1/members", { headers: inTeam(team) }),
  setRole: (team: string, user: string, role: Role) =>
    call<void>("PUT", `/v1/members/${segment(user)}`, { body: { role }, headers: inTeam(team) }),
  removeMember: (team: string, user: string) =>
    call<void>("DELETE", `/v1/members/${segment(user)}`, { headers: inTeam(team) }),
  invite: (team: string, email: string, role: Role) =>
    call<Invitation>("POST", "/v1/invitations", { body: { email, role }, headers: inTeam(team) }),
  withdraw: (team: string, id: string) => call<void>("DELETE", `/v1/invitations/${segment(id)}`, { headers: inTeam(team) }),
  acceptInvitation: (token: string) => call<Account>("POST", "/v1/invitations/accept", { body: { token } }),
  audit: (cursor?: string) => call<Page<AuditEntry>>("GET", `/v1/admin/audit${query({ limit: 100, cursor })}`),
  balance: () => call<Balance>("GET", "/v1/balance"),
  beat: () => call<{ remaining_seconds: number }>("POST", "/v1/beats"),
  runs: (cursor?: string) => call<Page<Run>>("GET", `/v1/runs${query({ limit: 100, cursor })}`),
  run: (id: string) => call<RunDetail>("GET", `/v1/runs/${segment(id)}`),
  ledger: (cursor?: string) => call<Page<LedgerEntry>>("GET", `/v1/ledger${query({ limit: 200, cursor })}`),
  receipt: (month: string) => call<Receipt>("GET", `/v1/receipts${query({ month, format: "json" })}`),
  payments: (cursor?: string) => call<Page<Order>>("GET", `/v1/payments${query({ limit: 100, cursor })}`),
  plans: () => call<Plans>("GET", "/v1/plans"),
  checkout: (sku: string, key: string) =>
    call<Checkout>("POST", "/v1/checkout", { body: { sku, quantity: 1 }, headers: { "Idempotency-Key": key } }),
  order: (id: string) => call<{ order: Order }>("GET", `/v1/checkout/${segment(id)}`),
  datasets: (cursor?: string) => call<Page<DatasetSummary>>("GET", `/v1/datasets${query({ limit: 200, cursor })}`),
  dataset: (name: string) => call<Dataset>("GET", `/v1/datasets/${segment(name)}`),
  deleteDataset: (name: string) => call<void>("DELETE", `/v1/datasets/${segment(name)}`),
  symbols: (text: string, dataset: string, signal: AbortSignal) =>
    call<Page<SymbolInfo>>("GET", `/v1/symbols${query({ query: text, dataset, limit: 50 })}`, { signal }),
  bars: (symbol: string, dataset: string, interval: string, signal: AbortSignal) =>
    call<Bars>("GET", `/v1/bars/${segment(symbol)}${query({ dataset, interval, limit: 20000 })}`, { signal }),
  query: (id: string, sql: string, signal: AbortSignal) =>
    call<QueryResult>("POST", "/v1/query", { body: { id, sql, max_rows: 100000 }, signal }),
  cancelQuery: (id: string) => call<void>("DELETE", `/v1/query/${segment(id)}`, { quiet: true }),
  jobs: () => call<Page<Job>>("GET", `/v1/jobs${query({ limit: 20 })}`),
  job: (id: string) => call<Job>("GET", `/v1/jobs/${segment(id)}`),
  cancelJob: (id: string) => call<unknown>("DELETE", `/v1/jobs/${segment(id)}`, { quiet: true }),
  jobStream: (id: string) => new EventSource(named(`/v1/jobs/${segment(id)}/stream`)),
  warnings: () => call<Warnings>("GET", "/v1/balance/warnings"),
  changeWarnings: (change: Partial<Warnings>) => call<Warnings>("PATCH", "/v1/balance/warnings", { body: change }),
  balanceStream: () => new EventSource(named("/v1/balance/stream")),
};

export interface Upload {
  done: Promise<ImportStarted>;
  abort: () => void;
}

// XMLHttpRequest, because fetch cannot tell how much of a body has gone out. `settings` are the query
// parameters of the route: filename, symbol, policy and the answers to an import's questions.
export function upload(
  name: string,
  file: Blob,
  settings: Record<string, string>,
  onProgress: (sent: number, total: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<ImportStarted>((resolve, reject) => {
    request.open("PUT", `/v1/datasets/${segment(name)}${query(settings)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (csrfToken) request.setRequestHeader("X-CSRF-Token", csrfToken);
    if (actingFor) request.setRequestHeader("Redline-Account", actingFor);
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total || file.size);
    request.onload = () => {
      if (request.status < 300) return resolve(JSON.parse(request.responseText) as ImportStarted);
      const error = problemOf(request.status, request.getResponseHeader("Content-Type"), request.responseText);
      reject(announce(error));
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}
