import { badInput } from '../base/errors.ts';
import {
  designName,
  type ExactFamily,
  type MultiplierSpec,
  type PortShape,
  portShape,
} from '../multiplier/spec.ts';
import { type CellList, portBits } from './cells.ts';
import { compressAndAdd } from './compress.ts';
import {
  baughWooleyPartialProducts,
  exactBoothPartialProducts,
  type PartialProducts,
  roupPartialProducts,
} from './partial-products.ts';

/**
 * The cell list of a multiplier: partial products, Dadda compression, final adder.
 * @throws bad-input for a truth table
 */
export function buildCells(spec: MultiplierSpec): CellList {
  const name = designName(spec);
  const shape = portShape(spec);
  switch (spec.family) {
    case 'roup':
      return compressed(name, shape, roupPartialProducts(spec));
    case 'narrow':
      return EXACT_BUILDERS[spec.architecture](name, shape);
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural':
      return EXACT_BUILDERS[spec.family](name, shape);
    case 'table':
      throw badInput(
        { where: name, wanted: 'a multiplier whose circuit is known', found: 'a truth table' },
        'A truth table tells what is computed, not how: there is no RTL, energy or area for it.',
      );
  }
}

const EXACT_BUILDERS: Readonly<Record<ExactFamily, (name: string, shape: PortShape) => CellList>> = {
  booth: (name, shape) => compressed(name, shape, exactBoothPartialProducts(shape)),
  'baugh-wooley': (name, shape) => compressed(name, shape, baughWooleyPartialProducts(shape)),
  behavioural: (name, shape) => ({
    name,
    shape,
    sections: [
      {
        title: 'Product, left to the synthesis tool',
        cells: [{ kind: 'behavioural', shape, product: 'product' }],
      },
    ],
    product: portBits('product', shape.pBits),
    drawing: [],
  }),
};

function compressed(name: string, shape: PortShape, rows: PartialProducts): CellList {
  const { sections, product } = compressAndAdd(rows.heap);
  return { name, shape, sections: [...rows.sections, ...sections], product, drawing: rows.drawing };
}
