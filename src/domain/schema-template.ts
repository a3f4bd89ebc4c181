import { z } from 'zod';
import { TurboError } from './errors.ts';
import type { Schema } from './schema.ts';
import { parseSchema } from './schema-rules.ts';

/** A design that is ready to be used: `templates/schemas/<name>.json`. */
export interface SchemaTemplate {
  readonly name: string;
  /** Groups templates in lists. */
  readonly category: string;
  /** Other names people give it. */
  readonly aliases: readonly string[];
  /** What a backend made from it is built with. */
  readonly technologies: readonly string[];
  /** What it is, in a sentence. */
  readonly description: string;
  readonly schema: Schema;
}

const shape = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  category: z.string().min(1),
  aliases: z.array(z.string().regex(/^[a-z][a-z0-9-]*$/)),
  description: z.string().min(1),
  schema: z.unknown(),
});

/** Reads the text of a template. Throws `config.invalid` when it is damaged, `schema.invalid` when its schema breaks a rule. */
function parseSchemaTemplate(file: string, text: string): SchemaTemplate {
  const parsed = shape.safeParse(readJson(text));
  if (!parsed.success || `${parsed.data.name}.json` !== file) {
    throw new TurboError('config.invalid', `The template ${file} is not valid`, {
      hint: 'Install turbobackend again: its package is damaged.',
    });
  }
  const schema = parseSchema(parsed.data.schema);
  return { ...parsed.data, schema, technologies: technologiesOf(schema) };
}

/** Read from the schema, so that it cannot tell anything else than what is generated. */
function technologiesOf({ accounts, enums }: Schema): readonly string[] {
  const always = ['postgresql', 'typescript', 'nitro', 'hono', 'openapi'];
  return [...always, ...(accounts ? ['jwt', 'row-level-security'] : []), ...(enums.length > 0 ? ['enums'] : [])];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** All templates of a folder's files, by category and name. Throws `config.invalid` or `schema.invalid` when one is damaged. */
export function parseSchemaTemplates(files: Readonly<Record<string, string>>): readonly SchemaTemplate[] {
  const all = Object.entries(files).map(([file, text]) => parseSchemaTemplate(file, text));
  const key = ({ category, name }: SchemaTemplate) => `${category} ${name}`;
  return all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The template people mean by a name, however they space it; null when there is none. */
export function matchSchemaTemplate(name: string, all: readonly SchemaTemplate[]): SchemaTemplate | null {
  const plain = (text: string) =>
    text
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '-');
  return all.find((one) => [one.name, ...one.aliases].includes(plain(name))) ?? null;
}

/** The template of a name; throws `template.unknown` with the names there are. */
export function findSchemaTemplate(name: string, all: readonly SchemaTemplate[]): SchemaTemplate {
  const found = matchSchemaTemplate(name, all);
  if (found) return found;
  throw new TurboError('template.unknown', `There is no template ${JSON.stringify(name.slice(0, 80))}`, {
    hint: `Use one of ${all.map((template) => template.name).join(', ')}.`,
  });
}
