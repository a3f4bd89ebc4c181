import { projectShape } from '../../src/domain/project.ts';
import type { Schema } from '../../src/domain/schema.ts';

/** The schema in the text of a turbobackend.json. */
export function parseProjectSchema(manifest: string): Schema {
  const { schema } = projectShape.parse(JSON.parse(manifest));
  if (!schema) throw new Error('this project has no schema');
  return schema;
}
