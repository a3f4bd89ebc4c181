import { join } from 'node:path';
import { type Config, chooseModels, chooseNetwork, type ModelService } from '../config.ts';
import type { Model } from '../ports/model.ts';
import type { Prices } from '../ports/prices.ts';
import type { Needs } from '../ports/services.ts';
import type { Templates } from '../ports/templates.ts';
import type { Writer } from '../ports/writer.ts';

/** Who is asked: the planner, a template, a service. */

/** Only the built-in model: for `detect` and `design-schema` as functions of a sentence, without a database. */
export async function builtInModel(config: Config): Promise<Model> {
  return withTemplates(await openPlanner(config), config);
}

async function openPlanner(config: Config): Promise<Model> {
  const [{ planner }, { loadLexicon }] = await Promise.all([
    import('../adapters/model/planner/planner.ts'),
    import('../adapters/model/planner/load-lexicon.ts'),
  ]);
  return planner({ lexicon: await loadLexicon(join(config.packageRoot, 'templates', 'planner')) });
}

/** Who names a template need not ask anybody. */
async function withTemplates(behind: Model, config: Config): Promise<Model> {
  const { templateModel } = await import('../adapters/model/template/template-model.ts');
  return templateModel({ templates: await openTemplates(config), behind });
}

/** Whoever is asked in each phase, every call recorded. A service's client is loaded when one is asked. */
export async function openAskedModel(config: Config, services: Needs<'state' | 'clock' | 'progress'>): Promise<Model> {
  const chosen = chooseModels(config.models);
  const planner = await openPlanner(config);
  const { recordedModel } = await import('../adapters/model/recorded/recorded-model.ts');
  const { state, clock } = services;
  const open = async (service: ModelService | null) =>
    service === null
      ? recordedModel({ behind: planner, calls: state, clock })
      : openService(service, planner, config, services);
  const [detecting, designing] = await Promise.all([open(chosen.detect), open(chosen.design)]);
  return withTemplates({ name: designing.name, detect: detecting.detect, design: designing.design }, config);
}

/** Who writes code, when a model is configured for it. */
export async function openWriter(
  config: Config,
  { state, clock, progress }: Needs<'state' | 'clock' | 'progress'>,
): Promise<Writer | null> {
  const service = chooseModels(config.models).write;
  if (service === null) return null;
  const { openaiWriter } = await import('../adapters/model/openai/openai-writer.ts');
  const templates = await openTemplates(config);
  const rules = callRules(config);
  return openaiWriter({
    service: routed(service, config),
    rules,
    templates,
    calls: state,
    prices: lazyPrices,
    clock,
    progress,
  });
}

const routed = (service: ModelService, { network }: Config) => ({ ...service, network: chooseNetwork(network) });

function callRules({ models }: Config) {
  const { maxCostUsd = null, maxCalls = null, records = 'use', showPrompts = false } = models.flags;
  return { maxCostUsd, maxCalls, records, showPrompts } as const;
}

async function openService(
  service: ModelService,
  planner: Model,
  config: Config,
  { state, clock, progress }: Needs<'state' | 'clock' | 'progress'>,
): Promise<Model> {
  const { openaiModel } = await import('../adapters/model/openai/openai-model.ts');
  const templates = await openTemplates(config);
  return openaiModel({
    service: routed(service, config),
    rules: callRules(config),
    planner,
    templates,
    calls: state,
    prices: lazyPrices,
    clock,
    progress,
  });
}

async function openTemplates({ packageRoot }: Config): Promise<Templates> {
  const { localTemplates } = await import('../adapters/templates/local/local-templates.ts');
  return localTemplates(join(packageRoot, 'templates'));
}

/** The lexicon is read when somebody asks for a design, not when a server is stopped. */
export function lazyModel(load: () => Promise<Model>): Model {
  let loaded: Promise<Model> | null = null;
  let name = 'planner';
  const model = async () => {
    loaded ??= load();
    const found = await loaded;
    name = found.name;
    return found;
  };
  return {
    get name() {
      return name;
    },
    detect: async (request, caller) => (await model()).detect(request, caller),
    design: async (request, base, caller) => (await model()).design(request, base, caller),
  };
}

/** The list of prices is two megabytes: it is loaded when something costs. */
const lazyPrices: Prices = {
  priceOf: async (model, tokens) => {
    const { listedPrices } = await import('../adapters/prices/listed/listed-prices.ts');
    return listedPrices().priceOf(model, tokens);
  },
};
