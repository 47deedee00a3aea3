import type { ComponentChildren } from "preact";

function Icon(props: { children: ComponentChildren }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {props.children}
    </svg>
  );
}

export const CloseIcon = () => <Icon><path d="M4 4l8 8M12 4l-8 8" /></Icon>;
export const UploadIcon = () => <Icon><path d="M8 10.5V2.5M4.8 5.5L8 2.3l3.2 3.2M2.5 10.5v2.6h11v-2.6" /></Icon>;
export const ThemeIcon = () => <Icon><circle cx="8" cy="8" r="5.2" /><path d="M8 2.8v10.4a5.2 5.2 0 0 0 0-10.4z" fill="currentColor" stroke="none" /></Icon>;
export const HelpIcon = () => <Icon><circle cx="8" cy="8" r="6" /><path d="M6.3 6.2a1.8 1.8 0 1 1 2.6 1.7c-.6.3-.9.7-.9 1.3M8 11.4v.1" /></Icon>;
export const ExitIcon = () => <Icon><path d="M6.5 2.8h-3v10.4h3M7 8h6.5M10.8 5.2L13.6 8l-2.8 2.8" /></Icon>;
export const TrashIcon = () => <Icon><path d="M3 4.5h10M6.2 4.5V2.8h3.6v1.7M4.2 4.5l.6 8.7h6.4l.6-8.7" /></Icon>;
export const ReportIcon = () => <Icon><path d="M4 2.3h5.5L12.5 5v8.7H4zM6.3 7.2h4M6.3 9.8h4" /></Icon>;

export const Brand = () => (
  <span class="brand">
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <path d="M4 21l7-8 5 4 11-13" fill="none" stroke="currentColor" stroke-width="2.8" stroke-linecap="round" stroke-linejoin="round" />
      <path d="M4 27.5h24" stroke="var(--red)" stroke-width="2.8" stroke-linecap="round" />
    </svg>
    Redline
  </span>
);
