import { localWorkspace } from '../../../src/adapters/workspace/local/local-workspace.ts';
import { describeWorkspace } from '../../contracts/workspace.ts';

describeWorkspace('local workspace', localWorkspace);
