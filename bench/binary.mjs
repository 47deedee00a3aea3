// The program that is measured: the release, or the one that REDLINE_BINARY names (which is no setting of its own).
import { join } from "node:path";

export const binary = process.env.REDLINE_BINARY ?? join(import.meta.dirname, "../build/release/redline");
delete process.env.REDLINE_BINARY;
