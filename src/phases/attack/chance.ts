/** A choice that is the same for the same seed (mulberry32, Tommy Ettinger, public domain). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Up to `count` of the items, in their order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const ranked = items.map((item, at) => ({ item, at, rank: this.next() }));
    const chosen = ranked.sort((one, other) => one.rank - other.rank).slice(0, count);
    return chosen.sort((one, other) => one.at - other.at).map(({ item }) => item);
  }

  /** `length` letters and digits. */
  word(length: number): string {
    return Array.from({ length }, () => Math.floor(this.next() * 36).toString(36)).join('');
  }
}
