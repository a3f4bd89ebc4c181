import { withAccess } from '../../../domain/access-design.ts';
import type { Design } from '../../../domain/explanation.ts';
import type { Request } from '../../../domain/request.ts';
import { parseSchema } from '../../../domain/schema-rules.ts';
import type { Model } from '../../../ports/model.ts';
import { accessHints } from './access.ts';
import { completeColumns, sayColumns } from './complete.ts';
import { decide } from './detection.ts';
import { explain } from './explain.ts';
import { gatherEntities } from './gather.ts';
import type { Lexicon } from './lexicon.ts';
import { readFacts } from './read-facts.ts';
import { relate } from './relate.ts';
import { render } from './render.ts';

/**
 * The built-in model: understands requests with a lexicon and small grammars, offline, in milliseconds, at no cost.
 * The same request always gives the same answer. Any request gives a valid schema.
 */
export function planner(options: { lexicon: Lexicon }): Model {
  const { lexicon } = options;
  return {
    name: 'planner',
    detect: async (request) => {
      const { facts, context } = readFacts(request.text, lexicon);
      return decide(facts, context);
    },
    design: async (request) => designSchema(request, lexicon),
  };
}

/** Readers produce facts, facts are merged into drafts of tables, drafts are rendered; then people sign in, if they do. */
function designSchema(request: Request, lexicon: Lexicon): Design {
  const { facts, context } = readFacts(request.text, lexicon);
  const model = gatherEntities(facts, context);
  sayColumns(model, facts, context);
  relate(model, facts, context);
  completeColumns(model, context);
  const { schema, names, origins } = render(model);
  const tables = parseSchema(schema);
  const hints = accessHints({ model, names, facts, context });
  const full = hints ? parseSchema(withAccess(tables, hints)) : tables;
  return { schema: full, explanation: explain({ schema: full, model, names, facts, context }, origins) };
}
