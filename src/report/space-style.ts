/**
 * Style of a space plot, carried by the SVG itself so that it also works as a file of its own.
 * Source: M. Okabe, K. Ito, "Color Universal Design", 2008 (palette, darkened for text contrast).
 */
export const SPACE_PLOT_STYLE = `
.space{--ink:#1d2329;--faint:#5c6670;--rule:#e3e7eb;--paper:#fff;--exact:#3f4851;--narrow:#06785a;--rounding:#0a66ad;--perforation:#8a3b86;--roup:#bf4a06;font:10.5px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.space{--ink:#e4e8ec;--faint:#9aa5b0;--rule:#2b3239;--paper:#14181c;--exact:#c3ccd5;--narrow:#45cfa2;--rounding:#62b0f0;--perforation:#d99bd6;--roup:#ff9a57}}
@media print{.space{--ink:#000;--faint:#444;--rule:#ddd;--paper:#fff;--exact:#3f4851;--narrow:#06785a;--rounding:#0a66ad;--perforation:#8a3b86;--roup:#bf4a06}}
.space .paper{fill:var(--paper)}
.space text{fill:var(--ink)}
.space .tick,.space .remark{fill:var(--faint)}
.space .axis-title{font-size:11px;font-weight:600}
.space .remark{font-weight:400}
.space .grid{stroke:var(--rule);fill:none}
.space .axis{stroke:var(--faint);fill:none}
.space .reference{stroke:var(--ink);stroke-width:1.6;fill:none}
.space .leader{stroke:var(--faint);stroke-width:.7;fill:none}
.space .stair{fill:none;stroke-width:1.2;stroke-linejoin:round}
.space .narrow-line{stroke:var(--narrow);stroke-dasharray:4 3}
.space .roup-line{stroke:var(--roup)}
.space .label{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.space .exact{fill:var(--exact)}
.space .narrow{fill:var(--narrow)}
.space .rounding-only{fill:var(--rounding)}
.space .perforation-only{fill:var(--perforation)}
.space .roup{fill:var(--roup)}
.space .dot{fill-opacity:.45}
.space .mark{stroke:var(--paper);stroke-width:.8}
.space .mark:hover,.space .dot:hover{stroke:var(--ink);stroke-width:1.5}
`.trim();
