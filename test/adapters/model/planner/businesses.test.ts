import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { outline, shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

async function tablesOf(text: string): Promise<readonly string[]> {
  return (await model.design({ text })).schema.tables.map(({ name }) => name).sort();
}

test.each([
  ['a bookshop with orders, users sign in', ['books', 'order_items', 'orders', 'users']],
  ['bookstore with customers and orders', ['books', 'customers', 'order_items', 'orders']],
  ['pet store', ['categories', 'customers', 'order_items', 'orders', 'pets']],
  ['coffee roastery with orders and customers', ['coffees', 'customers', 'order_items', 'orders']],
  ['bike rental with customers', ['bikes', 'customers', 'rentals']],
  ['tool rental with customers', ['customers', 'rentals', 'tools']],
  ['flower shop: orders, deliveries', ['deliveries', 'flowers', 'order_items', 'orders']],
  ['toy library with members and loans', ['loans', 'members', 'toys']],
  ['my comic book store: orders and customers', ['books', 'customers', 'order_items', 'orders']],
  ['orders and customers for our flower shop', ['customers', 'flowers', 'order_items', 'orders']],
  ['we run a bookshop, keep orders and customers', ['books', 'customers', 'order_items', 'orders']],
  ['our bookshop has many customers and orders', ['books', 'customers', 'order_items', 'orders']],
  ['bookshop where users rate books', ['books', 'reviews', 'users']],
  ['bookshop with title, author and price', ['books']],
  ['bookshop with products and orders', ['order_items', 'orders', 'products']],
])('%j is for one business, and keeps what that deals in', async (text, want) => {
  expect(await tablesOf(text)).toEqual(want);
});

test.each([
  ['a directory of bookshops', 'bookshops'],
  ['several bookshops with orders', 'bookshops'],
  ['I own three bookshops, track sales of each shop', 'bookshops'],
  ['a chain of flower shops with orders', 'flower_shops'],
  ['list of pet stores near me with reviews', 'pet_stores'],
  ['pet store locator with reviews', 'pet_stores'],
  ['each flower shop has employees', 'flower_shops'],
  ['users can create a bookshop and add books', 'bookshops'],
  ['a bookshop has many orders', 'bookshops'],
  ['bookshop(name, city), orders', 'bookshops'],
  ['chain of stores with employees', 'stores'],
])('%j keeps businesses as rows of %s', async (text, want) => {
  expect(await tablesOf(text)).toContain(want);
});

test.each([
  ['users store photos', /datum|shop|product/],
  ['key value store', /keys|values|product/],
  ['a workshop with participants', /works|product/],
  ['event store for sensor data', /^(products|customers)$/],
  ['barber shop with appointments', /barber|product/],
])('%j is no shop', async (text, never) => {
  expect((await tablesOf(text)).filter((name) => never.test(name))).toEqual([]);
});

test('what a business sells has a price and stock besides what such things have', async () => {
  const { schema } = await model.design({ text: 'a bookshop with orders, users sign in' });
  expect(outline(schema)).toEqual([
    'books(title, author?, isbn?!, sku!, price_cents, stock, active)',
    'order_items(order_id>orders, book_id>books, quantity, unit_price_cents) unique(order_id book_id)',
    'orders(user_id>users, status, total_cents, placed_at)',
    'users(name, email!, password_hash, role)',
  ]);
});

test('the name of a business is understood, and no part of the request that was left out', async () => {
  const { explanation } = await model.design({ text: 'a bookshop with orders, users sign in' });
  expect(explanation.leftOut).toEqual([]);
  expect(explanation.tables.find(({ name }) => name === 'books')?.origin).toEqual({
    kind: 'request',
    quote: 'bookshop',
  });
});
