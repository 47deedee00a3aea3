// A view whose code is fetched when it is first opened.
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./notice";

export function lazy(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | null = null;
  return function Lazy() {
    const [, setReady] = useState(loaded !== null);
    const [failed, setFailed] = useState(false);
    const start = () => {
      setFailed(false);
      load().then(
        (component) => {
          loaded = component;
          setReady(true);
        },
        () => setFailed(true),
      );
    };
    useEffect(() => {
      if (!loaded) start();
    }, []);
    if (loaded) {
      const View = loaded;
      return <View />;
    }
    if (failed) return <Notice kind="error" text="This view could not be loaded." action="Try again" onAction={start} />;
    return <p class="quiet pad">Loading …</p>;
  };
}
