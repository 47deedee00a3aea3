import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env.REDLINE_URL ?? "http://127.0.0.1:8080";
const forwarded = ["/v1", "/health", "/openapi.json", "/test-checkout", "/test-checkout.css"];

export default defineConfig({
  root: here("."),
  // The page's policy forbids inline scripts, so Vite must not add its own.
  plugins: [preact({ prefreshEnabled: false, devToolsEnabled: false })],
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: { input: { index: here("index.html"), docs: here("docs.html") } },
  },
  server: { proxy: Object.fromEntries(forwarded.map((path) => [path, server])) },
});
