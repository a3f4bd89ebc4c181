import type { ContractPlan } from '../../../domain/contract-plan.ts';
import type { FileTree } from '../../../ports/workspace.ts';

const NOT_SERVED =
  /^(?:client\/|server\/routes\/auth\/|server\/(?:data|relations)\/|test\/(?!build\.mjs$|server\.mjs$|quick-passwords\.mjs$))/;
/** Where everything begins that is not reached from somewhere else. */
const BEGINNING = /^server\/(?:routes|plugins|custom)\/|^server\/(?:entry|error|app)\.ts$/;
/** What operations that somebody wrote may ask for; their code is not read here. */
const FOR_WRITTEN =
  /^server\/lib\/(?:operation|failures|request|problem|endpoint-queries|auth|enums|optional-key)\.ts$/;
const IMPORT = /(?:from|import) '(\.[^']+)'/g;

/**
 * The files of a project that serves a contract: nothing of the routes of our own, of what these need, and of libraries
 * that nothing asks for.
 */
export function contractProject(
  texts: FileTree,
  own: FileTree,
  { plan, hasWritten }: { readonly plan: ContractPlan; readonly hasWritten: boolean },
): FileTree {
  const kept = Object.entries(texts).filter(([path]) => !NOT_SERVED.test(path));
  const files: FileTree = {
    ...Object.fromEntries(kept.map(([path, text]) => [path, fitted(path, text, plan)])),
    ...own,
  };
  const reached = new Set<string>();
  const open = Object.keys(files).filter((path) => BEGINNING.test(path) || (hasWritten && FOR_WRITTEN.test(path)));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const folder = path.split('/').slice(0, -1);
    for (const [, target = ''] of (files[path] ?? '').matchAll(IMPORT)) open.push(resolved(folder, target));
  }
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !/^server\/(?:lib|schemas)\//.test(path) || reached.has(path)),
  );
}

function resolved(folder: readonly string[], target: string): string {
  const parts = [...folder];
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** A contract without a way to renew tokens lets them live as long as their session, which every request looks at. */
function fitted(path: string, text: string, { tokenWords }: ContractPlan): string {
  if (path === 'server/lib/tokens.ts') {
    return text.replace(
      '/** How long an access token is good for. */\nexport const ACCESS_SECONDS = 15 * 60;',
      '/** How long a token is good for: as long as its session, which ends with a logout or a new password. */\nconst ACCESS_SECONDS = 30 * 24 * 3600;',
    );
  }
  if (path !== 'server/lib/auth.ts' || tokenWords.length === 1) return text;
  const [first] = tokenWords;
  return text
    .replace('/^Bearer +(', `/^(?:${tokenWords.join('|')}) +(`)
    .replace('Authorization: Bearer <access token>', `Authorization: ${first} <token>`);
}
