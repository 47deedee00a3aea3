// Builds the page into web/dist: types from the contract, type check, bundle, contract as JSON, compressed
// twins of every text file. Fails when scripts and styles together exceed the budget.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { parse } from "yaml";

const kBudgetBytes = 300 * 1000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "web/dist");
const text = new Set([".html", ".js", ".css", ".svg", ".json"]);

function run(name, args, out = "inherit") {
  execFileSync(process.execPath, [join(root, "node_modules", name), ...args], { cwd: root, stdio: ["ignore", out, "inherit"] });
}

function filesBelow(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

function writeContract() {
  const contract = parse(readFileSync(join(root, "api/openapi.yaml"), "utf8"));
  writeFileSync(join(dist, "openapi.json"), JSON.stringify(contract));
}

// Returns the gzip size, which is what the budget counts.
function writeTwins(path) {
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 });
  writeFileSync(`${path}.gz`, gzip);
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  return gzip.length;
}

run("openapi-typescript/bin/cli.js", ["api/openapi.yaml", "-o", "web/src/api.gen.ts"], "ignore");
run("typescript/bin/tsc", ["--noEmit", "-p", "web/tsconfig.json"]);
run("vite/bin/vite.js", ["build", "--config", "web/vite.config.mjs", "--logLevel", "warn"]);
writeContract();
let budgeted = 0;
for (const path of filesBelow(dist).filter((file) => text.has(extname(file)))) {
  const size = writeTwins(path);
  if ([".js", ".css"].includes(extname(path))) budgeted += size;
}
const said = `page: scripts and styles ${(budgeted / 1000).toFixed(1)} KB gzip of ${kBudgetBytes / 1000} KB`;
if (budgeted > kBudgetBytes) {
  console.error(`${said}: too much`);
  process.exit(1);
}
console.log(said);
