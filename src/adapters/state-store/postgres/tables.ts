import type { Generated, JSONColumnType } from 'kysely';
import type { RemoteName } from '../../../domain/remote.ts';
import type { VerificationReport } from '../../../domain/verification.ts';
import type { VersionKind, VersionState } from '../../../domain/version.ts';

/** Rows of the metadata database as kysely sees them; the truth is templates/state/*.sql. */
export interface Tables {
  users: { id: string; name: string; created_at: number };
  projects: {
    id: string;
    owner_id: string;
    name: string;
    request: string;
    directory: string;
    status: 'creating' | 'ready' | 'destroying';
    created_at: number;
    updated_at: number;
  };
  project_databases: {
    project_id: string;
    env: 'dev' | 'staging' | 'prod';
    db_name: string;
    system_identifier: string;
    desired: 'present' | 'trashed' | 'absent';
    status: 'creating' | 'ready' | 'deleting' | 'trashed' | 'failed';
    generation: number;
    mig_secret: string;
    app_secret: string;
    ro_secret: string;
    trash_name: string | null;
    trashed_at: Generated<number | null>;
    next_mig_secret: Generated<string | null>;
    next_app_secret: Generated<string | null>;
    next_ro_secret: Generated<string | null>;
    rotation: Generated<'roles' | 'files' | null>;
    connection_limit: Generated<number | null>;
    statement_timeout_seconds: Generated<number | null>;
    storage_mb: Generated<number | null>;
    last_error: Generated<string | null>;
    created_at: number;
    updated_at: number;
  };
  retired_keys: { id: string; retired_at: number };
  generated_queries: {
    id: Generated<number>;
    project_id: string;
    env: string;
    kind: 'provision' | 'migration';
    sql: string;
    created_at: number;
  };
  services: {
    project_id: string;
    name: string;
    framework: string;
    directory: string;
    created_at: number;
    updated_at: number;
  };
  deployments: {
    project_id: string;
    service: string;
    target: string;
    url: string;
    port: number;
    status: string;
    created_at: number;
    updated_at: number;
  };
  generation_history: {
    id: Generated<number>;
    project_id: string;
    schema: JSONColumnType<object> | null;
    files: JSONColumnType<object>;
    tool_version: string;
    created_at: number;
  };
  verifications: {
    project_id: string;
    fingerprint: string;
    profile: 'quick' | 'full';
    passed: boolean;
    report: JSONColumnType<VerificationReport>;
    created_at: number;
  };
  project_remotes: {
    project_id: string;
    remote: RemoteName;
    place: string;
    status: 'wished' | 'there';
    details: JSONColumnType<Record<string, string | number | boolean | null>>;
    created_at: number;
    updated_at: number;
  };
  versions: {
    project_id: string;
    number: number;
    kind: VersionKind;
    state: VersionState;
    details: JSONColumnType<object>;
    created_at: number;
  };
  scratch_databases: { id: string; project_id: string; created_at: number };
  activity_logs: {
    id: Generated<number>;
    project_id: string | null;
    action: string;
    details: JSONColumnType<object>;
    created_at: number;
  };
  tool_results: { call_key: string; results: JSONColumnType<string[]>; at: number };
  model_calls: {
    id: Generated<number>;
    project_id: string | null;
    phase: string;
    provider: string;
    model: string;
    input_tokens: Generated<number | null>;
    output_tokens: Generated<number | null>;
    cost_usd: Generated<string | null>;
    ms: number;
    outcome: 'sent' | 'ok' | 'failed' | 'rejected';
    call_key: string | null;
    cached_tokens: Generated<number | null>;
    reasoning_tokens: Generated<number | null>;
    reserved_usd: string | null;
    answer: Generated<string | null>;
    created_at: number;
  };
}
