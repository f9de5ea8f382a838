const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** `<prefix>_` and 16 random characters (80 bits). */
export function createId(prefix: string, random: () => number): string {
  let tail = '';
  for (let i = 0; i < 16; i++) tail += ALPHABET[Math.floor(random() * 32)] ?? '0';
  return `${prefix}_${tail}`;
}
