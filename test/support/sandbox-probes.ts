/** A program that tries to get out. Each line it prints: what was tried, and what came of it. */
export const PROBES = `
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, linkSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
// Opened, and not written to: what gets through must not harm the machine it was tried on.
const opens = (path) => closeSync(openSync(path, 'r+'));
import { connect } from 'node:net';
const attempts = {
  'reads another project': () => readFileSync(process.env.SECRET_FILE, 'utf8'),
  'reads the home folder': () => readdirSync('/root').length + readdirSync('/home').length,
  'reads the folder it was copied from': () => readdirSync(process.env.HOME_FOLDER),
  'reads shadow': () => readFileSync('/etc/shadow', 'utf8'),
  'reads the old root': () => readdirSync('/old'),
  'reads through its parent': () => readFileSync('/proc/1/root' + process.env.SECRET_FILE, 'utf8'),
  'sees processes outside': () => { if (readdirSync('/proc').filter(Number).length < 4) throw new Error('only its own'); },
  'reads a link to the outside': () => { symlinkSync(process.env.SECRET_FILE, '/project/link'); return readFileSync('/project/link', 'utf8'); },
  'links a file of the system': () => linkSync('/usr/bin/env', '/project/env'),
  'writes to the system': () => opens('/usr/bin/env'),
  'writes to the root': () => opens('/etc/hosts'),
  'writes to the packages': () => opens('/project/node_modules/pg/package.json'),
  'writes to the host through proc': () => opens('/proc/sys/kernel/core_pattern'),
  'mounts': () => execFileSync('mount', ['-t', 'tmpfs', 'x', '/tmp'], { stdio: 'pipe' }),
  'becomes root': () => process.setuid(0) ?? (process.getuid() === 0 && process.env.IS_ROOT ? 'root' : (() => { throw new Error('no more than before'); })()),
  'ends a process outside': () => process.kill(Number(process.env.OUTER_PID), 0),
  'makes a device': () => execFileSync('mknod', ['/project/sda', 'b', '8', '0'], { stdio: 'pipe' }),
  'sees the environment of the caller': () => { if (!process.env.CALLER_SECRET) throw new Error('not there'); },
};
for (const [name, attempt] of Object.entries(attempts)) {
  try { attempt(); console.log('ALLOWED ' + name); } catch (error) { console.log('denied ' + name); }
}
const reach = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 1500 });
  socket.on('connect', () => resolve('ALLOWED')).on('error', () => resolve('denied')).on('timeout', () => resolve('denied'));
});
console.log(await reach('127.0.0.1', Number(process.env.OUTER_PORT)) + ' reaches a server of this machine');
console.log(await reach('1.1.1.1', 443) + ' reaches the internet');
console.log(await reach('169.254.169.254', 80) + ' reaches the metadata of a cloud');
writeFileSync('/project/made', 'by the program');
console.log('works in its folder: ' + readFileSync('/project/made', 'utf8'));
process.exit(0);
`;
