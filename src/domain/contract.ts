import { ApiDocument, type Json } from './api-document.ts';
import { actionOf } from './contract/actions.ts';
import { type Findings, findEntities } from './contract/entities.ts';
import { failuresOf } from './contract/failures.ts';
import { type KeyDemands, keyDemands } from './contract/keys.ts';
import { type ApiOperation, basePathOf, operationsOf, servedPath, successOf } from './contract/operations.ts';
import { holdersOf } from './contract/scopes.ts';
import { type DesignedTables, designTables } from './contract/tables.ts';
import type { ContractAction, ContractKeys, ContractPlan, PlannedOperation } from './contract-plan.ts';
import type { Endpoint } from './endpoint.ts';
import { operationName } from './endpoint-path.ts';
import { TurboError } from './errors.ts';
import { type Design, type Origin, type Part, reasonsOf } from './explanation.ts';
import { withListIndexes } from './list-order.ts';
import { EMPTY_SCHEMA, type Schema } from './schema.ts';
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
  refuseNothing(findings);
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

function refuseNothing({ operations, entities }: Findings): void {
  if (entities.length > 0) return;
  const message =
    operations.length === 0
      ? 'The document describes no operation.'
      : 'The document describes nothing that can be kept: no path lists, makes or finds rows.';
  throw new TurboError('contract.unsupported', message, {
    hint: 'Give it paths like GET and POST /things and GET /things/{id}, with schemas; or say what is wanted: turbobackend create "…"',
  });
}

/** What the backend does for each operation of a contract whose tables are those of `schema`. */
export function planContract(value: Json, schema: Schema): ContractPlan {
  const found = findEntities(new ApiDocument(value));
  const findings = schema.accounts?.role ? found : { ...found, scopes: withoutAdmins(found.scopes) };
  const scene = { ...findings, schema };
  const base = basePathOf(findings.document);
  return {
    tokenWords: tokenWordsOf(findings),
    scopes: Object.fromEntries(findings.scopes),
    keys: findings.keys && schema.tables.some(({ name }) => name === findings.keys?.table) ? findings.keys : null,
    operations: findings.operations.map((operation) => {
      const action = actionOf(scene, operation);
      return {
        id: operation.id,
        method: operation.method,
        path: base + servedPath(operation.describedPath),
        describedPath: operation.describedPath,
        summary: operation.summary,
        query: operation.parameters.flatMap(({ in: place, name }) => (place === 'query' ? [name] : [])),
        takesBody: operation.body !== null,
        ...guardOf(findings, operation, action),
        status: statusOf(operation),
        failures: failuresOf(findings.document, operation),
        action,
      };
    }),
  };
}

/** Tables that were made before there were roles have nobody who could be an administrator. */
function withoutAdmins(scopes: Findings['scopes']): Findings['scopes'] {
  return new Map([...scopes].map(([scope, holder]) => [scope, holder === 'admins' ? 'nobody' : holder]));
}

/** What a document says of each of its operations, by the ids of its plan. */
export function describedOperations(value: Json): readonly ApiOperation[] {
  return operationsOf(new ApiDocument(value));
}

/** The operations that somebody has to write, each with the reason; `endpoints` are those that somebody tried to. */
export function missingOperations(
  value: Json,
  schema: Schema | null,
  endpoints: readonly Endpoint[] = [],
): readonly { readonly operation: string; readonly reason: string }[] {
  const tried = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return planContract(value, schema ?? EMPTY_SCHEMA).operations.flatMap(({ id, action }) => {
    const known = tried.get(operationName(id));
    if (action.kind !== 'custom' || known?.status === 'written') return [];
    return [{ operation: id, reason: known?.reason || action.reason }];
  });
}

const GUARDS = { none: 'none', optional: 'optional', required: 'account' } as const;

/** Who is let in. */
function guardOf(
  findings: Findings,
  operation: ApiOperation,
  action: ContractAction,
): Pick<ContractPlan['operations'][number], 'guard' | 'opens' | 'admits'> {
  const { accounts, keys } = findings;
  if (accounts) return { guard: GUARDS[operation.security], opens: {}, admits: admittedBy(findings, operation) };
  if (!keys || operation.security === 'none') return { guard: 'none', opens: {}, admits: 'all' };
  const opens = opensOf(keys, operation, action);
  const isOpened = Object.keys(opens).length > 0;
  if (operation.security === 'required') return { guard: 'key', opens, admits: isOpened ? 'all' : 'nobody' };
  return { guard: isOpened ? 'optional' : 'none', opens, admits: 'all' };
}

function admittedBy({ accounts, document, scopes }: Findings, operation: ApiOperation): PlannedOperation['admits'] {
  if (!accounts || operation.security !== 'required') return 'all';
  const holders = holdersOf(scopes, document, accounts, operation);
  return holders === null ? 'nobody' : holders === 'admins' ? 'admins' : 'all';
}

/** Nothing opens an operation whose demands are not understood. */
function opensOf(keys: ContractKeys, operation: ApiOperation, { kind }: ContractAction): KeyDemands {
  try {
    return keyDemands(keys, operation);
  } catch (error) {
    if (kind === 'custom' || operation.security === 'optional') return {};
    throw error;
  }
}

function statusOf(operation: ApiOperation): number {
  const status = Number(successOf(operation)?.status);
  if (Number.isInteger(status)) return status;
  return operation.method === 'delete' ? 204 : 200;
}

/** Of a key in `Authorization`, the word before it is only told in words. */
function tokenWordsOf({ document }: Findings): readonly string[] {
  const schemes = document.members(document.at(document.root, 'components', 'securitySchemes'));
  const isKey = schemes.some(([, { value }]) => value.type === 'apiKey' && /^authorization$/i.test(String(value.name)));
  return isKey ? ['Token', 'Bearer'] : ['Bearer'];
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
