// A QR code, drawn here: the secret in it goes to no other server.
import qrcode from "qrcode-generator";

const kQuiet = 4; // modules of margin that readers ask for

export function QrCode(props: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(props.text);
  code.make();
  const size = code.getModuleCount();
  let path = "";
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) if (code.isDark(y, x)) path += `M${x + kQuiet} ${y + kQuiet}h1v1h-1z`;
  const side = size + 2 * kQuiet;
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={props.label} shape-rendering="crispEdges" data-testid="factor-qr">
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
