import { expect, test } from 'vitest';
import { readToolUse } from '../../src/domain/endpoint-tools.ts';

const FILE = { path: 'server/custom/a.ts', text: 'export const a = 1;\n' };
const ARGUMENTS = JSON.stringify(FILE);

const MEANT: readonly [string, string][] = [
  ['write_file', ARGUMENTS],
  ['Write_File', ARGUMENTS],
  ['writeFile', ARGUMENTS],
  ['functions.write_file', ARGUMENTS],
  ['default_api:write_file', ARGUMENTS],
  ['write_file', `\`\`\`json\n${ARGUMENTS}\n\`\`\``],
  ['write_file', `  ${ARGUMENTS}\n`],
  ['write_file', JSON.stringify(ARGUMENTS)],
];

test.each(MEANT)('%s with %j is what was meant', (name, text) => {
  expect(readToolUse(name, text)).toEqual({ tool: 'write_file', given: FILE });
});

const REFUSED: readonly [string, string, RegExp][] = [
  ['run_shell', '{}', /no tool "run_shell"/],
  ['__proto__', '{}', /no tool/],
  ['constructor', '{}', /no tool/],
  ['write_file', '{"path": "a"', /not JSON/],
  ['write_file', '"not JSON"', /not JSON/],
  ['write_file', `${ARGUMENTS} and ${ARGUMENTS}`, /not JSON/],
  ['write_file', '[]', /:/],
  ['write_file', 'null', /:/],
  ['write_file', JSON.stringify({ ...FILE, mode: '0777' }), /mode/],
  ['write_file', JSON.stringify({ ...FILE, text: 'x'.repeat(70_000) }), /longer than/],
];

test.each(REFUSED)('%s with %.40j is refused with what is wrong', (name, text, says) => {
  expect(readToolUse(name, text)).toEqual({ problem: expect.stringMatching(says) });
});
