import type { Json } from '../../../../src/adapters/contract/ajv/description.ts';

/** Where Daytona's documents are known to say less, or something else, than its services do. */

/** What the API answers with when it refuses; its document names no failure but few. */
export const API_FAILURE: Json = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    timestamp: { type: 'string' },
    statusCode: { type: 'integer' },
    error: { type: 'string' },
    message: { type: 'string' },
  },
  required: ['path', 'timestamp', 'statusCode', 'error', 'message'],
};

/** What the daemon in a sandbox answers with. */
export const TOOLBOX_FAILURE: Json = {
  type: 'object',
  properties: {
    statusCode: { type: 'integer' },
    message: { type: 'string' },
    code: { type: 'string' },
    source: { const: 'DAYTONA_DAEMON' },
    timestamp: { type: 'string' },
    path: { type: 'string' },
    method: { type: 'string' },
  },
  required: ['statusCode', 'message', 'timestamp', 'path'],
};

/** Files travel as multipart, of which the document knows nothing. */
export const BULK_UPLOAD: Json = {
  requestBody: { required: true, content: { 'multipart/form-data': {} } },
  responses: {
    200: {
      description: 'written',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              files: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { path: { type: 'string' }, bytes: { type: 'integer' } },
                  required: ['path', 'bytes'],
                },
              },
            },
            required: ['files'],
          },
        },
      },
    },
  },
};

export const TOOLBOX_OVERLAY: Json = {
  paths: { '/files/bulk-upload': { post: BULK_UPLOAD } },
  // The document makes an object of what is one of a list of words.
  components: { schemas: { ErrorResponse: TOOLBOX_FAILURE } },
};
