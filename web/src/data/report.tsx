// What an import made of a file. All text comes from the file or the server and is shown as text only.
import type { ImportReport } from "../api";
import { formatCount, plural } from "../format";
import { Dialog } from "../ui/dialog";

function Figure(props: { name: string; value: string; tone?: string; testId?: string }) {
  return (
    <div class={`figure ${props.tone ?? ""}`}>
      <dt>{props.name}</dt>
      <dd class="num" data-testid={props.testId}>{props.value}</dd>
    </div>
  );
}

const refusedOf = (report: ImportReport) => report.rejected.reduce((sum, one) => sum + one.count, 0);
const words = (reason: string) => reason.replace(/_/g, " ");

function Refused(props: { report: ImportReport }) {
  if (props.report.rejected.length === 0) return <p class="quiet">No row was refused.</p>;
  return (
    <>
      {props.report.rejected.map((group) => (
        <details key={group.reason} open={props.report.rejected.length < 4} data-testid="report-rejected">
          <summary>
            {words(group.reason)} <span class="quiet num">{plural(group.count, "row")}</span>
          </summary>
          <table class="lines">
            <tbody>
              {group.examples.map((example) => (
                <tr key={example.line}>
                  <th scope="row" class="num">line {formatCount(example.line)}</th>
                  <td><code>{example.text}</code></td>
                </tr>
              ))}
            </tbody>
          </table>
          {group.count > group.examples.length && (
            <p class="quiet">and {plural(group.count - group.examples.length, "more row")} like these</p>
          )}
        </details>
      ))}
    </>
  );
}

function Reading(props: { report: ImportReport }) {
  const { report } = props;
  const settings = [
    ["Format", report.format],
    ["Certainty", `${Math.round(report.confidence * 100)} %`],
    ["Because", report.reason],
    ["Time zone", report.timezone],
    ["Time stamps", report.timestamp_unit],
    ["Separator", report.delimiter === "\t" ? "tab" : report.delimiter],
    ["Decimal mark", report.decimal],
    ["Order", report.sorted ? "as in the file" : "was put in order"],
  ].filter((entry): entry is [string, string] => Boolean(entry[1]));
  return (
    <dl class="settings">
      {settings.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ReportBody(props: { report: ImportReport }) {
  const { report } = props;
  const refused = refusedOf(report);
  return (
    <div class="report" data-testid="import-report">
      <dl class="figures">
        <Figure name="Read" value={formatCount(report.rows_read)} />
        <Figure name="Kept" value={formatCount(report.rows_kept)} tone="good" testId="report-kept" />
        <Figure name="Refused" value={formatCount(refused)} tone={refused ? "bad" : ""} testId="report-refused" />
        <Figure name="Duplicates" value={formatCount(report.duplicates.exact + report.duplicates.conflicting)} />
        <Figure name="Took" value={`${(report.elapsed_ms / 1000).toFixed(2)} s`} />
      </dl>
      <h3>Refused rows</h3>
      <Refused report={report} />
      {report.warnings.length > 0 && (
        <>
          <h3>Warnings</h3>
          <ul class="plain">
            {report.warnings.map((warning) => (
              <li key={warning.code}>
                {warning.message} {warning.count > 0 && <span class="quiet num">× {formatCount(warning.count)}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {report.questions.length > 0 && (
        <>
          <h3>Open questions</h3>
          <ul class="plain">{report.questions.map((question) => <li key={question.id}>{question.text}</li>)}</ul>
        </>
      )}
      <h3>How it was read</h3>
      <Reading report={report} />
      <ul class="columns" aria-label="Columns">
        {report.columns.map((column, index) => (
          <li key={index}><code>{column.source}</code> → {column.role ?? "not used"}</li>
        ))}
      </ul>
    </div>
  );
}

export function ReportDialog(props: { title: string; report: ImportReport; onClose: () => void }) {
  return (
    <Dialog title={`Import of ${props.title}`} onClose={props.onClose} testId="report-dialog" wide>
      <ReportBody report={props.report} />
    </Dialog>
  );
}
