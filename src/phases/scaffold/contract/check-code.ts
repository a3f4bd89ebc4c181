import type { ContractBody, ContractCheck, ContractMember } from '../../../domain/contract-plan.ts';
import { listed, numberCode, property, quoted } from '../source.ts';

/** Checks of a contract as code of `server/lib/values.ts` and zod. */

function call(name: string, bounds: Readonly<Record<string, number | undefined>>): string {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined);
  if (given.length === 0) return `value.${name}()`;
  return `value.${name}({ ${given.map(([key, bound]) => `${key}: ${numberCode(bound)}`).join(', ')} })`;
}

/** The check of a value in a body. */
export function valueCode(check: ContractCheck, indent = 0): string {
  const plain = plainCode(check, indent);
  return check.nullable && check.kind !== 'any' ? `${plain}.nullable()` : plain;
}

function plainCode(check: ContractCheck, indent: number): string {
  switch (check.kind) {
    case 'text':
      return call('text', { min: check.min, max: check.max });
    case 'integer':
      return call('integer', { min: check.min, max: check.max });
    case 'number':
      return call('float', { min: check.min, max: check.max });
    case 'choice':
      return `value.oneOf([${check.values.map(quoted).join(', ')}])`;
    case 'list':
      return `value.list(${valueCode(check.item, indent)})`;
    case 'object':
      return objectCode(check.members, indent);
    case 'any':
      return 'value.json()';
    default:
      return `value.${check.kind}()`;
  }
}

/** `z.object({ … })`; members that are not known are left out, as a contract has it. */
function objectCode(members: readonly (ContractMember & { readonly code?: string })[], indent = 0): string {
  const entries = members.map((member) => {
    const code = member.code ?? valueCode(member.check, indent + 2);
    const isOpen = member.check.kind === 'any' && member.check.nullable;
    const whole = isOpen ? `${code}.nullable()` : code;
    return `${property(member.name)}: ${whole}${member.required ? '' : '.optional()'}`;
  });
  return entries.length === 0 ? 'z.object({})' : listed('z.object({', entries, '})', indent);
}

/** The check of a whole body. `codeOf` is for members with a check of their own. */
export function bodyCode(body: ContractBody, codeOf: (column: string) => string | undefined): string {
  const inner = (indent: number) =>
    objectCode(
      body.inputs.map((input) => {
        const code = codeOf(input.column);
        return code === undefined ? input : { ...input, code };
      }),
      indent,
    );
  if (body.wrap === null) return inner(0);
  const whole = inner(2);
  const line = `z.object({ ${property(body.wrap)}: ${whole} })`;
  // Behind "const bodySchema = " and before ";".
  if (!whole.includes('\n') && line.length <= 80) return line;
  const broken = whole.includes('\n')
    ? whole
    : whole.replace(
        /^z\.object\(\{ (.*) \}\)$/,
        (_all, members: string) => `z.object({\n    ${members.replaceAll(/, (?=\S+: )/g, ',\n    ')},\n  })`,
      );
  return `z.object({\n  ${property(body.wrap)}: ${broken},\n})`;
}

/** The check of a value in a path or a query, which is text. */
export function textCode(check: ContractCheck): string {
  switch (check.kind) {
    case 'integer':
      return call('integerText', { min: check.min, max: check.max });
    case 'number':
      return call('floatText', { min: check.min, max: check.max });
    case 'boolean':
      return 'value.booleanText()';
    default:
      return valueCode({ ...check, nullable: false });
  }
}
