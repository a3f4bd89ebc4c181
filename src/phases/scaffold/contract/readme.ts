import { servedPlace } from '../../../domain/contract-place.ts';
import type { ContractPlan, PlannedOperation } from '../../../domain/contract-plan.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { markdownText } from '../readme.ts';
import { scopesText } from './admin-files.ts';
import { customPath } from './contract-files.ts';
import { keysText } from './key-files.ts';

const GUARDS = { none: '', optional: 'may be', account: 'yes', key: 'yes' } as const;

function asked({ guard, opens, admits }: PlannedOperation): string {
  if (admits === 'admins') return 'administrator';
  const scopes = [...new Set(Object.values(opens).flat())];
  return scopes.length === 0 ? GUARDS[guard] : `${GUARDS[guard]}, ${markdownText(scopes.join(' '))}`;
}

/**
 * What README.md says of a contract, by the name of the gap it goes into. `parts` as for `accountsTexts`; `missing` are
 * the reasons why operations are not written, by their ids.
 */
export function contractTexts(
  plan: ContractPlan,
  schema: Schema,
  parts: FileTree,
  missing: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const { operations, tokenWords } = plan;
  const about = (parts['accounts/contract.md'] ?? '').trimEnd();
  return {
    operations: operationTable(plan, schema.accounts !== null, missing),
    missing: missingText(operations, missing),
    signingIn: schema.accounts
      ? about.replaceAll('WORD', tokenWords[0] ?? 'Bearer') + scopesText(plan, schema, parts['roles/README.md'] ?? '')
      : keysText(plan, parts['keys/contract.md'] ?? ''),
  };
}

/** One row for each operation, as a Markdown table. */
function operationTable(
  { operations, keys }: ContractPlan,
  hasAccounts: boolean,
  missing: ReadonlyMap<string, string>,
): string {
  const head = ['', 'path', 'answers', ...(hasAccounts ? ['account'] : keys ? ['key'] : []), 'operation'];
  const rows = operations.map((operation) => {
    const { id, method, path, summary, guard, status, failures } = operation;
    const isMissing = missing.has(id);
    const isServed = servedPlace(operation) !== null;
    const answers = !isServed
      ? ['404, not served']
      : isMissing
        ? ['501']
        : [String(status), ...Object.keys(failures).filter((key) => key !== 'default')];
    const about = markdownText(summary);
    return [
      method.toUpperCase(),
      codeCell(path),
      [...new Set(answers)].join(', '),
      ...(hasAccounts || keys ? [(isMissing && guard !== 'key') || !isServed ? '' : asked(operation)] : []),
      `${markdownText(id)}${about === '' ? '' : `: ${about}`}`,
    ];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A path of a document may hold anything. */
function codeCell(path: string): string {
  return /^[\w/{}.~:-]+$/.test(path) ? `\`${path}\`` : markdownText(path);
}

function missingText(operations: readonly PlannedOperation[], missing: ReadonlyMap<string, string>): string {
  const lines = operations.flatMap((operation) => {
    const reason = missing.get(operation.id);
    if (reason === undefined || servedPlace(operation) === null) return [];
    return [`- ${codeCell(customPath(operation))}: ${markdownText(reason)}`];
  });
  if (lines.length === 0) return 'None of them is left to be written.';
  return ['These are not written yet, and answer 501:', '', ...lines].join('\n');
}
