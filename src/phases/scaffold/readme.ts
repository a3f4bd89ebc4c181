import type { Endpoint } from '../../domain/endpoint.ts';
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

/** A paragraph about endpoints that are no plain resources; empty when there are none. */
export function writtenList(endpoints: readonly Endpoint[]): string {
  if (endpoints.length === 0) return '';
  const lines = endpoints.map(({ name, method, path, purpose, inputs, answers }) => {
    const told = [purpose, `Takes: ${inputs}`, `Answers: ${answers}`].map(markdownText).join(' ');
    return `- \`${method} ${path}\` (\`server/custom/${name}.ts\`): ${told}`;
  });
  return `\n\nWritten for this project:\n\n${lines.join('\n')}`;
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
