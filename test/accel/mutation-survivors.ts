/** A mutant that no trial can notice, and why. */
export interface Survivor {
  readonly file: string;
  /** From 1; several have the same text. */
  readonly lines: readonly number[];
  readonly original: string;
  readonly mutated: string;
  readonly reason: string;
}

const SET_AT_START = 'Set again by the start of the next descriptor before anything looks at it.';
const NOT_BUILT = 'Generate branch that the array of this bench does not have.';
const SAME_WHEN_EQUAL = 'At equality both branches give the same number.';
const UNUSED_ROW = 'The row is not used (first bit 0): it is 0 whatever keep and round say.';

const lines = (
  file: string,
  numbers: readonly number[],
  original: string,
  mutated: string,
  reason: string,
): Survivor => ({ file, lines: numbers, original, mutated, reason });

const KEEP_ALL = "{1'b0, 9'b111111111, 8'b00000000 }";
const COLLECTS = 'valid_i && !first_i && bank_i == (bank == 1)';
const READS_MORE =
  'Reads more often, never another address while a sum is drained, and nothing looks at what comes: power only.';

const ELEMENTS: readonly Survivor[] = [
  lines(
    'maxdnn_element (bank).v',
    [53],
    "activation_o[7:0] & {8{select_q == 2'd0 && busy_q}}",
    "activation_o[7:0] & {8{select_q == 2'd0 || busy_q}}",
    'The weight of a multiplier that is not selected is 0 and so is an exact product: power only.',
  ),
  lines(
    'maxdnn_element (bank).v',
    [73],
    "activation_o[4:0] & {5{select_q == 2'd2 && busy_q}}",
    "activation_o[4:0] & {5{select_q == 2'd2 || busy_q}}",
    'The weight of a multiplier that is not selected is 0 and so is an exact product: power only.',
  ),
  ...["{1'b0, 9'b111111110, 8'b00000000 }", "{1'b0, 9'b111111111, 8'b1 }", `(${KEEP_ALL}) & 0`].map(
    (mutated) => lines('maxdnn_dynamic.v', [25, 31, 32, 43, 44, 45], KEEP_ALL, mutated, UNUSED_ROW),
  ),
  lines(
    'maxdnn_dynamic.v',
    [60],
    "used_0 & (b_i[0] ^ 1'b0)",
    "used_0 & (b_i[0] | 1'b0)",
    'With 0, exclusive or and or are the same.',
  ),
  lines(
    'maxdnn_dynamic.v',
    [61],
    "used_0 & ((b_i[1] & ~b_i[0] & ~1'b0) | (~b_i[1] & b_i[0] & 1'b0))",
    "used_0 & ((b_i[1] & ~b_i[0] & ~1'b0) | (~~b_i[1] & b_i[0] & 1'b0))",
    'The changed term is and-ed with 0.',
  ),
];

const CORE: readonly Survivor[] = [
  lines('maxdnn_core.v', [188], "2'b00", "2'b1", 'pad_q counts only with a word that is read.'),
  lines(
    'maxdnn_accumulator.v',
    [42],
    "2'b00",
    "2'b1",
    'Writes one sum after a reset; each tile begins with new sums (first_i), so it is never read.',
  ),
  lines('maxdnn_accumulator.v', [59], COLLECTS, COLLECTS.replace('&&', '||'), READS_MORE),
  lines('maxdnn_accumulator.v', [59], COLLECTS, 'valid_i && !first_i || bank_i == (bank == 1)', READS_MORE),
  lines(
    'maxdnn_control.v',
    [85],
    'state_q == Idle && start_i',
    'state_q == Idle || start_i',
    'In Idle the same registers are loaded over and over; neither shell nor bench starts a core that runs.',
  ),
  lines('maxdnn_control.v', [90], "1'b0", "1'b1", SET_AT_START),
  lines(
    'maxdnn_control.v',
    [111],
    "is_vector_o ? {2'b00, input_channel_i} : 18'd0",
    "is_vector_o ? {2'b00, input_channel_i} : 18'd1",
    'Only the vector unit looks at the byte; the array reads whole words.',
  ),
  lines('maxdnn_drain.v', [63], "2'b00", "2'b1", SET_AT_START),
  lines('maxdnn_drain.v', [64], "{AddressBits{1'b0}}", "{AddressBits{1'b1}}", SET_AT_START),
  lines('maxdnn_drain.v', [65], "{Groups{1'b0}}", "{Groups{1'b1}}", SET_AT_START),
  lines('maxdnn_drain.v', [66], "16'd0", "16'd1", SET_AT_START),
  lines('maxdnn_drain.v', [67], "24'd0", "24'd1", SET_AT_START),
  lines(
    'maxdnn_drain.v',
    [105],
    "reads && place_q == {AddressBits{1'b0}}",
    "reads || place_q == {AddressBits{1'b0}}",
    'Reads the same parameter word more often: power only.',
  ),
  lines('maxdnn_issue.v', [80], "5'd0", "5'd1", SET_AT_START),
  lines('maxdnn_issue.v', [81], "2'b00", "2'b1", SET_AT_START),
  lines('maxdnn_issue.v', [82], "{AddressBits{1'b0}}", "{AddressBits{1'b1}}", SET_AT_START),
  lines(
    'maxdnn_issue.v',
    [98],
    '(busy_q[0] && !free_i[0]) || (take_o && begins && !bank)',
    '(busy_q[0] && !free_i[0]) || (take_o && begins && !!bank)',
    'Bank 0 is marked with the next filter tile instead, at most a shortest pass later: too early to be drained here.',
  ),
  lines(
    'maxdnn_lane.v',
    [51],
    'value < low ? low_i : value > high ? high_i : value[31:0]',
    'value <= low ? low_i : value > high ? high_i : value[31:0]',
    SAME_WHEN_EQUAL,
  ),
  lines(
    'maxdnn_lane.v',
    [51],
    'value < low ? low_i : value > high ? high_i : value[31:0]',
    'value < low ? low_i : value >= high ? high_i : value[31:0]',
    SAME_WHEN_EQUAL,
  ),
  lines('maxdnn_loader.v', [60], "1'b0", "1'b1", SET_AT_START),
  lines('maxdnn_loader.v', [62, 63], "8'd0", "8'd1", SET_AT_START),
  lines(
    'maxdnn_loader.v',
    [64],
    "{Rows{1'b0}}",
    "{Rows{1'b1}}",
    'Loads shadow registers once after a reset; each is loaded again before the first exchange.',
  ),
  lines(
    'maxdnn_loader.v',
    [72],
    "8'd0",
    "8'd1",
    'Has counted to 0 before the first row: the header comes first.',
  ),
  lines(
    'maxdnn_loader.v',
    [108],
    "1'b0",
    "1'b1",
    'The header is read again before the first pass is offered.',
  ),
  lines(
    'maxdnn_loader.v',
    [146],
    "{SelectBits*Columns{1'b0}}",
    "{SelectBits*Columns{1'b1}}",
    `${NOT_BUILT} Elements without selects have no such port.`,
  ),
  lines('maxdnn_requantise.v', [30], "4'd0", "4'd1", 'Enables a stage without a tag: no result comes of it.'),
  lines(
    'maxdnn_window.v',
    [29],
    'value > value_q ? value : value_q',
    'value >= value_q ? value : value_q',
    SAME_WHEN_EQUAL,
  ),
  lines('maxdnn_writer.v', [137], 'mask_i', '(mask_i) & 0', NOT_BUILT),
  lines('maxdnn_writer.v', [146], "1'b0", "1'b1", 'The end of a descriptor counts only while one runs.'),
];

const LOADED_WITH_BEGIN = 'Looked at only from begin_o on, and loaded in the cycle before it.';
const SET_BY_JOB = 'Set by the start of a job, or by its first descriptor, before anything looks at it.';
const CORE_RESET = 'The core is in reset for 1, 2 or 4 cycles instead of 3; one is enough.';
const ADDRESS_ZERO = "{AddressBits{1'b0}}";
const ADDRESS_ONE = "{AddressBits{1'b1}}";

const SHELL: readonly Survivor[] = [
  lines(
    'maxdnn_transfer_walk.v',
    [85],
    "1'b0",
    "1'b1",
    'Walks over the four slots after a reset; the descriptor is 0 then, so all of them are of kind none.',
  ),
  lines('maxdnn_transfer_walk.v', [87], "3'd0", "3'd1", SET_BY_JOB),
  lines(
    'maxdnn_transfer_walk.v',
    [88],
    "1'b0",
    "1'b1",
    'Begins a transfer of 0 beats after a reset, which asks for nothing and is over before a job can be written.',
  ),
  lines(
    'maxdnn_transfer_walk.v',
    [103],
    'look && !is_mine',
    'look || !is_mine',
    'Without look either the slot is the one at work, which is_mine, or the walk is idle and begins at slot 0 again.',
  ),
  lines('maxdnn_transfer_walk.v', [114], ADDRESS_ZERO, ADDRESS_ONE, LOADED_WITH_BEGIN),
  lines('maxdnn_transfer_walk.v', [115], "29'd0", "29'd1", LOADED_WITH_BEGIN),
  lines('maxdnn_transfer_walk.v', [116, 117], "24'd0", "24'd1", LOADED_WITH_BEGIN),
  lines('maxdnn_transfer_walk.v', [118], "2'd0", "2'd1", LOADED_WITH_BEGIN),
  lines('maxdnn_transfer_walk.v', [119], 'look && is_mine', 'look || is_mine', LOADED_WITH_BEGIN),
  lines(
    'maxdnn_sequencer.v',
    [107],
    "2'd0",
    "2'd1",
    'Set on the way into Reset, the only state that looks at it.',
  ),
  lines('maxdnn_sequencer.v', [108, 109], "1'b0", "1'b1", SET_BY_JOB),
  lines('maxdnn_sequencer.v', [111], "16'd0", "16'd1", SET_BY_JOB),
  lines('maxdnn_sequencer.v', [112], ADDRESS_ZERO, ADDRESS_ONE, SET_BY_JOB),
  ...["hold_q != 2'd0", "hold_q == 2'd1", "(hold_q == 2'd0) & 0"].map((mutated) =>
    lines('maxdnn_sequencer.v', [150], "hold_q == 2'd0", mutated, CORE_RESET),
  ),
];

export const SURVIVORS: readonly Survivor[] = [...ELEMENTS, ...CORE, ...SHELL];
