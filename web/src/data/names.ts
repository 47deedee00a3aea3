// A dataset's name is its table in SQL: small letters, digits, underscores.
export const kNamePattern = "[a-z][a-z0-9_]{0,62}";

// Words that SQL keeps for itself: as a name they would need quotes in every statement.
const kReserved = new Set(
  (
    "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default " +
    "deferrable desc describe distinct do else end except false fetch for foreign from group having in initially " +
    "intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider " +
    "placing primary qualify references returning select show some summarize symmetric table then to trailing true " +
    "union unique unpivot using variadic when where window with"
  ).split(" "),
);

export function datasetNameOf(filename: string): string {
  const stem = filename.replace(/(\.(csv|txt|tsv|gz|zip))+$/i, "");
  const name = stem
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  const usable = /^[a-z]/.test(name) && !name.startsWith("redline_");
  const named = usable ? name : `d_${name || "prices"}`;
  return (kReserved.has(named) ? `${named}_prices` : named).slice(0, 63);
}

// As it stands in a statement.
export const tableName = (dataset: string) =>
  /^[a-z][a-z0-9_]*$/.test(dataset) && !kReserved.has(dataset) ? dataset : `"${dataset}"`;

export function freeName(wanted: string, taken: readonly string[]): string {
  for (let number = 2; ; number += 1) {
    const name = `${wanted.slice(0, 58)}_${number}`;
    if (!taken.includes(name)) return name;
  }
}
