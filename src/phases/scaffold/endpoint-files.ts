import { type Endpoint, routeFile } from '../../domain/endpoint.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { importLine, quoted } from './source.ts';

/** The endpoints of a project that somebody wrote, so that the server has them. */
export function writtenEndpoints(endpoints: readonly Endpoint[] | undefined): readonly Endpoint[] {
  return (endpoints ?? []).filter(({ status }) => status === 'written');
}

/** A route file for each written endpoint, which leads to its handler, and one for the methods its address lacks. */
export function endpointFiles(endpoints: readonly Endpoint[], others: FileTree): FileTree {
  const files: Record<string, string> = {};
  for (const endpoint of endpoints) {
    const file = routeFile(endpoint);
    const up = '../'.repeat(file.split('/').length - 2);
    files[file] = `export { default } from '${up}custom/${endpoint.name}.ts';\n`;
    const place = file.replace(/\.\w+\.ts$/, '');
    if (Object.hasOwn(others, `${place}.ts`) || Object.hasOwn(others, `${place}/index.ts`)) continue;
    const methods = endpoints.filter(({ path }) => path === endpoint.path).map(({ method }) => method);
    files[`${place}.ts`] = `${importLine(['methodNotAllowed'], `${up}lib/methods.ts`)}

export default methodNotAllowed(${methods.map(quoted).join(', ')});
`;
  }
  return files;
}
