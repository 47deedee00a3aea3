// Redline in front of applications: a server with [[gateway.routes]] and people with time.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freshFolder, removeFolder, startServer } from "./server.mjs";

// routes: { "/app/": "http://…" } or { "/app/": { upstream, … } }; gateway: keys of [gateway].
export async function startGateway(routes, { gateway = {}, trial_hours = 1, requests = "100000/minute", extra = "", env } = {}) {
  const folder = freshFolder();
  const lines = [extra, "[gateway]", ...Object.entries(gateway).map(([key, value]) => `${key} = ${value}`)];
  for (const [prefix, given] of Object.entries(routes)) {
    const route = { prefix, ...(typeof given === "string" ? { upstream: given } : given) };
    lines.push("[[gateway.routes]]", ...Object.entries(route).map(([key, value]) => `${key} = ${JSON.stringify(value)}`));
  }
  lines.push("[[plans]]", 'id = "free"', 'name = "Free"', `requests = ["${requests}"]`, `trial_hours = ${trial_hours}`);
  const config = join(folder, "redline.toml");
  writeFileSync(config, lines.join("\n") + "\n");
  const server = await startServer({ args: ["--config", config], env });
  removeFolder(folder);
  return server;
}

export function bearer(client, headers = {}) {
  return { Authorization: `Bearer ${client.token}`, ...headers };
}
