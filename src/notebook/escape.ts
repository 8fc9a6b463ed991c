/** Text made safe for HTML, in elements and in quoted attributes. */
export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** Terminal text (SGR colours and bold) as HTML; other control sequences are dropped. */
export function ansiToHtml(value: string): string {
  let open = 0;
  let out = "";
  const classes = new Set<string>();
  const close = () => {
    out += "</span>".repeat(open);
    open = 0;
  };
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is parsed here
  const pattern = /\u001b\[([0-9;]*)([A-Za-z])|\u001b\][^\u0007]*\u0007/g;
  let at = 0;
  for (let m = pattern.exec(value); m; m = pattern.exec(value)) {
    out += escapeHtml(value.slice(at, m.index));
    at = pattern.lastIndex;
    if (m[2] !== "m") continue;
    close();
    for (const code of (m[1] || "0").split(";").map(Number)) {
      if (code === 0) classes.clear();
      else if (code === 1) classes.add("ansi-bold");
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
        for (const c of classes) if (c !== "ansi-bold") classes.delete(c);
        classes.add(`ansi-${colours[code % 10]}`);
      } else if (code === 39) for (const c of classes) if (c !== "ansi-bold") classes.delete(c);
    }
    if (classes.size) {
      out += `<span class="${[...classes].join(" ")}">`;
      open = 1;
    }
  }
  out += escapeHtml(value.slice(at));
  close();
  return out;
}
