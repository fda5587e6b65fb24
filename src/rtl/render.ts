import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { shippedFile } from '../base/package-root.ts';

/** Data for a template: plain, own fields only. */
export type View = Readonly<Record<string, unknown>>;

/**
 * Text of templates/<template>.hbs for a view. Templates print and do not compute; every field that a template
 * names must be there, also inside if, each and helper arguments.
 * @throws internal Error when the template asks for a field that the view does not own
 */
export function render(template: string, view: View): string {
  return environment().template(template)(strictView(view, template));
}

interface Environment {
  readonly template: (name: string) => HandlebarsTemplateDelegate;
}

let cached: Environment | undefined;

function environment(): Environment {
  cached ??= createEnvironment();
  return cached;
}

function createEnvironment(): Environment {
  const handlebars = Handlebars.create();
  const options = { noEscape: true, strict: true } as const;
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  const folder = shippedFile('templates');
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.hbs'))) {
    const name = file.slice(0, -'.hbs'.length);
    const text = readFileSync(join(folder, file), 'utf8');
    compiled.set(name, handlebars.compile(text, options));
    if (name.startsWith('cell-')) handlebars.registerPartial(name, handlebars.compile(text, options));
  }
  handlebars.registerHelper('join', (items: readonly string[]) => items.join(', '));
  handlebars.registerHelper('braced', (items: readonly string[]) =>
    items.length === 1 ? items[0] : `{${items.join(', ')}}`,
  );
  return {
    template: (name) => {
      const template = compiled.get(name);
      if (template === undefined) throw new Error(`no template ${name}.hbs in ${folder}`);
      return template;
    },
  };
}

/** A view that throws on any field it does not own (Handlebars' own strict mode misses if, each and helpers). */
function strictView<T extends object>(view: T, where: string): T {
  return new Proxy(view, {
    has: () => true, // so that Handlebars asks for the field and gets the error below
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || Array.isArray(target)) return wrap(value, where);
      if (!Object.hasOwn(target, key)) throw new Error(`template ${where}: the view has no field "${key}"`);
      return wrap(value, `${where}.${key}`);
    },
  });
}

function wrap(value: unknown, where: string): unknown {
  return typeof value === 'object' && value !== null ? strictView(value, where) : value;
}
