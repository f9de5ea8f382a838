/** A pressed key: its name, or the character itself. */
export type Key =
  | 'up'
  | 'down'
  | 'pageup'
  | 'pagedown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'interrupt'
  | 'suspend'
  | (string & {});

const NAMES: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u0003': 'interrupt',
  '\u001a': 'suspend',
  '\b': 'backspace',
  '\u007f': 'backspace',
};

// Keys without a character are CSI and SS3 sequences (ECMA-48, xterm).
// oxlint-disable-next-line no-control-regex
const SEQUENCE = /^\u001b(?:\[[\d;?<]*[ -/]*[@-~]|O[@-~])/;
const REST_OF_SEQUENCE = /^(?:\[[\d;]*[A-Za-z~]|O[A-Z])/;

/**
 * Creates a reader of the input of a terminal in raw mode. An Escape at the end of a chunk is the
 * Escape key. If the next chunk shows that it began a sequence, which a slow line had cut in two,
 * the rest is read as that sequence.
 */
export function createKeyReader(): (text: string) => Key[] {
  let endedInEscape = false;
  return (text) => {
    const keys: Key[] = [];
    let rest = endedInEscape && REST_OF_SEQUENCE.test(text) ? `\u001b${text}` : text;
    endedInEscape = false;
    while (rest !== '') {
      const sequence = SEQUENCE.exec(rest)?.[0];
      if (sequence !== undefined) {
        const key = nameSequence(sequence);
        if (key !== undefined) keys.push(key);
        rest = rest.slice(sequence.length);
        continue;
      }
      const char = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      rest = rest.slice(char.length);
      if (char === '\u001b') {
        keys.push('escape');
        endedInEscape = rest === '';
      } else keys.push(NAMES[char] ?? char);
    }
    return keys;
  };
}

/** Keys of a CSI or SS3 sequence by its last letter, and by its number before a tilde (xterm, VT220, rxvt). */
const LETTERS: Readonly<Record<string, Key>> = { A: 'up', B: 'down', H: 'home', F: 'end' };
const NUMBERS: Readonly<Record<string, Key>> = {
  1: 'home',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
};

/** Keys that move, with and without modifiers, in both cursor key modes; undefined for other keys. */
function nameSequence(sequence: string): Key | undefined {
  // oxlint-disable-next-line no-control-regex
  const letter = /^\u001b(?:\[(?:1;\d+)?|O)([A-H])$/.exec(sequence)?.[1];
  // oxlint-disable-next-line no-control-regex
  const number = /^\u001b\[(\d)(?:;\d+)?~$/.exec(sequence)?.[1];
  return LETTERS[letter ?? ''] ?? NUMBERS[number ?? ''];
}
