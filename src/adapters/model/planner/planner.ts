import { withAccess } from '../../../domain/access-design.ts';
import {
  type Design,
  type DesignBase,
  type Explanation,
  mapOrigins,
  type Origin,
} from '../../../domain/explanation.ts';
import type { Request } from '../../../domain/request.ts';
import { schemaShape } from '../../../domain/schema.ts';
import { parseSchema } from '../../../domain/schema-rules.ts';
import type { Model } from '../../../ports/model.ts';
import { accessHints } from './access.ts';
import { startFrom } from './base-drafts.ts';
import { completeColumns, sayColumns } from './complete.ts';
import type { Context } from './context.ts';
import { decide } from './detection.ts';
import type { Model as DraftModel } from './draft.ts';
import { explain } from './explain.ts';
import type { Fact } from './facts.ts';
import { gatherEntities } from './gather.ts';
import { growthFacts, keepToGrowth } from './grow.ts';
import type { Lexicon } from './lexicon.ts';
import { readFacts } from './read-facts.ts';
import { relate } from './relate.ts';
import { render } from './render.ts';
import { singular } from './words.ts';

/**
 * The built-in model: understands requests with a lexicon and small grammars, offline, in milliseconds, at no cost.
 * The same request always gives the same answer. Any request gives a valid schema.
 */
export function planner(options: { lexicon: Lexicon }): Model {
  const { lexicon } = options;
  // Whoever decides about a request designs it next: it is read once.
  let last: { readonly text: string; readonly read: ReturnType<typeof readFacts> } | null = null;
  const read = (text: string) => {
    if (last?.text !== text) last = { text, read: readFacts(text, lexicon) };
    return last.read;
  };
  return {
    name: 'planner',
    detect: async (request) => {
      const { facts, context } = read(request.text);
      return decide(facts, context);
    },
    design: async (request, base) => (base ? extendSchema(request, base, lexicon) : designSchema(read(request.text))),
  };
}

/** Readers produce facts, facts are merged into drafts of tables, drafts are rendered; then people sign in, if they do. */
function designSchema({ facts, context }: ReturnType<typeof readFacts>): Design {
  return finish(gatherEntities(facts, context), facts, context);
}

/** What readers take for the software, so that "with gift cards" is something that it has. */
const SUBJECT = 'app ';

/** The request says what comes to the base, and what is left away. */
function extendSchema(request: Request, base: DesignBase, lexicon: Lexicon): Design {
  const nouns = base.schema.tables.map(({ name }) => singular(name));
  const { facts: read, context } = readFacts(`${SUBJECT}${request.text}`, lexicon, nouns);
  const { growth } = base;
  const facts = growth ? growthFacts(growth, new Set(nouns), context) : read;
  const start = startFrom(base, facts, context);
  const model = gatherEntities(facts, context, start.drafts);
  const design = finish(model, facts, context, { ...base, schema: start.schema });
  return { ...design, explanation: withoutSubject(design.explanation, start.notes) };
}

function finish(model: DraftModel, facts: readonly Fact[], context: Context, base?: DesignBase): Design {
  sayColumns(model, facts, context);
  relate(model, facts, context);
  if (base?.growth) keepToGrowth(model, base.growth);
  completeColumns(model, context);
  const { schema, names, origins } = render(model, base?.schema);
  const hints = accessHints({ model, names, facts, context }, base?.schema.accounts ?? null);
  // The shape fills in defaults; all rules are checked once, when the schema is whole.
  const full = parseSchema(hints ? withAccess(schemaShape.parse(schema), hints) : schema);
  return { schema: full, explanation: explain({ schema: full, model, names, facts, context }, origins, base) };
}

/** The word in front was not the request's. */
function withoutSubject(explanation: Explanation, notes: readonly string[]): Explanation {
  const cut = (text: string) => (text.startsWith(SUBJECT) ? text.slice(SUBJECT.length) : text);
  const own = (origin: Origin): Origin =>
    origin.kind === 'request' ? { kind: 'request', quote: cut(origin.quote) } : origin;
  return {
    ...mapOrigins(explanation, own),
    assumptions: [...notes, ...explanation.assumptions],
    leftOut: explanation.leftOut.map(cut),
  };
}
