import type { Schema } from '../../domain/schema.ts';
import { sceneOf } from './openapi/scene.ts';
import type { Resource } from './resource.ts';
import { importLine, listed, property, quoted } from './source.ts';

/** How the client is used, as code for people to read. */
export function clientExample(schema: Schema, resources: readonly Resource[]): string {
  const scene = sceneOf(schema, resources);
  const resource = resources.find(({ table }) => !scene.isAccounts(table.name)) ?? resources[0];
  if (!resource) return '';
  const { member } = scene.namesOf(resource.table.name);
  const [order] = resource.order;
  const include = resource.relations[0]?.embedding.name;
  const query = [
    `sort: [${quoted(`-${order?.name ?? ''}`)}]`,
    ...(include === undefined ? [] : [`include: [${quoted(include)}]`]),
    'limit: 10',
  ];
  const login = schema.accounts?.login;
  return [
    importLine(['ApiError', 'createClient'], './client/index.ts'),
    '',
    "const api = createClient({ baseUrl: 'http://localhost:3000' });",
    ...(login === undefined ? [] : [`await api.auth.login({ ${property(login)}: '…', password: '…' });`]),
    'try {',
    `  ${listed(`const page = await api.${member}.list({`, query, '});', 2)}`,
    '  console.log(page.data, page.nextCursor);',
    '} catch (error) {',
    '  if (error instanceof ApiError) console.error(error.status, error.message, error.errors);',
    '}',
  ].join('\n');
}
