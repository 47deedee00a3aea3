// Runs every suite and ends with one line: "N passed, N failed".
//   node tests/run.mjs [part of a suite's name]
import { execFile, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { run } from "node:test";

const root = join(import.meta.dirname, "..");
const wanted = process.argv[2] ?? "";
const scratch = mkdtempSync(join(tmpdir(), "redline-tests-"));
let passed = 0;
let failed = 0;

function report(name, good, bad, started) {
  passed += good;
  failed += bad;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${bad === 0 ? "ok  " : "FAIL"} ${name.padEnd(28)} ${good} passed, ${bad} failed (${seconds} s)`);
}

function style() {
  const started = performance.now();
  const result = spawnSync("python3", [join(root, "tests/style/style_test.py")], { encoding: "utf8" });
  if (result.status !== 0) console.log(result.stdout + result.stderr);
  report("style", result.status === 0 ? 1 : 0, result.status === 0 ? 0 : 1, started);
}

function unit(program) {
  const started = performance.now();
  const output = join(scratch, `${basename(program)}.json`);
  const result = spawnSync(program, ["--gtest_brief=1", `--gtest_output=json:${output}`], {
    encoding: "utf8",
    cwd: scratch,
    timeout: 600_000,
    maxBuffer: 64 << 20,
  });
  let good = 0;
  let bad = 1;
  try {
    const summary = JSON.parse(readFileSync(output, "utf8"));
    bad = summary.failures + summary.errors;
    good = summary.tests - bad;
    if (result.status !== 0 && bad === 0) bad = 1;
  } catch {
    // No report: the program died; its output says why.
  }
  if (bad > 0) console.log(result.stdout + result.stderr, result.signal ?? "", result.error ?? "");
  report(`unit ${basename(program)}`, good, bad, started);
}

// Chaos waits more than it works, and each of its files has folders of its own.
const together = { chaos: 3 };

async function scripted(name, files) {
  const started = performance.now();
  let good = 0;
  let bad = 0;
  const stream = run({ files, concurrency: together[name] ?? 1, timeout: 900_000 });
  for await (const event of stream) {
    const isSuite = event.data?.details?.type === "suite";
    if (event.type === "test:pass" && !isSuite && event.data.name !== undefined && !isFile(event.data)) good += 1;
    if (event.type === "test:fail" && !isSuite) {
      bad += 1;
      console.log(`  FAIL ${event.data.file ?? ""} ${event.data.name}\n`, event.data.details?.error?.cause ?? event.data.details?.error);
    }
    if (event.type === "test:stderr") process.stderr.write(event.data.message);
  }
  report(name, good, bad, started);
}

// Seeds of the simulation (docs/simulation.md), a share for each core: each seed is a test; what they did is printed.
async function simulation() {
  const program = join(root, "build/release/tests/simulation/simulation");
  if (!existsSync(program)) return;
  const started = performance.now();
  const seeds = Number(process.env.REDLINE_SEEDS ?? 200);
  const shares = Math.min(availableParallelism(), seeds);
  const from = (share) => 1 + Math.floor((seeds * share) / shares);
  const outcomes = await Promise.all(
    Array.from({ length: shares }, (_, share) => output(program, ["--seeds", `${from(share)}..${from(share + 1) - 1}`])),
  );
  const lines = outcomes.flatMap(({ text }) => text.trim().split("\n"));
  console.log(lines.map((line) => `  ${line}`).join("\n"));
  const breaches = lines.filter((line) => line.startsWith("seed ")).length;
  const bad = breaches || outcomes.filter(({ status }) => status !== 0).length;
  report("simulation", seeds - bad, bad, started);
}

// Every rule that `make sim-mutations` breaks is still where its table says. Playing them takes longer than CI has.
function mutations() {
  const started = performance.now();
  const result = spawnSync("python3", [join(root, "tests/simulation/mutate.py"), "copy", scratch], { encoding: "utf8" });
  if (result.status !== 0) console.log(result.stdout + result.stderr);
  report("mutations are in place", result.status === 0 ? 1 : 0, result.status === 0 ? 0 : 1, started);
}

function output(program, options) {
  return new Promise((resolve) => {
    execFile(program, options, { timeout: 900_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ status: error ? (error.code ?? 1) : 0, text: stdout + stderr }),
    );
  });
}

// Some Node versions report each file as a test of its own.
function isFile(data) {
  return data.nesting === 0 && /\.test\.mjs$/.test(data.name);
}

const units = globSync("build/release/{src,tests}/**/*_test", { cwd: root }).map((path) => join(root, path)).sort();
const suites = ["functional", "contract", "e2e", "chaos"];

if ("style".includes(wanted)) style();
for (const program of units) if (basename(program).includes(wanted) || wanted === "unit") unit(program);
if ("simulation".includes(wanted)) {
  mutations();
  await simulation();
}
for (const suite of suites) {
  const files = globSync(`tests/${suite}/*.test.mjs`, { cwd: root }).map((path) => join(root, path)).sort();
  if (files.length > 0 && suite.includes(wanted)) await scripted(suite, files);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
