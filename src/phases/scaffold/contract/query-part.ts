import type { ContractPaging, ContractSort } from '../../../domain/contract-list.ts';
import type { ContractAction } from '../../../domain/contract-plan.ts';
import { quoted } from '../source.ts';
import { type QueryMember, querySchema } from './check-code.ts';

/** Far enough for everybody, and no number the database cannot count to. */
const FARTHEST = 1_000_000_000;

/** The check of all parameters of a list; nothing where it has none. */
export function queryPart({
  filters,
  paging,
  sort,
}: Pick<Extract<ContractAction, { kind: 'list' }>, 'filters' | 'paging' | 'sort'>): string {
  const members: QueryMember[] = [
    ...filters.map(({ param, check, isRequired }) => ({ name: param, check, tail: isRequired ? '' : '.optional()' })),
    ...(sort ? sortMembers(sort) : []),
    ...(paging ? pageMembers(paging) : []),
  ];
  return members.length === 0 ? '' : querySchema(members);
}

function sortMembers({
  param,
  isList,
  choices,
  preset,
  direction,
  directions,
  isDownwards,
}: ContractSort): QueryMember[] {
  const choice = (name: string, values: readonly string[], usual: string | undefined): QueryMember => ({
    name,
    check: { kind: 'choice', nullable: false, values },
    tail: usual === undefined ? '.optional()' : `.default(${quoted(usual)})`,
  });
  const way = directions.find((value) => /^desc/i.test(value) === isDownwards) ?? directions[0];
  return [
    ...(param === null
      ? []
      : [
          listed(
            isList,
            choice(
              param,
              choices.map(({ value }) => value),
              preset ?? undefined,
            ),
          ),
        ]),
    ...(direction === null ? [] : [choice(direction, directions, way)]),
  ];
}

/** Of several values that are given, each is one of those that may be. */
function listed(isList: boolean, { name, check, tail }: QueryMember): QueryMember {
  if (!isList) return { name, check, tail };
  const many = { kind: 'list', nullable: false, item: check } as const;
  return { name, check: many, tail: tail.replace(/^\.default\((.*)\)$/, '.default([$1])') };
}

function pageMembers({ limit, preset, max, isStrict, offset, page, cursor, firstPage }: ContractPaging): QueryMember[] {
  const number = (name: string, min: number, most: number, usual: number): QueryMember => ({
    name,
    check: { kind: 'integer', nullable: false, min, max: most },
    tail: `.default(${usual})`,
  });
  const begin = offset
    ? [number(offset, 0, FARTHEST, 0)]
    : page
      ? [number(page, firstPage, FARTHEST / 1000, firstPage)]
      : [];
  const text = { kind: 'text', nullable: false, min: undefined, max: 100 } as const;
  const given = cursor && begin.length === 0 ? [{ name: cursor, check: text, tail: '.optional()' }] : [];
  return [...(limit ? [number(limit, 1, isStrict ? max : FARTHEST, preset)] : []), ...begin, ...given];
}
