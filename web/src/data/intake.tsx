// Files come from a drop anywhere on the page or from the picker. A free name starts at once; a taken one asks.
import { useEffect, useState } from "preact/hooks";
import { Store, useStore } from "../store";
import { Dialog } from "../ui/dialog";
import { UploadIcon } from "../ui/icons";
import { imports, startImport } from "./imports";
import { datasetNameOf, freeName, kNamePattern } from "./names";
import { workspace } from "./workspace";

const asking = new Store<File[]>([]);
// A name is taken from the moment its file is on the way.
const names = () => [
  ...(workspace.value.datasets ?? []).map((dataset) => dataset.name),
  ...imports.value.filter((one) => one.stage !== "failed" && one.stage !== "cancelled" && one.stage !== "done").map((one) => one.dataset),
];

export function takeFiles(files: Iterable<File>): void {
  const unsure: File[] = [];
  for (const file of files) {
    const name = datasetNameOf(file.name);
    if (names().includes(name)) unsure.push(file);
    else startImport(name, file, {});
  }
  asking.update((waiting) => [...waiting, ...unsure]);
}

function NameForm(props: { file: File; onDone: () => void }) {
  const taken = datasetNameOf(props.file.name);
  const [policy, setPolicy] = useState("new");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (policy === "new") startImport(String(form.get("name")), props.file, {});
    else startImport(taken, props.file, { policy });
    props.onDone();
  };
  const choices = [
    ["new", "Keep both: import under another name"],
    ["merge", "Merge: add rows, newer ones win"],
    ["append", "Append: add rows at the end"],
    ["replace", "Replace what is there"],
  ] as const;
  return (
    <form onSubmit={submit} class="stack">
      <p>
        There is a dataset <code>{taken}</code> already. What should happen with <strong>{props.file.name}</strong>?
      </p>
      <fieldset>
        <legend class="hidden">What to do</legend>
        {choices.map(([value, text]) => (
          <label key={value} class="choice">
            <input type="radio" name="policy" value={value} checked={policy === value} onChange={() => setPolicy(value)} />
            {text}
          </label>
        ))}
      </fieldset>
      {policy === "new" && (
        <label>
          Name
          <input name="name" required pattern={kNamePattern} defaultValue={freeName(taken, names())} spellcheck={false} />
        </label>
      )}
      <button class="primary" type="submit" data-testid="intake-submit">Import</button>
    </form>
  );
}

function useDrag(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const on = (name: "dragenter" | "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void) => {
      const listener = (event: DragEvent) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        act(event);
        setOver(depth > 0);
      };
      addEventListener(name, listener);
      return () => removeEventListener(name, listener);
    };
    const ends = [
      on("dragenter", () => (depth += 1)),
      on("dragleave", () => (depth = Math.max(0, depth - 1))),
      on("dragover", () => {}),
      on("drop", (event) => {
        depth = 0;
        takeFiles(event.dataTransfer?.files ?? []);
      }),
    ];
    return () => ends.forEach((end) => end());
  }, []);
  return over;
}

export function FileButton(props: { primary?: boolean }) {
  return (
    <label class={`button ${props.primary ? "primary" : ""}`}>
      <UploadIcon /> Import a file
      <input
        type="file"
        class="hidden"
        multiple
        data-testid="file-input"
        onChange={(event) => {
          const input = event.currentTarget;
          takeFiles(input.files ?? []);
          input.value = "";
        }}
      />
    </label>
  );
}

export function Intake() {
  const over = useDrag();
  const [file] = useStore(asking);
  const done = () => asking.update((waiting) => waiting.slice(1));
  return (
    <>
      {over && (
        <div class="drop-overlay" aria-hidden="true" data-testid="drop-overlay">
          <div>Drop to import</div>
        </div>
      )}
      {file && (
        <Dialog key={file.name} title="This name is taken" onClose={done} testId="intake-dialog">
          <NameForm file={file} onDone={done} />
        </Dialog>
      )}
    </>
  );
}
