import { type Design, type DesignBase, explainedBy } from '../../../domain/explanation.ts';
import type { Request } from '../../../domain/request.ts';
import {
  findSchemaTemplate,
  matchSchemaTemplate,
  parseSchemaTemplates,
  type SchemaTemplate,
} from '../../../domain/schema-template.ts';
import { templateInWords, templateOfRequest } from '../../../domain/template-request.ts';
import type { Model } from '../../../ports/model.ts';
import type { Templates } from '../../../ports/templates.ts';

/** A template, and the words that change it. */
interface Order {
  readonly template: SchemaTemplate;
  readonly words: string;
}

/**
 * Answers requests that name a template, as `template:shop with gift cards` or in words, with its design; the model
 * behind says what comes to it and what is left away. All other requests are for the model behind.
 */
export function templateModel({ templates, behind }: { templates: Templates; behind: Model }): Model {
  const load = async () => parseSchemaTemplates(await templates.readTree('schemas'));
  const orderOf = async ({ text }: Request): Promise<Order | null> => {
    const typed = templateOfRequest(text);
    if (typed) return { template: findSchemaTemplate(typed.template, await load()), words: typed.words };
    // Schemas are costly to read, and most requests name no template.
    if (!/\btemplate\b/i.test(text)) return null;
    const all = await load();
    const named = templateInWords(text, (name) => matchSchemaTemplate(name, all)?.name ?? null);
    return named && { template: findSchemaTemplate(named.template, all), words: named.words };
  };
  return {
    name: behind.name,
    async detect(request, caller) {
      const order = await orderOf(request);
      if (!order) return behind.detect(request, caller);
      return {
        needsDatabase: true,
        reason: `The template ${order.template.name} keeps data: ${order.template.description}`,
        confidence: 1,
        signals: [],
        decidedBy: 'user',
        costUsd: 0,
      };
    },
    async design(request, base, caller): Promise<Design> {
      const order = await orderOf(request);
      if (!order) return behind.design(request, base, caller);
      const { name, schema } = order.template;
      const start: DesignBase = { name, schema };
      if (order.words === '') return explainedBy(schema, { kind: 'template', template: name });
      return behind.design({ text: order.words }, start, caller);
    },
  };
}
