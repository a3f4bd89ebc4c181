/** What a sealed value belongs to. It is authenticated with the value, so a swapped or copied secret does not open. */
export interface SecretContext {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** From which keys to which one. Ids tell keys apart and nothing about them. */
export interface KeyChange {
  readonly from: readonly string[];
  readonly to: string;
}

/** Keeps secrets that are stored: sealed with a key of this machine or of TURBOBACKEND_MASTER_KEY. */
export interface Vault {
  seal(plain: string, context: SecretContext): Promise<string>;
  /** Throws `secret.unreadable` for a wrong key, a flipped byte or another context. Never falls back to plain text. */
  open(sealed: string, context: SecretContext): Promise<string>;
  /** Id of the key a value says it was sealed with, without opening it; null for what cannot have been sealed here. */
  keyIdOf(sealed: string): string | null;
  /**
   * Ids of the keys at hand: the one that seals (null before the first use, and when its file is gone: the next value
   * gets a new key), and those that only open.
   */
  keys(): Promise<{ readonly sealing: string | null; readonly opening: readonly string[] }>;
  /**
   * The same vault for somebody who only looks: a key that others can get at is left as it is. Any other use of a vault
   * takes it away from them.
   */
  asFound(): Vault;
  /** Paths of keys that others can get at; empty when none is kept here. Changes nothing. */
  exposedKeys(): Promise<readonly string[]>;
  /**
   * Changes the key. From the first instant to the last all vaults of this home open with either key and seal with the
   * new one; `reseal` moves what is stored and says whether the old ones are of no use any more. If not, they are kept
   * (`retired` is false). Cut off anywhere, the next call goes on with the same new key; of two at once the second
   * waits and joins in the first one's result. Throws `usage.missing` when the new key has to be given and was not,
   * `cluster.locked` when another process does not finish, `secret.unreadable`, `workspace.unwritable`.
   */
  renewKey(reseal: (change: KeyChange) => Promise<boolean>): Promise<KeyChange & { readonly retired: boolean }>;
}
