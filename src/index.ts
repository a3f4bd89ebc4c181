/**
 * The public API: the same verbs as the command line, for programs.
 *
 * @example
 * const services = await openServices(loadConfig(), (event) => console.error(event));
 * const created = await create({ request: parseRequest('blog API'), parent: process.cwd() }, services);
 * await services.close();
 */
export { type App, openModel, openServices } from './app.ts';
export { type Config, loadConfig } from './config.ts';
export { renderDdl } from './domain/ddl.ts';
export type { Decision } from './domain/decision.ts';
export type { Deployment } from './domain/deployment.ts';
export { renderMermaid } from './domain/diagram.ts';
export { renderSvg } from './domain/diagram-svg.ts';
export { ERROR_CODES, type ErrorCode, TurboError } from './domain/errors.ts';
export type { ProgressEvent } from './domain/progress.ts';
export type { Project } from './domain/project.ts';
export { parseRequest, type Request } from './domain/request.ts';
export type { Schema, SchemaInput } from './domain/schema.ts';
export { parseSchema } from './domain/schema-rules.ts';
export { destroy } from './operations/destroy.ts';
export { findProject } from './operations/find-project.ts';
export { projectStatus } from './operations/status.ts';
export type { Created } from './pipeline/created.ts';
export { design } from './pipeline/design.ts';
export type { CreateOrder } from './pipeline/order.ts';
export { startStage as start } from './pipeline/stages.ts';
export { create } from './pipeline.ts';
