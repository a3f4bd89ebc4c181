import { Argument } from 'commander';
import { TurboError } from '../../../domain/errors.ts';
import type { SchemaTemplate } from '../../../domain/schema-template.ts';
import type { CliCommand } from '../command.ts';
import type { Outcome } from '../output/output.ts';

export const templatesCommand: CliCommand = {
  define: (program) =>
    program
      .command('templates')
      .summary('designs that are ready to be used')
      .description('Lists the designs that come along, or shows one of them. Use one: create --template <name>.')
      .addArgument(new Argument('[action]', 'what to do').choices(['list', 'show']).default('list'))
      .argument('[name]', 'of the template to show'),

  async run(cli, typed) {
    const [{ openTemplates }, { findSchemaTemplate, parseSchemaTemplates }] = await Promise.all([
      import('../../../app.ts'),
      import('../../../domain/schema-template.ts'),
    ]);
    const templates = await openTemplates(cli.config);
    const all = parseSchemaTemplates(await templates.readTree('schemas'));
    const [action, name] = typed.args;
    if (action !== 'show') return listed(all, cli.config.command);
    if (name === undefined) {
      throw new TurboError('usage.missing', 'Which template?', { hint: `${cli.config.command} templates show blog` });
    }
    return shown(findSchemaTemplate(name, all));
  },
};

async function listed(all: readonly SchemaTemplate[], command: string): Promise<Outcome> {
  const { default: Table } = await import('cli-table3');
  const rows = all.map(({ schema, ...template }) => ({
    ...template,
    tables: schema.tables.map(({ name }) => name),
    accounts: schema.accounts?.table ?? null,
  }));
  return {
    data: { templates: rows },
    text() {
      const grid = new Table({
        head: ['template', 'category', 'what it is', 'tables', 'technologies'],
        colWidths: [12, 14, 38, 34, 22],
        wordWrap: true,
        style: { head: [], border: [] },
      });
      for (const row of rows)
        grid.push([row.name, row.category, row.description, row.tables.join(', '), row.technologies.join(', ')]);
      return `${grid.toString()}\nUse one: ${command} create --template blog`;
    },
  };
}

async function shown(template: SchemaTemplate): Promise<Outcome> {
  const [{ schemaTables }, { renderTextDiagram }] = await Promise.all([
    import('../output/schema-tables.ts'),
    import('../../../domain/diagram-text.ts'),
  ]);
  const { name, aliases, category, description, technologies, schema } = template;
  return {
    data: { template },
    text: (style) =>
      [
        `${style.bold(name)} ${description}`,
        `  category      ${category}\n  also called   ${aliases.join(', ')}\n  technologies  ${technologies.join(', ')}`,
        renderTextDiagram(schema, process.stdout.columns),
        schemaTables(schema, style),
      ].join('\n\n'),
  };
}
