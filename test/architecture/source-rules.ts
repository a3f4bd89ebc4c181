import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** A place in the source that breaks one of the rules that are about text and names, not about imports. */
export interface SourceProblem {
  readonly rule: SourceRule;
  /** Relative to the root, with slashes: `src/domain/schema.ts`. */
  readonly file: string;
  readonly detail: string;
}

/** Each rule and why it is one. */
export const SOURCE_RULES = {
  'environment-only-in-config': 'What a run depends on is read once, in src/config.ts, and handed on as arguments.',
  'no-talking-below-entrypoints':
    'Whether and how something is shown, and when the process ends, is decided by entrypoints.',
  'time-and-chance-come-from-outside': 'Clock and ids are arguments or ports, so that tests are exact.',
  'no-barrels': 'A file that only passes names on hides who needs whom; src/index.ts is the one public door.',
  'named-exports-only': 'One name for one thing, everywhere.',
  'no-vague-names': 'A file called utils has no reason to exist, and everything has a reason to go there.',
  'kebab-case': 'A file is found by the name of what it exports.',
  'known-room': 'A file that is in no room obeys no law.',
} as const;

export type SourceRule = keyof typeof SOURCE_RULES;

/** Programs of their own, started by us with a fixed argv: they have a process to end and streams to write. */
const OWN_PROCESSES = new Set([
  'src/adapters/deploy-target/local/supervisor.ts',
  'src/adapters/builder/nitro/build-worker.ts',
]);

const ROOMS = [
  /^src\/(pipeline|app|config|index)\.ts$/,
  /^src\/ports\/[^/]+\.ts$/,
  /^src\/(domain|phases|operations|pipeline|config|app)\/([^/]+\/)*[^/]+\.ts$/,
  /^src\/adapters\/[^/]+\/[^/]+\/([^/]+\/)*[^/]+\.ts$/,
  /^src\/entrypoints\/[^/]+\/([^/]+\/)*[^/]+\.ts$/,
];

const VAGUE = /(^|-)(utils?|helpers?|common|managers?|misc)(-|$)/;
const TIMELESS = /^src\/(domain|phases|operations|pipeline)/;
const PROCESS_VOICES = new Set(['exit', 'exitCode', 'abort', 'stdout', 'stderr', 'stdin']);

/** Every TypeScript file under `src`, relative to `root`, sorted. */
export function listSources(root: string): readonly string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const paths = files.map((file) => `src/${file.replaceAll('\\', '/')}`);
  return paths.filter((path) => path.endsWith('.ts')).sort();
}

/** Everything in `<root>/src` that breaks a rule. */
export function findSourceProblems(root: string): readonly SourceProblem[] {
  return listSources(root).flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ES2023, true);
    return [...nameProblems(file), ...exportProblems(file, source), ...behaviourProblems(file, source)];
  });
}

function nameProblems(file: string): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  const segments = file.slice('src/'.length).replace(/\.ts$/, '').split('/');
  const vague = segments.find((segment) => VAGUE.test(segment));
  if (vague) problems.push({ rule: 'no-vague-names', file, detail: vague });
  const odd = segments.find((segment) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(segment));
  if (odd) problems.push({ rule: 'kebab-case', file, detail: odd });
  if (!ROOMS.some((room) => room.test(file))) problems.push({ rule: 'known-room', file, detail: 'belongs to no room' });
  return problems;
}

function exportProblems(file: string, source: ts.SourceFile): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  if (basename(file) === 'index.ts' && file !== 'src/index.ts') {
    problems.push({ rule: 'no-barrels', file, detail: 'is called index.ts' });
  }
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement) && file !== 'src/index.ts' && !isOwnPart(file, statement)) {
      problems.push({ rule: 'no-barrels', file, detail: statement.getText() });
    }
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const isDefault = modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
    if (ts.isExportAssignment(statement) || isDefault) {
      problems.push({ rule: 'named-exports-only', file, detail: statement.getText().slice(0, 60) });
    }
  }
  return problems;
}

/** Names that a file lifts out of its private folder are its own; no other import may be passed on. */
function isOwnPart(file: string, statement: ts.ExportDeclaration): boolean {
  const { moduleSpecifier, exportClause } = statement;
  if (!moduleSpecifier) return true;
  if (!exportClause || !ts.isNamedExports(exportClause) || !ts.isStringLiteral(moduleSpecifier)) return false;
  return moduleSpecifier.text.startsWith(`./${basename(file, '.ts')}/`);
}

function behaviourProblems(file: string, source: ts.SourceFile): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  const isProcess = OWN_PROCESSES.has(file);
  const mayTalk = isProcess || file.startsWith('src/entrypoints/');
  const mayReadEnvironment = isProcess || file === 'src/config.ts';
  const add = (rule: SourceRule, node: ts.Node) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    problems.push({ rule, file, detail: `${line}: ${node.getText().split('\n')[0]}` });
  };
  const judge = (node: ts.Node): void => {
    const used = usedOfProcess(node);
    if (!mayReadEnvironment && used.includes('env')) add('environment-only-in-config', node);
    if (!mayTalk && (used.some((name) => PROCESS_VOICES.has(name)) || isConsole(node))) {
      add('no-talking-below-entrypoints', node);
    }
    if (TIMELESS.test(file) && isTimeOrChance(node)) add('time-and-chance-come-from-outside', node);
    ts.forEachChild(node, judge);
  };
  judge(source);
  return problems;
}

/** Which members of `process` a node takes: `process.env`, `process['env']`, `const { env } = process`, imports of it. */
function usedOfProcess(node: ts.Node): readonly string[] {
  if (ts.isPropertyAccessExpression(node) && isGlobal(node.expression, 'process')) return [node.name.text];
  if (ts.isElementAccessExpression(node) && isGlobal(node.expression, 'process')) {
    // A computed member could be any of them.
    return ts.isStringLiteral(node.argumentExpression) ? [node.argumentExpression.text] : ['env', 'exit'];
  }
  if (ts.isVariableDeclaration(node) && node.initializer && isGlobal(node.initializer, 'process')) {
    if (!ts.isObjectBindingPattern(node.name)) return ['env', 'exit'];
    return node.name.elements.map((element) => (element.propertyName ?? element.name).getText());
  }
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    if (!/^(node:)?process$/.test(node.moduleSpecifier.text)) return [];
    const bindings = node.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings))
      return node.importClause?.name?.text === 'process' ? [] : ['env', 'exit'];
    return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
  }
  return [];
}

function isGlobal(node: ts.Expression, name: string): boolean {
  if (ts.isIdentifier(node)) return node.text === name;
  return ts.isPropertyAccessExpression(node) && node.name.text === name && isGlobal(node.expression, 'globalThis');
}

function isConsole(node: ts.Node): boolean {
  const takesMember = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  return takesMember && isGlobal(node.expression, 'console');
}

function isTimeOrChance(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isGlobal(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0;
  if (!ts.isCallExpression(node)) return false;
  const called = node.expression.getText().replace(/^globalThis\./, '');
  return ['Date', 'Date.now', 'Math.random', 'performance.now', 'setTimeout', 'setInterval'].includes(called);
}
