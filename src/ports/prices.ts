import type { TokenCounts } from '../domain/model-cost.ts';

/** Which model of whom; the address tells a provider from one that only speaks like it. */
export interface PricedModel {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
}

/** What models cost, from a list that comes with the program: no network. */
export interface Prices {
  /** US dollars for a call with these tokens; null when the price is not known. */
  priceOf(model: PricedModel, tokens: TokenCounts): Promise<number | null>;
}
