import type { Command } from './command.ts';
import { doctor } from './commands/doctor.ts';
import { genRtl } from './commands/gen-rtl.ts';
import { list } from './commands/list.ts';

/** All verbs, in the order of --help. */
export const COMMANDS: readonly Command[] = [doctor, list, genRtl];
