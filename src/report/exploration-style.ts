/**
 * Colours of the charts by scheme. Kinds differ in shape as well.
 * Source: M. Okabe, K. Ito, "Color Universal Design", 2008 (palette, darkened for text contrast).
 */
const LIGHT = {
  ink: '#1d2329',
  faint: '#5c6670',
  hair: '#e9edf0',
  paper: '#ffffff',
  nsga2: '#0a66ad',
  greedy: '#bf4a06',
  random: '#06785a',
  outside: '#8a3b86',
  exact: '#3f4851',
} as const;

const DARK: Readonly<Record<keyof typeof LIGHT, string>> = {
  ink: '#e4e8ec',
  faint: '#9aa5b0',
  hair: '#262d34',
  paper: '#14181c',
  nsga2: '#62b0f0',
  greedy: '#ff9a57',
  random: '#45cfa2',
  outside: '#d99bd6',
  exact: '#c3ccd5',
};

/** Shades of energy, least first: one hue, so that order is seen without telling colours apart. */
const HEAT_LIGHT = ['#f0f5fa', '#d6e4f2', '#b3cfe8', '#86b5db', '#5a97c8', '#2f76b0', '#12568f', '#083a6b'];
const HEAT_DARK = ['#17222c', '#1c3144', '#22435f', '#2a577d', '#336690', '#5c93c0', '#8db9dd', '#c6e0f5'];
/** Text on each shade. */
const ON_HEAT_LIGHT = HEAT_LIGHT.map((_, level) => (level < 5 ? '#10202e' : '#ffffff'));
const ON_HEAT_DARK = HEAT_DARK.map((_, level) => (level < 5 ? '#eef4f9' : '#0b141b'));

export const HEAT_LEVELS = HEAT_LIGHT.length;

/** Rules of the charts, with colours as variables. Only what resvg knows too: no :hover, no font shorthand. */
const CHART_RULES = `
.chart{font-family:FONT;font-size:11px}
.chart text{fill:var(--ink)}
.chart .tick,.chart .remark{fill:var(--faint)}
.chart .axis-title,.chart .panel-title{font-size:12px;font-weight:600}
.chart .remark{font-weight:400}
.chart .grid{stroke:var(--hair);fill:none}
.chart .axis,.chart .zero{stroke:var(--faint);fill:none}
.chart .whisker{stroke:var(--faint);stroke-opacity:0.55;fill:none}
.chart .front{stroke:var(--ink);stroke-width:1.3;stroke-opacity:0.5;fill:none}
.chart .leader{stroke:var(--faint);stroke-width:0.7;fill:none}
.chart .label{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.chart .mark{stroke:var(--paper);stroke-width:1}
.chart .nsga2{fill:var(--nsga2)}
.chart .greedy{fill:var(--greedy)}
.chart .random{fill:var(--random)}
.chart .refined{fill:var(--outside)}
.chart .nsga2.off{fill:var(--paper);stroke:var(--nsga2);stroke-width:1.2}
.chart .greedy.off{fill:var(--paper);stroke:var(--greedy);stroke-width:1.2}
.chart .random.off{fill:var(--paper);stroke:var(--random);stroke-width:1.2}
.chart .refined.off{fill:var(--paper);stroke:var(--outside);stroke-width:1.2}
.chart .reference{fill:none;stroke:var(--exact);stroke-width:1.6}
.chart .exact{fill:var(--exact)}
.chart .roup-uniform{fill:var(--nsga2)}
.chart .roup-asymmetric{fill:var(--greedy)}
.chart .narrow{fill:var(--paper);stroke:var(--random);stroke-width:1.6}
.chart .outside{fill:var(--outside)}
.chart .line{fill:none;stroke-width:2}
.chart .line.nsga2{fill:none;stroke:var(--nsga2)}
.chart .line.greedy{fill:none;stroke:var(--greedy);stroke-dasharray:7 3}
.chart .line.random{fill:none;stroke:var(--random);stroke-dasharray:2 3}
`.trim();

const HEAT_RULES = Array.from(
  { length: HEAT_LEVELS },
  (_, level) => `.chart .h${level}{fill:var(--h${level})}\n.chart text.t${level}{fill:var(--t${level})}`,
).join('\n');

/** Style of a chart as a file of its own: light, on white, in the font that its PNG is drawn with. */
export const STATIC_CHART_STYLE: string =
  `${CHART_RULES}\n${HEAT_RULES}\n.chart .hx{fill:none;stroke:var(--faint);stroke-dasharray:2 2}`
    .replace('FONT', '"DejaVu Sans",sans-serif')
    .replace(/var\(--(\w+)\)/g, (_, name: string) => staticColour(name));

function staticColour(name: string): string {
  const level = /^([ht])(\d)$/.exec(name);
  if (level !== null) return (level[1] === 'h' ? HEAT_LIGHT : ON_HEAT_LIGHT)[Number(level[2])]!;
  return LIGHT[name as keyof typeof LIGHT];
}

function variables(
  colours: typeof LIGHT | typeof DARK,
  heat: readonly string[],
  onHeat: readonly string[],
): string {
  return [
    ...Object.entries(colours).map(([name, colour]) => `--${name}:${colour}`),
    ...heat.map((colour, level) => `--h${level}:${colour}`),
    ...onHeat.map((colour, level) => `--t${level}:${colour}`),
  ].join(';');
}

const LIGHT_VARIABLES = variables(LIGHT, HEAT_LIGHT, ON_HEAT_LIGHT);

/** Style of the page of an exploration, on top of that of all pages. */
export const EXPLORATION_STYLE: string = `
:root{${LIGHT_VARIABLES}}
@media (prefers-color-scheme:dark){:root{${variables(DARK, HEAT_DARK, ON_HEAT_DARK)}}}
@media print{:root{${LIGHT_VARIABLES}}}
${CHART_RULES.replace('FONT', 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif')}
figure svg.chart{display:block;width:100%;height:auto;min-width:0}
figure svg.narrow-view{display:none;max-width:34rem;margin:0 auto}
.chart .mark,.chart .dot{cursor:pointer}
.chart .mark:focus{outline:none}
.chart .dot.same{stroke:var(--ink);stroke-width:2.5}
.chart .ring{fill:none;stroke:var(--ink);stroke-width:2.2;pointer-events:none}
.explorer{display:grid;grid-template-columns:minmax(0,1fr) 23rem;gap:1.5rem;align-items:start}
.view{display:none}
.picks{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem;margin:1rem 0 .6rem}
.picks fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;align-items:center;gap:.2rem .9rem}
.picks legend{float:left;font-weight:600;font-size:.9rem;margin-right:.9rem;padding:0}
.picks label{font-size:.9rem;white-space:nowrap;padding:.2rem 0}
.picks input{accent-color:var(--accent);margin:0 .35rem 0 0}
.said{min-height:1.55em;margin:.3rem 0;font-size:.9rem;overflow-wrap:anywhere}
.said strong{color:var(--accent)}
.hint{color:var(--faint);font-size:.9rem;max-width:none}
.point{background:var(--tint);border-top:3px solid var(--accent);padding:.8rem 1rem 1rem;min-width:0}
.point:target{outline:2px solid var(--accent)}
.point h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
.point p{margin:.1rem 0 .5rem;color:var(--faint);font-size:.85rem}
.point dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem .8rem;margin:0 0 .7rem;font-size:.85rem;line-height:1.4}
.point table{font-size:.8rem;margin:0 0 .7rem;border-color:var(--rule)}
.point th,.point td{padding:.2rem .35rem}
.point td{text-align:center;white-space:normal;border:1px solid var(--paper)}
.point tbody th[scope=row]{overflow-wrap:anywhere;white-space:normal;min-width:0;max-width:none}
.point td.note{text-align:left;white-space:normal;color:var(--faint)}
.point pre{margin:0;padding:.5rem .6rem;background:var(--paper);border:1px solid var(--rule);white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9rem}
.point button{font:inherit;font-size:.85rem;font-weight:600;margin:.5rem 0 0;padding:.35rem .8rem;color:var(--paper);background:var(--accent);border:0;cursor:pointer}
.point button:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
.points{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(21rem,100%),1fr));gap:1rem;align-items:start;margin:.8rem 0}
#best td:last-child{white-space:normal;min-width:15rem}
#front th,#front td{padding-left:.35rem;padding-right:.35rem}
table.heat{width:auto;font-size:.78rem;line-height:1.2;border-color:var(--rule)}
table.heat th,table.heat td{padding:.2rem .3rem;text-align:center}
table.heat thead th{border-bottom:0}
table.heat thead th.first{white-space:normal;overflow-wrap:anywhere}
table.heat tbody tr+tr>*{border-top:0}
table.heat:not(.dense) br{display:none}
table.heat td{min-width:2.5rem;border:1px solid var(--paper);white-space:nowrap}
table.heat tbody th{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap!important;min-width:0!important;max-width:none!important;padding-right:.5rem}
table.heat tbody th.id{text-align:left}
table.heat.dense{font-size:.7rem}
table.heat.dense td{min-width:2.2rem;padding:.12rem .1rem}
table.heat .first{border-left:4px solid var(--paper)}
.heat-key{display:flex;flex-wrap:wrap;align-items:center;gap:0;font-size:.8rem;margin:.6rem 0}
.heat-key span{padding:.15rem .45rem}
a{color:var(--accent)}
${Array.from({ length: HEAT_LEVELS }, (_, level) => `.h${level}{background:var(--h${level});color:var(--t${level})}`).join('\n')}
.hx{outline:1px dashed var(--faint);outline-offset:-3px}
@media screen and (max-width:64rem){.explorer{grid-template-columns:minmax(0,1fr)}}
@media screen and (max-width:44rem){table.heat:not(.dense) br{display:inline}figure svg.wide-view{display:none}figure svg.narrow-view{display:block}.picks legend{float:none;width:100%}}
@media print{.point button,.picks,.hint,.said{display:none}.points{grid-template-columns:1fr 1fr}.explorer{grid-template-columns:1fr}.heat td,.heat-key span,.point td{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`.trim();
