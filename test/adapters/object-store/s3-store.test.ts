import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { s3Store } from '../../../src/adapters/object-store/s3/s3-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { describeObjectStore, sha256 } from '../../contracts/object-store.ts';
import { daysOf } from '../../support/fakes/s3/lifecycle.ts';
import { type FakeS3, type FakeS3Options, startFakeS3 } from '../../support/fakes/s3.ts';
import { patientTime } from '../../support/patient-time.ts';

const PART = 64 * 1024;
const KEY = { id: 'AKIAFAKE', secret: 'canary/secret+of/the=fake', sessionToken: 'canary-session-token' };

interface Stage {
  readonly s3: FakeS3;
  readonly store: ObjectStore;
  readonly waits: readonly number[];
  open(change?: Partial<Parameters<typeof s3Store>[0]>): ObjectStore;
}

async function withStore(use: (stage: Stage) => Promise<void>, options: Partial<FakeS3Options> = {}): Promise<void> {
  const s3 = await startFakeS3({ keys: [KEY], buckets: ['files'], pageSize: 2, smallestPart: PART, ...options });
  const time = patientTime();
  const open: Stage['open'] = (change = {}) =>
    s3Store({
      accessKeyId: KEY.id,
      secretAccessKey: KEY.secret,
      sessionToken: KEY.sessionToken,
      region: 'eu-central-1',
      endpoint: s3.url,
      bucket: 'files',
      partBytes: PART,
      time,
      ...change,
    });
  try {
    await use({ s3, store: open(), waits: time.waits, open });
    expect(s3.faults.left).toBe(0);
  } finally {
    await s3.stop();
  }
}

const small = Buffer.from('content of an object');
const putSmall = (store: ObjectStore, key = 'k') => store.put(key, small, { sha256: sha256(small) });
const objects = (s3: FakeS3, bucket = 'files') => [...(s3.buckets.get(bucket)?.objects.keys() ?? [])];

describeObjectStore('a bucket of S3', (use) => withStore(({ store }) => use(store)));

describe('a bucket of S3 under faults', () => {
  test('a store that is too busy, fails once or resets the connection is asked again', () =>
    withStore(async ({ s3, store, waits }) => {
      s3.faults.add('PutObject', { kind: 'answer', status: 503, code: 'SlowDown', headers: { 'retry-after': '3' } });
      s3.faults.add('PutObject', { kind: 'answer', status: 500 }, { kind: 'reset', when: 'before' });
      await putSmall(store);
      expect(waits).toHaveLength(3);
      expect(waits[0]).toBe(3000);
      s3.faults.add('GetObject', { kind: 'reset', when: 'after' }, { kind: 'cut-answer', share: 0.6 });
      expect(await store.get('k')).toEqual(small);
      s3.faults.add('ListObjectsV2', { kind: 'answer', status: 429 });
      expect(await store.list('')).toHaveLength(1);
      s3.faults.add('DeleteObjects', { kind: 'reset', when: 'after' });
      await store.delete(['k']);
      expect(objects(s3)).toEqual([]);
    }));

  test('a store that stays busy is told so, and nothing half is there', () =>
    withStore(async ({ s3, store }) => {
      const busy = { kind: 'answer', status: 503, code: 'SlowDown' } as const;
      s3.faults.add('PutObject', busy, busy, busy, busy, busy);
      await expect(putSmall(store)).rejects.toMatchObject({ code: 'remote.failed', details: { status: 503 } });
      expect(objects(s3)).toEqual([]);
    }));

  test('an upload that breaks off at 60 % is sent again, and is there once', () =>
    withStore(async ({ s3, store }) => {
      const bytes = randomBytes(PART);
      s3.faults.add('PutObject', { kind: 'cut-request', share: 0.6 });
      await store.put('k', bytes, { sha256: sha256(bytes) });
      expect(s3.done.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1);
      expect(s3.buckets.get('files')?.objects.get('k')?.bytes.equals(bytes)).toBe(true);
    }));

  test('what comes back with another bit is read again, and never given', () =>
    withStore(async ({ s3, store }) => {
      await putSmall(store);
      s3.faults.add('GetObject', { kind: 'flip-answer' });
      expect(await store.get('k')).toEqual(small);
      s3.faults.add('GetObject', { kind: 'flip-answer' }, { kind: 'flip-answer' }, { kind: 'flip-answer' });
      await expect(store.get('k')).rejects.toMatchObject({ code: 'remote.unusable' });
    }));

  test('an object somebody else wrote is given without a hash to hold it against', () =>
    withStore(async ({ s3, store }) => {
      await putSmall(store);
      const there = s3.buckets.get('files')?.objects.get('k');
      if (there) s3.buckets.get('files')?.objects.set('k', { ...there, headers: {} });
      expect(await store.get('k')).toEqual(small);
      expect(await store.head('k')).toMatchObject({ sha256: null });
    }));

  test('each fault at each step of an upload in parts ends with one object and no upload left', () =>
    withStore(async ({ s3, store }) => {
      const bytes = randomBytes(2 * PART + 7);
      const faults = [
        { kind: 'answer', status: 500 },
        { kind: 'reset', when: 'before' },
        { kind: 'reset', when: 'after' },
        { kind: 'cut-answer', share: 0.5 },
      ] as const;
      for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
        for (const fault of faults) {
          // The answer to a part has no body that could be cut.
          if (operation === 'UploadPart' && fault.kind === 'cut-answer') continue;
          s3.faults.add(operation, fault);
          const key = `${operation}-${fault.kind}`;
          await store.put(key, bytes, { sha256: sha256(bytes) });
          expect(s3.buckets.get('files')?.objects.get(key)?.bytes.equals(bytes), key).toBe(true);
          expect(s3.buckets.get('files')?.uploads.size, key).toBe(0);
          await store.delete([key]);
        }
      }
    }));

  test('an upload that cannot be finished is ended, and one a killed process left is ended by the next', () =>
    withStore(async ({ s3, store }) => {
      const bytes = randomBytes(PART + 1);
      const failure = { kind: 'answer', status: 500 } as const;
      s3.faults.add('UploadPart', failure, failure, failure, failure, failure);
      await expect(store.put('k', bytes, { sha256: sha256(bytes) })).rejects.toMatchObject({ code: 'remote.failed' });
      expect(s3.buckets.get('files')?.uploads.size).toBe(0);
      s3.buckets.get('files')?.uploads.set('left', { key: 'k', headers: {}, parts: new Map() });
      s3.buckets.get('files')?.uploads.set('other', { key: 'k2', headers: {}, parts: new Map() });
      await store.put('k', bytes, { sha256: sha256(bytes) });
      expect([...(s3.buckets.get('files')?.uploads.keys() ?? [])]).toEqual(['other']);
      expect(objects(s3)).toEqual(['k']);
    }));

  test('two that upload the same at once both come to an end, with one object', () =>
    withStore(async ({ s3, store, open }) => {
      const bytes = randomBytes(2 * PART + 7);
      const hash = { sha256: sha256(bytes) };
      const ends = await Promise.allSettled([store.put('k', bytes, hash), open().put('k', bytes, hash)]);
      expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'remote.conflict' });
      }
      expect(s3.buckets.get('files')?.objects.get('k')?.bytes.equals(bytes)).toBe(true);
      expect(s3.buckets.get('files')?.uploads.size).toBe(0);
    }));

  test('an answer that is no answer of S3 is not believed', () =>
    withStore(async ({ s3, store }) => {
      const page = { kind: 'answer', status: 200, body: '<html><body>Welcome to the café</body></html>' } as const;
      s3.faults.add('ListObjectsV2', page);
      await expect(store.list('')).rejects.toMatchObject({ code: 'remote.unusable' });
      s3.faults.add('ListObjectsV2', { ...page, body: '<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>' });
      await expect(store.list('')).rejects.toMatchObject({ code: 'remote.unusable' });
    }));
});

describe('keys and buckets', () => {
  const wrong: readonly [string, Partial<Parameters<typeof s3Store>[0]>, RegExp][] = [
    ['an unknown key', { accessKeyId: 'AKIAOTHER' }, /does not know the key/],
    ['a wrong secret', { secretAccessKey: 'canary/other' }, /not the secret/],
    ['a missing session token', { sessionToken: null }, /session|may not|SESSION/],
    ['a wrong region', { region: 'us-east-1' }, /but in eu-central-1/],
  ];
  test.each(wrong)('%s is found by the check, which says what to give', (_name, change, message) =>
    withStore(async ({ s3, open }) => {
      const store = open(change);
      const checks = await store.check();
      expect(checks).toHaveLength(1);
      expect(checks[0]).toMatchObject({ passed: false, detail: expect.stringMatching(message) });
      expect(checks[0]?.hint).toBeTruthy();
      await expect(putSmall(store)).rejects.toThrow(message);
      expect(JSON.stringify(checks)).not.toContain('canary');
      expect(objects(s3)).toEqual([]);
    }),
  );

  test('a key that has expired, a clock that is wrong and a key without the right are found by the check', async () => {
    await withStore(
      async ({ store }) => {
        expect(await store.check()).toMatchObject([{ passed: false, detail: expect.stringContaining('expired') }]);
      },
      { keys: [{ ...KEY, isExpired: true }] },
    );
    await withStore(async ({ s3, store }) => {
      s3.setSkew(-40 * 60_000);
      expect(await store.check()).toMatchObject([{ passed: false, detail: expect.stringContaining('clock') }]);
    });
    await withStore(
      async ({ s3, store }) => {
        expect(await store.check()).toMatchObject([
          { name: 'bucket', passed: true },
          { name: 'write', passed: false, hint: expect.stringContaining('s3:PutObject') },
        ]);
        await expect(putSmall(store)).rejects.toMatchObject({ code: 'remote.denied' });
        expect(objects(s3)).toEqual([]);
      },
      { keys: [{ ...KEY, allows: ['ListObjectsV2', 'HeadBucket'] }] },
    );
  });

  test('a bucket is made once, and one of somebody else is refused', () =>
    withStore(
      async ({ s3, open }) => {
        const fresh = open({ bucket: 'fresh' });
        expect(await fresh.check()).toMatchObject([{ passed: true, detail: expect.stringContaining('will be made') }]);
        expect(s3.buckets.has('fresh')).toBe(false);
        await expect(fresh.get('k')).rejects.toMatchObject({ code: 'remote.failed' });
        s3.faults.add('CreateBucket', { kind: 'reset', when: 'after' });
        expect(await fresh.ensureBucket()).toBe(true);
        expect(await fresh.ensureBucket()).toBe(false);
        await expect(open({ bucket: 'theirs' }).ensureBucket()).rejects.toMatchObject({ code: 'remote.conflict' });
        expect(await open({ bucket: 'theirs' }).check()).toMatchObject([{ passed: false }]);
      },
      { foreignBuckets: ['theirs'] },
    ));

  test('days to live are set for a prefix, and rules of others stay as they are', () =>
    withStore(async ({ s3, store }) => {
      const theirs =
        '<Rule><ID>mine &amp; yours</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Disabled</Status><Expiration><Days>3</Days></Expiration></Rule>';
      const bucket = s3.buckets.get('files');
      if (bucket) bucket.lifecycle = `<LifecycleConfiguration>\n  ${theirs}\n</LifecycleConfiguration>`;
      await store.setLifecycle('backups/', 30);
      await store.setLifecycle('backups/', 7);
      const before = s3.done.length;
      await store.setLifecycle('backups/', 7);
      expect(s3.done.slice(before).map(({ operation }) => operation)).toEqual(['GetBucketLifecycleConfiguration']);
      expect(daysOf(bucket?.lifecycle ?? null, 'backups/')).toBe(7);
      expect(daysOf(bucket?.lifecycle ?? null, 'logs/')).toBe(3);
      expect(bucket?.lifecycle?.match(/<Rule>/g)).toHaveLength(2);
    }));

  test('what may not be deleted is told by name', () =>
    withStore(async ({ s3, store }) => {
      for (const key of ['a', 'b']) await putSmall(store, key);
      s3.protectedKeys.add('b');
      await expect(store.delete(['a', 'b'])).rejects.toMatchObject({ code: 'remote.denied', details: { keys: ['b'] } });
      expect(objects(s3)).toEqual(['b']);
    }));

  test('no message holds a secret, whatever the store answers', () =>
    withStore(async ({ s3, store }) => {
      const echo = `<Error><Code>Odd</Code><Message>you said ${KEY.secret} and ${KEY.sessionToken}</Message></Error>`;
      s3.faults.add('PutObject', { kind: 'answer', status: 400, body: echo });
      const error = await putSmall(store).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'remote.failed', message: expect.stringContaining('Odd') });
      expect(JSON.stringify([String(error), error])).not.toContain('canary');
    }));
});
