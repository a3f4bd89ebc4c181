import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { TokenCounts } from '../../../domain/model-cost.ts';
import type { PricedModel, Prices } from '../../../ports/prices.ts';

/** What the list calls the providers that we call otherwise. */
const LISTED_AS: Readonly<Record<string, string>> = { xai: 'x-ai', gemini: 'google' };

/** Prices of the list that `@pydantic/genai-prices` brings along; it is as old as this program, and never updated here. */
export function listedPrices(): Prices {
  return { priceOf: async (model, tokens) => priceOf(model, tokens) };
}

function priceOf({ provider, model, baseUrl }: PricedModel, { input, output, cached }: TokenCounts): number | null {
  if (input === null || output === null) return null;
  // An address that the list does not know is taken for a gateway to the provider that was named.
  const providerId = findProvider({ providerApiUrl: baseUrl })?.id ?? LISTED_AS[provider] ?? provider;
  const usage = {
    input_tokens: input,
    output_tokens: output,
    ...(cached ? { cache_read_tokens: Math.min(cached, input) } : {}),
  };
  return calcPrice(usage, model, { providerId })?.total_price ?? null;
}
