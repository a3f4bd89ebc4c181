import type { Schema } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { commentText } from './source.ts';

/** One row for each path, as a Markdown table. */
export function endpointTable(resources: readonly Resource[]): string {
  const rows = resources.flatMap(({ path, key, patches }) => {
    const row = `${path}/${key.map((column) => `{${column.name}}`).join('/')}`;
    const methods = ['GET', ...(patches.length > 0 ? ['PATCH'] : []), 'DELETE'];
    return [`| \`${path}\` | GET, POST |`, `| \`${row}\` | ${methods.join(', ')} |`];
  });
  return ['| path | methods |', '|---|---|', '| `/health` | GET |', ...rows].join('\n');
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
