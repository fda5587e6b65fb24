/** One AXI port of the accelerator as its modules declare it. */
export interface AxiPort {
  /** Name with its prefix, e.g. m_axi_araddr. */
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly width: number;
  readonly declaration: string;
}

type Row = readonly [name: string, width: number];

const REGISTER_ADDRESS_BITS = 12;

/** Driven by the outside of the AXI4-Lite slave, then by the slave. */
const SLAVE: readonly (readonly ['input' | 'output', Row])[] = [
  ['input', ['awaddr', REGISTER_ADDRESS_BITS]],
  ['input', ['awprot', 3]],
  ['input', ['awvalid', 1]],
  ['output', ['awready', 1]],
  ['input', ['wdata', 32]],
  ['input', ['wstrb', 4]],
  ['input', ['wvalid', 1]],
  ['output', ['wready', 1]],
  ['output', ['bresp', 2]],
  ['output', ['bvalid', 1]],
  ['input', ['bready', 1]],
  ['input', ['araddr', REGISTER_ADDRESS_BITS]],
  ['input', ['arprot', 3]],
  ['input', ['arvalid', 1]],
  ['output', ['arready', 1]],
  ['output', ['rdata', 32]],
  ['output', ['rresp', 2]],
  ['output', ['rvalid', 1]],
  ['input', ['rready', 1]],
];

/** Ports of the AXI4 master without IDs; `address` stands for the width of addresses. */
function master(address: number): readonly (readonly ['input' | 'output', Row])[] {
  return [
    ['output', ['araddr', address]],
    ['output', ['arlen', 8]],
    ['output', ['arsize', 3]],
    ['output', ['arburst', 2]],
    ['output', ['arcache', 4]],
    ['output', ['arprot', 3]],
    ['output', ['arvalid', 1]],
    ['input', ['arready', 1]],
    ['input', ['rdata', 64]],
    ['input', ['rresp', 2]],
    ['input', ['rlast', 1]],
    ['input', ['rvalid', 1]],
    ['output', ['rready', 1]],
    ['output', ['awaddr', address]],
    ['output', ['awlen', 8]],
    ['output', ['awsize', 3]],
    ['output', ['awburst', 2]],
    ['output', ['awcache', 4]],
    ['output', ['awprot', 3]],
    ['output', ['awvalid', 1]],
    ['input', ['awready', 1]],
    ['output', ['wdata', 64]],
    ['output', ['wstrb', 8]],
    ['output', ['wlast', 1]],
    ['output', ['wvalid', 1]],
    ['input', ['wready', 1]],
    ['input', ['bresp', 2]],
    ['input', ['bvalid', 1]],
    ['output', ['bready', 1]],
  ];
}

/** AXI4-Lite and AXI4 ports of the accelerator for addresses of so many bits. */
export function axiPorts(addressBits: number): readonly AxiPort[] {
  const named = (prefix: string, rows: readonly (readonly ['input' | 'output', Row])[]) =>
    rows.map(([direction, [name, width]]) => {
      const range = width === 1 ? '' : `[${width - 1}:0] `;
      const full = `${prefix}_${name}`;
      const declaration = `${direction.padEnd(6)} wire ${range}${full}`;
      return { name: full, direction, width, declaration };
    });
  return [...named('s_axi', SLAVE), ...named('m_axi', master(addressBits))];
}
