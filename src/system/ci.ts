/** Whether `CI` says that a build runs this: set, and neither `false` nor `0`, which switch it off. */
export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  const { CI: value = '' } = env;
  return value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}
