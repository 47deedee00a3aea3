// A mistake in one view leaves the rest of the page standing.
import { Component, type ComponentChildren } from "preact";
import { Notice } from "./notice";

export class ErrorBoundary extends Component<{ children: ComponentChildren }, { failed: string | null }> {
  override state = { failed: null as string | null };
  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failed: error instanceof Error ? error.message : String(error) });
  }
  override render() {
    if (this.state.failed === null) return this.props.children;
    const text = `This part of the page stopped working: ${this.state.failed}. Your data is not affected.`;
    return <Notice kind="error" text={text} action="Show it again" onAction={() => this.setState({ failed: null })} />;
  }
}
