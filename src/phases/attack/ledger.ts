import type { AttackResult, Exchange, Untried, Weakness } from '../../domain/verification.ts';
import { KINDS, type Kind } from './kinds.ts';

/** Of one kind at one path more are no news. */
const MAX_OF_A_PLACE = 12;

/** What was tried and found. */
export class Ledger {
  readonly #attacks = new Map<string, { attempts: number; ms: number }>();
  readonly #weaknesses = new Map<string, Weakness>();
  readonly #perPlace = new Map<string, number>();
  readonly #untried = new Map<string, Untried>();
  readonly #secrets = new Map<string, string>();

  tried(attack: string): void {
    this.#of(attack).attempts += 1;
  }

  /** What could not be tried, by name. */
  leave(name: string, reason: string): void {
    this.#untried.set(`${name} ${reason}`, { name, reason });
  }

  took(attack: string, ms: number): void {
    this.#of(attack).ms += ms;
  }

  #of(attack: string): { attempts: number; ms: number } {
    const known = this.#attacks.get(attack) ?? { attempts: 0, ms: 0 };
    this.#attacks.set(attack, known);
    return known;
  }

  /** Notes a value that no answer, log or report may show; `label` stands for it in exchanges. */
  keepSecret(value: string, label: string): void {
    if (value.length >= 8) this.#secrets.set(value, label);
  }

  /** Values whose labels begin so. */
  secrets(prefix: string): readonly string[] {
    return [...this.#secrets].filter(([, label]) => label.startsWith(prefix)).map(([value]) => value);
  }

  redact(text: string): string {
    let shown = text;
    for (const [value, label] of this.#secrets) {
      if (shown.includes(value)) shown = shown.replaceAll(value, `<${label}>`);
    }
    return shown;
  }

  /** One weakness for each kind and place; what is found again there is not repeated. */
  report(attack: string, kind: Kind, where: string, evidence: string, exchange: Exchange | null): void {
    const id = `${kind} ${where}`;
    if (this.#weaknesses.has(id)) return;
    const place = `${kind} ${where.split(' ?', 1)[0]}`;
    const count = (this.#perPlace.get(place) ?? 0) + 1;
    this.#perPlace.set(place, count);
    if (count > MAX_OF_A_PLACE) return;
    const { title, severity, cwe, fix } = KINDS[kind];
    const shown = this.redact(evidence);
    this.#weaknesses.set(id, { attack, title, severity, cwe, where, evidence: shown, exchange, fix });
  }

  result(): AttackResult {
    const order = ['critical', 'high', 'medium', 'low'];
    const rank = (weakness: Weakness) => order.indexOf(weakness.severity);
    return {
      attacks: [...this.#attacks].map(([name, { attempts, ms }]) => ({ name, attempts, ms: Math.round(ms) })),
      weaknesses: [...this.#weaknesses.values()].sort((one, other) => rank(one) - rank(other)),
      untried: [...this.#untried.values()],
    };
  }
}
