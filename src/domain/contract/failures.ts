import type { ApiDocument } from '../api-document.ts';
import type { FailureShape, ProblemShape } from '../contract-plan.ts';
import type { ApiOperation } from './operations.ts';
import { type Shape, shapeOf } from './shape.ts';

const MAX_DEPTH = 4;

/** How an operation tells what went wrong, by status. */
export function failuresOf(
  document: ApiDocument,
  operation: ApiOperation,
): Readonly<Record<string, FailureShape | null>> {
  const said = operation.answers.filter(({ status }) => !/^2/.test(status));
  return Object.fromEntries(
    said.flatMap(({ status, schema, mediaType }): [string, FailureShape | null][] => {
      // A page or a text is nothing that is answered here.
      if (mediaType !== null && schema === null) return [];
      const isProblem = mediaType === 'application/problem+json';
      if (isProblem) return [];
      return [[status.toLowerCase(), schema ? failureShape(document, shapeOf(document, schema), 0) : null]];
    }),
  );
}

function failureShape(document: ApiDocument, shape: Shape, depth: number): FailureShape {
  switch (shape.kind) {
    case 'object': {
      if (depth > MAX_DEPTH) return { kind: 'empty' };
      const members = shape.fields.flatMap((field): [string, FailureShape][] => {
        const own = shapeOf(document, field.spot);
        const isTold = field.required || isTelling(field.name);
        return isTold ? [[field.name, failureShape(document, own, depth + 1)]] : [];
      });
      // Any names are possible: those of the fields at fault.
      if (members.length === 0) return depth > 0 ? { kind: 'fields' } : { kind: 'empty' };
      return { kind: 'members', members: Object.fromEntries(members) };
    }
    case 'list': {
      const item = shape.items ? shapeOf(document, shape.items) : null;
      if (item?.kind === 'text') return { kind: 'messages' };
      return item?.kind === 'object' ? { kind: 'each', item: problemShape(document, item, '', 0) } : { kind: 'none' };
    }
    case 'integer':
    case 'number':
      return { kind: 'status' };
    case 'boolean':
      return { kind: 'false' };
    default:
      return { kind: 'message' };
  }
}

const FIELD = /^(?:field|param|parameter|property|path|pointer|name|attribute|location|loc)$/i;

/** One of several problems. */
function problemShape(document: ApiDocument, shape: Shape, name: string, depth: number): ProblemShape {
  switch (shape.kind) {
    case 'object': {
      const shown = shape.fields.filter(({ name: own, required }) => required || isTelling(own) || isPlace(own));
      if (depth > MAX_DEPTH || shown.length === 0) return { kind: 'empty' };
      const members = shown.map((field): [string, ProblemShape] => [
        field.name,
        problemShape(document, shapeOf(document, field.spot), field.name, depth + 1),
      ]);
      return { kind: 'members', members: Object.fromEntries(members) };
    }
    case 'list':
      return { kind: 'path' };
    case 'integer':
    case 'number':
      return { kind: 'status' };
    default:
      if (isPlace(name)) return { kind: 'field' };
      return { kind: /^(?:code|type)$/i.test(name) ? 'code' : 'message' };
  }
}

function isPlace(name: string): boolean {
  return FIELD.test(name) || /^source$/i.test(name);
}

function isTelling(name: string): boolean {
  return /^(?:message|error|errors|detail|details|description|title|reason|msg|code|status|body)$/i.test(name);
}
