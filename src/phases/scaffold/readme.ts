import { nestedPath } from '../../domain/rest.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { listMethods, rowMethods } from './route-files.ts';
import { commentText } from './source.ts';

/** One row for each path, as a Markdown table. */
export function endpointTable(resources: readonly Resource[]): string {
  const rows = resources.flatMap((resource) => {
    const { path, key, relations } = resource;
    const row = `${path}/${key.map((column) => `{${column.name}}`).join('/')}`;
    const nested = relations
      .filter((relation) => relation.nested)
      .map((relation) => `${row}/${nestedPath(relation.embedding)}`);
    return [
      `| \`${path}\` | ${listMethods(resource).join(', ')} |`,
      `| \`${row}\` | ${rowMethods(resource).join(', ')} |`,
      ...nested.map((below) => `| \`${below}\` | GET |`),
    ];
  });
  return ['| path | methods |', '|---|---|', '| `/health`, `/ready` | GET |', ...rows].join('\n');
}

/** One line for each table. */
export function tableList(schema: Schema): string {
  return schema.tables
    .map((table) => {
      const about = markdownText(table.description);
      return `- \`${table.name}\`${about === '' ? '' : `: ${about}`}`;
    })
    .join('\n');
}

/** Text of others in Markdown: one line, nothing of it markup. */
export function markdownText(text: string): string {
  return commentText(text).replace(/[\\`*_{}[\]<>#|!&~]/g, '\\$&');
}
