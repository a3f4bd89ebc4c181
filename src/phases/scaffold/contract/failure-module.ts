import type { FailureShape, PlannedOperation, ProblemShape } from '../../../domain/contract-plan.ts';
import { LINE_WIDTH, listed, property } from '../source.ts';

/** Code of a value that tells a failure. */
function shapeCode(shape: FailureShape, problemName: (item: ProblemShape) => string): string {
  switch (shape.kind) {
    case 'members': {
      const members = Object.entries(shape.members).map(
        ([name, inner]) => `${property(name)}: ${shapeCode(inner, problemName)}`,
      );
      return `{ ${members.join(', ')} }`;
    }
    case 'message':
      return "sentences(failure).join('; ')";
    case 'status':
      return 'failure.status';
    case 'messages':
      return 'sentences(failure)';
    case 'fields':
      return 'byField(failure)';
    case 'false':
      return 'false';
    case 'empty':
      return '{}';
    case 'none':
      return '[]';
    case 'each':
      return `problems(failure).map(${problemName(shape.item)})`;
  }
}

/** Code of what one problem says. */
function problemCode(shape: ProblemShape): string {
  switch (shape.kind) {
    case 'members': {
      const members = Object.entries(shape.members).map(([name, inner]) => `${property(name)}: ${problemCode(inner)}`);
      return `{ ${members.join(', ')} }`;
    }
    case 'path':
      return "['body', field]";
    case 'status':
      return '400';
    case 'code':
      return "'invalid'";
    case 'empty':
      return '{}';
    default:
      return shape.kind;
  }
}

function problemFunction(code: string, name: string): string {
  const used = ['field', 'message'].filter((word) => new RegExp(`(?<!['\\w])${word}\\b(?!:)|: ${word}\\b`).test(code));
  const argument = used.length === 0 ? '' : `{ ${used.join(', ')} }: FieldProblem`;
  const line = `const ${name} = (${argument}) => (${code});`;
  if (line.length <= LINE_WIDTH) return line;
  return listed(`const ${name} = (${argument}) => ({`, code.slice(2, -2).split(/, (?=\w+: |')/), '});');
}

/** `server/lib/failures.ts`: how each operation tells what went wrong. */
export function failureModule(operations: readonly PlannedOperation[]): string {
  const shapes = new Map<string, string>();
  const items = new Map<string, string>();
  const problemName = (item: ProblemShape): string => {
    const code = problemCode(item);
    const name = items.get(code) ?? (items.size === 0 ? 'problemBody' : `problemBody${items.size + 1}`);
    items.set(code, name);
    return name;
  };
  const nameOf = (shape: FailureShape | null): string => {
    if (shape === null) return 'null';
    const code = shapeCode(shape, problemName);
    const known = shapes.get(code);
    if (known !== undefined) return known;
    const name = shapes.size === 0 ? 'failureBody' : `failureBody${shapes.size + 1}`;
    shapes.set(code, name);
    return name;
  };
  const entries = operations.map(({ id, failures }) => {
    const told = Object.entries(failures).map(
      ([status, shape]) => `${property(status).replace(/^'(\d+)'$/, '$1')}: ${nameOf(shape)}`,
    );
    const line = `  ${property(id)}: ${told.length === 0 ? '{}' : `{ ${told.join(', ')} }`},`;
    return line.length <= LINE_WIDTH
      ? line
      : [`  ${property(id)}: {`, ...told.map((one) => `    ${one},`), '  },'].join('\n');
  });
  const functions = [...shapes].map(([code, name]) => {
    const argument = code.includes('failure') ? 'failure: Failure' : '';
    const body = code.startsWith('{') ? `(${code})` : code;
    const line = `const ${name} = (${argument}) => ${body};`;
    if (line.length <= LINE_WIDTH) return line;
    const members = code.slice(2, -2).split(/, (?=\w+: |')/);
    return listed(`const ${name} = (${argument}) => ({`, members, '});');
  });
  const all = [...[...items].map(([code, name]) => problemFunction(code, name)), ...functions].join('\n');
  const used = ['byField', 'problems', 'sentences'].filter((name) => all.includes(`${name}(`));
  const types = [...(all.includes(': Failure') ? ['type Failure'] : []), 'type Failures'];
  const names = [...used, ...types].sort((one, other) =>
    one.replace('type ', '').toLowerCase() < other.replace('type ', '').toLowerCase() ? -1 : 1,
  );
  const imports =
    used.length === 0
      ? `import type { ${types.map((type) => type.replace('type ', '')).join(', ')} } from './operation.ts';`
      : `import { ${names.join(', ')} } from './operation.ts';`;
  const problem = all.includes('FieldProblem') ? "import type { FieldProblem } from './problem.ts';\n" : '';
  return `${imports}${problem === '' ? '' : `\n${problem.trimEnd()}`}
${all === '' ? '' : `\n${all}\n`}
/** How each operation tells what went wrong, by status. */
export const failures = {
${entries.join('\n')}
} satisfies Record<string, Failures>;
`;
}
