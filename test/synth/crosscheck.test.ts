import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { crosscheck } from '../../src/cli/commands/crosscheck.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { uniformStream } from '../../src/power/stream.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { type CrosscheckRequest, compareFigures, crosscheckDesign } from '../../src/synth/crosscheck.ts';
import { prepareLibrary } from '../../src/synth/library-files.ts';
import { DEFAULT_CONDITIONS, priceDesign } from '../../src/synth/price.ts';
import { parseAnnotatedPins, parseReportPower } from '../../src/synth/report-power.ts';
import {
  findNewerSta,
  isNewerSta,
  type NewerStaFinding,
  parseStaVersion,
} from '../../src/tools/newer-opensta.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';
import { toolMissing } from '../tool-missing.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-crosscheck-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As OpenSTA 3.0.0 prints it. */
const REPORT = `Group: virtual
Annotated 288 pin activities.
Group                    Internal    Switching      Leakage        Total
                            Power        Power        Power        Power (Watts)
------------------------------------------------------------------------
Combinational        7.691678e-05 7.270580e-05 2.186885e-06 1.518095e-04 100.0%
------------------------------------------------------------------------
Total                7.691678e-05 7.270580e-05 2.186885e-06 1.518095e-04 100.0%
                            50.7%        47.9%         1.4%
`;

describe('report_power', () => {
  it('is read', () => {
    expect(parseReportPower(REPORT)).toEqual({
      internalW: 7.691678e-5,
      switchingW: 7.27058e-5,
      leakageW: 2.186885e-6,
      totalW: 1.518095e-4,
    });
    expect(parseAnnotatedPins(REPORT)).toBe(288);
  });

  it.each([
    ['no table', '', 'wanted a table Group, Internal, Switching, Leakage, Total in Watts, found none'],
    ['another unit', REPORT.replace('(Watts)', '(mW)'), 'found columns in Power        Power'],
    ['another column', REPORT.replace('Leakage', 'Glitch '), 'found none'],
    ['no total', REPORT.replace('\nTotal ', '\nSum   '), 'wanted a line Total with four numbers, found none'],
    [
      'no number',
      REPORT.replaceAll('7.270580e-05', 'nan'),
      'wanted a line Total with four numbers, found Total',
    ],
    ['a part changed', REPORT.replaceAll('7.691678e-05', '7.791678e-05'), 'wanted a total of 0.0001528'],
  ])('is refused with %s', (_name, text, message) => {
    expect(() => parseReportPower(text)).toThrow(message);
  });

  it('is refused without the number of annotated pins', () => {
    expect(() => parseAnnotatedPins('Annotated many pins')).toThrow('wanted "Annotated N pin activities"');
  });
});

describe('versions of OpenSTA', () => {
  it.each([
    ['2.0.17', false],
    ['2.3.9', false],
    ['2.4.0', true],
    ['2.10.1', true],
    ['3.0.0', true],
    ['1.9', false],
    ['none', false],
  ])('%s serves: %s', (version, serves) => expect(isNewerSta(version)).toBe(serves));

  it.each([
    ['3.0.0\n', '3.0.0'],
    ['OpenSTA 2.6.0 8797ac5add Copyright (c) 2024, Parallax Software, Inc.\n', '2.6.0'],
    ['usage: sta [-help]\n', undefined],
  ])('%j is read', (text, version) => expect(parseStaVersion(text)).toBe(version));

  it('a named program that is not there is an error', async () => {
    await expect(findNewerSta('/nowhere/sta')).rejects.toMatchObject({ code: 'tool-missing' });
  });

  it.skipIf(toolMissing('sta'))(
    `a named program that is too old is an error${toolMissing('sta') ? ' [skipped: no sta]' : ''}`,
    async () => {
      const finding = await findNewerSta('sta').catch((error: unknown) => error);
      if ((finding as NewerStaFinding).found) return expect(finding).toMatchObject({ program: 'sta' });
      expect(finding).toMatchObject({ code: 'bad-input' });
      expect((finding as Error).message).toMatch(/^sta: wanted OpenSTA 2.4 or later, found 2\.\d/);
    },
  );
});

it('without a newer OpenSTA the command says where it looked and how to get one, and does not fail', async () => {
  const { PATH, MAXDNN_STA } = process.env;
  process.env.PATH = folder;
  delete process.env.MAXDNN_STA;
  try {
    const outcome = await crosscheck.run({ _: [] }, { onProgress: () => {} });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.text).toMatch(
      /^No newer OpenSTA found: nothing was checked\.\n {2}sta: not in PATH\n {2}opensta: not in PATH\nHow to get one: /,
    );
    expect(outcome.value).toEqual({ found: false, looked: ['sta: not in PATH', 'opensta: not in PATH'] });
  } finally {
    process.env.PATH = PATH;
    if (MAXDNN_STA !== undefined) process.env.MAXDNN_STA = MAXDNN_STA;
  }
});

it('differences are told in % of theirs', () => {
  const theirs = { delayNs: 1, internalPj: 0.2, switchingPj: 0.1, leakagePj: 0, energyPj: 0.3 };
  const ours = { delayNs: 1.01, internalPj: 0.19, switchingPj: 0.1, leakagePj: 0, energyPj: 0.29 };
  const { delayNs, internalPj, switchingPj, leakagePj, energyPj } = compareFigures(ours, theirs);
  expect([delayNs, internalPj, energyPj].map((value) => Number(value.toFixed(6)))).toEqual([
    1, -5, -3.333333,
  ]);
  expect([switchingPj, leakagePj]).toEqual([0, 0]);
});

const STA = process.env.MAXDNN_STA;
const missing = [
  SYNTHESIS_MISSING,
  STA === undefined ? ' [skipped: MAXDNN_STA names no OpenSTA of 2.4 or later]' : '',
].join('');

describe.skipIf(missing !== '')(`a mapped design by OpenSTA${missing}`, () => {
  const spec = parseSpec({ family: 'roup', bits: 8, P: 2, r: 4 }, 'spec');
  let sta: NewerStaFinding & { found: true };
  let request: CrosscheckRequest;

  beforeAll(async () => {
    const finding = await findNewerSta(STA);
    if (!finding.found) throw new Error('not found');
    sta = finding;
    const { path, origin } = TEST_LIBRARY!;
    const library = await prepareLibrary({ path, origin, cacheFolder: join(folder, 'library') });
    const runFolder = join(folder, 'design');
    const conditions = { ...DEFAULT_CONDITIONS, glitches: 'none' as const };
    const subject = generateRtl(spec);
    const stream = uniformStream(spec, 1000, 3);
    const streams = [{ identity: { kind: 'uniform' as const }, streamFor: () => stream }];
    const priced = await priceDesign({ subject, library, conditions, clockNs: 1, streams, runFolder });
    request = {
      design: subject.design,
      netlistVerilogPath: join(runFolder, 'netlist.v'),
      library,
      stream,
      conditions,
      clockNs: 1,
      ours: { delayNs: priced.mapped.delayNs, ...priced.energies[0]! },
      runFolder: join(folder, 'check'),
    };
  }, 60_000);

  it('agrees, by VCD and by SAIF', async () => {
    const vcd = await crosscheckDesign(sta, request);
    expect(vcd.beyond).toEqual([]);
    expect(vcd.pinsAnnotated).toBeGreaterThan(200);
    expect(Math.abs(vcd.differencePercent.delayNs)).toBeLessThan(0.01);
    expect(Math.abs(vcd.differencePercent.switchingPj)).toBeLessThan(0.01);
    const saif = await crosscheckDesign(sta, { ...request, activity: 'saif' });
    expect(saif.theirs).toEqual(vcd.theirs);
  }, 60_000);

  it('sabotage: a wrong figure, another netlist and other operands are beyond the tolerance', async () => {
    const { ours, stream } = request;
    const wrong = await crosscheckDesign(sta, {
      ...request,
      ours: { ...ours, internalPj: ours.internalPj * 1.1 },
    });
    expect(wrong.beyond).toEqual(['internalPj']);
    const text = readFileSync(request.netlistVerilogPath, 'utf8');
    const other = join(folder, 'other.v');
    writeFileAtomic(other, text.replace(/ (AND2_X1|NAND2_X1|NOR2_X1) /g, ' OR2_X1 '));
    expect(readFileSync(other, 'utf8')).not.toBe(text);
    const netlist = await crosscheckDesign(sta, { ...request, netlistVerilogPath: other });
    expect(netlist.beyond).toContain('energyPj');
    const b = stream.b.map((value, i) => (i % 2 === 0 ? value : 0));
    const operands = await crosscheckDesign(sta, { ...request, stream: { ...stream, b } });
    expect(operands.beyond).toContain('energyPj');
  }, 60_000);
});
