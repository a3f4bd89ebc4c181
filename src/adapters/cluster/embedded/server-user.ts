import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The account PostgreSQL runs under when we are root, whom it refuses. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

/** Who the server has to run as; null when that is who we are (an ordinary user). */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  try {
    const fields = /^nobody:(.*)$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]?.split(':');
    const [uid, gid] = [Number(fields?.[1]), Number(fields?.[2])];
    return uid > 0 && gid > 0 ? { uid, gid } : NOBODY;
  } catch {
    return NOBODY;
  }
}

/** True when `user` may walk into `folder`, judged by the mode of it and of everything above it. */
export function canReach(folder: string, user: ServerUser): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
