#!/usr/bin/env node
// What the program says about itself is written down when it is built, and told here without loading the rest:
// `import 'node:fs'` alone would take as long again as all of this.
const fs = process.getBuiltinModule('node:fs');
const dist = new URL('../dist/', import.meta.url);
const answers = new Map([
  ['--help', 'help.txt'],
  ['-h', 'help.txt'],
  ['--version', 'version.txt'],
  ['-V', 'version.txt'],
]);
const args = process.argv.slice(2);
const answer = args.length === 1 ? answers.get(args[0]) : undefined;

if (!fs.existsSync(new URL('cli.js', dist))) {
  process.stderr.write('turbobackend is not built yet. Run: npm run build\n');
  process.exitCode = 1;
} else if (answer) {
  const text = fs.readFileSync(new URL(answer, dist), 'utf8');
  try {
    fs.writeSync(1, text);
  } catch (error) {
    // EPIPE is a reader that has enough; a pipe that is full just now is for the patient way.
    if (error.code === 'EAGAIN') {
      process.stdout.write(text);
    } else if (error.code !== 'EPIPE') {
      process.stderr.write(`error workspace.full: The result could not be written (${error.code}).\n`);
      process.exitCode = 4;
    }
  }
} else {
  giveHome();
  const { run } = await import(new URL('cli.js', dist).href);
  process.exitCode = await run(args);
}

/**
 * Libraries ask for the home folder when they are loaded. Where nobody knows one (HOME unset or empty, and a user
 * without an entry in the user database, as in containers) they would throw or take the current folder for it.
 */
function giveHome() {
  if (process.platform === 'win32' || process.env.HOME?.startsWith('/')) return;
  try {
    process.env.HOME = process.getBuiltinModule('node:os').userInfo().homedir;
  } catch {
    process.env.HOME = '/nonexistent';
  }
}
