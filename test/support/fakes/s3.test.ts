import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3mini } from 's3mini';
import { describe, expect, test } from 'vitest';
import { type FakeS3, type FakeS3Options, startFakeS3 } from './s3.ts';

const KEY = { id: 'AKIAFAKE', secret: 'secret+of/the=fake' };

async function withS3<T>(use: (s3: FakeS3) => Promise<T>, options: Partial<FakeS3Options> = {}): Promise<T> {
  const s3 = await startFakeS3({ keys: [KEY], buckets: ['files'], ...options });
  try {
    return await use(s3);
  } finally {
    await s3.stop();
  }
}

function awsClient(
  { url }: FakeS3,
  { id, secret }: { id: string; secret: string } = KEY,
  region = 'eu-central-1',
): S3Client {
  return new S3Client({
    endpoint: url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: id, secretAccessKey: secret },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

function miniClient({ url }: FakeS3, secret = KEY.secret): S3mini {
  return new S3mini({
    accessKeyId: KEY.id,
    secretAccessKey: secret,
    endpoint: `${url}/files`,
    region: 'eu-central-1',
  });
}

const ODD_KEY = "a/ö 1+2 &<b>'(x)*!~.txt";

describe('the fake of S3, judged by clients of others', () => {
  test("AWS's client puts, heads, gets, lists and deletes", () =>
    withS3(async (s3) => {
      const client = awsClient(s3);
      await client.send(new CreateBucketCommand({ Bucket: 'made' }));
      const Bucket = 'made';
      await client.send(
        new PutObjectCommand({ Bucket, Key: ODD_KEY, Body: Buffer.from('hello'), Metadata: { a: 'b' } }),
      );
      expect((await client.send(new HeadObjectCommand({ Bucket, Key: ODD_KEY }))).Metadata).toEqual({ a: 'b' });
      const got = await client.send(new GetObjectCommand({ Bucket, Key: ODD_KEY }));
      expect(await got.Body?.transformToString()).toBe('hello');
      expect(got.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
      const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', EncodingType: 'url' }));
      expect(listed.Contents?.map(({ Size }) => Size)).toEqual([5]);
      const gone = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: ODD_KEY }, { Key: 'none' }] } }),
      );
      expect(gone.Deleted?.map(({ Key }) => Key)).toEqual([ODD_KEY, 'none']);
      await expect(client.send(new GetObjectCommand({ Bucket, Key: ODD_KEY }))).rejects.toThrow('does not exist');
    }));

  test("AWS's client gives objects days to live", () =>
    withS3(async (s3) => {
      const client = awsClient(s3);
      const rule = { ID: 'old', Filter: { Prefix: 'b/' }, Status: 'Enabled' as const, Expiration: { Days: 7 } };
      await client.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket: 'files', LifecycleConfiguration: { Rules: [rule] } }),
      );
      const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'files' }));
      expect(Rules).toEqual([rule]);
    }));

  test('s3mini puts, gets, lists, deletes and uploads in parts', () =>
    withS3(
      async (s3) => {
        const client = miniClient(s3);
        await client.putObject('a/one.txt', 'one');
        await client.putObject('a/two.txt', 'two');
        await client.putObject('b/three.txt', 'three');
        expect(await client.getObject('a/two.txt')).toBe('two');
        const listed = await client.listObjects('/', 'a/');
        expect(listed?.map(({ Key }) => Key)).toEqual(['a/one.txt', 'a/two.txt']);
        const id = await client.getMultipartUploadId('big');
        const parts = [
          await client.uploadPart('big', id, Buffer.alloc(16, 1), 1),
          await client.uploadPart('big', id, Buffer.alloc(3, 2), 2),
        ];
        await client.completeMultipartUpload('big', id, parts);
        expect((await client.getObjectArrayBuffer('big'))?.byteLength).toBe(19);
        expect(await client.deleteObjects(['a/one.txt', 'big'])).toEqual([true, true]);
        expect([...(s3.buckets.get('files')?.objects.keys() ?? [])].sort()).toEqual(['a/two.txt', 'b/three.txt']);
      },
      { smallestPart: 16, pageSize: 1 },
    ));

  test('a wrong secret, an unknown key and a clock that is wrong are refused, whoever speaks', () =>
    withS3(async (s3) => {
      const put = new PutObjectCommand({ Bucket: 'files', Key: 'k', Body: 'x' });
      await expect(awsClient(s3, { ...KEY, secret: 'other' }).send(put)).rejects.toThrow('signature');
      await expect(awsClient(s3, { ...KEY, id: 'AKIAOTHER' }).send(put)).rejects.toThrow(
        'does not exist in our records',
      );
      await expect(awsClient(s3, KEY, 'us-east-1').send(put)).rejects.toThrow('expecting');
      await expect(miniClient(s3, 'other').putObject('k', 'x')).rejects.toThrow();
      s3.setSkew(20 * 60_000);
      await expect(awsClient(s3).send(put)).rejects.toThrow('too large');
      expect(s3.buckets.get('files')?.objects.size).toBe(0);
    }));

  test('what is not what its sum says is refused', () =>
    withS3(async (s3) => {
      const sum = createHash('md5').update('other').digest('base64');
      const put = new PutObjectCommand({ Bucket: 'files', Key: 'k', Body: 'x', ContentMD5: sum });
      await expect(awsClient(s3).send(put)).rejects.toThrow('did not match');
      expect(s3.buckets.get('files')?.objects.size).toBe(0);
    }));
});
