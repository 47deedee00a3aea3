// Shows /openapi.json as a readable list: every route with what it takes and gives.
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/tables.css";
import "./styles/docs.css";
import "./theme";
import { Brand } from "./ui/icons";

interface Schema {
  $ref?: string;
  [key: string]: unknown;
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
}
interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema: Schema }> }>;
  "x-metered"?: boolean;
  "x-access"?: string;
}
interface Contract {
  info: { title: string; version: string; description: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation> & { parameters?: Parameter[] }>;
  components: Record<string, Record<string, unknown>>;
}
interface Entry {
  method: string;
  path: string;
  operation: Operation;
  parameters: Parameter[];
}

const kMethods = ["get", "post", "put", "patch", "delete"];

function resolve<T extends { $ref?: string }>(contract: Contract, value: T): T {
  if (!value.$ref) return value;
  const [kind = "", name = ""] = value.$ref.split("/").slice(2);
  return (contract.components[kind]?.[name] as T | undefined) ?? value;
}

function entriesOf(contract: Contract): Entry[] {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    kMethods.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) => resolve(contract, one));
      return [{ method, path, operation, parameters }];
    }),
  );
}

const schemaText = (contract: Contract, schema: Schema) => JSON.stringify(resolve(contract, schema), null, 2);

function Content(props: { contract: Contract; content: Record<string, { schema: Schema }> | undefined }) {
  return (
    <>
      {Object.entries(props.content ?? {}).map(([type, { schema }]) => (
        <details key={type}>
          <summary><code>{type}</code>{schema.$ref && ` ${schema.$ref.split("/").at(-1)}`}</summary>
          <pre>{schemaText(props.contract, schema)}</pre>
        </details>
      ))}
    </>
  );
}

function Route(props: { contract: Contract; entry: Entry }) {
  const { contract } = props;
  const { method, path, operation, parameters } = props.entry;
  return (
    <details class="route" id={`${method}-${path}`}>
      <summary>
        <code class={`method ${method}`}>{method.toUpperCase()}</code> <code>{path}</code>
        <span class="quiet">{operation.summary}</span>
        {operation["x-metered"] && <span class="badge">metered</span>}
        <span class="badge plain">{operation["x-access"]?.replace("_", " ")}</span>
      </summary>
      {parameters.length > 0 && (
        <table class="table">
          <tbody>
            {parameters.map((one) => (
              <tr key={one.in + one.name}>
                <th scope="row"><code>{one.name}</code></th><td>{one.in}{one.required && ", required"}</td><td>{one.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {operation.requestBody && <><h4>Body</h4><Content contract={contract} content={operation.requestBody.content} /></>}
      <h4>Answers</h4>
      {Object.entries(operation.responses).map(([status, reference]) => {
        const response = resolve(contract, reference);
        return (
          <div key={status} class="answer">
            <code>{status}</code> <span>{response.description}</span>
            <Content contract={contract} content={response.content} />
          </div>
        );
      })}
    </details>
  );
}

function Docs() {
  const [contract, setContract] = useState<Contract | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    fetch("/openapi.json").then((response) => response.json()).then((json) => setContract(json as Contract), () => setFailed(true));
  };
  useEffect(load, []);
  const entries = useMemo(() => (contract ? entriesOf(contract) : []), [contract]);
  if (failed) return <main class="page"><p role="alert">The contract could not be loaded. <button onClick={load}>Try again</button></p></main>;
  if (!contract) return <main class="page"><p class="quiet">Loading …</p></main>;
  return (
    <main class="page docs">
      <a href="/" class="home"><Brand /></a>
      <h1>Interface</h1>
      {contract.info.description.split("\n\n").map((text) => <p key={text}>{text.replace(/`/g, "")}</p>)}
      <p><a href="/openapi.json">openapi.json</a></p>
      {contract.tags.map((tag) => (
        <section key={tag.name}>
          <h2>{tag.name}</h2>
          {entries.filter(({ operation }) => operation.tags?.includes(tag.name)).map((entry) => (
            <Route key={entry.method + entry.path} contract={contract} entry={entry} />
          ))}
        </section>
      ))}
    </main>
  );
}

const root = document.getElementById("docs");
if (root) render(<Docs />, root);
