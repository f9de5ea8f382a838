import { RelyableError } from '../errors.ts';

/** The ports that browsers and `fetch` do not connect to (WHATWG Fetch, "port blocking"). */
export const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080,
]);

/** Throws USAGE for a port that browsers and `fetch` refuse. `name` is the option or variable that set it. */
export function requireFetchPort({ port }: { readonly port: number | string }, name: string): void {
  // A URL without a port uses 80 or 443, which are not blocked.
  if (!BLOCKED_PORTS.has(Number(port))) return;
  throw new RelyableError(
    'USAGE',
    `${name}: expected a port that browsers and fetch connect to, got ${port}`,
    { hint: 'they refuse the ports of some other services; choose another one' },
  );
}
