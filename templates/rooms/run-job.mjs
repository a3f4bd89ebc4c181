// In a sandbox for what models write: runs a program once, however often it is asked to, and prints how it ended, or that
// it goes on. The program is watched by a process of its own, so that it needs nobody's connection.
// Usage: JOB='{…}' JOB_<name of a variable>=… node run-job.mjs <root> <job> [watch]
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const [, file, root, job, watching] = process.argv;
const folder = join(root, 'jobs', job);
const [end, alive, stop] = ['end.json', 'alive', 'stop'].map((name) => join(folder, name));
/** How long one call waits: connections that hold for minutes are cut by many. */
const WAIT_MS = 30_000;
/** A watcher that was not heard of for so long is gone. */
const SILENT_MS = 15_000;
/** The last of what it prints, in characters; more than so many bytes end it. */
const KEPT_OUTPUT = 64_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Memory a process writes to, one file, processes at once, seconds of processor time; no dumps of memory. */
const LIMITS = [`--data=${2 * 1024 ** 3}`, `--fsize=${128 * 1024 ** 2}`, '--nproc=400', '--cpu=240', '--core=0'];

const pause = (ms) => new Promise((next) => setTimeout(next, ms));

function begin() {
  try {
    mkdirSync(folder);
  } catch (error) {
    // By a call whose answer was lost.
    if (error.code === 'EEXIST') return;
    throw error;
  }
  writeFileSync(alive, '');
  spawn(process.execPath, [file, root, job, 'watch'], { stdio: 'ignore', detached: true }).unref();
}

const heardOf = () => statSync(alive, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();

async function wait() {
  begin();
  const last = Date.now() + WAIT_MS;
  for (;;) {
    if (existsSync(end)) return readFileSync(end, 'utf8');
    if (Date.now() - heardOf() > SILENT_MS) return JSON.stringify({ isLost: true });
    if (Date.now() > last) return JSON.stringify({ isRunning: true });
    await pause(50);
  }
}

/** What is at hand to take rights and to set limits with. */
function wrapped(command) {
  const has = (program) => ['/usr/bin', '/bin', '/usr/sbin'].some((place) => existsSync(join(place, program)));
  const rights = has('setpriv') ? ['setpriv', '--no-new-privs', '--'] : [];
  const limits = has('prlimit') ? ['prlimit', ...LIMITS, '--'] : [];
  return [...rights, ...limits, ...command];
}

/** Processes of an account that nobody else has. */
function endAllOf(uid) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (statSync(join('/proc', pid)).uid === uid) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself just now.
    }
  }
}

function watch() {
  const { command, cwd, deadlineMs, uid, isTrusted, names } = JSON.parse(process.env.JOB);
  const given = Object.fromEntries(names.map((name) => [name, process.env[`JOB_${name}`]]));
  const env = isTrusted ? { ...process.env, ...given } : given;
  const [program, ...args] = isTrusted ? command : wrapped([process.execPath, ...command]);
  const account = uid === null ? {} : { uid, gid: uid };
  const child = spawn(program, args, { cwd, env, ...account, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [output, bytes] = ['', 0];
  const endGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself just now.
    }
    if (uid !== null) endAllOf(uid);
  };
  const keep = (chunk) => {
    bytes += chunk.byteLength;
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    if (bytes > MAX_OUTPUT_BYTES) endGroup();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const deadline = setTimeout(endGroup, deadlineMs);
  const beat = setInterval(() => {
    // The room was closed, or somebody wants it to end.
    if (!existsSync(folder) || existsSync(stop)) endGroup();
    else utimesSync(alive, new Date(), new Date());
  }, 200);
  const finish = (code) => {
    clearTimeout(deadline);
    clearInterval(beat);
    endGroup();
    if (!existsSync(folder)) return;
    writeFileSync(`${end}.new`, JSON.stringify({ code, output }));
    renameSync(`${end}.new`, end);
  };
  child.once('error', (error) => {
    output = `${program}: ${error.message}`;
    finish(null);
  });
  child.once('close', finish);
}

if (watching === undefined) process.stdout.write(`${await wait()}\n`);
else watch();
