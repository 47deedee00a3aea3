// api/openapi.yaml as a judge: every answer that a test gets is checked against it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
export const api = parse(readFileSync(join(root, "api/openapi.yaml"), "utf8"));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "api", ...api });
const compiled = new Map();

export const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  ["get", "put", "post", "patch", "delete"]
    .filter((method) => item[method])
    .map((method) => ({ method: method.toUpperCase(), path, definition: item[method], pattern: toPattern(path) })),
);

function toPattern(path) {
  const source = path
    .split(/(\{[^}]+\})/)
    .map((part) => (part.startsWith("{") ? "[^/]+" : part.replace(/[.*+?^$()[\]\\|]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}$`);
}

export function findOperation(method, path) {
  const matches = operations.filter((one) => one.method === (method === "HEAD" ? "GET" : method) && one.pattern.test(path));
  // A fixed path beats one with a placeholder.
  return matches.sort((a, b) => (a.path.match(/\{/g)?.length ?? 0) - (b.path.match(/\{/g)?.length ?? 0))[0];
}

function resolve(node) {
  if (!node?.$ref) return node;
  return resolve(node.$ref.slice(2).split("/").reduce((at, key) => at[key.replaceAll("~1", "/")], api));
}

function pointerTo(path, method, status, type) {
  const responses = api.paths[path][method.toLowerCase()].responses;
  const key = responses[status] ? String(status) : "default";
  const response = responses[key];
  const escape = (part) => part.replaceAll("~", "~0").replaceAll("/", "~1");
  const base = response.$ref
    ? `api${response.$ref}`
    : `api#/paths/${escape(path)}/${method.toLowerCase()}/responses/${key}`;
  return `${base}/content/${escape(type)}/schema`;
}

export const seen = new Set(); // "GET /v1/balance"
export const seenStatus = new Set(); // "GET /v1/balance 200"

// Throws when the contract does not have this operation, status, content type or shape.
export function judge(method, path, status, contentType, body) {
  const operation = findOperation(method, path);
  if (!operation) throw new Error(`the contract has no ${method} ${path}`);
  const name = `${operation.method} ${operation.path}`;
  seen.add(name);
  seenStatus.add(`${name} ${status}`);
  const responses = operation.definition.responses;
  const response = resolve(responses[status] ?? responses.default);
  if (!response) throw new Error(`${name}: the contract has no answer ${status}`);
  if (method === "HEAD" || !response.content) return;
  const type = contentType?.split(";")[0];
  if (!response.content[type]) throw new Error(`${name} ${status}: the contract has no ${type}`);
  if (!/json/.test(type)) return;
  const pointer = pointerTo(operation.path, operation.method, status, type);
  if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({ $ref: encodeURI(pointer) }));
  const validate = compiled.get(pointer);
  if (!validate(JSON.parse(body)))
    throw new Error(`${name} ${status}: ${ajv.errorsText(validate.errors)}\n${body.slice(0, 2000)}`);
}
