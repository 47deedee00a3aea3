// Which warnings before the time runs out the account wants: a switch each, saved as soon as it is turned.
import { useEffect, useState } from "preact/hooks";
import { api, messageOf, type Warnings } from "../api";
import { Notice } from "../ui/notice";

const kSwitches: [keyof Warnings, string][] = [
  ["hour", "When one hour is left"],
  ["quarter_hour", "When 15 minutes are left"],
  ["zero", "When no time is left"],
  ["mail", "By mail, too"],
];

export function WarningSwitches() {
  const [saved, setSaved] = useState<Warnings | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => void api.warnings().then(setSaved, (problem: unknown) => setError(messageOf(problem))), []);
  const turn = async (name: keyof Warnings, box: HTMLInputElement) => {
    setError(null);
    try {
      const answer = await api.changeWarnings({ [name]: box.checked });
      // Of two answers the later may come first: each says what was asked of it.
      setSaved((now) => now && { ...now, [name]: answer[name] });
    } catch (problem) {
      box.checked = !box.checked;
      setError(messageOf(problem));
    }
  };
  return (
    <fieldset class="switches" data-testid="warnings">
      <legend>Warn me</legend>
      {kSwitches.map(([name, words]) => (
        <label key={name} class="choice">
          <input
            type="checkbox"
            role="switch"
            data-testid={`warning-${name}`}
            checked={saved?.[name] ?? false}
            disabled={saved === null}
            onChange={(event) => void turn(name, event.currentTarget)}
          />
          {words}
        </label>
      ))}
      {error && <Notice kind="error" text={error} testId="warnings-error" />}
    </fieldset>
  );
}
