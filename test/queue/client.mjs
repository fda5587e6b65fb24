// Client of the queue as a process of its own, to be killed: node client.mjs DIST URL SETUP VARIANTS
// SETUP: file of packSetup; VARIANTS: JSON with truth tables, and per variant its layers with packVariant as base64.
// Prints one line per score.
import { readFileSync } from 'node:fs';

const [dist, url, setupFile, variantsFile] = process.argv.slice(2);
const { connectQueueEvaluator } = await import(`${dist}/queue/connect-queue-evaluator.js`);
const { unpackSetup } = await import(`${dist}/queue/setup-content.js`);
const { unpackVariant } = await import(`${dist}/queue/variant-content.js`);
const { registerTable } = await import(`${dist}/multiplier/table-registry.js`);

const setup = unpackSetup(readFileSync(setupFile), setupFile);
const stored = JSON.parse(readFileSync(variantsFile, 'utf8'));
for (const codes of stored.tables) registerTable(Uint16Array.from(codes));
const variants = stored.variants.map(
  (layers) =>
    new Map(layers.map(([name, bytes]) => [name, unpackVariant(Buffer.from(bytes, 'base64'), variantsFile)])),
);
const evaluator = await connectQueueEvaluator(setup, { url });
await evaluator.score(variants, (index, score) => {
  process.stdout.write(`${JSON.stringify({ index, score })}\n`);
});
await evaluator.close();
