import {
  COMPUTE_FIELDS,
  type DescriptorField,
  FIRST_TRANSFER_WORD,
  TRANSFER_FIELDS,
  TRANSFERS_PER_DESCRIPTOR,
} from './descriptor.ts';

/** The table of descriptor fields for docs/accelerator.md, as markdown. */
export function descriptorTable(): string {
  const rows = [
    ...COMPUTE_FIELDS.map((field: DescriptorField, word) => row(String(word), field)),
    ...TRANSFER_FIELDS.map((field, at) => {
      const step = TRANSFER_FIELDS.length;
      const places = Array.from(
        { length: TRANSFERS_PER_DESCRIPTOR },
        (_, i) => FIRST_TRANSFER_WORD + i * step + at,
      );
      return row(places.join(', '), { ...field, name: `transfer ${field.name}` });
    }),
  ];
  return ['| word | field | bits | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function row(word: string, { name, bits, signed, meaning }: DescriptorField): string {
  return `| ${word} | ${name} | ${bits}${signed === true ? ', signed' : ''} | ${meaning} |`;
}
