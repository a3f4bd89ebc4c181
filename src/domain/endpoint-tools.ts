import { z } from 'zod';

/** The tools that whoever writes an endpoint has, and how their arguments are read. */

const request = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().describe('With its query: /orders?limit=1. {{0.id}} stands for what the first answer has there.'),
  body: z.string().nullable().describe('JSON as text; null for none.'),
  token: z.string().nullable().describe('Access token: {{0.accessToken}}; null for none.'),
});

const none = z.strictObject({});

const TOOLS = {
  list_files: {
    description: 'Paths of the files in a folder of the project; "" for all that can be read.',
    shape: z.strictObject({ folder: z.string() }),
  },
  read_file: { description: 'Text of a file of the project.', shape: z.strictObject({ path: z.string() }) },
  write_file: {
    description: 'Writes a whole file of the endpoint.',
    shape: z.strictObject({ path: z.string(), text: z.string() }),
  },
  delete_file: { description: 'Deletes a file of the endpoint.', shape: z.strictObject({ path: z.string() }) },
  propose_query: {
    description:
      'One SELECT, INSERT, UPDATE or DELETE in PostgreSQL. When it is accepted, a typed function of this name is in the module with the queries; proposing one of the same name replaces it.',
    shape: z.strictObject({
      name: z.string().describe('camelCase: topPosts'),
      purpose: z.string().describe('One sentence.'),
      sql: z.string(),
      parameters: z.array(z.string()).describe('camelCase names of $1, $2, … in order'),
    }),
  },
  describe: {
    description:
      'Says what the endpoint takes and answers, for its users: the description of the API and a typed client are made from it. Schemas are JSON schema as text, without references.',
    shape: z.strictObject({
      query: z.array(z.strictObject({ name: z.string(), required: z.boolean(), schema: z.string() })),
      body: z.string().nullable().describe('Null: it takes none.'),
      status: z.int().describe('Of success: 200'),
      answer: z.string().nullable().describe('Of success; null: it has no body.'),
    }),
  },
  typecheck: { description: 'Checks the types and the style of the project.', shape: none },
  build: { description: 'Builds the server.', shape: none },
  test: { description: 'Builds the server and runs the test of the endpoint.', shape: none },
  request: {
    description:
      'Builds and starts the server on an empty database, sends at most ten requests in order, and stops it.',
    shape: z.strictObject({ requests: z.array(request) }),
  },
  done: {
    description:
      'Says that the endpoint is finished: everything is checked, and either it is accepted, or you are told why not.',
    shape: none,
  },
} as const;

/** A request to the server, as it is asked for. */
export type ServerRequest = Readonly<z.output<typeof request>>;

/**
 * Tools as models are told of them: name, description and JSON schema. What a document describes already,
 * nobody has to describe.
 */
export function toolSpecs(isDescribed = false): readonly {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}[] {
  const tools = Object.entries(TOOLS).filter(([name]) => name !== 'describe' || !isDescribed);
  return tools.map(([name, { description, shape }]) => {
    const { $schema: _dialect, ...parameters } = z.toJSONSchema(shape);
    return { name, description, parameters };
  });
}

const useShape = z.discriminatedUnion('tool', [
  z.object({ tool: z.literal('list_files'), given: TOOLS.list_files.shape }),
  z.object({ tool: z.literal('read_file'), given: TOOLS.read_file.shape }),
  z.object({ tool: z.literal('write_file'), given: TOOLS.write_file.shape }),
  z.object({ tool: z.literal('delete_file'), given: TOOLS.delete_file.shape }),
  z.object({ tool: z.literal('propose_query'), given: TOOLS.propose_query.shape }),
  z.object({ tool: z.literal('describe'), given: TOOLS.describe.shape }),
  z.object({ tool: z.literal('typecheck'), given: TOOLS.typecheck.shape }),
  z.object({ tool: z.literal('build'), given: TOOLS.build.shape }),
  z.object({ tool: z.literal('test'), given: TOOLS.test.shape }),
  z.object({ tool: z.literal('request'), given: TOOLS.request.shape }),
  z.object({ tool: z.literal('done'), given: TOOLS.done.shape }),
]);

/** Which tool, and its arguments. */
export type ToolUse = Readonly<z.output<typeof useShape>>;

const MAX_ARGUMENT_BYTES = 64 * 1024;

/** What a call asks for, or what is wrong with it. Names in another case, and arguments in a fence, are understood. */
export function readToolUse(said: string, text: string): ToolUse | { readonly problem: string } {
  const name = toolNamed(said);
  if (name === null) {
    return {
      problem: `There is no tool ${JSON.stringify(said.slice(0, 60))}. There are: ${Object.keys(TOOLS).join(', ')}.`,
    };
  }
  if (Buffer.byteLength(text) > MAX_ARGUMENT_BYTES) {
    return { problem: `The arguments are longer than ${MAX_ARGUMENT_BYTES} bytes.` };
  }
  try {
    const read = useShape.safeParse({ tool: name, given: readArguments(text) });
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    return { problem: `${issue?.path.slice(1).join('.') || 'The arguments'}: ${issue?.message}.` };
  } catch {
    return { problem: 'The arguments are not JSON.' };
  }
}

/** `Write_File`, `writeFile`, `functions.write_file`: models that were trained on other names mean the same. */
function toolNamed(said: string): string | null {
  if (Object.hasOwn(TOOLS, said)) return said;
  const plain = (name: string) =>
    name
      .replace(/^(functions|default_api|tools)[.:]/, '')
      .replaceAll('_', '')
      .toLowerCase();
  return Object.keys(TOOLS).find((name) => plain(name) === plain(said.slice(0, 60))) ?? null;
}

const FENCED = /^```[a-z]*\s*\n([\s\S]*?)\n?```$/i;

/** The JSON of arguments: in a fence, or written as a JSON text once more. Throws where it is none. */
function readArguments(text: string): unknown {
  const bare = text.trim();
  const value: unknown = JSON.parse(FENCED.exec(bare)?.[1] ?? (bare === '' ? '{}' : bare));
  return typeof value === 'string' ? JSON.parse(value) : value;
}
