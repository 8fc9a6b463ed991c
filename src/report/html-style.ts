/** The style of a report page. Light and dark by the reader's setting; black on white on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --tint: #f6f8fa; --link: #0a58ca;
  --mark: #7a4100; --mark-paper: #fff1d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e8ea; --soft: #9aa4af; --line: #343b43; --tint: #1c2126; --link: #7ab4ff;
    --mark: #ffd089; --mark-paper: #3a2b10;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
p, .notes, .subtitle { max-width: 46rem; }
p, li, h1, h2, h3, summary, figcaption, .marks span { overflow-wrap: anywhere; }
.subtitle { color: var(--soft); margin: .2rem 0 .8rem; }
a { color: var(--link); }
nav ol { margin: 1rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; }
.marks { margin: .3rem 0 .6rem; display: flex; flex-wrap: wrap; gap: .35rem; }
.marks span {
  background: var(--mark-paper); color: var(--mark); border-radius: .3rem; padding: .1rem .5rem; font-size: .85rem;
}
.scroll { overflow-x: auto; max-width: 100%; }
/* What goes on to the right is shaded at its edge: the shadows stay, the lids over them scroll with the content. */
.scroll {
  background:
    linear-gradient(to right, var(--paper) 30%, transparent) 0 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 30%, transparent) 100% 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to right, #7773, transparent) 0 0 / .8rem 100% no-repeat scroll,
    linear-gradient(to left, #7773, transparent) 100% 0 / .8rem 100% no-repeat scroll;
}
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.long { white-space: normal; min-width: 16rem; max-width: 26rem; }
th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); vertical-align: bottom; }
th.n, td.n { text-align: right; }
tbody tr:hover { background: var(--tint); }
.notes { color: var(--soft); font-size: .85rem; padding-left: 1.1rem; margin: .6rem 0 0; }
figure { margin: 1.2rem 0; }
figure svg { max-width: 100%; height: auto; --plot-background: var(--paper) !important; }
figcaption { color: var(--soft); font-size: .85rem; margin-top: .3rem; max-width: 46rem; }
details { margin: .6rem 0; }
summary { cursor: pointer; padding: .25rem 0; }
pre {
  background: var(--tint); padding: .8rem 1rem; border-radius: .4rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .82rem;
}
code { background: var(--tint); padding: .05rem .3rem; border-radius: .25rem; font-size: .9em; }
@media (max-width: 40rem) {
  th, td:not(.n) { white-space: normal; min-width: 6rem; }
  th.n { min-width: 0; }
  td.long { min-width: 12rem; }
  /* Smaller, their words could not be read; they scroll. */
  figure svg[width] { max-width: none; min-width: 33rem; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #333; --line: #999; --tint: #fff; --link: #000; --mark: #000; --mark-paper: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .marks span { border: 1px solid #000; }
  .scroll { overflow: visible; background: none; }
  table { font-size: 7pt; }
  th, td { padding: .15rem .22rem; white-space: normal; }
  td.n { white-space: nowrap; }
  thead { display: table-header-group; }
  tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`;
