/** What a language model can be asked for, each by a model of its own. */
export const MODEL_PHASES = ['detect', 'design', 'write'] as const;
export type ModelPhase = (typeof MODEL_PHASES)[number];

/** Tokens of one call, as the service counted them; null where it said nothing. */
export interface TokenCounts {
  /** All that was sent, the cached part included. */
  readonly input: number | null;
  /** All that came back, the reasoning part included. */
  readonly output: number | null;
  readonly cached: number | null;
  readonly reasoning: number | null;
}

export const NO_TOKENS: TokenCounts = { input: null, output: null, cached: null, reasoning: null };

/** What a project's calls of models come to so far, for limits. */
export interface Spending {
  /** Calls of a model service, also those that failed; the built-in planner's do not count. */
  readonly calls: number;
  /** US dollars at most: what is not known to have cost less counts as all it was allowed to cost. */
  readonly atMostUsd: number;
  /** US dollars; null when the price of one of the calls is not known. */
  readonly costUsd: number | null;
}

/** The calls of one project, phase, model and day. */
export interface ModelCost {
  readonly projectId: string | null;
  /** Null when the project is gone, or there was none. */
  readonly project: string | null;
  readonly phase: string;
  readonly provider: string;
  readonly model: string;
  /** `2026-11-21`, in UTC. */
  readonly day: string;
  readonly calls: number;
  readonly tokens: Readonly<Record<keyof TokenCounts, number>>;
  /** US dollars of the calls whose price is known; null when it is of none. */
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
  readonly ms: number;
}

/** What calls can be added up by. */
export const COST_GROUPS = ['project', 'phase', 'model', 'day'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

/** Calls that have something in common, added up. */
export interface CostSum extends Pick<ModelCost, 'calls' | 'tokens' | 'costUsd' | 'unpricedCalls' | 'ms'> {
  readonly name: string;
}

function nameOf(cost: ModelCost, group: CostGroup): string {
  switch (group) {
    case 'project':
      return cost.project ?? cost.projectId ?? 'no project';
    case 'phase':
      return cost.phase;
    case 'model':
      return cost.provider === 'builtin' ? cost.model : `${cost.provider}/${cost.model}`;
    case 'day':
      return cost.day;
  }
}

/** Adds calls up under one name. What has no price stays null, it never becomes 0. */
export function sumCosts(name: string, costs: readonly ModelCost[]): CostSum {
  const add = (count: (cost: ModelCost) => number) => costs.reduce((sum, cost) => sum + count(cost), 0);
  const priced = costs.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    name,
    calls: add(({ calls }) => calls),
    tokens: {
      input: add(({ tokens }) => tokens.input),
      output: add(({ tokens }) => tokens.output),
      cached: add(({ tokens }) => tokens.cached),
      reasoning: add(({ tokens }) => tokens.reasoning),
    },
    costUsd: priced.length === 0 ? null : priced.reduce((sum, cost) => sum + cost, 0),
    unpricedCalls: add(({ unpricedCalls }) => unpricedCalls),
    ms: add(({ ms }) => ms),
  };
}

/** Calls by project, phase, model or day: days in order, everything else the dearest first. */
export function groupCosts(costs: readonly ModelCost[], group: CostGroup): readonly CostSum[] {
  const names = [...new Set(costs.map((cost) => nameOf(cost, group)))];
  const sums = names.map((name) =>
    sumCosts(
      name,
      costs.filter((cost) => nameOf(cost, group) === name),
    ),
  );
  return sums.sort((one, other) =>
    group === 'day'
      ? one.name.localeCompare(other.name, 'en')
      : (other.costUsd ?? 0) - (one.costUsd ?? 0) || one.name.localeCompare(other.name, 'en'),
  );
}

/** `$0.0123`: small sums keep the digits that tell them apart. */
export function formatUsd(usd: number): string {
  return `$${usd > 0 && usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}
