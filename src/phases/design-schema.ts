import type { Design } from '../domain/explanation.ts';
import { withListIndexes } from '../domain/list-order.ts';
import type { Request } from '../domain/request.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import type { Caller } from '../ports/model.ts';
import type { Needs } from '../ports/services.ts';

/**
 * Designs the schema for a request, with an index for the order of lists, and says why it is so. Whoever the model is, all rules of the domain
 * hold for the result; throws `schema.invalid` with every problem otherwise.
 */
export async function designSchema(
  request: Request,
  services: Needs<'model' | 'progress'>,
  caller?: Caller,
): Promise<Design> {
  const { schema: designed, explanation } = await services.model.design(request, undefined, caller);
  const schema = parseSchema(withListIndexes(parseSchema(designed)));
  const names = schema.tables.map((table) => table.name);
  services.progress({
    kind: 'detail',
    message: `${services.model.name} designed ${names.length} tables: ${names.join(', ')}`,
  });
  return { schema, explanation };
}
