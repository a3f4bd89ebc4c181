import type { Growth, GrowthItem } from '../../../domain/growth.ts';
import type { Context } from './context.ts';
import type { Draft, Model } from './draft.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import { readField } from './field.ts';
import type { Entity } from './lexicon.ts';
import { singular } from './words.ts';

/** What comes to a table, when the grammar of the sentence was read already: columns, references and tables of its own. */
export function growthFacts({ table, items }: Growth, tables: ReadonlySet<string>, context: Context): readonly Fact[] {
  return items.flatMap((item) => {
    const owner = singular(table);
    if (item.fields) return [...thing(item, owner), ...fieldsOf(item, tables, context)];
    return (item.isMany ? many : single)(item, owner, tables, context);
  });
}

/** "pictures with a url": it has properties, so that it is a table. */
function thing({ name: title, words: why, isMany }: GrowthItem, owner: string): readonly Fact[] {
  const name = singular(title);
  return [
    { kind: 'entity', name, strength: STRENGTH.listed, why },
    isMany
      ? { kind: 'link', child: name, parent: owner, why }
      : { kind: 'link', child: owner, parent: name, role: name, nullable: true, why },
  ];
}

function fieldsOf({ name, fields = [] }: GrowthItem, tables: ReadonlySet<string>, context: Context): readonly Fact[] {
  return fields.flatMap((field) => (field.isMany ? many : single)(field, singular(name), tables, context));
}

function many(item: GrowthItem, owner: string, tables: ReadonlySet<string>, context: Context): readonly Fact[] {
  const name = singular(item.name);
  const why = item.words;
  const isShared = tables.has(name) || entityOf(name, context)?.links.some((link) => link.many) === true;
  return [
    { kind: 'entity', name, strength: STRENGTH.listed, why },
    isShared
      ? { kind: 'many-to-many', left: owner, right: name, why }
      : { kind: 'link', child: name, parent: owner, why },
  ];
}

function single(item: GrowthItem, owner: string, tables: ReadonlySet<string>, context: Context): readonly Fact[] {
  const { lexicon } = context;
  const name = singular(item.name);
  const why = item.words;
  // Rows that are there have none yet.
  const link: Fact = { kind: 'link', child: owner, parent: name, role: name, nullable: true, why };
  if (tables.has(name)) return [link];
  const isThing = entityOf(name, context) !== null && !lexicon.attributes.looksLike(name);
  if (isThing && item.words.replace(/ optional$/, '') === item.name) {
    return [{ kind: 'entity', name, strength: STRENGTH.listed, why }, link];
  }
  const column = readField(
    item.words.replace(/^(\w+)(?= optional$|$)/, (word) => word.replaceAll('_', ' ')),
    lexicon,
  )?.column;
  return column ? [{ kind: 'column', entity: owner, column, why }] : [];
}

function entityOf(name: string, { lexicon }: Context): Entity | null {
  return lexicon.nouns.get(name)?.find((sense) => sense.names && sense.entity.name === name)?.entity ?? null;
}

/** What a word usually belongs to is not asked for when the request says where it comes to; people may still own it. */
export function keepToGrowth({ drafts }: Model, { table, items }: Growth): void {
  const named = new Set(
    [table, ...items.flatMap(({ name, fields = [] }) => [name, ...fields.map((field) => field.name)])].map(singular),
  );
  const isForeign = ({ given, entity }: Draft) => given !== null && !named.has(singular(given.name)) && !entity?.person;
  for (let at = drafts.length - 1; at >= 0; at -= 1) {
    const one = drafts[at];
    if (!one || one.given) continue;
    if (one.join && one.links.some(({ parent }) => isForeign(parent))) drafts.splice(at, 1);
    else if (!one.join) one.links.splice(0, one.links.length, ...one.links.filter(({ parent }) => !isForeign(parent)));
  }
}
