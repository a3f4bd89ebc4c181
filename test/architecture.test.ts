import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { expect, test } from 'vitest';
import { FORBIDDEN_IMPORTS, FORBIDDEN_TEXT, HOUSED_PACKAGES, OBEDIENT } from './architecture/planted.ts';
import { findSourceProblems, listSources, SOURCE_RULES } from './architecture/source-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = await extractDepcruiseOptions(join(root, '.config/dependency-cruiser.cjs'));

async function inspect(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(['src'], { ...options, baseDir });
  if (typeof output === 'string') throw new Error(output);
  return output;
}

/** `src/a.ts: rule → what it must not import`, with the name of the package for packages. */
function violationsOf(result: ICruiseResult): readonly string[] {
  const shown = (target: string) => target.replace(/^.*node_modules\/((@[^/]+\/)?[^/]+).*$/, '$1');
  return result.summary.violations.map(({ rule, from, to }) => `${from}: ${rule.name} → ${shown(to)}`).sort();
}

/** Writes a tree with hollow packages into a folder of its own, and takes it away afterwards. */
async function withTree<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tb-law-')));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    write('package.json', '{ "type": "module" }');
    for (const name of [...HOUSED_PACKAGES, 'left-pad']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(`node_modules/${name}/index.js`, '');
    }
    write('node_modules/nitro/builder.js', '');
    for (const [path, text] of Object.entries(files)) write(path, text);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const texts = (files: typeof FORBIDDEN_TEXT) =>
  Object.fromEntries(Object.entries(files).map(([path, { text }]) => [path, text]));

const expectedOf = (files: typeof FORBIDDEN_TEXT) =>
  Object.entries(files).flatMap(([path, { caught }]) => caught.map((what) => `${path}: ${what}`));

test('the source obeys the law of dependency, and the checker saw every file of it', async () => {
  const result = await inspect(root);
  const seen = result.modules.map((module) => module.source).filter((source) => source.startsWith('src/'));
  expect(seen.sort()).toEqual(listSources(root));
  expect(result.summary.totalDependenciesCruised).toBeGreaterThan(seen.length);
  expect(violationsOf(result)).toEqual([]);
});

test('the source obeys the rules of names and of text', () => {
  expect(findSourceProblems(root)).toEqual([]);
});

test('a tree that comes as close as is allowed breaks nothing', async () => {
  await withTree(OBEDIENT, async (folder) => {
    expect(violationsOf(await inspect(folder))).toEqual([]);
    expect(findSourceProblems(folder)).toEqual([]);
  });
});

test('every planted import is caught, and nothing else', async () => {
  const result = await withTree({ ...OBEDIENT, ...texts(FORBIDDEN_IMPORTS) }, inspect);
  expect(violationsOf(result)).toEqual(expectedOf(FORBIDDEN_IMPORTS).sort());
});

test('every planted text is caught, and nothing else', async () => {
  const problems = await withTree({ ...OBEDIENT, ...texts(FORBIDDEN_TEXT) }, findSourceProblems);
  expect(problems.map(({ file, rule }) => `${file}: ${rule}`).sort()).toEqual(expectedOf(FORBIDDEN_TEXT).sort());
});

test('no rule is without a reason, and none was never seen to catch something', () => {
  const rules = options.ruleSet?.forbidden ?? [];
  expect(rules.filter((rule) => !rule.comment || rule.severity !== 'error')).toEqual([]);
  const caught = Object.values({ ...FORBIDDEN_IMPORTS, ...FORBIDDEN_TEXT }).flatMap((file) => file.caught);
  const names = [...new Set(caught.map((what) => what.replace(/ → .*/, '')))];
  expect(names.sort()).toEqual([...rules.map((rule) => rule.name ?? ''), ...Object.keys(SOURCE_RULES)].sort());
});
