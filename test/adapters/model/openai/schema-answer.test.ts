import { expect, test } from 'vitest';
import { z } from 'zod';
import { fromAnswer, schemaAnswer, toAnswer } from '../../../../src/adapters/model/openai/schema-answer.ts';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { parseRequest } from '../../../../src/domain/request.ts';
import { parseSchema } from '../../../../src/domain/schema-rules.ts';
import { shippedLexicon } from '../../../support/planner.ts';

const REQUESTS = [
  'a shop with products, orders and customers who log in',
  'a forum with login where only moderators delete posts',
  'notes with login, each user sees only their own',
  'booking of rooms, Booking: starts_at, ends_at, status (open, paid)',
];

test.each(REQUESTS)(
  'the draft for %j has the shape of an answer, and given back unchanged means the same',
  async (text) => {
    const { schema } = await planner({ lexicon: await shippedLexicon() }).design(parseRequest(text));
    const answer = schemaAnswer.parse(toAnswer(schema));
    expect(parseSchema(fromAnswer(answer))).toEqual(schema);
  },
);

/** What services that hold a model to a schema ask of it: every property required, nothing else allowed. */
function looseObjects(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const below = Object.entries(schema).flatMap(([key, value]) => looseObjects(value, `${path}.${key}`));
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return below;
  const required = 'required' in schema && Array.isArray(schema.required) ? schema.required : [];
  const isStrict = 'additionalProperties' in schema && schema.additionalProperties === false;
  return isStrict && required.length === Object.keys(schema.properties).length ? below : [...below, path];
}

test('the JSON schema of an answer names every property, allows no other, and bounds nothing', () => {
  const schema = z.toJSONSchema(schemaAnswer);
  expect(looseObjects(schema)).toEqual([]);
  expect(JSON.stringify(schema)).not.toMatch(/"(minimum|maximum|minLength|maxLength|minItems|default|format)":(?!\{)/);
});
