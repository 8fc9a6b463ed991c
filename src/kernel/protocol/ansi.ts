/** The kernel's own terminal colours as HTML; everything else is escaped. */
const colours: Record<string, string> = {
  "31": "color:#c0392b",
  "33": "color:#b9770e",
  "36": "color:#117a8b",
  "1": "font-weight:bold",
  "2": "opacity:.6",
};

export function ansiToHtml(text: string): string {
  const escaped = text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  return escaped.replace(/\u001b\[(\d+)m/g, (_, code: string) =>
    colours[code] ? `<span style="${colours[code]}">` : "</span>",
  );
}
