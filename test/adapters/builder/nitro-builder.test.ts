import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { type NitroBuilderOptions, nitroBuilder } from '../../../src/adapters/builder/nitro/nitro-builder.ts';
import type { Builder } from '../../../src/ports/builder.ts';
import { buildWorker, repositoryRoot, run, writeProject } from '../../support/generated-projects.ts';
import { processesOf } from '../../support/processes.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

interface Scene {
  readonly directory: string;
  readonly builder: Builder;
  readonly output: string;
}

/** A project without a database, and a builder that is closed afterwards. */
async function withProject(
  work: (scene: Scene) => Promise<void>,
  options: Partial<NitroBuilderOptions> = {},
): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'project');
    await writeProject(directory, null);
    const workerPath = await buildWorker();
    const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath, ...options });
    try {
      await work({ directory, builder, output: join(directory, '.output/server/index.mjs') });
    } finally {
      await builder.close();
    }
  });
}

function entriesOf(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('.output') || name.startsWith('node_modules'));
}

test('a build brings its packages along, leaves the output and nothing else, twice the same', async () => {
  await withProject(async ({ directory, builder, output }) => {
    builder.warmUp();
    builder.warmUp();
    await builder.build(directory);
    const first = readFileSync(output, 'utf8');
    await builder.build(directory);
    expect(readFileSync(output, 'utf8')).toBe(first);
    expect(entriesOf(directory).sort()).toEqual(['.output', 'node_modules']);
    expect(lstatSync(join(directory, 'node_modules/nitro')).isSymbolicLink()).toBe(true);
    const { code, output: version } = await run(join(directory, 'node_modules/.bin/tsc'), ['--version'], {
      cwd: directory,
      env: { PATH: process.env.PATH },
    });
    expect({ code, version: version.trim() }).toEqual({ code: 0, version: expect.stringMatching(/^Version \d/) });
  });
});

test('a project that does not build says why, and its last output stays', async () => {
  await withProject(async ({ directory, builder, output }) => {
    await builder.build(directory);
    const before = readFileSync(output, 'utf8');
    writeFileSync(join(directory, 'server/routes/broken.get.ts'), 'export default defineHandler((=> 1);\n');
    await expect(builder.build(directory)).rejects.toMatchObject({
      code: 'build.failed',
      message: expect.stringContaining('broken.get.ts'),
    });
    writeFileSync(
      join(directory, 'server/routes/broken.get.ts'),
      "import x from 'no-such-package';\nexport default x;\n",
    );
    await expect(builder.build(directory)).rejects.toMatchObject({ code: 'build.failed' });
    expect(readFileSync(output, 'utf8')).toBe(before);
    expect(entriesOf(directory).sort()).toEqual(['.output', 'node_modules']);
  });
});

test('a build that prints without end is kept in bounds, and the cut is said', async () => {
  await withProject(async ({ directory, builder }) => {
    // The build tools read this file three times: 500 MB in all.
    const print = "import { writeSync } from 'node:fs';\nconst text = 'x'.repeat(65536);\n";
    const loop = 'for (let n = 0; n < 2700; n += 1) for (let at = 0; at < text.length; )\n';
    const patient =
      '  try { at += writeSync(1, text.slice(at)); } catch (error) { if (error.code !== "EAGAIN") throw error; }\n';
    writeFileSync(join(directory, 'nitro.config.mjs'), `${print}${loop}${patient}throw new Error('the end');\n`);
    const before = process.memoryUsage().rss;
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage().rss);
    }, 20);
    const error = await builder.build(directory).catch((thrown: unknown) => thrown);
    clearInterval(watch);
    expect(error).toMatchObject({
      code: 'build.failed',
      details: { output: expect.stringMatching(/^\[the end of [5-9]\d{8} bytes\]\nx/) },
    });
    expect((highest - before) / 2 ** 20).toBeLessThan(200);
  });
});

test('a build that takes too long is ended, and its last output stays', async () => {
  await withProject(async ({ directory, builder, output }) => {
    await builder.build(directory);
    const hasty = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker(), deadlineMs: 1 });
    await expect(hasty.build(directory)).rejects.toMatchObject({
      code: 'build.failed',
      message: expect.stringContaining('longer than'),
    });
    await hasty.close();
    expect(existsSync(output)).toBe(true);
    expect(entriesOf(directory).sort()).toEqual(['.output', 'node_modules']);
  });
});

test('closing ends the process that waits to build', async () => {
  await withProject(async ({ builder, directory }) => {
    const workerPath = await buildWorker();
    builder.warmUp();
    await expect.poll(() => processesOf([workerPath]).length).toBe(1);
    await builder.close();
    expect(processesOf([workerPath])).toEqual([]);
    // And it can be used again.
    await builder.build(directory);
  });
});

test('an output that a kill left under its other name is found again', async () => {
  await withProject(async ({ directory, builder, output }) => {
    mkdirSync(join(directory, '.output.old/server'), { recursive: true });
    writeFileSync(join(directory, '.output.old/server/index.mjs'), 'old');
    mkdirSync(join(directory, '.output.new-99999999-abcd'));
    writeFileSync(join(directory, 'server/routes/broken.get.ts'), 'not code(');
    await expect(builder.build(directory)).rejects.toMatchObject({ code: 'build.failed' });
    expect(readFileSync(output, 'utf8')).toBe('old');
    expect(entriesOf(directory).sort()).toEqual(['.output', 'node_modules']);
  });
});

test('what killed builds left is swept by the next one, also under a pid that lives again; a build that runs is not', async () => {
  await withProject(async ({ directory, builder }) => {
    const stale = `.output.new-${process.pid}-0123abcd`;
    const running = `.output.new-${process.pid}-4567cdef`;
    const mine = '.output.new-notes';
    for (const name of [stale, running, mine, '.output.new-99999999-abcd', '.output.links-99999999-abcd']) {
      mkdirSync(join(directory, name, 'server'), { recursive: true });
    }
    const hoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(directory, stale), hoursAgo, hoursAgo);
    await builder.build(directory);
    expect(entriesOf(directory).sort()).toEqual(['.output', running, mine, 'node_modules']);
  });
});

test('a build killed with the command that ordered it leaves nothing the next build does not sweep', async () => {
  await withProject(async ({ directory, builder }) => {
    const source = new URL('../../../src/adapters/builder/nitro/nitro-builder.ts', import.meta.url).pathname;
    const built = await rolldown({ input: source, platform: 'node', external: ['rolldown'], logLevel: 'silent' });
    await built.write({ file: join(directory, '../builder.mjs'), format: 'esm', codeSplitting: false });
    await built.close();
    const options = { packageRoot: repositoryRoot, workerPath: await buildWorker() };
    writeFileSync(
      join(directory, '../driver.mjs'),
      `import { nitroBuilder } from './builder.mjs';
      await nitroBuilder(${JSON.stringify(options)}).build(${JSON.stringify(directory)});`,
    );
    const driver = spawn(process.execPath, [join(directory, '../driver.mjs')], { stdio: 'ignore' });
    const isHalf = (name: string) => name.startsWith('.output.new-');
    await expect.poll(() => entriesOf(directory).some(isHalf), { interval: 2 }).toBe(true);
    driver.kill('SIGKILL');
    await expect.poll(() => processesOf([directory])).toEqual([]);
    await builder.build(directory);
    expect(entriesOf(directory).sort()).toEqual(['.output', 'node_modules']);
  });
});

test("a node_modules folder of the person's own is not touched", async () => {
  await withProject(async ({ directory, builder }) => {
    mkdirSync(join(directory, 'node_modules/mine'), { recursive: true });
    await expect(builder.build(directory)).rejects.toMatchObject({ code: 'build.failed' });
    expect(readdirSync(join(directory, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['mine']);
  });
});

test("packages that npm installed over our links are the person's", async () => {
  await withProject(async ({ directory, builder }) => {
    await builder.build(directory);
    const modules = join(directory, 'node_modules');
    const before = readFileSync(join(modules, '.turbobackend'), 'utf8');
    writeFileSync(join(modules, '.package-lock.json'), '{}');
    // Another turbobackend would link other places, and must not do it here.
    writeFileSync(join(modules, '.turbobackend'), before.replaceAll('node_modules', 'elsewhere'));
    await builder.build(directory);
    expect(readFileSync(join(modules, '.turbobackend'), 'utf8')).toContain('elsewhere');
  });
});

test('links that lead nowhere any more are made again', async () => {
  await withProject(async ({ directory, builder, output }) => {
    const modules = join(directory, 'node_modules');
    mkdirSync(modules);
    writeFileSync(join(modules, '.turbobackend'), '[]');
    symlinkSync('/no/such/turbobackend/node_modules/nitro', join(modules, 'nitro'));
    await builder.build(directory);
    expect(existsSync(output)).toBe(true);
    expect(existsSync(join(modules, 'nitro/package.json'))).toBe(true);
  });
});

test('a project that wants another version is told to install it', async () => {
  await withProject(async ({ directory, builder }) => {
    const file = join(directory, 'package.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"nitro": "[^"]+"/, '"nitro": "3.0.0"'));
    await expect(builder.build(directory)).rejects.toMatchObject({
      code: 'build.failed',
      message: expect.stringContaining('nitro 3.0.0'),
      hint: expect.stringContaining('npm ci'),
    });
    expect(existsSync(join(directory, 'node_modules'))).toBe(false);
  });
});

test('nothing of the environment reaches the build', async () => {
  await withProject(async ({ directory, builder }) => {
    process.env.TB_CANARY = 'do-not-pass';
    try {
      const probe = 'writeFileSync(new URL("env.json", import.meta.url), JSON.stringify(process.env));';
      const config = join(directory, 'nitro.config.mjs');
      writeFileSync(config, `import { writeFileSync } from 'node:fs';\n${probe}\n${readFileSync(config, 'utf8')}`);
      await builder.build(directory);
      const seen = readFileSync(join(directory, 'env.json'), 'utf8');
      expect(seen).toContain('NODE_ENV');
      expect(seen).not.toContain('do-not-pass');
    } finally {
      delete process.env.TB_CANARY;
    }
  });
});
