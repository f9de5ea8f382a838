import { defineConfig } from 'rolldown';

/** `open` carries a script of its own; cosmiconfig asks for `typescript` only where a project has it. */
const EXTERNAL = ['@photostructure/sqlite', 'open', 'typescript'];

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  external: EXTERNAL,
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  },
});
