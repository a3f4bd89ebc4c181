import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';
import { runInTerminal } from '../../support/terminal.ts';

test('--explain tells the origin of each part, and adds it to the JSON', () =>
  withTemporaryFolder(async (home) => {
    const args = ['design-schema', 'llamas. A llama has a nickname. Export it all', '--explain', '--no-save'];
    const { stdout } = await runCli(args, { home });
    expect(stdout).toContain('you said “A llama has a nickname”');
    expect(stdout).toContain('“Export it all”');
    const { stdout: json } = await runCli([...args, '--json'], { home });
    expect(JSON.parse(json)).toMatchObject({ explanation: { leftOut: ['Export it all'] } });
  }));

test('a diagram is written to a file, and a place that cannot be written is refused', () =>
  withTemporaryFolder(async (home) => {
    const args = ['design-schema', 'with gift cards', '--template', 'shop', '--no-save', '--diagram'];
    expect(await runCli([...args, 'svg', '--output', 'shop.svg'], { home })).toMatchObject({ code: 0 });
    expect(readFileSync(join(home, 'shop.svg'), 'utf8')).toMatch(/^<svg[\s\S]*gift_cards[\s\S]*<\/svg>\n$/);
    expect((await runCli([...args, 'text'], { home })).stdout).toContain('┌─ gift_cards ');
    const refused = await runCli([...args, 'mermaid', '--output', 'shop.svg/x.mmd', '--json'], { home });
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'workspace.unwritable' } });
  }));

test('in doubt one question is asked on a terminal, and its answer holds for the next phase', () =>
  withTemporaryFolder(async (home) => {
    const asked = { home, at: /Shall it have a database\?/, press: 'n\r' };
    const { screen, code } = await runInTerminal(['detect', 'qwertz'], asked);
    expect(code).toBe(0);
    expect(screen).toMatch(/Needs no database/);
    const next = await runCli(['design-schema', '--json'], { home });
    expect(JSON.parse(next.stdout)).toMatchObject({ needsDatabase: false, decision: { decidedBy: 'user' } });
  }));

test('in a pipe nothing is asked: it is said that the answer is a guess', () =>
  withTemporaryFolder(async (home) => {
    const { code, stderr, stdout } = await runCli(['detect', 'qwertz', '--no-save'], { home });
    expect(code).toBe(0);
    expect(stderr).toMatch(/Not sure whether this needs a database; going on with a database/);
    expect(stdout).toMatch(/Needs a database.*decided by planner/);
  }));
