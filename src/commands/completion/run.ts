import completions from '@bomb.sh/tab';
import type { Invocation } from '../../invocation.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { RelyableError } from '../../errors.ts';
import type { CompletionFlags } from './options.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

/**
 * The library's bash script relies on a function of the bash-completion package, which macOS and
 * containers lack; this stands in for it until that package brings its own.
 */
const BASH_BEGIN = `{
declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  words=("\${COMP_WORDS[@]}")
  cword=$COMP_CWORD
}`;

/** The script sets read-only names that others of the same library set as well, to the same values. */
const BASH_END = '} 2>/dev/null';

/** Prints a shell's completion script, which calls `relyable complete` at every TAB. */
export async function run({ terminal, args }: Invocation<CompletionFlags>): Promise<number> {
  const [shell = '', ...rest] = args;
  if (rest.length > 0 || !SHELLS.includes(shell)) {
    throw new RelyableError(
      'USAGE',
      `completion: expected one of ${SHELLS.join(', ')}, got "${args.join(' ')}"`,
      {
        hint: didYouMean(shell, SHELLS) ?? 'see relyable completion --help',
      },
    );
  }
  if (shell === 'bash') terminal.data(BASH_BEGIN);
  completions.setup('relyable', 'relyable', shell);
  if (shell === 'bash') terminal.data(BASH_END);
  return 0;
}
