import { Option } from 'commander';
import type { Schema } from '../../../domain/schema.ts';
import { type CliCommand, flag, textOption } from '../command.ts';
import { designOrder } from '../design-order.ts';
import { modelOptions } from '../model-options.ts';
import { databaseOption } from '../options.ts';
import type { Style } from '../output/output.ts';

export const designSchemaCommand: CliCommand = {
  define(program) {
    const command = program
      .command('design-schema')
      .summary('design the database schema for a request')
      .description('Designs the schema for a request. In a project folder the request may be left out.')
      .argument('[request]', 'what the backend is for')
      .addOption(
        new Option('--format <format>', 'how to print it')
          .choices(['table', 'ddl', 'mermaid', 'svg', 'json'])
          .default('table'),
      )
      .option('--template <name>', 'a ready design to start from; the request says what comes to it (see: templates)')
      .addOption(databaseOption())
      .option('--explain', 'tell where each part comes from, what was assumed, and what was left out')
      .option('--no-save', 'do not keep the schema in an empty folder');
    return modelOptions(command);
  },

  async run(cli, typed) {
    const order = await designOrder(cli, typed);
    const { design } = await import('../../../pipeline/design.ts');
    const { decision, schema, explanation } = await design(order, order.services);
    const saved = await order.save({ decision, schema });
    if (saved)
      cli.output.progress({ kind: 'note', message: `Kept in ${saved}; next: ${cli.config.command} provision` });
    const isExplained = flag(typed, 'explain');
    const data = {
      needsDatabase: decision.needsDatabase,
      decision,
      schema,
      savedTo: saved,
      ...(isExplained ? { explanation } : {}),
    };
    if (schema === null) {
      return { data, text: (style) => `${style.bold('Needs no database')}\n  ${decision.reason}` };
    }
    if (isExplained && explanation) {
      const { explanationText } = await import('../output/explanation-text.ts');
      return { data, text: (style) => explanationText(explanation, style, process.stdout.columns) };
    }
    const render = await renderer(textOption(typed, 'format') ?? 'table', data);
    return { data, text: (style) => render(schema, style) };
  },
};

type Render = (schema: Schema, style: Style) => string;

async function renderer(format: string, data: unknown): Promise<Render> {
  switch (format) {
    case 'ddl': {
      const { renderDdl } = await import('../../../domain/ddl.ts');
      return renderDdl;
    }
    case 'mermaid': {
      const { renderMermaid } = await import('../../../domain/diagram.ts');
      return renderMermaid;
    }
    case 'svg': {
      const { renderSvg } = await import('../../../domain/diagram-svg.ts');
      return renderSvg;
    }
    case 'json':
      return () => JSON.stringify(data, null, 2);
    default: {
      const { schemaTables } = await import('../output/schema-tables.ts');
      return schemaTables;
    }
  }
}
