"""Nothing comes in; how the page looks goes out: quiet, on light and dark, on wide and narrow."""

from __future__ import annotations

_COLORS = """
:root {
  color-scheme: light dark;
  --bg: #fbfbfa; --card: #ffffff; --ink: #1d2025; --soft: #5c636d; --rule: #e3e5e8;
  --grid: #eceef0; --accent: #2457d6; --good: #2457d6; --bad: #d1442f; --on: #ffffff;
  --c0: #2457d6; --c1: #d4700a; --c2: #0c8a63; --c3: #8a3fcf; --c4: #cf2f6b; --c5: #0a8aa6;
  --pale: #b3b9c1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #14161a; --card: #1b1e23; --ink: #e7e9ec; --soft: #a0a7b1; --rule: #30353c;
    --grid: #292d33; --accent: #82a9ff; --good: #6f9bff; --bad: #ff8a70; --on: #10131a;
    --c0: #82a9ff; --c1: #f2a55c; --c2: #4fcb9d; --c3: #c497f7; --c4: #f580ab; --c5: #55c9e0;
    --pale: #5a626d;
  }
}
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); }
.c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
.pale { --c: var(--pale); }
"""

_TEXT = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 2.5rem) 4rem; max-width: 76rem;
  background: var(--bg); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
}
h1 { margin: 0 0 1.1rem; font-size: clamp(1.7rem, 4vw, 2.5rem); line-height: 1.15;
  letter-spacing: -.02em; font-weight: 650; }
h2 { margin: 0 0 .3rem; font-size: 1.3rem; letter-spacing: -.01em; font-weight: 620; }
h3 { margin: 1.2rem 0 .6rem; font-size: .95rem; font-weight: 600; }
small { font-size: .82em; color: var(--soft); font-weight: 400; }
ul { margin: 0; padding: 0; list-style: none; }
code { font: .78rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
section { margin-top: 3.2rem; padding-top: 1.8rem; border-top: 1px solid var(--rule); }
.reading { margin: 0 0 1.3rem; max-width: 46rem; color: var(--soft); }
.eyebrow { margin: 0 0 .4rem; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
.verdict { padding: 1.4rem 1.6rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: 14px; }
.says { font-size: 1.1rem; max-width: 54rem; }
.says li + li { margin-top: .45rem; }
.data { margin: 1.2rem 0 0; color: var(--soft); font-size: .9rem; }
.data:empty { display: none; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
  gap: 1rem 1.6rem; margin-top: 1.3rem; padding-top: 1.2rem; border-top: 1px solid var(--rule); }
.tiles:first-child { margin-top: 0; padding-top: 0; border-top: 0; }
.tiles li > * { display: block; }
.tiles b { font-size: 1.75rem; font-weight: 620; letter-spacing: -.02em; line-height: 1.3; }
.tiles i { font-size: .85rem; font-style: normal; font-weight: 400; color: var(--soft);
  letter-spacing: 0; }
.tiles span { font-size: .85rem; color: var(--soft); }
details { margin-top: .5rem; }
header details { margin-top: 1.1rem; }
summary { cursor: pointer; padding: .3rem 0; font-size: .95rem; font-weight: 600; }
.notes, .files { padding-left: 1.1rem; list-style: disc; color: var(--soft); font-size: .92rem;
  max-width: 54rem; }
.files { font-size: .85rem; columns: 24rem; max-width: none; list-style: none; padding: 0; }
.none { color: var(--soft); font-size: .92rem; }
.mark-of { display: inline-block; padding: 0 .4em; border: 1px solid var(--rule);
  border-radius: 99px; color: var(--soft); font-size: .72rem; line-height: 1.45; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; overflow-wrap: normal; }
th { font-weight: 500; font-size: .78rem; color: var(--soft); text-align: left;
  vertical-align: bottom; }
th, td { padding: .42rem .9rem .42rem 0; border-bottom: 1px solid var(--rule); }
td { vertical-align: top; }
td:first-child { min-width: 10rem; overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
td.n small { display: block; margin-top: -.1rem; }
.n:last-child { padding-right: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
  gap: .9rem 1.6rem; margin: 0 0 1.4rem; font-size: .92rem; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; }
"""

_DRAWN = """
svg { display: block; }
svg text { font-size: 12px; fill: var(--ink); font-family: inherit; }
.grid { stroke: var(--grid); stroke-width: 1; fill: none; }
.dotted { stroke: var(--soft); stroke-width: 1.4; stroke-dasharray: 2 4; fill: none; }
svg .tick, svg .unit { fill: var(--soft); }
svg .title { font-size: 13px; font-weight: 600; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
.line { stroke: var(--c); stroke-width: 2; fill: none; stroke-linejoin: round; }
.pale .line { stroke-width: 1.2; }
.mark { fill: var(--c); stroke: var(--bg); stroke-width: 1; }
.band { fill: var(--c); fill-opacity: .11; }
.charts { display: grid; gap: 1.6rem 2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.charts + .charts { margin-top: 1.8rem; }
.chart { width: 100%; max-width: 30rem; height: auto; overflow: visible; }
.beside { display: grid; gap: 1.2rem 2.5rem; align-items: center;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.beside .legend { flex-direction: column; gap: .55rem; margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; margin-bottom: 1.2rem;
  font-size: .88rem; }
.legend li { display: flex; align-items: center; gap: .45rem; min-width: 0; }
.key { width: 26px; height: 14px; flex: none; }
.swatch { width: 13px; height: 13px; border-radius: 3px; background: var(--c); flex: none; }
.box { container-type: inline-size; }
.row { display: grid; grid-template-columns: minmax(0, 20rem) minmax(0, 1fr) 10.5rem;
  align-items: center; column-gap: 1rem; font-size: .92rem; }
.track { position: relative; align-self: stretch; min-height: 32px; }
.track svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.scale .track { min-height: 18px; }
.who { line-height: 1.25; padding: .25rem 0; }
.below { color: var(--soft); font-size: .82rem; }
.number { white-space: nowrap; text-align: right; }
.whisker { stroke: var(--c); stroke-width: 2.5; stroke-linecap: round; stroke-opacity: .55; }
.whisker.hollow { stroke-width: 1.2; }
circle.dot { fill: var(--c); stroke: var(--bg); stroke-width: 1.5; }
circle.hollow { fill: var(--bg); stroke: var(--c); stroke-width: 1.8; }
.brief .row { grid-template-columns: minmax(0, 12rem) minmax(0, 1fr) 2.8rem; font-size: .86rem; }
.brief .below { display: block; }
.brief .number small { display: none; }
.pairs { display: grid; gap: 1.2rem 3rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.pairs > div { min-width: 0; }
@container (max-width: 36rem) {
  .forest:not(.brief) .row { grid-template-columns: minmax(0, 1fr) auto; }
  .forest:not(.brief) .track { grid-column: 1 / -1; grid-row: 2; min-height: 22px; }
}
@container (max-width: 28rem) {
  .brief .row { grid-template-columns: minmax(0, 9rem) minmax(0, 1fr) 2.6rem;
    column-gap: .6rem; }
}
"""

_PICTURED = """
.face { width: 44px; height: 44px; object-fit: cover; border-radius: 7px; display: block;
  background: var(--grid); flex: none; }
.large { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 8px; display: block;
  background: var(--grid); }
.matrix .right { fill: var(--good); } .matrix .wrong { fill: var(--bad); }
.matrix .field { fill: none; stroke: var(--rule); }
.matrix .count { font-size: 11px; text-anchor: middle; } .matrix .on { fill: var(--on); }
.matrix { max-width: none; }
.cards { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, max(10rem, 21%)), 1fr)); }
.cards li, .confused li { background: var(--card); border: 1px solid var(--rule);
  border-radius: 12px; padding: .8rem; min-width: 0; }
.source { margin: .45rem 0 .6rem; color: var(--soft); font-size: .78rem; line-height: 1.3; }
.nearest { display: grid; grid-template-columns: 44px minmax(0, 1fr) auto; gap: .2rem .7rem;
  align-items: center; margin-top: .55rem; }
.nearest p { margin: 0; line-height: 1.25; font-size: .9rem; }
.nearest small { display: block; } .nearest b { font-weight: 600; }
.nearest output { font-size: .9rem; }
.bar { grid-column: 1 / -1; height: 4px; border-radius: 2px; background: var(--grid); }
.bar::after { content: ""; display: block; width: var(--w); height: 100%; border-radius: 2px;
  background: var(--c); }
.nearest.wrong { --c: var(--bad); } .nearest.right { --c: var(--good); }
.confused { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
.confused li { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem .8rem; }
.confused figure { margin: 0; min-width: 0; font-size: .85rem; line-height: 1.3; }
.confused small { display: block; }
.confused .face { width: 100%; height: auto; aspect-ratio: 1; margin-bottom: .35rem; }
.said { grid-column: 1 / -1; margin: 0; color: var(--soft); font-size: .82rem; }
.map { width: 100%; height: auto; background: var(--card); border: 1px solid var(--rule);
  border-radius: 12px; }
.map circle { fill: var(--c); fill-opacity: .75; }
.map rect { fill: none; stroke: var(--c); stroke-width: 3; }
@media print {
  section { break-inside: avoid; }
  body { max-width: none; padding: 0; }
}
"""

STYLE = (_COLORS + _TEXT + _DRAWN + _PICTURED).lstrip()
