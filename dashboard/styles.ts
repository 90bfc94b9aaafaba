/** The look of the page. Colours after Okabe and Ito, darkened or lightened for contrast on each ground. */
const COLOURS = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f7f7f5, #121316);
  --surface: light-dark(#ffffff, #1a1c20);
  --ink: light-dark(#1b1d21, #e9eaec);
  --muted: light-dark(#5c6068, #a3a8b1);
  --line: light-dark(#e2e2de, #2e3137);
  --grid: light-dark(#ececE8, #282b31);
  --accent: light-dark(#0b5f9e, #6db9f0);
  --delta: light-dark(#e9ecef, #2a2e35);
  --warn: light-dark(#a44400, #ff9a62);
  --good: light-dark(#00694d, #3fc79b);
  --heat-ink: light-dark(#004a80, #57a5db);
  --arm-0: light-dark(#3b3f46, #d5d8dd);
  --arm-1: light-dark(#0072b2, #56b0ec);
  --arm-2: light-dark(#c26e00, #f0a830);
  --arm-3: light-dark(#00805d, #30c397);
  --arm-4: light-dark(#a83f87, #e694c5);
  --arm-5: light-dark(#c44a00, #ff8f57);
  --arm-6: light-dark(#5b54b8, #aaa4f5);
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
${[0, 1, 2, 3, 4, 5, 6].map((at) => `.arm-${at} { --c: var(--arm-${at}); }`).join('\n')}
`;

const TEXT = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main, .bar { width: min(1120px, 100% - 2rem); margin-inline: auto; }
h1 { font-size: clamp(1.45rem, 1.1rem + 1.6vw, 2.1rem); line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; margin: 0 0 1rem; text-wrap: balance; max-width: 30em; }
h2 { font-size: 1.2rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 .2rem; }
h3 { font-size: .92rem; line-height: 1.35; font-weight: 600; margin: 0; }
section { margin-top: 3.25rem; scroll-margin-top: 3.5rem; }
.lead { color: var(--muted); margin: 0 0 1rem; max-width: 46em; text-wrap: pretty; }
.note, .sub { color: var(--muted); font-size: .82rem; margin: .5rem 0 0; }
.sub { margin: 0; }
small { font-size: .82em; color: var(--muted); }
code { font: .88em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
a { color: var(--accent); text-underline-offset: .18em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }

.none { color: var(--muted); font-style: italic; }
.plain { list-style: none; margin: .6rem 0 0; padding: 0; }
.terms, .problems, header, .card, .plain, caption { overflow-wrap: anywhere; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--surface); padding: .4rem .8rem; z-index: 3; }
`;

const FRAME = `
.top { position: sticky; top: 0; z-index: 2; background: color-mix(in srgb, var(--ground) 92%, transparent); backdrop-filter: blur(8px); border-bottom: 1px solid var(--line); }
.bar { display: flex; align-items: center; gap: 1rem; min-height: 46px; }
.bar nav { flex: 1; min-width: 0; overflow-x: auto; scrollbar-width: none; }
.bar ul { display: flex; gap: .85rem; list-style: none; margin: 0; padding: 4px 2px; white-space: nowrap; }
.bar a { color: var(--muted); text-decoration: none; font-size: .84rem; }
.bar a:hover { color: var(--ink); }
#theme { flex: none; font: inherit; font-size: .8rem; color: var(--muted); background: var(--surface); border: 1px solid var(--line); border-radius: 99px; padding: .2rem .7rem; min-height: 30px; min-width: 5.4rem; cursor: pointer; }
#theme:hover { color: var(--ink); border-color: var(--muted); }
html:not(.scripted) #theme { visibility: hidden; }
header { margin-top: 2.4rem; }
.eyebrow { color: var(--muted); font-size: .88rem; margin: 0 0 .6rem; }
.eyebrow strong { color: var(--ink); }
.next { background: var(--surface); border: 1px solid var(--line); border-left: 3px solid var(--accent); border-radius: 6px; padding: .75rem 1rem; margin: 0; max-width: 52em; }
.next strong { color: var(--accent); margin-right: .5em; }
.further { color: var(--muted); padding-left: 1.1rem; font-size: .92rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1.1rem 1.5rem; margin: 1.8rem 0 0; padding: 1.1rem 0; border-block: 1px solid var(--line); }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.2rem; font-weight: 600; line-height: 1.3; }
.facts .fact-note { font-size: .8rem; font-weight: 400; color: var(--muted); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; margin: 0; min-width: 0; }
.card figcaption, .card > h3 { margin-bottom: .5rem; }
.pair, .halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1rem; }
.cells { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 345px), 1fr)); gap: 1rem; }
.terms { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .55rem 1.4rem; margin: 0; max-width: 60em; }
.terms dt { color: var(--muted); }
.terms dt, .terms dd { margin: 0; min-width: 0; }
.terms dt.hatched { color: var(--ink); padding: 0 .5rem; border-radius: 4px; width: fit-content; height: fit-content; max-width: 12rem; }
.problems { list-style: none; padding: 0; margin: 0; display: grid; gap: .6rem; }
.problems + .legend { margin-top: 1rem; }
.problems li { background: var(--surface); border: 1px solid var(--line); border-left: 3px solid var(--warn); border-radius: 6px; padding: .6rem .9rem; }
.problems strong { color: var(--warn); margin-right: .5em; }
.problems p { margin: .1rem 0 0; color: var(--muted); font-size: .92rem; }
details { margin-top: 1.2rem; }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
footer { margin: 4rem 0 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .82rem; }
`;

const TABLES = `
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--muted); font-size: .85rem; padding: .2rem 0 .5rem; }
th { text-align: left; font-weight: 600; }
thead th { color: var(--muted); font-weight: 500; font-size: .8rem; white-space: nowrap; }
thead th bdi { white-space: normal; overflow-wrap: anywhere; }
td, th { padding: .5rem .6rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.num, th.num { text-align: right; }
td.num { white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.ranking { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; border-collapse: separate; border-spacing: 0; overflow: hidden; }
.ranking td small, .ranking td .verdict, .ranking td .none, .ranking td .badge { display: block; }
.ranking td .badge { margin-left: auto; }
.rank-number { font-weight: 650; }
.rank-cell { width: 130px; min-width: 90px; }
.rank-cell .lane { display: block; }
.short { font-size: .87rem; }
.short td, .short th { padding: .35rem .3rem; }
.short .arm small { display: none; }
.short tbody th { min-width: 6.9rem; }
.short .rank-cell { width: 66px; min-width: 56px; }
.badge { font-size: .74rem; border: 1px solid currentColor; color: var(--accent); border-radius: 99px; padding: 0 .45rem; width: fit-content; line-height: 1.35; }
.verdict { font-size: .8rem; color: var(--muted); }
.verdict.faster { color: var(--good); }
.verdict.slower, .loss { color: var(--warn); }
.scroll { overflow-x: auto; }
#placements table { margin-top: 1rem; }
`;

const PLOTS = `
svg { display: block; overflow: visible; }
svg text { font-size: 11px; fill: var(--muted); font-variant-numeric: tabular-nums; }
.key { display: inline-block; vertical-align: -2px; flex: none; }
.arm { display: inline-flex; align-items: center; gap: .4em; max-width: 100%; }
.arm small { white-space: nowrap; }
.arm bdi { overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: 0 0 .8rem; padding: 0; font-size: .85rem; }
.legend li { display: inline-flex; align-items: center; gap: .45em; flex-wrap: wrap; }
.mark { fill: var(--c); stroke: var(--surface); stroke-width: 1; }
.mark.hollow { fill: var(--surface); stroke: var(--c); stroke-width: 1.6; }
.stroke { stroke: var(--c); stroke-width: 1.7; stroke-linecap: round; }
.chart .stroke { stroke-width: 1.4; opacity: .75; }
.stroke.dashed { stroke-dasharray: 3 4; }
.band { fill: color-mix(in srgb, var(--c) 30%, transparent); stroke: color-mix(in srgb, var(--c) 55%, transparent); }
.band.hollow { fill: transparent; stroke-dasharray: 3 3; }
.median { stroke: var(--c); stroke-width: 2.5; stroke-linecap: round; }
.grid { stroke: var(--grid); stroke-width: 1; shape-rendering: crispEdges; }
.zero { stroke: var(--muted); stroke-width: 1; shape-rendering: crispEdges; }
.delta { fill: var(--delta); }
.rank { fill: var(--c); stroke: var(--c); }
line.rank { stroke-width: 12; opacity: .38; }
.rank-dot { fill: var(--line); }
.cross { fill: none; stroke: var(--c); stroke-width: 2; stroke-linecap: round; }
.dot { fill: color-mix(in srgb, var(--c) 38%, transparent); stroke: var(--c); stroke-width: 1.3; }
.dot.front { stroke-width: 2.6; }
.dot-name { font-size: 12px; fill: var(--ink); paint-order: stroke; stroke: var(--surface); stroke-width: 3px; }
.front-line { stroke: var(--muted); stroke-width: 1.3; stroke-dasharray: 4 4; }
.phase { fill: var(--accent); }
.phase-dns { fill: var(--arm-3); } .phase-tcp { fill: var(--arm-2); } .phase-tls { fill: var(--arm-4); }
.phase-wait { fill: var(--arm-1); } .phase-transfer { fill: var(--arm-5); }
.layer { stroke: var(--surface); stroke-width: 1; }
.layer-base { fill: var(--muted); } .layer-shared { fill: var(--arm-1); } .layer-own { fill: var(--arm-2); }
.step { fill: var(--arm-1); }
.step.cached { fill: var(--line); }
.step-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .step-name small { display: inline; }
.steps .row { grid-template-columns: minmax(6rem, 16rem) minmax(0, 1fr) 4.6rem; gap: .5rem; }
.stack { display: grid; gap: 1rem; }
#gates tbody th, #images tbody th { min-width: 7rem; }
h4 { font-size: .86rem; margin: 1rem 0 .2rem; }
.row { display: grid; grid-template-columns: minmax(6rem, 8.5rem) minmax(0, 1fr) 11.2rem; align-items: center; gap: .7rem; }
.row-name { font-size: .88rem; min-width: 0; }
.row-name small { display: none; }
.row-value { font-size: .84rem; text-align: right; white-space: nowrap; }
.compact .row { grid-template-columns: minmax(5rem, 6.6rem) minmax(0, 1fr) 4.2rem; gap: .5rem; }
.compact .row-value small { display: block; line-height: 1.1; color: var(--warn); }
.lane { min-height: 26px; }
.axis { height: 20px; }
.ends { display: flex; justify-content: space-between; color: var(--muted); font-size: .8rem; margin: .2rem 0 0; }
.pair .row { grid-template-columns: minmax(5rem, 6.6rem) minmax(0, 1fr) 10.4rem; }
.chart { display: grid; grid-template-columns: 3.6rem minmax(0, 1fr); gap: .5rem; }
.y-axis { position: relative; }
.y-axis span { position: absolute; right: 0; transform: translateY(-50%); font-size: 11px; color: var(--muted); white-space: nowrap; }
.hatched { background: repeating-linear-gradient(-45deg, var(--grid) 0 4px, transparent 4px 9px), var(--surface); color: var(--muted); }
div.lane.absent { font-size: .78rem; color: var(--muted); line-height: 26px; }
div.lane.hatched { font-size: .78rem; font-style: italic; text-align: center; line-height: 20px; min-height: 20px; margin-block: 3px; border: 1px dashed var(--line); border-radius: 3px; overflow: hidden; }
.untold { padding: .5rem .8rem; border-radius: 6px; }
.switch { border: 0; margin: 0 0 .8rem; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; font-size: .88rem; }
.switch legend { float: left; color: var(--muted); margin-right: .8rem; padding: .25rem 0; }
.switch label { display: inline-flex; align-items: center; gap: .4rem; max-width: 100%; min-width: 0; }
.switch select { min-width: 0; flex: 1 1 auto; }
fieldset.switch label { border: 1px solid var(--line); background: var(--surface); border-radius: 99px; padding: .2rem .75rem; min-height: 32px; cursor: pointer; }
fieldset.switch input { position: absolute; opacity: 0; }
fieldset.switch label:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
fieldset.switch label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
select { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .5rem; max-width: 100%; }
html:not(.scripted) .switch { display: none; }
.scripted .heat-map caption { position: absolute; left: -9999px; }
.panel-title { margin-bottom: .7rem; }
.heat-map { border-collapse: separate; border-spacing: 3px; table-layout: fixed; min-width: 20rem; }
.heat-map td, .heat-map th { border: 0; text-align: center; padding: .7rem .4rem; border-radius: 5px; font-size: .9rem; }
.heat-map tbody th { text-align: left; font-weight: 500; }
.heat-map small { display: block; color: inherit; opacity: .85; }
.heat { background: color-mix(in oklab, var(--heat-ink) var(--heat), var(--surface)); font-weight: 600; }
.heat.dark { color: var(--surface); }
.heat-key { display: flex; align-items: center; gap: .6rem; color: var(--muted); font-size: .82rem; }
.ramp { width: 160px; height: 10px; border-radius: 5px; background: linear-gradient(90deg, color-mix(in oklab, var(--heat-ink) 8%, var(--surface)), color-mix(in oklab, var(--heat-ink) 92%, var(--surface))); }
`;

const FAILOVER = `
.bar-part { fill: var(--c); }
.split { border-radius: 5px; overflow: hidden; margin-bottom: .8rem; }
.stack { display: grid; gap: 1rem; }
.when { white-space: nowrap; }
.what { color: var(--muted); overflow-wrap: anywhere; }
.state { font-weight: 600; white-space: nowrap; }
.state.up, .state.yes { color: var(--good); }
.state.down, .state.no, .state.degraded { color: var(--warn); }
.state.unknown, .state.abstain { color: var(--muted); }
.probe-good { fill: var(--good); }
.probe-bad { fill: none; stroke: var(--warn); stroke-width: 1.8; stroke-linecap: round; }
.rule-decided { stroke: var(--muted); stroke-width: 1.5; stroke-dasharray: 3 3; }
.rule-flipped { stroke: var(--accent); stroke-width: 2; }
`;

const NARROW = `
@media (max-width: 720px) {
  main, .bar { width: calc(100% - 1.5rem); }
  section { margin-top: 2.6rem; }
  .facts { grid-template-columns: 1fr 1fr; gap: .9rem 1rem; }
  .cards thead { display: none; }
  .cards, .cards tbody { display: block; }
  .cards tr { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 1rem; padding: .8rem .9rem; border-bottom: 1px solid var(--line); }
  .cards tr:last-child { border-bottom: 0; }
  .cards td.num { white-space: normal; }
  .cards td, .cards th { border: 0; padding: .15rem 0; text-align: left; min-width: 0; }
  .cards th { grid-column: 1 / -1; grid-row: 1; font-size: 1rem; }
  .cards td::before { content: attr(data-label); display: block; color: var(--muted); font-size: .76rem; font-weight: 400; }
  .ranking .rank-number { grid-column: 1; font-size: 1.1rem; }
  .ranking td .badge { margin-left: 0; }
  .rank-cell { width: auto; }
  :is(.pair, .stack) .row { grid-template-columns: 1fr auto; gap: 0 .6rem; }
  :is(.pair, .stack) .row :is(.lane, .axis) { grid-column: 1 / -1; grid-row: 2; }
  :is(.pair, .stack) .row { margin-bottom: .35rem; }
  #timeline :is(.when, th:first-child) { display: none; }
  .terms { grid-template-columns: 1fr; gap: .1rem; }
  .terms dd { margin-bottom: .7rem; }
  .short { font-size: .82rem; }
  .short .rank-cell, .short th:nth-child(3) { display: none; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;

const PRINT = `
@media print {
  :root, :root[data-theme] { color-scheme: light; --ground: #fff; }
  .top, .switch, .skip { display: none !important; }
  body { font-size: 10pt; }
  section { margin-top: 1.6rem; }
  .card, tr, .problems li { break-inside: avoid; }
  h2, .lead { break-after: avoid; }
  .panels > [hidden] { display: block !important; margin-top: 1rem; }
  .scripted .heat-map caption { position: static; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

export const PAGE_STYLES = [COLOURS, TEXT, FRAME, TABLES, PLOTS, FAILOVER, NARROW, PRINT].join('');
