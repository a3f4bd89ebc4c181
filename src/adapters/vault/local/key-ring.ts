import { deriveKey, type Key } from './key.ts';
import { keyFiles } from './key-files.ts';

export interface KeyOptions {
  /** Folder of turbobackend's own files; the key lies in `keys/` below it. */
  readonly home: string;
  /** TURBOBACKEND_MASTER_KEY, at least 16 characters; when given, no key file is read or made. */
  readonly masterKey?: string | undefined;
  /** TURBOBACKEND_MASTER_KEY_NEXT: seals in place of the other, which then only opens. */
  readonly nextMasterKey?: string | undefined;
  /** Leaves a key that is open to others as it is: for those who only look. */
  readonly leavesExposed?: boolean;
  /** Told, in a sentence, when a key was open to others and is closed now. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** The keys at hand. */
export interface KeyRing {
  /** Null as long as there is none: it is made for the first value that is sealed. */
  readonly sealing: Key | null;
  /** Those that only open; none twice, and not the one that seals. */
  readonly opening: readonly Key[];
  /** The files say that a change to another key is under way. */
  readonly isChanging: boolean;
}

/**
 * Reads the keys as they are now: other processes may change them at any moment. What was derived from a master key is
 * remembered, a failure is not: the file may be readable the next time.
 */
export function keyRings(options: KeyOptions): {
  /** Makes nothing. */
  read(): Promise<KeyRing>;
  /** The key to seal with, made at the first use. */
  sealing(): Promise<Key>;
} {
  const derived = new Map<string, Promise<Key>>();
  const derive = (text: string, variable: string) => {
    const known = derived.get(text) ?? deriveKey(text, variable);
    derived.set(text, known);
    known.catch(() => derived.delete(text));
    return known;
  };
  const { masterKey, nextMasterKey } = options;
  const files = keyFiles(options.home, options.leavesExposed ? null : (options.onNote ?? (() => {})));
  const read = async (): Promise<KeyRing> => {
    const given = nextMasterKey === undefined ? null : await derive(nextMasterKey, 'TURBOBACKEND_MASTER_KEY_NEXT');
    if (masterKey !== undefined) {
      const own = await derive(masterKey, 'TURBOBACKEND_MASTER_KEY');
      return ring(given ?? own, [own], false);
    }
    const { current, next, old } = await files.look();
    const known = [next, current, ...old].filter((key) => key !== null);
    const sealing = given ?? next ?? current;
    return ring(sealing, known, next !== null);
  };
  return { read, sealing: async () => (await read()).sealing ?? files.makeCurrent() };
}

function ring(sealing: Key | null, known: readonly Key[], isChanging: boolean): KeyRing {
  const others = new Map(known.filter(({ id }) => id !== sealing?.id).map((key) => [key.id, key]));
  return { sealing, opening: [...others.values()], isChanging };
}
