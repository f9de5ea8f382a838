/** Whether this runs in a CI build: the variable `CI` is set, and is neither `false` nor `0`. */
export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  const { CI: value = '' } = env;
  return value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}
