import type { ContractPlan } from '../../../domain/contract-plan.ts';
import { operationTrial } from '../../../domain/operation-trial.ts';
import type { Schema } from '../../../domain/schema.ts';
import { formatJson } from '../openapi/format-json.ts';

/**
 * `test/operations.json`: how each operation of the contract is tried. `written`: the ids of those that somebody wrote,
 * and tests for them.
 */
export function testData(plan: ContractPlan, schema: Schema, written: ReadonlySet<string>): string {
  return formatJson(plan.operations.map((operation) => operationTrial(operation, plan, schema, written)));
}
