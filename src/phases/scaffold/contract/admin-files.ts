import { accountsOf } from '../../../domain/access.ts';
import type { ContractPlan } from '../../../domain/contract-plan.ts';
import { readableIdentifier } from '../../../domain/identifier.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { markdownText } from '../readme.ts';

const PEOPLE = 'test/people.mjs';

/**
 * The files of a project some of whose operations are for administrators: its tests have to make one. `template` are
 * those of its folder, `tests` those of every contract.
 */
export function adminFiles(schema: Schema, template: FileTree, tests: FileTree): FileTree {
  const found = accountsOf(schema);
  const { accounts } = schema;
  const [admin] = accounts?.admins ?? [];
  if (!found || !accounts?.role || admin === undefined) return {};
  const filled = (template[PEOPLE] ?? '')
    .replace('ACCOUNTS', () => readableIdentifier(found.table.name))
    .replace('ROLE', () => readableIdentifier(accounts.role ?? ''))
    .replace('KEY', () => readableIdentifier(found.key.name))
    .replace('ADMIN', () => admin);
  return { [PEOPLE]: filled, 'test/accounts.mjs': tests[PEOPLE] ?? '' };
}

/** What README.md says of scopes; `part` is about roles. */
export function scopesText({ scopes }: ContractPlan, schema: Schema, part: string): string {
  const { accounts } = schema;
  if (!accounts || Object.keys(scopes).length === 0) return '';
  const held = (by: string) =>
    Object.entries(scopes)
      .filter(([, holder]) => holder === by)
      .map(([scope]) => markdownText(scope))
      .join(', ');
  const [everyone, admins, nobody] = [held('everyone'), held('admins'), held('nobody')];
  const lines = [
    ...(everyone === '' ? [] : [`- Everybody who signs in: ${everyone}`]),
    ...(admins === '' ? [] : [`- Administrators: ${admins}. Others are answered with 403.`]),
    ...(nobody === '' ? [] : [`- Nobody, because nothing says who should: ${nobody}`]),
  ];
  const roles =
    accounts.role === null ? '' : part.trimEnd().replaceAll('LOGIN', accounts.login).replaceAll('ROLE', accounts.role);
  return `\n\nScopes of the document, and who has them:\n\n${lines.join('\n')}${roles}`;
}
