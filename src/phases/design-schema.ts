import { withListIndexes } from '../domain/list-order.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import type { Needs } from '../ports/services.ts';

/**
 * Designs the schema for a request, with an index for the order of lists. Whoever the model is, all rules of the domain
 * hold for the result; throws `schema.invalid` with every problem otherwise.
 */
export async function designSchema(request: Request, services: Needs<'model' | 'progress'>): Promise<Schema> {
  const schema = parseSchema(withListIndexes(parseSchema(await services.model.design(request))));
  const names = schema.tables.map((table) => table.name);
  services.progress({
    kind: 'detail',
    message: `${services.model.name} designed ${names.length} tables: ${names.join(', ')}`,
  });
  return schema;
}
