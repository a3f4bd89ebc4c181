/**
 * NODE_OPTIONS with which a program kills itself (SIGKILL) at the n-th thing that it does to the world, counted from the
 * first one that has to do with `from`: before a file is put into its place or taken away, and before or after a
 * transaction's end or a row of the journal is sent to PostgreSQL. `widely`: also around all other changes of databases
 * and metadata, and before each program that is started.
 */
export function dieAt(count: number, from: string, { widely = false } = {}): string {
  const changes = 'COMMIT|tb\\.schema_migrations|ALTER TABLE';
  const wide = '|(?:CREATE|DROP) (?:DATABASE|ROLE|SCHEMA)|(?:insert into|update|delete from) "';
  const script = `
    import fs from 'node:fs';
    import net from 'node:net';
    import programs from 'node:child_process';
    import { syncBuiltinESMExports } from 'node:module';
    let seen = 0;
    const die = () => process.kill(process.pid, 'SIGKILL');
    const passes = (about) => {
      if (seen === 0 && !about.includes(${JSON.stringify(from)})) return;
      seen += 1;
      if (seen === ${count}) die();
    };
    for (const name of ['rename', 'unlink', 'rm', 'link']) {
      const real = fs.promises[name];
      fs.promises[name] = (...given) => {
        passes(given.filter((part) => typeof part === 'string').join(' '));
        return real(...given);
      };
    }
    for (const name of ${JSON.stringify(widely ? ['spawn', 'fork'] : [])}) {
      const real = programs[name];
      programs[name] = (...given) => {
        passes('');
        return real(...given);
      };
    }
    const send = net.Socket.prototype.write;
    net.Socket.prototype.write = function (data, ...more) {
      const matters = Buffer.isBuffer(data) && /${changes}${widely ? wide : ''}/.test(data.toString('latin1'));
      if (matters) passes('');
      const sent = send.call(this, data, ...more);
      if (matters) passes('');
      return sent;
    };
    syncBuiltinESMExports();`;
  return `--import data:text/javascript,${encodeURIComponent(script)}`;
}
