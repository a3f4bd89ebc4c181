/** What a sealed value belongs to. It is authenticated with the value, so a swapped or copied secret does not open. */
export interface SecretContext {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

/** Keeps secrets that are stored: sealed with a key of this machine or of TURBOBACKEND_MASTER_KEY. */
export interface Vault {
  seal(plain: string, context: SecretContext): Promise<string>;
  /** Throws `secret.unreadable` for a wrong key, a flipped byte or another context. Never falls back to plain text. */
  open(sealed: string, context: SecretContext): Promise<string>;
}
