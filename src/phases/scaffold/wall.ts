import {
  accessOf,
  accountsOf,
  type ConditionText,
  changeCondition,
  type GuardedRelation,
  type Guards,
  guardedRelations,
  guardsOf,
  hasAdmins,
  isAccountsTable,
  ownerCondition,
  readCondition,
  seesMoreThanItChanges,
} from '../../domain/access.ts';
import { APP_SCHEMA } from '../../domain/database.ts';
import type { Embedding } from '../../domain/embedding.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import { PROFILES_VIEW } from '../../domain/policies.ts';
import type { Schema, Table } from '../../domain/schema.ts';

/** What guards the rows of a table in the generated code: who must ask, and what its statements must say. */
export interface Wall {
  readonly guards: Guards;
  /** Accounts themselves: nobody makes them but by registering. */
  readonly isAccounts: boolean;
  /** Reading needs an account. */
  readonly isBound: boolean;
  /** Some see and change everything. */
  readonly hasAdmins: boolean;
  /** Who makes a row may not be able to see it: it belongs to somebody else. */
  readonly makesForOthers: boolean;
  /** Rows can be seen by some who may not change them. */
  readonly hasOnlookers: boolean;
  /** SQL of which one must hold, with `account` as the key of who asks; null where there is no condition. */
  readConditions(account: string): readonly string[] | null;
  changeConditions(account: string): readonly string[] | null;
  readonly references: readonly Reference[];
}

/** A reference that may not lead to just any row. */
export interface Reference {
  readonly guarded: GuardedRelation;
  /** `select id from app.lists where user_id = $3`. */
  rows(account: string): string;
}

function tableSql(table: string): string {
  return `${APP_SCHEMA}.${readableIdentifier(table)}`;
}

function textWith(account: string): ConditionText {
  return { account, table: tableSql };
}

/** The wall of a table; null when nobody signs in. */
export function wallOf(table: Table, schema: Schema): Wall | null {
  if (!accountsOf(schema)) return null;
  const { read, write, owner } = accessOf(table, schema);
  return {
    guards: guardsOf(table, schema),
    isAccounts: isAccountsTable(table, schema),
    isBound: read !== 'everyone',
    hasAdmins: hasAdmins(schema),
    makesForOthers: read === 'owner' && owner?.kind === 'parent' && (write === 'everyone' || write === 'accounts'),
    hasOnlookers: seesMoreThanItChanges(table, schema),
    readConditions: (account) => alternatives(readCondition(table, schema, textWith(account))),
    changeConditions: (account) => alternatives(changeCondition(table, schema, textWith(account))),
    references: guardedRelations(table, schema).map((guarded) => referenceOf(guarded, schema)),
  };
}

/** Of `(this or that)`. */
function alternatives(condition: string | null): readonly string[] | null {
  if (condition === null) return null;
  return condition.startsWith('(') ? condition.slice(1, -1).split(' or ') : [condition];
}

function referenceOf(guarded: GuardedRelation, schema: Schema): Reference {
  const { parent, relation, demand } = guarded;
  const condition = demand === 'own' ? ownerCondition : readCondition;
  const columns = relation.target.columns.map(readableIdentifier).join(', ');
  return {
    guarded,
    rows: (account) =>
      `select ${columns} from ${tableSql(parent.name)} where ${condition(parent, schema, textWith(account)) ?? 'true'}`,
  };
}

/** Where rows that belong to a row are read. */
export interface RowSource {
  /** The data module. */
  readonly module: string;
  /** Made for each request, as it depends on who asks. */
  readonly isBound: boolean;
}

export function rowSource({ kind, table, otherColumns }: Embedding, schema: Schema): RowSource {
  const accounts = accountsOf(schema);
  const [column, ...others] = otherColumns;
  const isAuthor = kind === 'parent' && table === accounts?.table.name;
  if (isAuthor && others.length === 0 && column === accounts.key.name) return { module: PROFILES_VIEW, isBound: false };
  const other = schema.tables.find(({ name }) => name === table);
  return { module: table, isBound: other !== undefined && accessOf(other, schema).read !== 'everyone' };
}
