import type { ApiDocument } from '../api-document.ts';
import type { FailureShape } from '../contract-plan.ts';
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
      return item?.kind === 'text' ? { kind: 'messages' } : { kind: 'none' };
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

function isTelling(name: string): boolean {
  return /^(?:message|error|errors|detail|details|description|title|reason|msg|code|status|body)$/i.test(name);
}
