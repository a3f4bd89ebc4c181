import { Option } from 'commander';
import type { Doubt } from '../../domain/diff.ts';
import { TurboError } from '../../domain/errors.ts';
import type { ChangeOrder, ChangePlan } from '../../pipeline/plan-change.ts';
import type { Cli, Typed } from './command.ts';
import type { MigratePlace } from './commands/migrate/subcommand.ts';

/** What commands that change a schema have in common: what can be said, what is asked, what is told. */

const collect = (value: string, before: unknown): string[] => [
  ...(Array.isArray(before) ? before.map(String) : []),
  value,
];

/** What can be said about a change; each may be given several times. */
export function changeOptions(): readonly Option[] {
  const many = (flags: string, what: string) => new Option(flags, what).argParser(collect);
  return [
    many('--rename <old=new>', 'what got another name: posts=articles, posts.title=headline, status.draft=hidden'),
    many('--default <column=value>', 'what rows without a value get: posts.subtitle=none'),
    many('--map <value=value>', 'what rows with a value that goes get: status.archived=draft'),
    many('--drop <name>', 'what is gone for good, and was not renamed: posts.title'),
    many('--copy <column=column>', 'whose value rows without one get, before it goes: posts.headline=title'),
    new Option('--online', 'for a service that runs meanwhile: batches, concurrent indexes, rules checked afterwards'),
    new Option('--no-online', 'in one file, also where tables are large'),
    new Option('--allow-destructive', 'also what takes rows or values away'),
  ];
}

const listOf = (typed: Typed, name: string): readonly string[] => {
  const value = typed.options[name];
  return Array.isArray(value) ? value.map(String) : [];
};

function pairsOf(typed: Typed, name: string): Map<string, string> {
  return new Map(
    listOf(typed, name).map((text): [string, string] => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new TurboError('usage.invalid', `--${name} ${text} has no "=".`, { hint: `For example: --${name} a.b=c` });
    }),
  );
}

type Said = Pick<ChangeOrder, 'renames' | 'fills' | 'moved' | 'dropped' | 'online' | 'copies'>;

/** What was said about a change with `changeOptions`. Throws `usage.invalid`. */
export function saidOf(typed: Typed): Said {
  const { online } = typed.options;
  const copies = pairsOf(typed, 'copy');
  return {
    ...(copies.size > 0 ? { copies } : {}),
    ...(typeof online === 'boolean' ? { online } : {}),
    renames: pairsOf(typed, 'rename'),
    fills: pairsOf(typed, 'default'),
    moved: pairsOf(typed, 'map'),
    dropped: new Set(listOf(typed, 'drop')),
  };
}

/** The plan; whoever sits at a terminal is asked what got another name, and what rows without a value get. Throws `usage.missing` when nobody can be. */
export async function planWithAnswers(
  cli: Cli,
  order: ChangeOrder,
  { folder, services }: Pick<MigratePlace, 'folder' | 'services'>,
): Promise<ChangePlan> {
  const { planChange } = await import('../../pipeline/plan-change.ts');
  const renames = new Map(order.renames);
  const dropped = new Set(order.dropped);
  const fills = new Map(order.fills);
  for (;;) {
    const plan = await planChange(folder, { ...order, renames, dropped, fills }, services);
    if (plan.doubts.length === 0 && !(await askForValues(plan, fills, cli))) return plan;
    if (!cli.ask.canAsk) throw inDoubt(plan.doubts);
    for (const doubt of plan.doubts) {
      const name = await chosen(doubt, cli);
      if (name === null) dropped.add(doubt.gone);
      else renames.set(doubt.gone, name);
    }
  }
}

/** Asks for what rows need; whether anything was said. What cannot be typed is for nobody to answer. */
async function askForValues({ obstacles }: ChangePlan, fills: Map<string, string>, { ask }: Cli): Promise<boolean> {
  if (!ask.canAsk || obstacles.some(({ fills: place }) => place === undefined)) return false;
  const before = fills.size;
  for (const { fills: place, rows } of obstacles) {
    if (place === undefined || fills.has(place)) continue;
    const value = await ask.text(
      `What do the ${amount(rows ?? 0, 'row')} without ${place} get?`,
      `--default ${place}=…`,
    );
    if (value.trim() !== '') fills.set(place, value);
  }
  return fills.size > before;
}

async function chosen({ gone, candidates }: Doubt, { ask }: Cli): Promise<string | null> {
  for (const candidate of candidates)
    if (await ask.yesOrNo(`Is ${candidate} what ${gone} was?`, true)) return candidate;
  return null;
}

function inDoubt(doubts: readonly Doubt[]): TurboError {
  const lines = doubts.map(({ gone, candidates }) => `${gone} is gone, and ${candidates.join(', ')} came`);
  const flags = doubts.map(({ gone, candidates }) => `--rename ${gone}=${candidates[0]} or --drop ${gone}`);
  return new TurboError('usage.missing', `It may be that something was renamed: ${lines.join('; ')}.`, {
    hint: `Say which: ${flags.join('; ')}`,
    details: { doubts },
  });
}

/**
 * Throws `migration.refused` for what the rows do not allow, with the ways out of it as commands where `sentence` is what
 * was said, and `confirm.needed` for losses nobody consented to.
 */
export async function assertPossible(
  { obstacles, losses }: ChangePlan,
  isAllowed: boolean,
  sentence?: string,
): Promise<void> {
  const [first] = obstacles;
  if (first) {
    const ways = sentence === undefined ? null : await waysOut(obstacles, sentence);
    const more = obstacles
      .slice(1)
      .map((obstacle) => `; ${counted(obstacle)}${ways === null ? ` (${obstacle.hint})` : ''}`);
    throw new TurboError('migration.refused', `${counted(first)}${more.join('')}.`, {
      hint: ways ?? first.hint,
      details: { obstacles },
    });
  }
  if (losses.length === 0 || isAllowed) return;
  throw new TurboError('confirm.needed', `It takes away: ${losses.map(counted).join('; ')}.`, {
    hint: 'Add --allow-destructive to do it.',
    details: { losses },
  });
}

/** Both ways to have a column that rows have no value for; null when something else is in the way, too. */
async function waysOut(obstacles: ChangePlan['obstacles'], sentence: string): Promise<string | null> {
  const places = obstacles.flatMap(({ fills }) => (fills === undefined ? [] : [fills]));
  if (places.length < obstacles.length) return null;
  const evolve = (text: string) => `turbobackend evolve ${quoted(text)}`;
  const values = `Say what they get: ${evolve(sentence)}${places.map((place) => ` --default ${place}=…`).join('')}`;
  const { optionalGrowth } = await import('../../domain/growth.ts');
  const optional = optionalGrowth(sentence);
  return optional === null ? values : `${values} or let it be empty: ${evolve(optional)}`;
}

/** As a shell reads it back. */
const quoted = (text: string): string => (/["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`);

const OF_ONE: Readonly<Record<string, string>> = {
  ...{ have: 'has', do: 'does', break: 'breaks', refer: 'refers', occur: 'occurs' },
};

/** "1 row of posts has no slug", "3 rows of posts have no slug". */
function counted({ what, rows }: ChangePlan['losses'][number]): string {
  if (rows !== 1) return `${rows ?? 'an unknown number of'} ${what}`;
  const verb = / (have|do|break|refer|occur) /;
  const one = /\bwould\b/.test(what) ? what : what.replace(verb, (_, word: string) => ` ${OF_ONE[word] ?? word} `);
  return `1 ${one.replace(/^(row|value)s\b/, '$1')}`;
}

/** "1 file", "2 files". */
export const amount = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** A plan as lines for people. */
export function describeChange(
  { steps, losses, obstacles, beyond }: ChangePlan,
  style: { yellow(text: string): string },
): string[] {
  return [
    ...steps.map((step) => `- ${step}`),
    ...losses.map((loss) => style.yellow(`  takes away ${counted(loss)}`)),
    ...obstacles.map((obstacle) => style.yellow(`  not possible: ${counted(obstacle)}. ${obstacle.hint}`)),
    ...(beyond.length > 0
      ? [`  stays as it is, in the database but not in turbobackend.json: ${beyond.join(', ')}`]
      : []),
  ];
}

/** A plan for programs. */
export const changeData = ({ steps, losses, obstacles, beyond, files }: ChangePlan) => ({
  steps,
  losses,
  obstacles,
  beyond,
  files,
});

/** `rename_posts_title_to_headline`: the first step that says what it is about. */
export function nameOfChange({ steps }: ChangePlan): string {
  const told = steps.filter((step) => !/^(Take|Say|Names|Make the view|Describe|End)/.test(step));
  const [first = 'change'] = told.length > 0 ? told : steps;
  return first.slice(0, 60);
}
