import { detectTools } from '../../tools/detect-tools.ts';
import type { Command } from '../command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'the external tools: found or not, versions, what each missing one disables, how to get it',
  options: {},
  examples: [['maxdnn doctor', 'look before the first run']],
  run: async () => {
    const findings = await detectTools();
    const lines = findings.flatMap((finding) => {
      const { name, debianPackage, disables, neededByRun } = finding.tool;
      if (finding.usable) return [`ok       ${name.padEnd(12)} ${finding.version}  (${finding.program})`];
      return [
        `missing  ${name.padEnd(12)} ${finding.problem}`,
        `         disables: ${disables}`,
        `         get it: apt-get install ${debianPackage}${neededByRun ? '  (needed by maxdnn run)' : ''}`,
      ];
    });
    const missing = findings.filter((finding) => !finding.usable && finding.tool.neededByRun).length;
    const verdict =
      missing === 0
        ? 'Everything that maxdnn run needs is there.'
        : `maxdnn run needs ${missing} more: scripts/setup installs them on Debian.`;
    const value = findings.map(({ tool, ...rest }) => ({
      name: tool.name,
      debianPackage: tool.debianPackage,
      disables: tool.disables,
      neededByRun: tool.neededByRun,
      ...rest,
    }));
    return { text: [...lines, '', `node ${process.version}`, verdict].join('\n'), value };
  },
};
