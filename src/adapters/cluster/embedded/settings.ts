/** The server's own two files. Both are ours: written anew before each start, so that hand edits do not last. */

/** Name of the administrator; the only login that pg_hba lets into every database. */
export const ADMIN = 'tb_admin';

/**
 * Who may come in (isolation design, second barrier): the administrator, and a project's login into the database that
 * has the name of a role it is a member of. First match wins; everything else is refused.
 */
export const PG_HBA = `local all      all                 reject
host  all      ${ADMIN} 127.0.0.1/32 scram-sha-256
host  samerole all      127.0.0.1/32 scram-sha-256
host  all      all      all          reject
`;

/**
 * Settings of the server. What initdb found out about this machine comes first and is overruled. Sizes suit a laptop
 * that does other things. The log tells of the server's life, not of statements that failed: they, and the messages about
 * them, hold values, and those can be secrets. Who sent a statement gets its error.
 */
export function postgresqlConf(options: { port: number; hbaFile: string; logFolder: string }): string {
  return `include_if_exists = 'data/postgresql.conf'
listen_addresses = '127.0.0.1'
port = ${options.port}
unix_socket_directories = ''
hba_file = ${quote(options.hbaFile)}
cluster_name = 'turbobackend'

password_encryption = 'scram-sha-256'
tcp_keepalives_idle = 30
client_connection_check_interval = '5s'
max_connections = 200
superuser_reserved_connections = 5

shared_buffers = '64MB'
work_mem = '4MB'
maintenance_work_mem = '64MB'
wal_level = 'minimal'
max_wal_senders = 0
max_wal_size = '512MB'
min_wal_size = '32MB'
io_method = 'sync'
jit = off
timezone = 'UTC'

logging_collector = on
log_destination = 'stderr'
log_directory = ${quote(options.logFolder)}
log_filename = 'postgres-%Y%m%d-%H%M%S.log'
log_file_mode = 0600
log_rotation_age = '1d'
log_rotation_size = '10MB'
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'UTC'
log_min_messages = 'log'
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_statement = 'none'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
`;
}

/** A value of postgresql.conf, where backslashes escape and a quote is doubled. */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll("'", "''")}'`;
}
