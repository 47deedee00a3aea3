// A User-Agent in words: "Chromium on Linux". What is not a known browser is shown as it names itself.
const kBrowsers: readonly [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\//, "Firefox"],
  [/\bHeadlessChrome\//, "Chromium"],
  [/\bChromium\//, "Chromium"],
  [/\bChrome\//, "Chrome"],
  [/\bVersion\/[\d.]+.*\bSafari\//, "Safari"],
];
const kSystems: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

const nameIn = (agent: string, list: readonly [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1];

export function agentInWords(agent: string): string {
  const browser = nameIn(agent, kBrowsers);
  const system = nameIn(agent, kSystems);
  if (browser) return system ? `${browser} on ${system}` : browser;
  const program = /^[\w.-]+/.exec(agent)?.[0];
  if (!program || program === "Mozilla") return system ? `A program on ${system}` : "Unknown program";
  return program;
}
