import { Ajv, type ErrorObject } from 'ajv';
import type { Fault } from '../base/errors.ts';
import { show } from '../base/errors.ts';

/** Checks a value against a JSON schema; every fault at once, each with its place (at most 20 of them). */
export type SchemaCheck = (value: unknown, where: string) => readonly Fault[];

/** Compiles a JSON schema once. */
export function compileSchema(schema: object): SchemaCheck {
  const validate = new Ajv({
    allErrors: true,
    discriminator: true,
    strict: true,
    strictRequired: false,
  }).compile(schema);
  return (value, where) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, 20).map((error) => toFault(error, value, where));
  };
}

function toFault(error: ErrorObject, value: unknown, where: string): Fault {
  const place = `${where}${error.instancePath}`;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return { where: place, wanted: `the key ${show(params.missingProperty)}`, found: 'none' };
    case 'additionalProperties':
      return {
        where: place,
        wanted: 'only known keys',
        found: `the key ${show(params.additionalProperty)}`,
      };
    case 'const':
      return {
        where: place,
        wanted: show(params.allowedValue),
        found: show(at(value, error.instancePath)),
      };
    case 'discriminator':
      return { where: `${place}/op`, wanted: 'a known operator', found: show(params.tagValue ?? null) };
    default:
      return {
        where: place,
        wanted: error.message ?? error.keyword,
        found: show(at(value, error.instancePath)),
      };
  }
}

function at(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    inner = (inner as Record<string, unknown>)[key];
  }
  return inner;
}
