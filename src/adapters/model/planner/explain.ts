import { type DesignBase, type Explanation, type Origin, type Part, reasonsOf } from '../../../domain/explanation.ts';
import type { Column, Schema } from '../../../domain/schema.ts';
import { assumptions, type Designed } from './assumptions.ts';
import { leftOut } from './left-out.ts';
import { quoted, rule, spoken } from './origin.ts';
import { keyOfPart, type Origins } from './part-origins.ts';
import { singular } from './words.ts';

/** Why the finished design is as it is: what was written down while it was made, and rules for what came last. */
export function explain(design: Designed, origins: Origins, base?: DesignBase): Explanation {
  const { schema, model, facts, context } = design;
  const given = base ? keysOf(base.schema) : new Set<string>();
  const originOf = (part: Part): Origin => {
    const key = keyOfPart(part);
    const there = origins.get(key);
    if (there) return there;
    return base && given.has(key) ? { kind: 'template', template: base.name } : ruleFor(part, design, origins);
  };
  return {
    ...reasonsOf(schema, originOf),
    assumptions: assumptions(design),
    leftOut: leftOut(model, facts, context, wordsOf(schema)),
  };
}

function keysOf(schema: Schema): ReadonlySet<string> {
  const keys = new Set<string>();
  reasonsOf(schema, (part) => {
    keys.add(keyOfPart(part));
    return rule('');
  });
  return keys;
}

/** Words that stand in a name of the schema. */
function wordsOf(schema: Schema): ReadonlySet<string> {
  const names = [
    ...schema.tables.flatMap((table) => [singular(table.name), ...table.columns.map(({ name }) => name)]),
    ...schema.enums.flatMap(({ values }) => values),
  ];
  return new Set(names.flatMap((name) => [name, ...name.split('_').flatMap((word) => [word, singular(word)])]));
}

function ruleFor(part: Part, design: Designed, origins: Origins): Origin {
  if (part.kind === 'table') return rule('follows from the rest of the design');
  if (part.kind === 'enum') return rule('what an account may do');
  const column = part.table.columns.find(({ name }) => name === part.columns[0]);
  if (!column) return rule('follows from the rest of the design');
  if (part.kind === 'check') return ruleForCheck(column, part, origins);
  if (part.kind === 'unique') return ruleForUnique(part, design);
  return ruleForColumn(column, part.table.name, design);
}

function ruleForColumn(column: Column, table: string, { schema, facts, context }: Designed): Origin {
  const made = column.default && 'generate' in column.default ? column.default.generate : null;
  const { accounts } = schema;
  if (made === 'owner')
    return rule(`people sign in, so a row belongs to the ${spoken(singular(accounts?.table ?? ''))} who made it`);
  if (made === 'created' || made === 'updated') return rule('each row tells when it was made and last changed');
  if (column.primaryKey) return rule('each table has a key of its own');
  if (table !== accounts?.table) return rule('follows from who may see and change it');
  if (column.name === accounts.role) {
    const role = facts.find((fact) => fact.kind === 'role');
    return role ? quoted(role.why, context.source) : rule('something is left to administrators');
  }
  const signing = facts.find((fact) => fact.kind === 'accounts' && fact.wanted);
  if (signing && [accounts.login, accounts.password].includes(column.name)) return quoted(signing.why, context.source);
  if (column.name === accounts.password) return rule('people sign in with a password; only its hash is kept');
  return rule('people sign in with it');
}

function ruleForCheck(column: Column, part: Part, origins: Origins): Origin {
  const said = part.kind === 'check' ? origins.get(keyOfPart({ ...part, kind: 'column' })) : undefined;
  const isText = column.check?.maxLength !== undefined || column.check?.minLength !== undefined;
  if (isText) return rule('texts have a longest length, and required ones are not empty');
  return said ?? rule('the usual limits of such a value');
}

function ruleForUnique(
  part: Extract<Part, { kind: 'column' | 'relation' | 'unique' | 'check' }>,
  design: Designed,
): Origin {
  const { accounts } = design.schema;
  if (part.table.name === accounts?.table && part.columns.includes(accounts.login))
    return rule('nobody else may sign in with it');
  if (part.columns.length > 1) return rule('has to differ only among the rows of one account');
  return rule('tells rows apart by nature');
}
