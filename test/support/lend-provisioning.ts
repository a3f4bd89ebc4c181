import { afterAll, beforeAll, inject } from 'vitest';
import { borrowMetadata, provisioningServices, releaseMetadata } from './provisioning.ts';

/**
 * For a test file: the run's server with metadata of one's own and the real adapters over it. Everything made with them
 * is gone after the file.
 */
export function lendProvisioning() {
  const server = inject('cluster');
  const metadata = borrowMetadata();
  const services = provisioningServices(server, metadata);
  beforeAll(async () => {
    await services.state.listDatabases();
  });
  afterAll(() => releaseMetadata(server, metadata, services));
  const newProject = () => ({ projectId: services.ids.projectId(), env: 'dev' }) as const;
  return { server, metadata, services, newProject };
}
