/**
 * Style of a plot, carried by the SVG itself so that it also works as a file of its own. Colours are distinct for
 * the common kinds of colour blindness; kinds differ in shape as well.
 * Source: M. Okabe, K. Ito, "Color Universal Design", 2008 (palette, darkened for text contrast).
 */
export const PLOT_STYLE = `
.plot{--ink:#1d2329;--faint:#5c6670;--rule:#e3e7eb;--paper:#fff;--exact:#3f4851;--uniform:#0a66ad;--asymmetric:#bf4a06;--narrow:#06785a;font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.plot{--ink:#e4e8ec;--faint:#9aa5b0;--rule:#2b3239;--paper:#14181c;--exact:#c3ccd5;--uniform:#62b0f0;--asymmetric:#ff9a57;--narrow:#45cfa2}}
@media print{.plot{--ink:#000;--faint:#444;--rule:#ddd;--paper:#fff;--exact:#3f4851;--uniform:#0a66ad;--asymmetric:#bf4a06;--narrow:#06785a}}
.plot text{fill:var(--ink)}
.plot .tick,.plot .remark,.plot .baseline-label{fill:var(--faint)}
.plot .axis-title{font-size:12px;font-weight:600}
.plot .remark{font-weight:400}
.plot .grid{stroke:var(--rule);fill:none}
.plot .zero{stroke:var(--faint)}
.plot .axis{stroke:var(--faint);fill:none}
.plot .baseline{stroke:var(--faint);stroke-dasharray:2 4;fill:none}
.plot .front{stroke:var(--ink);stroke-width:1.3;stroke-opacity:.55;fill:none;stroke-linejoin:round}
.plot .pair{stroke:var(--narrow);stroke-width:1.2;stroke-dasharray:3 3;stroke-opacity:.8;fill:none}
.plot .error{stroke:var(--faint);stroke-opacity:.6;fill:none}
.plot .leader{stroke:var(--faint);stroke-width:.7;fill:none}
.plot .label{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.plot .exact{fill:var(--exact)}
.plot .roup-uniform{fill:var(--uniform)}
.plot .roup-asymmetric{fill:var(--asymmetric)}
.plot .narrow{fill:var(--paper);stroke:var(--narrow);stroke-width:2}
.plot .mark:not(.narrow){stroke:var(--paper);stroke-width:1}
.plot .mark:hover{stroke:var(--ink);stroke-width:2}
`.trim();

/** Style of the page around tables and plots. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--ink:#1d2329;--faint:#5c6670;--rule:#d5dbe0;--hair:#e9edf0;--paper:#fff;--tint:#f5f7f9;--accent:#0a66ad;--warn:#8a3a00;--warn-tint:#fff6ee}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--faint:#9aa5b0;--rule:#3a434c;--hair:#262d34;--paper:#14181c;--tint:#1b2127;--accent:#62b0f0;--warn:#ffb27d;--warn-tint:#261c14}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:75rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.3;margin:2.8rem 0 .6rem}
p,ul,dl{max-width:52rem}
.lede{color:var(--faint);margin:0 0 1.8rem}
.top{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem;align-items:start}
.card{background:var(--tint);border-top:3px solid var(--accent);padding:1rem 1.2rem 1.1rem}
.card h2{font-size:1rem;margin:0 0 .5rem}
.card.limits{background:var(--warn-tint);border-color:var(--warn)}
.card ul{margin:0;padding:0;list-style:none}
.card li{margin:.45rem 0;font-size:.9rem;line-height:1.45}
dl.sources{display:grid;grid-template-columns:max-content 1fr;gap:.35rem .9rem;margin:0;font-size:.9rem;line-height:1.45}
dt{font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
.findings{padding-left:1.1rem}
.findings li{margin:.5rem 0}
.scroll{overflow-x:auto;margin:1rem 0}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.86rem;line-height:1.35;font-variant-numeric:tabular-nums;border-top:2px solid var(--ink);border-bottom:2px solid var(--ink)}
caption{caption-side:top;text-align:left;color:var(--faint);padding:0 0 .6rem;font-size:.9rem;max-width:min(72rem,calc(100vw - 3rem))}
table.figures thead th{white-space:normal;min-width:4.6rem}
th,td{padding:.36rem .5rem;text-align:right;white-space:nowrap}
thead th{vertical-align:bottom;border-bottom:1px solid var(--ink);font-weight:600}
thead .unit{display:block;color:var(--faint);font-weight:400}
tbody th{text-align:left;font-weight:400}
th:first-child{text-align:left;padding-left:.2rem}
tbody tr+tr>*{border-top:1px solid var(--hair)}
tbody tr.section>th{padding-top:.9rem;font-weight:600;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule)}
tbody tr.twin>th:first-child{padding-left:1.5rem}
tbody tr.twin>*{border-top:0}
tbody tr.twin{color:var(--faint)}
tbody tr.best{background:var(--tint)}
td.text{text-align:left}
details{margin:.6rem 0;border-top:1px solid var(--hair)}
details details{margin:.2rem 0 .2rem 1rem}
summary{cursor:pointer;padding:.45rem .2rem;font-weight:600}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.mistakes{margin:.4rem .2rem;font-size:.9rem;color:var(--faint)}
table.matrix{width:auto}
table.matrix td{min-width:3rem}
td.right{font-weight:600}
td.none{color:var(--faint)}
td.wrong1{background:color-mix(in srgb,var(--warn) 8%,transparent)}
td.wrong2{background:color-mix(in srgb,var(--warn) 16%,transparent)}
td.wrong3{background:color-mix(in srgb,var(--warn) 28%,transparent)}
td.wrong4{background:color-mix(in srgb,var(--warn) 45%,transparent)}
code{font:.82em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
th code{display:block;color:var(--faint)}
.tag{font-size:.75rem;font-weight:600;color:var(--accent);white-space:nowrap}
figure{margin:0}
figure svg{display:block;width:100%;min-width:38rem;height:auto}
dl.terms{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.4rem 1.2rem;font-size:.92rem}
footer{margin-top:3rem;color:var(--faint);font-size:.85rem;border-top:1px solid var(--rule);padding-top:.8rem}
@media screen and (max-width:52rem){.top{grid-template-columns:1fr}main{padding:1.4rem 1rem 3rem}h1{font-size:1.5rem}dl.terms,dl.sources{grid-template-columns:1fr;gap:.1rem}dl.terms dd,dl.sources dd{margin-bottom:.6rem}
caption{max-width:calc(100vw - 2rem)}tbody th[scope=row]{white-space:normal;overflow-wrap:anywhere;min-width:8.5rem;max-width:8.5rem}tbody tr.twin>th:first-child{padding-left:.9rem}
.scroll tbody th:first-child,.scroll thead th:first-child{position:sticky;left:0;background:var(--paper)}tbody tr.best>th:first-child{background:var(--tint)}}
@media print{:root{color-scheme:light;--ink:#000;--faint:#444;--rule:#bbb;--hair:#ddd;--paper:#fff;--tint:#fff;--accent:#000;--warn:#000;--warn-tint:#fff}
@page{size:A4;margin:14mm}html{font-size:8.5pt}main{max-width:none;padding:0}.card{border:1px solid var(--rule)}.scroll{overflow:visible}figure svg{min-width:0}
table{font-size:7.6pt}th,td{padding:.2rem .35rem}.findings,p{max-width:none}td.text{white-space:normal}tr,figure,.card{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}}
`.trim();
