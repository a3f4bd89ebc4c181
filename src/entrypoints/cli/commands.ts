import type { CliCommand } from './command.ts';
import { backupCommand } from './commands/backup.ts';
import { cancelCommand } from './commands/cancel.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { costCommand } from './commands/cost.ts';
import { createCommand } from './commands/create.ts';
import { dbCommand } from './commands/db.ts';
import { deployCommand } from './commands/deploy.ts';
import { deprovisionCommand } from './commands/deprovision.ts';
import { designSchemaCommand } from './commands/design-schema.ts';
import { destroyCommand } from './commands/destroy.ts';
import { detectCommand } from './commands/detect.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evolveCommand } from './commands/evolve.ts';
import { filesCommand } from './commands/files.ts';
import { historyCommand } from './commands/history.ts';
import { limitsCommand } from './commands/limits.ts';
import { listCommand } from './commands/list.ts';
import { logsCommand } from './commands/logs.ts';
import { migrateCommand } from './commands/migrate.ts';
import { openCommand } from './commands/open.ts';
import { provisionCommand } from './commands/provision.ts';
import { pushCommand } from './commands/push.ts';
import { redoCommand } from './commands/redo.ts';
import { resumeCommand } from './commands/resume.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { runsCommand } from './commands/runs.ts';
import { scaffoldCommand } from './commands/scaffold.ts';
import { scaleCommand } from './commands/scale.ts';
import { secretsCommand } from './commands/secrets.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { templatesCommand } from './commands/templates.ts';
import { undeployCommand } from './commands/undeploy.ts';
import { undoCommand } from './commands/undo.ts';
import { verifyCommand } from './commands/verify.ts';

/** All subcommands, in the order of `--help`. */
export const commands: readonly CliCommand[] = [
  createCommand,
  detectCommand,
  designSchemaCommand,
  templatesCommand,
  provisionCommand,
  scaffoldCommand,
  migrateCommand,
  evolveCommand,
  historyCommand,
  undoCommand,
  redoCommand,
  deployCommand,
  rollbackCommand,
  scaleCommand,
  undeployCommand,
  pushCommand,
  verifyCommand,
  statusCommand,
  listCommand,
  openCommand,
  logsCommand,
  startCommand,
  stopCommand,
  resumeCommand,
  runsCommand,
  cancelCommand,
  costCommand,
  limitsCommand,
  filesCommand,
  backupCommand,
  deprovisionCommand,
  destroyCommand,
  dbCommand,
  secretsCommand,
  configCommand,
  completionCommand,
  doctorCommand,
];
