import { parentLinks } from '../../../domain/sample.ts';
import { sampleValue } from '../../../domain/sample-values.ts';
import type { Resource } from '../resource.ts';
import { jsonCode, quoted } from '../source.ts';
import { defaultsOf } from './body-cases.ts';
import { type Case, callCase, constantList, objectCode } from './cases.ts';
import { SEED, sampleBody, shownValue, textList, uniqueSets } from './values.ts';
import type { Voice } from './voice.ts';

/** For each plain field a value that differs from the sample's. */
export function changesOf(
  resource: Resource,
  { schema }: Pick<Voice, 'schema'>,
): readonly Readonly<Record<string, string>>[] {
  const { table, patches, output } = resource;
  const compared = new Set(table.checks.flatMap(({ left, right }) => [left, right]));
  const linked = new Set(parentLinks(table).flatMap(({ columns }) => columns));
  const values = sampleBody(resource, schema, SEED);
  return patches
    .filter(({ column }) => output.includes(column) && !compared.has(column.name) && !linked.has(column.name))
    .flatMap(({ name, column }) => {
      const other = [1, 2, 3]
        .map((step) => shownValue(resource, column, sampleValue(column, schema, SEED + step, name)))
        .find((value) => JSON.stringify(value) !== JSON.stringify(values[name]));
      return other !== undefined ? [{ [name]: jsonCode(other) }] : [];
    });
}

export function changeCases(resource: Resource, voice: Voice): readonly Case[] {
  const who = [voice.client, quoted(resource.table.name)];
  const changes = changesOf(resource, voice);
  if (changes.length === 0) return [];
  const unique = new Set(uniqueSets(resource.table).flat());
  const isUnique = (change: Readonly<Record<string, string>>) => unique.has(Object.keys(change)[0] ?? '');
  const plain = changes.filter((change) => !isUnique(change));
  const own = changes.filter(isUnique).flatMap((change) => Object.keys(change));
  const list = constantList(
    'changes',
    '[',
    plain.map((change) => objectCode(change)),
    ']',
  );
  return [
    callCase('PATCH changes one field and nothing else', 'checkPatch', [
      ...who,
      { as: 'changes', code: list },
      ...(own.length > 0 ? [textList(own)] : []),
    ]),
    callCase('PUT writes the whole row', 'checkPut', [
      ...who,
      { as: 'changed', code: objectCode(Object.assign({}, ...plain), 'changed') },
      { as: 'replaced', code: objectCode(defaultsOf(resource), 'replaced') },
    ]),
  ];
}
