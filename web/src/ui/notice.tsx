// A sentence for the reader, always as text. Errors interrupt screen readers; the rest waits its turn.
export interface NoticeProps {
  kind: "error" | "ok" | "info" | "warn";
  text: string;
  action?: string;
  onAction?: () => void;
  testId?: string;
}

export function Notice(props: NoticeProps) {
  return (
    <div class={`notice ${props.kind}`} role={props.kind === "error" ? "alert" : "status"} data-testid={props.testId}>
      <span>{props.text}</span>
      {props.action && (
        <button class="link" onClick={props.onAction}>
          {props.action}
        </button>
      )}
    </div>
  );
}
