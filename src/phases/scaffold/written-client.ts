import { ApiDocument } from '../../domain/api-document.ts';
import { planContract } from '../../domain/contract.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { endpointDocument } from '../../domain/endpoint-description.ts';
import { EMPTY_SCHEMA } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { contractClient, implementation, methodsOf, signature } from './contract/client-module.ts';
import { TypeCode } from './contract/type-code.ts';

/** Functions for endpoints that are no resources, as parts of a client. */
export interface WrittenClient {
  /** Their types, and the interface of this name that holds them. */
  readonly types: readonly string[];
  readonly name: string;
  /** Members of an object, 6 from the edge; they use `ask`. */
  readonly members: readonly string[];
}

/** Typed functions for endpoints that somebody wrote. `taken` are names that the client has already. */
export function writtenClient(endpoints: readonly Endpoint[], taken: readonly string[]): WrittenClient {
  const document = endpointDocument(endpoints);
  const types = new TypeCode(new ApiDocument(document), taken);
  const name = types.nameFor('Custom');
  const { operations } = planContract(document, EMPTY_SCHEMA);
  const methods = methodsOf(document, operations, types);
  const whole = [
    '/** What was written for this project. */',
    `export interface ${name} {`,
    ...methods.map(signature),
    '}',
  ];
  return {
    types: [...types.code(), whole.join('\n')],
    name,
    members: methods.map((method) => implementation(method, 6)),
  };
}

/** The client of a project that has nothing but endpoints that somebody wrote. */
export function plainClient(endpoints: readonly Endpoint[], template: FileTree): FileTree {
  const document = endpointDocument(endpoints);
  const { operations } = planContract(document, EMPTY_SCHEMA);
  return {
    'client/index.ts': contractClient(document, operations),
    'client/transport.ts': template['contract/client/transport.ts'] ?? '',
  };
}
