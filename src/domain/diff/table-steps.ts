import { commentSql, enumSql } from '../ddl.ts';
import { literal, readableIdentifier as name } from '../identifier.ts';
import type { EnumType } from '../schema.ts';
import { countSql, type DiffContext, ORDER, type Step, step } from './context.ts';

/** Tables that go and come, and the enums of all tables. */
export function tableSteps(context: DiffContext): readonly Step[] {
  const { goneTables, newTables, will } = context;
  return [
    ...goneTables.map((table) =>
      step(ORDER.dropTable, `Drop ${table.name}.`, [`DROP TABLE ${name(table.name)};`], {
        losses: [{ what: `rows of ${table.name}`, sql: countSql(context.oldTable(table.name) ?? name(table.name)) }],
      }),
    ),
    ...newTables.map((table) => step(ORDER.newTable, `Make ${table.name}.`, will.get(table.name)?.statements ?? [])),
    ...enumSteps(context),
    ...commentSteps(context),
  ];
}

function enumSteps({ base, after, rebuilt }: DiffContext): Step[] {
  const gone = base.enums.filter((type) => !after.enums.some((next) => next.name === type.name));
  return [
    ...after.enums.flatMap((next): Step[] => {
      const old = base.enums.find((type) => type.name === next.name);
      if (!old) return [step(ORDER.enums, `Make the type ${next.name}.`, [enumSql(next)])];
      return rebuilt.has(next.name) ? rebuildEnum(next) : addValues(old, next);
    }),
    ...gone.map((type) => step(ORDER.dropEnum, `Drop the type ${type.name}.`, [`DROP TYPE ${name(type.name)};`])),
  ];
}

/** PostgreSQL adds values to a type, but takes none away and moves none. */
function rebuildEnum(next: EnumType): Step[] {
  const aside = name(`_old_${next.name}`);
  return [
    step(ORDER.enums, `Make the type ${next.name} anew.`, [
      `ALTER TYPE ${name(next.name)} RENAME TO ${aside};`,
      enumSql(next),
    ]),
    step(ORDER.dropEnum, `Drop the former type ${next.name}.`, [`DROP TYPE ${aside};`]),
  ];
}

function addValues(old: EnumType, next: EnumType): Step[] {
  const constant = (value: string) => literal(value).trimStart();
  const there = [...old.values];
  const sql = next.values.flatMap((value, index) => {
    if (there.includes(value)) return [];
    const [before] = next.values.slice(index + 1).filter((other) => there.includes(other));
    there.push(value);
    const place = before === undefined ? '' : ` BEFORE ${constant(before)}`;
    return [`ALTER TYPE ${name(next.name)} ADD VALUE ${constant(value)}${place};`];
  });
  return sql.length === 0 ? [] : [step(ORDER.enums, `Add values to ${next.name}.`, sql)];
}

function commentSteps({ kept }: DiffContext): Step[] {
  return kept.flatMap(({ old, next }) => {
    const sql = [
      ...(old.description === next.description ? [] : [commentSql(next, null)]),
      ...next.columns.flatMap((column) => {
        const former = old.columns.find((candidate) => candidate.name === column.name)?.description ?? '';
        return former === column.description ? [] : [commentSql(next, column)];
      }),
    ];
    return sql.length === 0 ? [] : [step(ORDER.comment, `Describe ${next.name}.`, sql)];
  });
}

/** Whether a value that is only added is used by the same change: PostgreSQL wants a transaction in between. */
export function usesNewValue(context: DiffContext): boolean {
  const { base, after, rebuilt } = context;
  return after.enums.some((next) => {
    const old = base.enums.find((type) => type.name === next.name);
    if (!old || rebuilt.has(next.name) || next.values.length === old.values.length) return false;
    const isNew = (value: string) => next.values.includes(value) && !old.values.includes(value);
    const turned = context.kept.some((pair) =>
      pair.next.columns.some((column) => {
        const former = pair.old.columns.find((candidate) => candidate.name === column.name);
        const given = column.default && 'value' in column.default ? String(column.default.value) : '';
        return column.type === next.name && (isNew(given) || (former !== undefined && former.type !== column.type));
      }),
    );
    const filled = [...context.fills.values(), ...context.moved.values()].some(isNew);
    const made = context.newTables.some((table) =>
      table.columns.some(
        ({ type, default: given }) => type === next.name && given && 'value' in given && isNew(String(given.value)),
      ),
    );
    return turned || filled || made;
  });
}
