import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Explanation } from '../../../domain/explanation.ts';
import type { Schema } from '../../../domain/schema.ts';
import { type CliCommand, flag, textOption } from '../command.ts';
import { contractOption } from '../contract-option.ts';
import { designOrder } from '../design-order.ts';
import { modelOptions } from '../model-options.ts';
import { databaseOption } from '../options.ts';
import { type Outcome, PLAIN, type Style } from '../output/output.ts';

export const designSchemaCommand: CliCommand = {
  define(program) {
    const command = program
      .command('design-schema')
      .summary('design the database schema for a request')
      .description('Designs the schema for a request. In a project folder the request may be left out.')
      .argument('[request]', 'what the backend is for')
      .addOption(
        new Option('--format <format>', 'how to print it')
          .choices(['table', 'ddl', 'text', 'mermaid', 'svg', 'json'])
          .default('table'),
      )
      .option('--template <name>', 'a ready design to start from; the request says what comes to it (see: templates)')
      .addOption(contractOption())
      .addOption(databaseOption())
      .addOption(new Option('--diagram <format>', 'draw it').choices(['text', 'mermaid', 'svg']))
      .option('--output <file>', 'write what would be printed to a file')
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
    const diagram = textOption(typed, 'diagram');
    const file = textOption(typed, 'output');
    const render =
      isExplained && explanation && diagram === undefined
        ? await explainer(explanation)
        : await renderer(diagram ?? textOption(typed, 'format') ?? 'table', data);
    if (file !== undefined) return written(resolve(cli.cwd, file), render(schema, PLAIN), data);
    return {
      data: diagram === undefined ? data : { ...data, diagram: render(schema, PLAIN) },
      text: (style) => render(schema, style),
    };
  },
};

type Render = (schema: Schema, style: Style) => string;

async function explainer(explanation: Explanation): Promise<Render> {
  const { explanationText } = await import('../output/explanation-text.ts');
  return (_schema, style) => explanationText(explanation, style, process.stdout.columns);
}

async function written(file: string, text: string, data: object): Promise<Outcome> {
  const [{ openFolder }, { writeOutput }] = await Promise.all([
    import('../../../app.ts'),
    import('../../../pipeline/output-file.ts'),
  ]);
  await writeOutput(file, text, await openFolder());
  return { data: { ...data, output: file }, text: () => `Written to ${file}` };
}

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
    case 'text': {
      const { renderTextDiagram } = await import('../../../domain/diagram-text.ts');
      return (schema) => renderTextDiagram(schema, process.stdout.columns);
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
