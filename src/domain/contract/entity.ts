import { singularOf } from './names.ts';
import type { ApiOperation } from './operations.ts';
import type { Shape } from './shape.ts';

/** A member that bodies of an entity have, as all of them together say. */
export interface EntityField {
  readonly name: string;
  /** Of the body that makes rows where there is one. */
  shape: Shape;
  inCreate: boolean;
  createRequired: boolean;
  inUpdate: boolean;
  /** Some update takes null for it. */
  updateNull: boolean;
  inRead: boolean;
  /** Every answer has it, and never null. */
  readFilled: boolean;
}

/** What a contract keeps: the things a path lists, makes and addresses. */
export interface Entity {
  readonly table: string;
  readonly singular: string;
  readonly isAccounts: boolean;
  /** Paths of its collections: `/articles`, `/articles/{slug}/comments`. */
  readonly prefixes: Set<string>;
  readonly fields: Map<string, EntityField>;
  /** Names of the schemas it is answered with. */
  readonly components: Set<string>;
  readonly create: ApiOperation[];
  readonly reads: ApiOperation[];
  readonly writes: ApiOperation[];
  readonly pointer: string;
}

/** One of which nothing is known but its table. */
export function newEntity(table: string, isAccounts: boolean, pointer: string): Entity {
  return {
    table,
    singular: singularOf(table),
    isAccounts,
    prefixes: new Set(),
    fields: new Map(),
    components: new Set(),
    create: [],
    reads: [],
    writes: [],
    pointer,
  };
}

/** A member that no body is known to have. */
export function newField(name: string, shape: Shape): EntityField {
  return {
    name,
    shape,
    inCreate: false,
    createRequired: false,
    inUpdate: false,
    updateNull: false,
    inRead: false,
    readFilled: false,
  };
}
