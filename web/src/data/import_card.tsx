import { useState } from "preact/hooks";
import type { ImportQuestion } from "../api";
import { CloseIcon } from "../ui/icons";
import { answerImport, dismissImport, isOver, type ImportState } from "./imports";
import { ReportDialog } from "./report";

function Question(props: { importKey: number; question: ImportQuestion }) {
  const { question, importKey } = props;
  if (question.choices.length > 0) {
    return (
      <fieldset class="question">
        <legend>{question.text}</legend>
        {question.choices.map((choice) => (
          <button key={choice} onClick={() => answerImport(importKey, question.id, choice)}>
            {choice}
          </button>
        ))}
      </fieldset>
    );
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const answer = new FormData(event.currentTarget as HTMLFormElement).get("answer");
    answerImport(importKey, question.id, String(answer).trim());
  };
  return (
    <form class="question" onSubmit={submit}>
      <label>
        {question.text}
        <input name="answer" required maxLength={64} />
      </label>
      <button type="submit">Import</button>
    </form>
  );
}

export function ImportCard(props: { state: ImportState }) {
  const one = props.state;
  const [open, setOpen] = useState(false);
  const over = isOver(one);
  // A report that was read has done its work: its card leaves. The focus needs another place to be.
  const onRead = () => {
    setOpen(false);
    if (!over) return;
    dismissImport(one.key);
    document.getElementById("main")?.focus();
  };
  return (
    <li class={`import ${one.stage} ${one.report && one.report.rows_kept < one.report.rows_read ? "partial" : ""}`} data-testid="import-card" data-stage={one.stage}>
      <div class="import-head">
        <strong class="cut" title={one.title}>{one.title}</strong>
        <button
          class="icon"
          data-testid="import-dismiss"
          aria-label={over ? `Dismiss ${one.title}` : `Cancel the import of ${one.title}`}
          onClick={() => (over ? dismissImport(one.key) : one.cancel())}
        >
          <CloseIcon />
        </button>
      </div>
      {!over && (
        <progress
          data-testid="import-progress"
          aria-label={`Import of ${one.title}`}
          max={1}
          {...(one.fraction === null ? {} : { value: one.fraction })}
        />
      )}
      <div class="import-foot">
        <p class="import-words num" role={one.stage === "failed" ? "alert" : "status"} data-testid="import-words">{one.words}</p>
        {one.report && (
          <button class="link" onClick={() => setOpen(true)} data-testid="import-open-report">Report</button>
        )}
      </div>
      {one.questions.map((question) => (
        <Question key={question.id} importKey={one.key} question={question} />
      ))}
      {open && one.report && <ReportDialog title={one.title} report={one.report} onClose={onRead} />}
    </li>
  );
}
