// The SQL editor. Knows the tables of the workspace; marks the place of an error.
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, keymap, lineNumbers, placeholder, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "preact/hooks";
import { DuckDb } from "./dialect";
import { runStatement, statement, stopStatement } from "./query_state";

export type Tables = Record<string, string[]>;

const setError = StateEffect.define<number | null>();
const errorMark = Decoration.mark({ class: "sql-error-mark" });
const errorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (effect.is(setError)) next = effect.value === null ? Decoration.none : markAt(transaction.state, effect.value);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function markAt(state: EditorState, position: number): DecorationSet {
  const length = state.doc.length;
  if (length === 0) return Decoration.none;
  const from = Math.min(position, length - 1);
  const word = state.wordAt(from);
  return Decoration.set(errorMark.range(word?.from ?? from, word?.to ?? from + 1));
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--sql-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--sql-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--sql-number)" },
  { tag: [tags.comment], color: "var(--quiet)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--sql-name)" },
]);

// Columns of `table` are offered without its name in front.
const language = (tables: Tables, table: string | null): Extension =>
  sql({ dialect: DuckDb, schema: tables, ...(table ? { defaultTable: table } : {}) });

function runFrom(view: EditorView): boolean {
  closeCompletion(view);
  void runStatement();
  return true;
}

function extensions(tables: Extension): Extension[] {
  return [
    keymap.of([
      { key: "Mod-Enter", run: runFrom },
      { key: "Escape", run: () => (stopStatement(), false) },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    lineNumbers(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    syntaxHighlighting(colours),
    errorField,
    tables,
    EditorView.lineWrapping,
    placeholder("SELECT … then Ctrl+Enter"),
    EditorView.contentAttributes.of({ "aria-label": "SQL statement" }),
    EditorView.updateListener.of((update) => update.docChanged && statement.set(update.state.doc.toString())),
  ];
}

export function Editor(props: { tables: Tables; table: string | null; errorPosition: number | null }) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const schema = useRef(new Compartment());
  useEffect(() => {
    if (!element.current) return;
    const state = EditorState.create({ doc: statement.value, extensions: extensions(schema.current.of(language(props.tables, props.table))) });
    view.current = new EditorView({ state, parent: element.current });
    if (matchMedia("(min-width: 801px)").matches) view.current.focus();
    const end = statement.subscribe((text) => {
      const now = view.current?.state.doc;
      if (now && now.toString() !== text) view.current?.dispatch({ changes: { from: 0, to: now.length, insert: text } });
    });
    return () => {
      end();
      view.current?.destroy();
    };
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: schema.current.reconfigure(language(props.tables, props.table)) });
  }, [props.tables, props.table]);
  useEffect(() => {
    view.current?.dispatch({ effects: setError.of(props.errorPosition) });
  }, [props.errorPosition]);
  return <div class="editor" ref={element} data-testid="sql-editor" />;
}
