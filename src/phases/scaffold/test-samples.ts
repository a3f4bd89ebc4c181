import { isComparable, nestedPath, patchFields } from '../../domain/rest.ts';
import { insertionOrder, parentLinks, sampleChange, sampleInput } from '../../domain/sample.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';

/** Far from the values people type, so that the bodies meet no unique value that is there already. */
const SEED = 7001;

/**
 * `test/samples.json`: for each table a body that creates a row, where its parents come from, what lists and rows of it
 * can be asked, and a change; parents before children. Columns of a parent that does not exist yet at that point are left out when they may be.
 */
export function testSamples(schema: Schema, resources: readonly Resource[]): string {
  const made = new Set<string>();
  const samples = insertionOrder(schema).flatMap((table) => {
    const resource = resources.find((candidate) => candidate.table === table);
    if (!resource) return [];
    const links = parentLinks(table).filter((link) => made.has(link.table));
    made.add(table.name);
    return [
      {
        table: table.name,
        path: resource.path,
        key: resource.key.map((column) => column.name),
        body: sampleInput(table, schema, SEED, {}),
        parents: links.map(({ columns, table: parent, parentColumns }) => ({ columns, table: parent, parentColumns })),
        // The names of columns, and of what belongs to a row.
        comparable: table.columns.filter((column) => isComparable(column)).map(({ name }) => name),
        include: resource.relations.map(({ embedding }) => embedding.name),
        nested: resource.relations.filter(({ nested }) => nested).map(({ embedding }) => nestedPath(embedding)),
        change: patchFields(table).length > 0 ? visibleChange(table, schema) : null,
      },
    ];
  });
  return `${JSON.stringify(samples, null, 2)}\n`;
}

function visibleChange(table: Table, schema: Schema): Record<string, unknown> | null {
  return sampleChange(table, schema, SEED + 1);
}
