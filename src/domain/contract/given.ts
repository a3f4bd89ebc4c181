import type { ApiDocument } from '../api-document.ts';
import { type Shape, shapeOf } from './shape.ts';

const MAX_DEPTH = 6;

/** Whether a value that was sent as one shape can be answered as another: nothing is made for what stands inside of it. */
export function canAnswer(document: ApiDocument, given: Shape, answered: Shape, depth = 0): boolean {
  if (given.pointer === answered.pointer || depth > MAX_DEPTH) return true;
  if (answered.kind === 'list') {
    if (given.kind !== 'list' || !given.items || !answered.items) return true;
    return canAnswer(document, shapeOf(document, given.items), shapeOf(document, answered.items), depth + 1);
  }
  if (answered.kind !== 'object' || given.kind !== 'object') return true;
  return answered.fields.every((field) => {
    const own = given.fields.find(({ name }) => name === field.name);
    if (!own) return !field.required;
    if (field.required && !own.required) return false;
    return canAnswer(document, shapeOf(document, own.spot), shapeOf(document, field.spot), depth + 1);
  });
}
