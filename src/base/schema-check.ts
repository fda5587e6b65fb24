import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Fault, show } from './errors.ts';

/** Checks a value against a JSON schema; every fault, each with its place: "where: rows[1].areaUm2". */
export type SchemaCheck = (value: unknown, where: string) => readonly Fault[];

/** Faults told of one value; a damaged file would else fill the screen. */
const FAULTS_TOLD = 20;

/**
 * A check by a JSON schema, which is compiled at the first use: that takes tens of milliseconds, and a command uses few of
 * them. A choice (`oneOf`) either has a `discriminator`, or a `description` that says in the
 * words of an error what is wanted.
 */
export function compileSchema(schema: object): SchemaCheck {
  let compiled: ValidateFunction | undefined;
  return (value, where) => {
    compiled ??= new Ajv({
      allErrors: true,
      discriminator: true,
      strictRequired: false,
      verbose: true,
    }).compile(schema);
    const validate = compiled;
    if (validate(value)) return [];
    const errors = validate.errors ?? [];
    return errors
      .filter((error) => !isSaidBetter(error, errors))
      .slice(0, FAULTS_TOLD)
      .map((error) => toFault(error, where));
  };
}

/** True for an error that only repeats what another one says more precisely. */
function isSaidBetter(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  const others = errors.filter((other) => other !== error);
  const isChoice = (other: ErrorObject): boolean => other.keyword === 'oneOf' && !isDiscriminated(other);
  switch (error.keyword) {
    case 'oneOf':
      return (
        isDiscriminated(error) ||
        others.some((e) => e.keyword !== 'type' && e.schemaPath.startsWith(`${error.schemaPath}/`)) ||
        others.some((e) => e.instancePath.startsWith(`${error.instancePath}/`))
      );
    case 'type':
      return others.some((e) => isChoice(e) && e.instancePath === error.instancePath);
    case 'required':
      return others.some(
        (e) =>
          e.keyword === 'discriminator' &&
          e.instancePath === error.instancePath &&
          e.params.tag === error.params.missingProperty,
      );
    default:
      return false;
  }
}

function isDiscriminated(error: ErrorObject): boolean {
  return (error.parentSchema as { discriminator?: unknown }).discriminator !== undefined;
}

function toFault(error: ErrorObject, where: string): Fault {
  const { params } = error;
  const path = error.keyword === 'discriminator' ? `${error.instancePath}/${params.tag}` : error.instancePath;
  const place = path
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replace(/^(\d+)/, '[$1]')
    .replaceAll('/', '.')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const found =
    error.keyword === 'required'
      ? 'none'
      : error.keyword === 'additionalProperties'
        ? `field ${show(params.additionalProperty)}`
        : error.keyword === 'discriminator'
          ? params.tagValue === undefined
            ? 'nothing'
            : show(params.tagValue)
          : show(error.data);
  return { where: place === '' ? where : `${where}: ${place}`, wanted: wantedBy(error), found };
}

const TYPES: Readonly<Record<string, string>> = {
  integer: 'an integer',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a JSON object',
};

function wantedBy({ keyword, params, parentSchema, message }: ErrorObject): string {
  const limit = params.limit as number;
  switch (keyword) {
    case 'required':
      return `field ${show(params.missingProperty)}`;
    case 'additionalProperties':
      return 'no other fields';
    case 'const':
      return show(params.allowedValue);
    case 'enum':
      return `one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'discriminator':
      return `one of ${knownTags(parentSchema as TaggedChoice, params.tag as string).join(', ')}`;
    case 'oneOf':
      return String((parentSchema as { description?: string }).description ?? 'one of the allowed forms');
    case 'type':
      return TYPES[params.type as string] ?? String(params.type);
    case 'minimum':
      return `at least ${limit}`;
    case 'maximum':
      return `at most ${limit}`;
    case 'exclusiveMinimum':
      return `a number above ${limit}`;
    case 'multipleOf':
      return params.multipleOf === 2 ? 'an even number' : `a multiple of ${params.multipleOf}`;
    case 'minItems':
      return `at least ${limit} items`;
    case 'maxItems':
      return `at most ${limit} items`;
    case 'pattern':
      return params.pattern === SHA256_PATTERN ? 'a SHA-256 in hex' : `a text that matches ${params.pattern}`;
    default:
      return message ?? keyword;
  }
}

/** Pattern of a SHA-256 in schemas. */
export const SHA256_PATTERN = '^[0-9a-f]{64}$';

interface TaggedChoice {
  readonly oneOf: readonly {
    readonly properties: Readonly<
      Record<string, { readonly const?: string; readonly enum?: readonly string[] }>
    >;
  }[];
}

function knownTags(choice: TaggedChoice, tag: string): readonly string[] {
  return choice.oneOf.flatMap(({ properties }) => {
    const values = properties[tag];
    return values?.enum ?? (values?.const === undefined ? [] : [values.const]);
  });
}
