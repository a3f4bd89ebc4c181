/** A command as a shell completes it. */
export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Long names with their dashes. */
  readonly options: readonly string[];
  readonly subcommands: readonly CommandWords[];
}

/** Shells that a script can be made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that makes a shell complete commands, subcommands and options; it starts no program. */
export function completionScript(shell: Shell, { name, options, subcommands }: CommandWords): string {
  const all: Completed = { name, options, commands: subcommands };
  if (shell === 'fish') return fish(all);
  const script = bash(all);
  // Zsh understands bash's completions.
  return shell === 'bash'
    ? script
    : `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

interface Completed {
  readonly name: string;
  readonly options: readonly string[];
  readonly commands: readonly CommandWords[];
}

const names = (commands: readonly CommandWords[]) => commands.map(({ name }) => name);

function bash({ name, options, commands }: Completed): string {
  const branches = commands.flatMap((command) => [
    `    '${command.name}') words='${[...names(command.subcommands), ...command.options, ...options].join(' ')}' ;;`,
    ...command.subcommands.map(
      (sub) => `    '${command.name} ${sub.name}') words='${[...sub.options, ...options].join(' ')}' ;;`,
    ),
  ]);
  const groups = commands.filter(({ subcommands }) => subcommands.length > 0);
  return `_${name}() {
  local word path='' words='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in -*) continue ;; esac
    case "$path" in
      '') path="$word" ;;
      ${names(groups).join('|') || '-'}) path="$path $word" ;;
    esac
  done
  case "$path" in
    '') words='${[...names(commands), ...options].join(' ')}' ;;
${branches.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  # Projects may be named by their folder.
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _${name} ${name}
`;
}

const quoted = (text: string) => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

function fish({ name, options, commands }: Completed): string {
  const all = names(commands).join(' ');
  const lines = commands.flatMap((command) => [
    `complete -c ${name} -n 'not __fish_seen_subcommand_from ${all}' -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...command.subcommands.map(
      (sub) =>
        `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}' -f -a ${sub.name} -d ${quoted(sub.summary)}`,
    ),
    ...[...new Set([...command.options, ...command.subcommands.flatMap((sub) => sub.options)])].map(
      (option) =>
        `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}' -l ${option.replace(/^--/, '')}`,
    ),
  ]);
  return `${[...options.map((option) => `complete -c ${name} -l ${option.replace(/^--/, '')}`), ...lines].join('\n')}\n`;
}
