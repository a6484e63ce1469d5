/** `kubedirect completion`: what a shell completes, made of the commands themselves. */
import { Argument, type Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Word {
  readonly name: string;
  readonly about: string;
}

/** A command, with its options; and those below it, by the words that lead there. */
function wordsOf(command: Command, words: readonly string[] = []): ReadonlyMap<string, readonly Word[]> {
  const below = command.commands.map((each) => ({ name: each.name(), about: each.description() }));
  const options = command.options.map(({ long, description }) => ({ name: long ?? '', about: description }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) =>
    argChoices.map((name) => ({ name, about: '' })),
  );
  const all = [...below, ...choices, ...options].filter(({ name }) => name !== '');
  return new Map([
    [words.join(' '), all],
    ...command.commands.flatMap((each) => [...wordsOf(each, [...words, each.name()])]),
  ]);
}

const quoted = (text: string) => `'${text.replaceAll("'", '’')}'`;
const firstLine = (text: string) => text.split('\n')[0] as string;

/** By the words before the one that is completed. */
function cases(words: ReadonlyMap<string, readonly Word[]>): string {
  return [...words]
    .map(([path, all]) => `    ${quoted(path)}) words=${quoted(all.map(({ name }) => name).join(' '))} ;;`)
    .join('\n');
}

const bash = (words: ReadonlyMap<string, readonly Word[]>) => `_kubedirect() {
  local path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] && break
    path="\${path:+$path }\${COMP_WORDS[i]}"
  done
  # An argument is no command: what the command before it takes.
  while :; do
    case "$path" in
${cases(words)}
    esac
    [[ -n $words || -z $path ]] && break
    [[ $path == *' '* ]] && path="\${path% *}" || path=''
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kubedirect kubedirect
`;

const zsh = (words: ReadonlyMap<string, readonly Word[]>) =>
  `autoload -Uz bashcompinit && bashcompinit\n${bash(words)}`;

/** `__kubedirect_at PATH`: the words before the cursor, as far as they are commands, are just these. */
const fish = (words: ReadonlyMap<string, readonly Word[]>) => {
  const paths = [...words.keys()].filter((path) => path !== '').map(quoted);
  const all = [...words].flatMap(([path, those]) =>
    those.map(({ name, about }) => {
      const what = name.startsWith('--') ? `-l ${name.slice(2)}` : `-f -a ${name}`;
      return `complete -c kubedirect -n "__kubedirect_at ${quoted(path)}" ${what} -d ${quoted(firstLine(about))}`;
    }),
  );
  return `function __kubedirect_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$path $word")
    contains -- $next ${paths.join(' ')}; or break
    set path $next
  end
  test "$path" = "$argv[1]"
end
${all.join('\n')}`;
};

const SCRIPTS: Readonly<Record<Shell, (words: ReadonlyMap<string, readonly Word[]>) => string>> = {
  bash,
  zsh,
  fish,
};

/** What `kubedirect completion SHELL` prints. @internal */
export const completionOf = (program: Command, shell: Shell): string => SCRIPTS[shell](wordsOf(program));

const DETAILS = `
  bash:  source <(kubedirect completion bash)
  zsh:   source <(kubedirect completion zsh)
  fish:  kubedirect completion fish | source`;

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('completion')
    .description('print what a shell completes')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', DETAILS)
    .action(async (shell: Shell) => {
      const { program: whole } = await import('../program.ts');
      process.stdout.write(`${completionOf(await whole(), shell)}\n`);
    });
}
