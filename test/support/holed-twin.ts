import type { AttackResult, Weakness } from '../../src/domain/verification.ts';
import type { Files } from './attacked-backend.ts';
import { ACCOUNT_HOLES } from './holed-twin/accounts.ts';
import { HTTP_HOLES } from './holed-twin/http.ts';
import { SQL_HOLES } from './holed-twin/sql.ts';

/**
 * A generated project with holes put in by hand, to see whether the attacks find them: the rule the attacks are
 * measured against. An edit that no longer meets its text fails, so a hole cannot close unnoticed.
 */
export interface Hole {
  readonly name: string;
  /** A schema of test/phases/scaffold/schemas. */
  readonly schema: 'blog' | 'tasks' | 'forum' | 'shop';
  readonly edits: readonly Edit[];
  /** Run by the administrator in the database, once everything is there. */
  readonly sql?: string;
  /** The attack that has to see it, and what it has to report. */
  readonly attack: string;
  readonly finds: { readonly title: RegExp; readonly where: RegExp };
  /** Spoils what other holes are found by: never in one build with them. */
  readonly isAlone?: boolean;
  /** Only seen after long waiting. */
  readonly isSlow?: boolean;
}

/** In all files that `path` meets, `from` is replaced by `to`; at least once. */
export interface Edit {
  readonly path: string | RegExp;
  readonly from: string | RegExp;
  readonly to: string;
}

export const HOLES: readonly Hole[] = [...SQL_HOLES, ...HTTP_HOLES, ...ACCOUNT_HOLES];

/** Throws when an edit changes nothing: what is generated has changed, and the hole must follow. */
export function spoil(files: Readonly<Files>, { name, edits }: Pick<Hole, 'name' | 'edits'>): Files {
  const spoilt = { ...files };
  for (const { path, from, to } of edits) {
    const met = Object.keys(spoilt).filter((file) => (typeof path === 'string' ? file === path : path.test(file)));
    let changes = 0;
    for (const file of met) {
      const text = spoilt[file] ?? '';
      const changed = text.replaceAll(
        from instanceof RegExp ? new RegExp(from.source, `${from.flags.replace('g', '')}g`) : from,
        to,
      );
      if (changed !== text) changes += 1;
      spoilt[file] = changed;
    }
    if (changes === 0) throw new Error(`the hole "${name}" does not meet ${path}: ${from}`);
  }
  return spoilt;
}

/** Whether the attacks saw a hole. */
export function isFound({ finds }: Hole, { weaknesses }: AttackResult): boolean {
  return weaknesses.some(({ title, where }: Weakness) => finds.title.test(title) && finds.where.test(where));
}

/** Holes that can be in one build. */
export function groupsOf(holes: readonly Hole[], size: number): readonly (readonly Hole[])[] {
  const groups: Hole[][] = [];
  for (const hole of holes) {
    const files = (other: Hole) => other.edits.map(({ path, from }) => `${path} ${from}`);
    const suits = (group: readonly Hole[]) =>
      group.length < size &&
      !hole.isAlone &&
      group.every((other) => {
        const isSame = other.schema === hole.schema && !other.isAlone;
        return isSame && !files(other).some((edit) => files(hole).includes(edit));
      });
    const group = groups.find(suits);
    if (group) group.push(hole);
    else groups.push([hole]);
  }
  return groups;
}
