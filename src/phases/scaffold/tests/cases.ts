import { importLine, listed, property, quoted } from '../source.ts';

/** A test of a file: its sentence, what it runs, and where the check comes from. */
export interface Case {
  readonly name: string;
  readonly code: string;
}

/** An argument that may need lines of its own: a constant before the test then. */
export interface Named {
  readonly as: string;
  readonly code: string;
}

/** A test that is one call. */
export function callCase(name: string, check: string, args: readonly (string | Named)[]): Case {
  const inline = args.map((arg) => (typeof arg === 'string' ? arg : arg.code));
  const lead = inline.some((code) => code.includes('await ')) ? 'async () =>' : '() =>';
  const line = `test(${quoted(name)}, ${lead} ${check}(${inline.join(', ')}));`;
  if (line.length <= 100 && !line.includes('\n')) return { name, code: line };
  const long = args.filter((arg) => typeof arg !== 'string');
  const constants = long.map(({ as, code }) => `const ${as} = ${code};\n`);
  const named = args.map((arg) => (typeof arg === 'string' ? arg : arg.as));
  const short = `test(${quoted(name)}, ${lead} ${check}(${named.join(', ')}));`;
  if (short.length <= 100) return { name, code: `${constants.join('')}${short}` };
  const call = brokenCall(`  ${check}(`, named);
  return { name, code: `${constants.join('')}test(${quoted(name)}, ${lead}\n${call}` };
}

/** A call of several lines; a list at its end stays with the arguments before it. */
function brokenCall(open: string, args: readonly string[]): string {
  const last = args.at(-1) ?? '';
  const lead = `${open}${[...args.slice(0, -1), '['].join(', ')}`;
  const isHugged = last.startsWith('[') && `${open}${args.join(', ')}));`.length > 100 && lead.length <= 100;
  if (!isHugged) return `  ${listed(open.trimStart(), args.map(wrapped), '));', 2)}`;
  const items = last.slice(1, -1).split(', ');
  return [lead, ...items.map((item) => `    ${item},`), '  ]));'].join('\n');
}

/** A list of texts that is too long for a line of its own among the arguments. */
function wrapped(arg: string): string {
  if (!arg.startsWith('[') || arg.includes('\n')) return arg;
  return listed('[', arg.slice(1, -1).split(', '), '],', 4).slice(0, -1);
}

/** A list of lists stands line by line, as the formatter has it. */
export function lines(items: readonly string[]): string {
  return items.length > 1 ? ['[', ...items.map((item) => `  ${item},`), ']'].join('\n') : `[${items.join('')}]`;
}

/** A list of texts, or an object, on one line when it fits behind its name. */
export function constantList(as: string, open: string, items: readonly string[], close: string): string {
  const code = listed(`const ${as} = ${open}`, items, `${close};`);
  return code.slice(`const ${as} = `.length, -1);
}

/** The import lines for the checks that a file's tests call. */
export function checkImports(code: string): readonly string[] {
  const used = (names: readonly string[]) => names.filter((name) => new RegExp(`\\b${name}\\(`).test(code)).sort();
  return Object.entries(CHECKS).flatMap(([file, names]) => {
    const own = used(names);
    return own.length > 0 ? [importLine(own, `./${file}.mjs`)] : [];
  });
}

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  access: [
    'checkAdmin',
    'checkAdminsOnly',
    'checkBelow',
    'checkBorrowed',
    'checkCommon',
    'checkHidden',
    'checkNamed',
    'checkNobody',
    'checkOwnKeys',
    'checkOwnNeighbours',
    'checkOwner',
    'checkProfile',
    'checkProtected',
    'checkReadOnly',
  ],
  lists: [
    'checkBadFilters',
    'checkChildren',
    'checkEmpty',
    'checkFilters',
    'checkListSettings',
    'checkOrder',
    'checkParent',
    'checkPlainList',
    'checkRowQuery',
  ],
  requests: ['checkBodies', 'checkMethods'],
  rows: [
    'checkAccepted',
    'checkConstraint',
    'checkDefaults',
    'checkHashed',
    'checkLife',
    'checkMany',
    'checkMissing',
    'checkMove',
    'checkNeighbours',
    'checkOnce',
    'checkParentRemoval',
    'checkPatch',
    'checkPut',
    'checkReference',
    'checkRefused',
    'checkRequired',
    'checkTogether',
    'checkUnique',
    'checkUnknown',
    'checkVersions',
  ],
};

/** An object of code; `as` is the constant it may become. */
export function objectCode(fields: Readonly<Record<string, string>>, as = ''): string {
  const entries = Object.entries(fields).map(([name, code]) => `${property(name)}: ${code}`);
  return entries.length === 0 ? '{}' : constantList(as, '{', entries, '}');
}
