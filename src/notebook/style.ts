/** The look of exported pages: system fonts, light and dark, narrow screens, print. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5c5f66; --paper: #fff; --panel: #f5f6f8; --line: #d9dce1; --accent: #2557a7; --bad: #b3261e; --shade: #0003; --kw: #8a1c7c; --str: #1d6b37; --num: #8a4b08; --com: #62666d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --soft: #a3a7ae; --paper: #16171a; --panel: #202226; --line: #383b41; --accent: #8ab4f8; --bad: #f2b8b5; --shade: #fff2; --kw: #e3a1dd; --str: #93d2a5; --num: #f0bd85; --com: #9a9ea5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
.markdown > *, details.provenance { max-width: 48rem; } .markdown > pre, .markdown > table { max-width: none; }
h1, h2, h3 { line-height: 1.2; } a { color: var(--accent); }
pre, code { font: 13.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .4rem 0; padding: .6rem .8rem; overflow-x: auto; border-radius: 6px; white-space: pre; }
pre.code { background: var(--panel); border: 1px solid var(--line); } pre.error { white-space: pre-wrap; border-left: 4px solid var(--bad); background: var(--panel); } pre.stderr { border-left: 4px solid var(--num); }
/* What goes on to the right is shaded at its edge: the shadows stay, the lids over them scroll with the content. */
.html, pre.code, figure { --back: var(--paper); background: linear-gradient(to right, var(--back) 30%, transparent) 0 0 / 2.5rem 100% no-repeat local, linear-gradient(to left, var(--back) 30%, transparent) 100% 0 / 2.5rem 100% no-repeat local, linear-gradient(to right, var(--shade), transparent) 0 0 / .8rem 100% no-repeat scroll, linear-gradient(to left, var(--shade), transparent) 100% 0 / .8rem 100% no-repeat scroll; }
pre.code { --back: var(--panel); background-color: var(--panel); }
.cell { position: relative; margin: 1rem 0; } .cell .count { color: var(--soft); font-size: .75rem; } .mark { color: var(--bad); font-weight: 600; margin: .2rem 0; }
table { border-collapse: collapse; font-size: .9rem; } th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; } .html { overflow-x: auto; } .html .proband-result { overflow-x: visible !important; } .html p { max-width: 60rem; } .html pre { white-space: pre-wrap; } pre:focus-visible, .html:focus-visible { outline: 2px solid var(--accent); } .html td[style*="right"], .html td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: .6rem 0; overflow-x: auto; } img, svg { max-width: 100%; height: auto; }
.markdown img { max-width: 100%; } blockquote { margin: .6rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
.hljs-keyword, .hljs-literal, .hljs-built_in { color: var(--kw); } .hljs-string, .hljs-regexp { color: var(--str); } .hljs-number { color: var(--num); } .hljs-comment { color: var(--com); font-style: italic; }
.ansi-bold { font-weight: 600; } .ansi-red { color: var(--bad); } .ansi-green { color: var(--str); } .ansi-yellow { color: var(--num); } .ansi-blue, .ansi-cyan { color: var(--accent); } .ansi-magenta { color: var(--kw); } .ansi-black { color: var(--soft); }
#proband-tip { position: fixed; z-index: 3; max-width: min(22rem, 90vw); padding: .25rem .55rem; border: 1px solid var(--line); border-radius: 5px; background: var(--paper); color: var(--ink); font-size: .8rem; line-height: 1.35; box-shadow: 0 1px 6px #0004; pointer-events: none; } svg .proband-marked { outline: 2px solid var(--accent); outline-offset: 2px; } svg:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
details.provenance { margin-top: 3rem; font-size: .9rem; color: var(--soft); } .provenance th { white-space: nowrap; vertical-align: top; } .provenance td, .provenance code { overflow-wrap: anywhere; font-size: .85rem; }
@media (max-width: 40rem) { body { font-size: 15px; } main { padding: 1rem .7rem 3rem; } h1 { font-size: 1.6em; } .html svg[width], figure svg[width] { max-width: none; min-width: 33rem; } .html caption { white-space: normal !important; max-width: calc(100vw - 1.4rem); } }
@page { margin: 18mm 16mm 20mm; @bottom-center { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #5c5f66; } }
@media print { #proband-tip { display: none; } :root { color-scheme: light; } main { max-width: none; padding: 0; } body { font-size: 10pt; } pre { white-space: pre-wrap; overflow-wrap: anywhere; } .html, pre.code, figure { background-image: none; } .html { overflow: visible; } table { font-size: 7pt; } th, td { padding: .1rem .2rem; white-space: normal; } tr, figure, svg, img, pre.code, table:not(:has(tr:nth-child(13))) { break-inside: avoid; } thead { display: table-header-group; } h1, h2, h3, caption, .count, .mark, pre.code { break-after: avoid; } p, li { orphans: 3; widows: 3; } .markdown:has(+ .cell) { break-after: avoid; } details.provenance { color: inherit; } details::details-content { content-visibility: visible; display: block; block-size: auto; } }
`;

/** What the executable appendix adds. */
export const appendixStyle = `
#proband-toolbar { position: sticky; top: 0; z-index: 2; display: flex; gap: .5rem; align-items: center; padding: .4rem 1rem; background: var(--panel); border-bottom: 1px solid var(--line); font-size: .9rem; }
#proband-toolbar[hidden] { display: none; } .notice { max-width: 78rem; margin: 1rem auto 0; padding: .4rem 1rem; border-left: 4px solid var(--accent); }
button { font: inherit; font-size: .85rem; padding: .1rem .6rem; border: 1px solid var(--line); border-radius: 5px; background: var(--paper); color: var(--ink); cursor: pointer; white-space: nowrap; } button:disabled { opacity: .5; cursor: default; } button:focus-visible, textarea:focus-visible { outline: 2px solid var(--accent); }
.bar { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin-bottom: .2rem; } .badge { font-size: .75rem; padding: 0 .5rem; border: 1px solid var(--line); border-radius: .8rem; color: var(--soft); }
.badge.same { border-color: var(--str); color: var(--str); } .badge.different, .badge.failed { border-color: var(--bad); color: var(--bad); } .badge.edited, .badge.live, .badge.lacking, .badge.running { border-color: var(--accent); color: var(--accent); }
textarea { width: 100%; font: 13.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding: .6rem .8rem; border: 1px solid var(--accent); border-radius: 6px; background: var(--panel); color: var(--ink); resize: vertical; }
[aria-busy="true"] { opacity: .6; }
@media (max-width: 40rem) { #proband-toolbar { padding: .4rem .7rem; font-size: .8rem; line-height: 1.3; } }
@media print { #proband-toolbar, .bar { display: none; } }
`;
