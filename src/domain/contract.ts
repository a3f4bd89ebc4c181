import { ApiDocument, type Json } from './api-document.ts';
import { findEntities } from './contract/entities.ts';
import { type DesignedTables, designTables } from './contract/tables.ts';
import { TurboError } from './errors.ts';
import { type Design, type Origin, type Part, reasonsOf } from './explanation.ts';
import { withListIndexes } from './list-order.ts';
import { findProblems, SCHEMA_LIMITS } from './schema-rules.ts';

/**
 * The tables a contract needs, and for each part where in the document it comes from. Throws `contract.unsupported` when
 * it describes more than one backend may keep, and when nothing in it is kept.
 */
export function designContract(value: Json): Design {
  const findings = findEntities(new ApiDocument(value));
  if (findings.entities.length > SCHEMA_LIMITS.tables) {
    const message = `The document describes ${findings.entities.length} kinds of things; ${SCHEMA_LIMITS.tables} tables are the limit.`;
    throw new TurboError('contract.unsupported', message, { hint: 'Bring the part of it that this backend is for.' });
  }
  const designed = designTables(findings);
  const problems = findProblems(designed.schema);
  if (problems.length > 0) {
    const said = problems.slice(0, 3).map(({ path, message }) => `${path} ${message}`);
    throw new TurboError(
      'contract.unsupported',
      `Not all that the document describes can be kept: ${said.join('; ')}.`,
      {
        hint: 'Leave that part out of the document, or rename it.',
      },
    );
  }
  const schema = withListIndexes(designed.schema);
  const reasons = reasonsOf(schema, (part) => originOf(part, designed));
  return { schema, explanation: { ...reasons, assumptions: designed.assumptions, leftOut: [] } };
}

function originOf(part: Part, { reasons }: DesignedTables): Origin {
  if (part.kind === 'enum') return { kind: 'rule', rule: 'a closed list of values in the document' };
  const table = reasons.get(part.table.name);
  const place = (pointer: string): Origin => ({ kind: 'contract', pointer });
  if (part.kind === 'table') return place(table?.pointer ?? '#');
  const reason = table?.columns.get(part.columns[0] ?? '');
  if (reason?.pointer) return place(reason.pointer);
  return reason ? { kind: 'rule', rule: reason.rule } : place(table?.pointer ?? '#');
}
