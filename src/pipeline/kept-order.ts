import type { CreateOrder } from './order.ts';

/** What decides which steps a run has, and what they make. */
type Kept = Pick<CreateOrder, 'database' | 'port' | 'framework' | 'contract' | 'verify' | 'git'>;

/** The first step of a run: what it was begun with. `resume` says none of it, and its steps have to be the same. */
export function keepOrder({ database, port, framework, contract, verify, git }: CreateOrder): Kept {
  return {
    ...(database !== undefined && { database }),
    ...(port !== undefined && { port }),
    ...(framework !== undefined && { framework }),
    ...(contract !== undefined && { contract }),
    ...(verify !== undefined && { verify }),
    ...(git !== undefined && { git }),
  };
}

/** An order as the run was begun, whatever the call that goes on with it says; only a port may be another by then. */
export function asBegun(order: CreateOrder, kept: Kept): CreateOrder {
  const { request, parent, name, directory, port, projectId, remotes, deployDatabase } = order;
  return {
    request,
    parent,
    ...(name !== undefined && { name }),
    ...(directory !== undefined && { directory }),
    ...(projectId !== undefined && { projectId }),
    ...(remotes !== undefined && { remotes }),
    ...(deployDatabase !== undefined && { deployDatabase }),
    ...kept,
    ...(port !== undefined && { port }),
  };
}
