/** A file's text, put into the bundle by rolldown.config.ts (and by vitest in tests). */
declare module '*?raw' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- the shape that bundlers agree on
  export default text;
}
