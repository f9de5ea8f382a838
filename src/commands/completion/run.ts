import completions from '@bomb.sh/tab';
import type { Invocation } from '../../invocation.ts';
import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { SHELLS } from './options.ts';

/**
 * The library's bash script calls a function of the bash-completion package, which macOS and
 * containers lack. This one takes its place until that package defines its own.
 */
const BASH_BEGIN = `{
declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  words=("\${COMP_WORDS[@]}")
  cword=$COMP_CWORD
}`;

/** Hides bash's complaint where another program's script of the same library set the same constants. */
const BASH_END = '} 2>/dev/null';

/** Prints a shell's completion script, which calls `relyable complete` at every TAB. */
export async function run({ terminal, args: [name = ''] }: Invocation<unknown>): Promise<number> {
  if (terminal.isJson) {
    throw new RelyableError('USAGE', '--json: a completion script is not JSON', {
      hint: `leave --json out: relyable completion ${name}`,
    });
  }
  const shell = parseOneOf(SHELLS)(name, 'completion');
  if (shell === 'bash') terminal.data(BASH_BEGIN);
  completions.setup('relyable', 'relyable', shell);
  if (shell === 'bash') terminal.data(BASH_END);
  return EXIT_SUCCESS;
}
