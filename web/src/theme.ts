// Dark or light: the system's choice until the reader makes one.
import { Store } from "./store";

export type Theme = "dark" | "light";
const kKey = "redline-theme";
const system = matchMedia("(prefers-color-scheme: light)");
const stored = (): Theme | null => {
  const value = localStorage.getItem(kKey);
  return value === "dark" || value === "light" ? value : null;
};
const effective = (): Theme => stored() ?? (system.matches ? "light" : "dark");

export const theme = new Store<Theme>(effective());

function apply(): void {
  document.documentElement.dataset.theme = effective();
  theme.set(effective());
}

export function toggleTheme(): void {
  localStorage.setItem(kKey, effective() === "dark" ? "light" : "dark");
  apply();
}

// A colour of the style sheet, for canvases that cannot read it themselves.
export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

system.addEventListener("change", apply);
apply();
