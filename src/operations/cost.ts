import { COST_GROUPS, type CostGroup, type CostSum, groupCosts, sumCosts } from '../domain/model-cost.ts';
import type { Needs } from '../ports/services.ts';

export interface CostReport {
  readonly total: Omit<CostSum, 'name'>;
  readonly by: Readonly<Record<CostGroup, readonly CostSum[]>>;
}

/** What models have cost, of one project or in all; what has no price is counted apart and never taken for free. */
export async function costReport(projectId: string | undefined, { state }: Needs<'state'>): Promise<CostReport> {
  const costs = await state.listModelCosts(projectId);
  const { name: _name, ...total } = sumCosts('total', costs);
  const [project, phase, model, day] = COST_GROUPS.map((group) => groupCosts(costs, group));
  return { total, by: { project: project ?? [], phase: phase ?? [], model: model ?? [], day: day ?? [] } };
}
