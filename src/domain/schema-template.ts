import { z } from 'zod';
import { TurboError } from './errors.ts';
import type { Schema } from './schema.ts';
import { parseSchema } from './schema-rules.ts';

/** A design that is ready to be used: `templates/schemas/<name>.json`. */
export interface SchemaTemplate {
  readonly name: string;
  /** Groups templates in lists. */
  readonly category: string;
  /** What it is, in a sentence. */
  readonly description: string;
  readonly schema: Schema;
}

const shape = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  category: z.string().min(1),
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
  return { ...parsed.data, schema: parseSchema(parsed.data.schema) };
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

/** The template of a name; throws `template.unknown` with the names there are. */
export function findSchemaTemplate(name: string, all: readonly SchemaTemplate[]): SchemaTemplate {
  const found = all.find((template) => template.name === name.trim().toLowerCase());
  if (found) return found;
  throw new TurboError('template.unknown', `There is no template ${JSON.stringify(name.slice(0, 80))}`, {
    hint: `Use one of ${all.map((template) => template.name).join(', ')}.`,
  });
}
