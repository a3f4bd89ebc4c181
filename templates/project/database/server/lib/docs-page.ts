import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';

/** The description of the API as one page, which needs no script and nothing from elsewhere. */

type Json = Readonly<Record<string, unknown>>;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: #2563eb; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem 1.25rem 6rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; } a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; }
summary { cursor: pointer; padding: .4rem .75rem; } details[open] > summary { background: var(--soft); }
summary b { display: inline-block; font-family: ui-monospace, monospace; min-width: 4.5rem; }
details > div { padding: 0 .75rem .75rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem .25rem 0; text-align: left; vertical-align: top; }
.note { opacity: .75; }
`;

/** Nothing but the style of the page itself may have an effect. */
export const docsPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Where a reference into the components leads; anything else is itself. */
function resolve(document: Json, value: unknown): Json {
  const target = textOf(objectOf(value).$ref);
  if (target === '') return objectOf(value);
  const [, , kind = '', name = ''] = target.split('/');
  return objectOf(objectOf(objectOf(document.components)[kind])[name]);
}

/** The page. Whatever the document says stands in it as text. */
export function docsPage(document: Json): string {
  const { title, description } = objectOf(document.info);
  const tags = tagsOf(document);
  const schemas = Object.entries(objectOf(objectOf(document.components).schemas));
  const links = tags.map(({ name }) => html`<a href="#tag-${textOf(name)}">${textOf(name)}</a>`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${textOf(title)}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<h1>${textOf(title)}</h1>
<p>${textOf(description)}</p>
<p><a href="/openapi.json">openapi.json</a> says the same to programs.</p>
<nav>${links}<a href="#schemas">schemas</a></nav>
${tags.map((tag) => tagSection(document, tag))}
<h2 id="schemas">schemas</h2>
${schemas.map(([name, schema]) => schemaSection(name, objectOf(schema)))}
</body>
</html>
`;
  return page.source;
}

/** Of an operation without one. */
const NO_TAG = 'operations';

function tagNames(operation: unknown): readonly string[] {
  const names = listOf(objectOf(operation).tags).map(textOf);
  return names.length > 0 ? names : [NO_TAG];
}

/** Tags that are described, and those that are only used. */
function tagsOf(document: Json): readonly Json[] {
  const described = listOf(document.tags).map(objectOf);
  const operations = Object.values(objectOf(document.paths)).flatMap((item) =>
    METHODS.flatMap((method) => objectOf(item)[method] ?? []),
  );
  const known = described.map(({ name }) => textOf(name));
  const used = new Set(operations.flatMap(tagNames).filter((name) => !known.includes(name)));
  return [...described, ...[...used].map((name) => ({ name }))];
}

function tagSection(document: Json, tag: Json): Html {
  const name = textOf(tag.name);
  const operations = Object.entries(objectOf(document.paths)).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = objectOf(item)[method];
      if (operation === undefined || !tagNames(operation).includes(name)) return [];
      const shared = listOf(objectOf(item).parameters);
      return [operationSection(document, method, path, objectOf(operation), shared)];
    }),
  );
  return html`<h2 id="tag-${name}">${name}</h2>
<p>${textOf(tag.description)}</p>
${operations}`;
}

function operationSection(
  document: Json,
  method: string,
  path: string,
  operation: Json,
  shared: readonly unknown[],
): Html {
  const parameters = [...shared, ...listOf(operation.parameters)].map((own) =>
    resolve(document, own),
  );
  const body = contentOf(operation.requestBody);
  const needsToken =
    listOf(operation.security).length === 1 && 'bearer' in objectOf(listOf(operation.security)[0]);
  return html`<details><summary><b>${method.toUpperCase()}</b> <code>${path}</code> ${textOf(operation.summary)}</summary><div>
${needsToken ? html`<p class="note">Needs <code>Authorization: Bearer …</code>.</p>` : ''}
<h3>Parameters</h3>
${table(parameters.map(parameterRow))}
${body ? html`<h3>Body</h3><p>${typeOf(body)}</p>` : ''}
<h3>Answers</h3>
${table(Object.entries(objectOf(operation.responses)).map(([status, own]) => answerRow(document, status, own)))}
</div></details>
`;
}

function table(rows: readonly Html[]): Html {
  return html`<table>${rows}</table>`;
}

function row(name: string, mark: string, type: Html, about: unknown): Html {
  return html`<tr><td><code>${name}</code> <span class="note">${mark}</span></td><td>${type}</td><td>${textOf(about)}</td></tr>
`;
}

function parameterRow(parameter: Json): Html {
  const mark = parameter.in === 'query' ? '' : textOf(parameter.in);
  return row(
    textOf(parameter.name),
    mark,
    typeOf(objectOf(parameter.schema)),
    parameter.description,
  );
}

function answerRow(document: Json, status: string, response: unknown): Html {
  const { description, content } = resolve(document, response);
  return row(status, '', typeOf(contentOf({ content }) ?? {}), description);
}

/** The schema of the first media type. */
function contentOf(part: unknown): Json | null {
  const [media] = Object.values(objectOf(objectOf(part).content));
  return media === undefined ? null : objectOf(objectOf(media).schema);
}

function schemaSection(name: string, schema: Json): Html {
  const required = listOf(schema.required);
  const fields = Object.entries(objectOf(schema.properties)).map(([field, own]) =>
    row(
      field,
      required.includes(field) ? '' : 'optional',
      typeOf(objectOf(own)),
      objectOf(own).description,
    ),
  );
  return html`<details id="schema-${name}"><summary><code>${name}</code> ${textOf(schema.description)}</summary><div>
${fields.length > 0 ? table(fields) : html`<p>${typeOf(schema)}</p>`}
</div></details>
`;
}

const LIMITS = {
  minimum: 'at least',
  maximum: 'at most',
  minLength: 'characters at least',
  maxLength: 'characters at most',
  minItems: 'items at least',
  maxItems: 'items at most',
  default: 'default',
} as const;

/** What a schema takes, in a few words; names of schemas lead to them. */
function typeOf(schema: Json): Html {
  const name = textOf(schema.$ref).split('/').at(-1) ?? '';
  const limits = Object.entries(LIMITS).flatMap(([key, words]) =>
    key in schema ? [html`, ${words} ${JSON.stringify(schema[key])}`] : [],
  );
  if (name !== '') return html`<a href="#schema-${name}"><code>${name}</code></a>${limits}`;
  const choices = listOf(schema.anyOf ?? schema.oneOf).map((own) => typeOf(objectOf(own)));
  if (choices.length > 0)
    return html`${choices.map((own, at) => html`${at > 0 ? ' or ' : ''}${own}`)}${limits}`;
  if (schema.items !== undefined) return html`list of ${typeOf(objectOf(schema.items))}${limits}`;
  const values = listOf(schema.enum ?? (schema.const === undefined ? [] : [schema.const]));
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).map(textOf).join(' or ');
  const own = values.length > 0 ? values.map((value) => JSON.stringify(value)).join(' ') : types;
  return html`${textOf(schema.format) || textOf(schema.contentEncoding)} ${own}${limits}`;
}
