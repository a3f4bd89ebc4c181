import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Schema } from '../../src/domain/schema.ts';
import { findMutants, operatorsFor } from '../../src/phases/mutate/find-mutants.ts';
import type { Mutant } from '../../src/phases/mutate/mutant.ts';
import { CHOICE, collide, weave } from '../../src/phases/mutate/weave.ts';
import { mutate } from '../../src/phases/mutate.ts';
import type { FileTree } from '../../src/ports/workspace.ts';
import { mutationServices, projectFiles, readSchemaFile, withLanes } from '../support/mutation.ts';
import { expectNoticed, smallProject } from '../support/noticed-faults.ts';

const NAMES = ['blog', 'tasks', 'forum', 'shop', 'types', 'hostile'];
const projects = new Map<string, { readonly schema: Schema; readonly files: FileTree }>();
const folder = mkdtempSync(join(tmpdir(), 'tb-mutate-'));

beforeAll(async () => {
  for (const name of NAMES) {
    const schema = readSchemaFile(name);
    projects.set(name, { schema, files: await projectFiles(schema) });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function project(name: string) {
  const found = projects.get(name);
  if (!found) throw new Error(`there is no project ${name}`);
  return found;
}

function mutant(start: number, end: number, text: string, how: Mutant['how'] = 'code'): Mutant {
  return { file: 'a.ts', start, end, text, how, fault: 'a fault', isFirstWall: false };
}

describe('weaving', () => {
  test('a place within another one, and two at the same place, are chosen by their numbers', () => {
    const text = 'f(a + b)';
    const all = [mutant(2, 7, '0'), mutant(2, 3, 'x'), mutant(2, 3, 'y')];
    const woven = weave(
      text,
      all.map((one, index) => ({ number: index + 1, mutant: one })),
    );
    const value = (choice: string) =>
      new Function('process', 'f', 'a', 'b', 'x', 'y', `return ${woven}`)(
        { env: { [CHOICE]: choice } },
        (given: number) => given,
        1,
        10,
        2,
        3,
      );
    expect(['', '1', '2', '3'].map(value)).toEqual([11, 0, 12, 13]);
  });

  test('a part of a text stays a part of the text', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is text of a generated file
    const code = 'const t = `where id = $1 and ${x}`; return t;';
    const start = code.indexOf('id');
    const woven = weave(code, [{ number: 7, mutant: mutant(start, start + 7, 'true', 'sql') }]);
    const value = (choice: string) => new Function('process', 'x', woven)({ env: { [CHOICE]: choice } }, 'more');
    expect([value(''), value('7')]).toEqual(['where id = $1 and more', 'where true and more']);
  });
});

test.each(NAMES)('no two faults of a project overlap, and each changes something: %s', (name) => {
  const { files, schema } = project(name);
  const mutants = findMutants(files, schema);
  expect(mutants.length).toBeGreaterThan(100);
  for (const [index, one] of mutants.entries()) {
    expect(files[one.file]?.slice(one.start, one.end), `${one.file} ${one.fault}`).not.toBe(one.text);
    expect(mutants.slice(index + 1).filter((other) => collide(one, other))).toEqual([]);
  }
});

test('every kind of fault is found somewhere: none has lost its place when the templates changed', () => {
  const wanted = new Set(NAMES.flatMap((name) => operatorsFor(project(name).schema).map(({ fault }) => fault)));
  const found = new Set(
    NAMES.flatMap((name) => findMutants(project(name).files, project(name).schema).map(({ fault }) => fault)),
  );
  expect([...wanted].filter((fault) => !found.has(fault))).toEqual([]);
});

test('the tests of a project notice faults of its code and of its database', () =>
  expectNoticed([
    /server\/data\/subtasks\.ts:\d+ rows of others are met too/,
    /initial\.sql:\d+ policy may_delete of subtasks meets every row/,
  ]));

test('who stops it gets no result, and nothing of the broken copy is left', async () => {
  const { files, schema } = project('tasks');
  const stop = new AbortController();
  // Stopped when the first tests run already.
  const services = await mutationServices(folder);
  const programs: typeof services.programs = {
    ...services.programs,
    run(order) {
      setTimeout(() => stop.abort(), 50);
      return services.programs.run(order);
    },
  };
  try {
    const stopped = withLanes(inject('cluster'), schema, 1, (lanes) =>
      mutate(
        { files: smallProject(files), scratch: join(folder, 'stopped'), schema, lanes, signal: stop.signal },
        { ...services, programs },
      ),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    expect(readdirSync(folder)).not.toContain('stopped');
  } finally {
    await services.builder.close();
  }
});
