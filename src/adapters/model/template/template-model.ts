import { explainedBy } from '../../../domain/explanation.ts';
import { findSchemaTemplate, parseSchemaTemplates } from '../../../domain/schema-template.ts';
import { templateOfRequest } from '../../../domain/template-request.ts';
import type { Model } from '../../../ports/model.ts';
import type { Templates } from '../../../ports/templates.ts';

/** Answers requests that name a template with its design; all others are for the model behind it. */
export function templateModel({ templates, behind }: { templates: Templates; behind: Model }): Model {
  const find = async (name: string) =>
    findSchemaTemplate(name, parseSchemaTemplates(await templates.readTree('schemas')));
  return {
    name: behind.name,
    async detect(request) {
      const name = templateOfRequest(request.text);
      if (name === null) return behind.detect(request);
      const template = await find(name);
      return {
        needsDatabase: true,
        reason: `The template ${template.name} keeps data: ${template.description}`,
        confidence: 1,
        signals: [],
        decidedBy: 'user',
        costUsd: 0,
      };
    },
    async design(request, base) {
      const name = templateOfRequest(request.text);
      if (name === null) return behind.design(request, base);
      const template = await find(name);
      return explainedBy(template.schema, { kind: 'template', template: template.name });
    },
  };
}
