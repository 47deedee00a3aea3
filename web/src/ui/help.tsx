import { Dialog } from "./dialog";
import { kKeys } from "./keys";

export function Help(props: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={props.onClose} testId="help-dialog">
      <dl class="keys">
        {kKeys.map(([key, text]) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        Drop a price file anywhere to import it. The interface is described at <a href="/docs">/docs</a>.
      </p>
    </Dialog>
  );
}
