import type { ArraySpec } from './array-spec.ts';
import { axiPorts } from './axi-ports.ts';
import type { GeneratedFile } from './generate-shell.ts';

/** Signals worth looking at first: instance path below the top, name, width. */
export interface WaveSignal {
  readonly group: string;
  readonly path: readonly string[];
  readonly name: string;
  readonly width: number;
}

const SEQUENCER = ['u_shell', 'u_sequencer'];
const DMA = ['u_shell', 'u_dma'];
const CORE = ['u_core'];

/** The signals of the saved views, in their order. */
export function waveSignals({ addressBits }: ArraySpec): readonly WaveSignal[] {
  const of = (group: string, path: readonly string[], rows: readonly (readonly [string, number])[]) =>
    rows.map(([name, width]) => ({ group, path, name, width }));
  const axi = (group: string, pattern: RegExp) =>
    axiPorts(addressBits)
      .filter(({ name }) => pattern.test(name))
      .map(({ name, width }) => ({ group, path: [], name, width }));
  return [
    ...of(
      'clock',
      [],
      [
        ['clk_i', 1],
        ['rst_ni', 1],
        ['irq_o', 1],
      ],
    ),
    ...of('sequencer', SEQUENCER, [
      ['state_q', 3],
      ['index_q', 16],
      ['left_q', 16],
      ['computed_q', 1],
      ['transfers_busy_i', 1],
      ['error_code_o', 4],
      ['total_cycles_o', 64],
    ]),
    ...of('core', CORE, [
      ['start_i', 1],
      ['done_o', 1],
      ['fault_o', 1],
      ['active_o', 1],
      ['stall_weights_o', 1],
      ['stall_drain_o', 1],
    ]),
    ...of('memory port', CORE, [
      ['mem_we_i', 1],
      ['mem_wready_o', 1],
      ['mem_select_i', 2],
      ['mem_waddr_i', 24],
      ['mem_re_i', 1],
      ['mem_rready_o', 1],
      ['mem_raddr_i', 24],
      ['mem_rvalid_o', 1],
    ]),
    ...of(
      'transfers',
      [...DMA, 'u_loads'],
      [
        ['busy_q', 1],
        ['slot_q', 3],
      ],
    ),
    ...of(
      'transfers',
      [...DMA, 'u_stores'],
      [
        ['busy_q', 1],
        ['slot_q', 3],
      ],
    ),
    ...axi('AXI4 read', /^m_axi_(ar(addr|len|valid|ready)|r(data|resp|last|valid|ready))$/),
    ...axi(
      'AXI4 write',
      /^m_axi_(aw(addr|len|valid|ready)|w(data|strb|last|valid|ready)|b(resp|valid|ready))$/,
    ),
    ...axi(
      'registers',
      /^s_axi_(ar(addr|valid|ready)|r(data|resp|valid|ready)|aw(addr|valid|ready)|w(data|valid|ready)|b(resp|valid|ready))$/,
    ),
  ];
}

/** Saved views for GTKWave and Surfer of the trace that sim/accelerator_driver.cpp writes. */
export function viewFiles(spec: ArraySpec): readonly GeneratedFile[] {
  const gtkwave = [
    '[*] maxdnn_accelerator: gtkwave trace.fst maxdnn_accelerator.gtkw',
    '[timestart] 0',
    '*-10.0 0',
  ];
  const surfer = ['# maxdnn_accelerator: surfer trace.fst --command-file maxdnn_accelerator.sucl'];
  let last = '';
  for (const { group, path, name, width } of waveSignals(spec)) {
    if (group !== last) {
      gtkwave.push('@200', `-${group}`);
      surfer.push(`divider_add ${group}`);
      last = group;
    }
    const full = ['TOP', 'maxdnn_accelerator', ...path, name].join('.');
    gtkwave.push(width === 1 ? '@28' : '@22', width === 1 ? full : `${full}[${width - 1}:0]`);
    surfer.push(`variable_add ${full}`);
  }
  return [
    { name: 'maxdnn_accelerator.gtkw', text: `${gtkwave.join('\n')}\n` },
    { name: 'maxdnn_accelerator.sucl', text: `${surfer.join('\n')}\n` },
  ];
}
