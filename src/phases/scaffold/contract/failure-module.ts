import type { FailureShape, PlannedOperation } from '../../../domain/contract-plan.ts';
import { LINE_WIDTH, listed, property } from '../source.ts';

/** Code of a value that tells a failure. */
function shapeCode(shape: FailureShape): string {
  switch (shape.kind) {
    case 'members': {
      const members = Object.entries(shape.members).map(([name, inner]) => `${property(name)}: ${shapeCode(inner)}`);
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
  }
}

/** `server/lib/failures.ts`: how each operation tells what went wrong. */
export function failureModule(operations: readonly PlannedOperation[]): string {
  const shapes = new Map<string, string>();
  const nameOf = (shape: FailureShape | null): string => {
    if (shape === null) return 'null';
    const code = shapeCode(shape);
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
  const all = functions.join('\n');
  const used = ['byField', 'sentences'].filter((name) => all.includes(`${name}(`));
  const types = [...(all.includes(': Failure') ? ['type Failure'] : []), 'type Failures'];
  const names = [...used, ...types].sort((one, other) =>
    one.replace('type ', '').toLowerCase() < other.replace('type ', '').toLowerCase() ? -1 : 1,
  );
  const imports =
    used.length === 0
      ? `import type { ${types.map((type) => type.replace('type ', '')).join(', ')} } from './operation.ts';`
      : `import { ${names.join(', ')} } from './operation.ts';`;
  return `${imports}
${all === '' ? '' : `\n${all}\n`}
/** How each operation tells what went wrong, by status. */
export const failures = {
${entries.join('\n')}
} satisfies Record<string, Failures>;
`;
}
