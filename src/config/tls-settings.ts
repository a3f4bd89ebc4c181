import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Login, type RootCertificate, SSL_MODES, type SslMode } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import { invalidSetting } from './setting-values.ts';

/** A value, and the name of the setting it came from. */
interface Said {
  readonly value: string;
  readonly setting: string;
}

/** What somebody said about TLS; null for what was left open. */
export interface TlsWish {
  readonly mode: Said | null;
  readonly root: Said | null;
}

/** Modes people know from other programs: what is wrong with them. */
const REFUSED: Readonly<Record<string, string>> = {
  allow: 'may send everything in clear without saying so',
  prefer: 'may send everything in clear without saying so',
  'no-verify': 'is no mode of libpq, which calls the same thing require',
};

function sslMode({ value, setting }: Said): SslMode {
  const mode = SSL_MODES.find((known) => known === value);
  if (mode) return mode;
  const reason = Object.hasOwn(REFUSED, value) ? REFUSED[value] : undefined;
  if (!reason) throw invalidSetting(setting, `one of ${SSL_MODES.join(', ')}`);
  throw new TurboError('config.invalid', `${setting} is ${value}, which ${reason}.`, {
    hint: 'Use require, which encrypts or refuses; verify-full also checks who answers.',
  });
}

/** Whether what goes there never leaves this machine. */
const isHere = (host: string) => /^(localhost|127(\.\d{1,3}){3}|::1|\/.*)$/.test(host);

/**
 * The part of a login that is about TLS. Nothing said: a server on this machine is spoken to in clear, any other one
 * encrypted (`require`), because a password must not travel in clear unless somebody says so. A root without a mode
 * asks for all there is to check. `sslrootcert=system` is libpq's name for the authorities everybody trusts; Node
 * brings its own list of those. Throws `config.invalid` naming the setting.
 */
export function readTls({ mode, root }: TlsWish, host: string, cwd: string): Pick<Login, 'sslmode' | 'sslrootcert'> {
  const isSystem = root?.value === 'system';
  const sslrootcert = root && !isSystem ? { sslrootcert: readRoot(root, cwd) } : {};
  if (!mode) {
    if (root) return { sslmode: 'verify-full', ...sslrootcert };
    return isHere(host) ? {} : { sslmode: 'require' };
  }
  const sslmode = sslMode(mode);
  if (sslmode === 'disable') return { sslmode };
  if (isSystem && sslmode !== 'verify-full') {
    // A certificate for some other host is easily had from a public authority.
    throw invalidSetting(mode.setting, 'strong enough for sslrootcert=system, which needs verify-full');
  }
  if (sslmode === 'verify-ca' && !root) {
    throw new TurboError('config.invalid', `${mode.setting} is verify-ca, and nobody says whose signature counts.`, {
      hint: 'Give the file of that certificate as sslrootcert (DB_CLUSTER_SSLROOTCERT), or use verify-full.',
    });
  }
  return { sslmode, ...sslrootcert };
}

/** The file of a certificate, or of several; every one of them must be readable as one. */
function readRoot({ value, setting }: Said, cwd: string): RootCertificate {
  const path = resolve(cwd, value);
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalidSetting(setting, `a file that can be read (${path})`, cause);
  }
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw invalidSetting(setting, `a file of whole certificates (${path})`, cause);
  }
  if (certificates.length === 0) throw invalidSetting(setting, `a file of certificates in PEM form (${path})`);
  // Only the certificates: such files are said to hold keys, too.
  return { path, pem: `${certificates.join('\n')}\n` };
}
